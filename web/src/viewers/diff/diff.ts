// SPDX-License-Identifier: MIT
// Two outputs compared: lines with changed words marked, one below the other or side by side; pictures by their pixels.
import { el, message, toggle, visible } from "../dom";
import { scoreKinds } from "../sniff";
import type { OutputFile, ViewerContext } from "../types";
import { Windowed } from "../windowed";
import { changesOf, type Row, rowsOf, type Span, wordMarks } from "./lines";
import type { Change } from "./myers";
import { showPictures } from "./picture";
import { linesOf } from "./text";
import "../base.css";
import "./diff.css";

const MAX_COLUMNS = 2000;
const SIDE_BY_SIDE_PX = 860;

export interface DiffHandle {
	update(left: OutputFile, right: OutputFile): void;
	destroy(): void;
}

class DiffView implements DiffHandle {
	#root: HTMLElement;
	#facts = el("span", { class: "v-number", role: "status" });
	#stage = el("div", { class: "v-diffstage" });
	#split: HTMLButtonElement;
	#ctx: ViewerContext;
	#list: Windowed | null = null;
	#a: string[] = [];
	#b: string[] = [];
	#changes: Change[] = [];
	#rows: Row[] = [];
	#open = new Set<number>();
	#paired: boolean;
	#at = -1;
	#turn = 0;

	constructor(host: HTMLElement, left: OutputFile, right: OutputFile, ctx: ViewerContext) {
		this.#ctx = ctx;
		const kept = ctx.recall?.("diff.split");
		this.#paired = kept ? kept === "on" : host.clientWidth >= SIDE_BY_SIDE_PX;
		this.#split = toggle("Side by side", this.#paired, (on) => {
			this.#paired = on;
			ctx.remember?.("diff.split", on ? "on" : "off");
			this.#arrange();
		});
		const step = (label: string, by: 1 | -1): HTMLElement => el("button", { type: "button", class: "v-button", onclick: () => this.#step(by) }, label);
		this.#root = el("div", { class: "v-view" },
			el("div", { class: "v-bar" }, this.#facts, el("span", { class: "v-grow" }), step("Previous", -1), step("Next", 1), this.#split), this.#stage);
		host.append(this.#root);
		this.update(left, right);
	}

	update(left: OutputFile, right: OutputFile): void {
		const turn = ++this.#turn;
		this.#clear();
		const pictures = [left, right].every((f) => ["image", "svg"].includes(scoreKinds(f)[0]!));
		this.#root.classList.toggle("v-pictures", pictures);
		if (pictures) {
			void showPictures(this.#stage, left, right).then((text) => {
				if (turn === this.#turn) this.#facts.textContent = text;
			});
			return;
		}
		const x = linesOf(left);
		const y = linesOf(right, x.binary || undefined);
		const binary = x.binary || y.binary;
		[this.#a, this.#b] = binary ? [linesOf(left, true).lines, linesOf(right, true).lines] : [x.lines, y.lines];
		this.#changes = changesOf(this.#a, this.#b);
		const gone = this.#changes.reduce((n, c) => n + c.aTo - c.aFrom, 0);
		const come = this.#changes.reduce((n, c) => n + c.bTo - c.bFrom, 0);
		const cut = x.cut || y.cut ? " · the rest is too long to compare" : "";
		this.#facts.textContent = gone + come === 0 ? `No difference${cut}` : `${gone.toLocaleString("en")} removed, ${come.toLocaleString("en")} added${binary ? " · as bytes" : ""}${cut}`;
		this.#open.clear();
		this.#at = -1;
		if (gone + come === 0) {
			this.#stage.replaceChildren(message("The two outputs are the same."));
			return;
		}
		this.#list = new Windowed({ label: "Differences", render: (i) => this.#row(i) });
		this.#list.el.classList.add("v-diff");
		this.#list.rowPx = 20;
		this.#stage.replaceChildren(this.#list.el);
		this.#arrange();
	}

	destroy(): void {
		this.#turn++;
		this.#clear();
		this.#root.remove();
	}

	#clear(): void {
		this.#list?.destroy();
		this.#list = null;
		this.#stage.replaceChildren();
	}

	#arrange(): void {
		if (!this.#list) return;
		this.#rows = rowsOf(this.#changes, this.#a.length, this.#b.length, this.#paired, this.#open);
		let widest = 20;
		for (const list of [this.#a, this.#b]) for (let i = 0; i < list.length && i < 20_000; i++) widest = Math.max(widest, Math.min(list[i]!.length, MAX_COLUMNS));
		this.#list.el.style.setProperty("--half", `${widest + 2}ch`);
		this.#list.el.style.setProperty("--gutter", `${Math.max(3, String(Math.max(this.#a.length, this.#b.length)).length)}ch`);
		this.#list.el.classList.toggle("v-split", this.#paired);
		this.#list.resetWidth();
		this.#list.setCount(this.#rows.length);
	}

	/** To the next row that begins a change. */
	#step(by: 1 | -1): void {
		const begins = (i: number): boolean => {
			const [row, before] = [this.#rows[i]!, this.#rows[i - 1]];
			const plain = (r: Row | undefined): boolean => !r || r.kind === "same" || r.kind === "fold";
			return !plain(row) && plain(before);
		};
		for (let i = this.#at + by; i >= 0 && i < this.#rows.length; i += by) {
			if (!begins(i)) continue;
			this.#at = i;
			this.#list?.scrollToRow(i, "center");
			this.#list?.refresh();
			this.#ctx.announce?.(`Change at line ${(this.#rows[i]!.b >= 0 ? this.#rows[i]!.b : this.#rows[i]!.a) + 1}`);
			return;
		}
	}

	#row(i: number): HTMLElement {
		const row = this.#rows[i]!;
		if (row.kind === "fold") return this.#fold(row);
		const node = el("div", { class: "v-diffrow" });
		if (i === this.#at) node.classList.add("v-here");
		const marks = row.kind !== "same" && row.a >= 0 && row.b >= 0 ? wordMarks(this.#a[row.a]!, this.#b[row.b]!) : null;
		const cell = (side: 0 | 1, line: number, kind: string): HTMLElement[] => {
			const sign = kind === "old" ? "−" : kind === "new" ? "+" : " ";
			const text = line < 0 ? "" : (side === 0 ? this.#a : this.#b)[line]!.slice(0, MAX_COLUMNS);
			const spans: Span[] = marks && line >= 0 && kind !== "same" ? marks[side] : [{ text, changed: false }];
			const code = el("span", { class: `v-code v-${line < 0 ? "none" : kind}` }, el("span", { class: "v-sign" }, line < 0 ? " " : sign));
			for (const span of spans) code.append(...(span.changed ? [el("mark", {}, ...visible(span.text))] : visible(span.text)));
			return [el("span", { class: `v-gutter v-${line < 0 ? "none" : kind}` }, line < 0 ? "" : String(line + 1)), code];
		};
		if (this.#paired) {
			node.append(...cell(0, row.a, row.kind === "same" ? "same" : "old"), ...cell(1, row.b, row.kind === "same" ? "same" : "new"));
		} else {
			const isOld = row.kind === "old";
			const number = (show: boolean, line: number): HTMLElement => el("span", { class: `v-gutter v-${row.kind}` }, show ? String(line + 1) : "");
			const [, code] = cell(isOld ? 0 : 1, isOld ? row.a : row.b, row.kind);
			node.append(number(row.kind !== "new", row.a), number(row.kind !== "old", row.b), code!);
		}
		return node;
	}

	#fold(row: Row): HTMLElement {
		const open = el("button", { type: "button", class: "v-fold" }, `${row.count!.toLocaleString("en")} equal lines`);
		open.addEventListener("click", () => {
			this.#open.add(row.a);
			this.#at = -1;
			this.#arrange();
		});
		return el("div", { class: "v-diffrow v-foldrow" }, open);
	}
}

export const diff = {
	mount: (host: HTMLElement, left: OutputFile, right: OutputFile, ctx: ViewerContext): DiffHandle => new DiffView(host, left, right, ctx),
};
