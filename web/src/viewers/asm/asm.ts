// SPDX-License-Identifier: MIT
// Assembly: coloured, filtered, and tied to the source lines that it came from.
import { el, sizeText, toggle, visible } from "../dom";
import { FindBar } from "../text/find";
import type { OutputFile, Place, Viewer, ViewerContext, ViewerHandle } from "../types";
import { Windowed } from "../windowed";
import { demangle } from "./demangle";
import { bandsOf, type Filters, quiet, sameFile, visibleLines } from "./filter";
import { type Asm, type AsmLine, LineKind, parseInTurns } from "./parse";
import { tokenize } from "./tokens";
import "../base.css";
import "../text/text.css";
import "./asm.css";

const filterNames: [key: keyof Filters, title: string, hint: string][] = [
	["directives", "Directives", "Show directives and data that nothing refers to"],
	["labels", "Labels", "Show labels that nothing refers to"],
	["comments", "Comments", "Show lines that are only a comment"],
	["library", "Library", "Show functions of libraries"],
];

const empty: Asm = { lines: [], files: [], roots: new Set(), functions: [] };

class AsmView implements ViewerHandle {
	#root: HTMLElement;
	#facts = el("span", { class: "v-number" });
	#list: Windowed;
	#ctx: ViewerContext;
	#filters: Filters;
	#demangle: boolean;
	#asm: Asm = empty;
	#lines: Uint32Array = new Uint32Array(0);
	#bands = new Map<number, number>();
	#defs = new Map<string, number>();
	#source = "";
	#marked: Place | null = null;
	#hovered = -1;
	#timer = 0;
	#bytes = 0;
	#find: FindBar | null = null;
	#found = -1;

	constructor(host: HTMLElement, file: OutputFile, ctx: ViewerContext) {
		this.#ctx = ctx;
		const kept = (ctx.recall?.("asm.show") ?? "").split(" ");
		this.#filters = { ...quiet };
		for (const [key] of filterNames) this.#filters[key] = kept.includes(key);
		this.#demangle = !kept.includes("mangled");
		this.#list = new Windowed({ label: `Assembly ${file.name}`, render: (row) => this.#row(row) });
		this.#list.el.classList.add("v-asm");
		this.#list.rowPx = 20;
		const bar = el("div", { class: "v-bar" }, this.#facts, el("span", { class: "v-grow" }), el("span", { class: "v-show" }, "Show"));
		for (const [key, title, hint] of filterNames) {
			const button = toggle(title, this.#filters[key], (on) => this.#set(() => (this.#filters[key] = on)));
			button.title = hint;
			bar.append(button);
		}
		const names = toggle("Demangle", this.#demangle, (on) => this.#set(() => (this.#demangle = on)));
		names.title = "Write C++ and Rust names as in the source";
		bar.append(names);
		this.#root = el("div", { class: "v-view v-asmview" }, bar, this.#list.el);
		this.#list.el.addEventListener("pointerover", (e) => this.#hover(e));
		this.#list.el.addEventListener("pointerleave", () => this.#leave());
		this.#list.el.addEventListener("click", (e) => this.#click(e));
		this.#root.addEventListener("keydown", (e) => {
			if (e.key !== "f" || !(e.ctrlKey || e.metaKey) || e.altKey || e.shiftKey) return;
			e.preventDefault();
			this.find();
		});
		host.append(this.#root);
		this.update(file);
	}

	update(file: OutputFile): void {
		clearTimeout(this.#timer);
		this.#bytes = file.bytes.length;
		this.#read(parseInTurns(new TextDecoder().decode(file.bytes)));
	}

	highlightSource(place: Place | null): void {
		this.#marked = place;
		this.#paintMarks();
		if (!place) return;
		const hit = (row: number): boolean => this.#isFrom(this.#line(row), place);
		const { firstRow, rowPx } = this.#list;
		const rows = Math.floor(this.#list.el.clientHeight / rowPx);
		for (let row = firstRow; row < Math.min(this.#lines.length, firstRow + rows); row++) if (hit(row)) return;
		for (let row = 0; row < this.#lines.length; row++) if (hit(row)) return this.#list.scrollToRow(row, "center");
	}

	find(): void {
		this.#find ??= new FindBar(this.#root, {
			bytes: () => new TextEncoder().encode(Array.from(this.#lines, (i) => this.#textOf(this.#asm.lines[i]!)).join("\n")),
			show: (offset) => this.#showFound(offset),
			announce: (text) => this.#ctx.announce?.(text),
			closed: () => {
				this.#showFound(-1);
				this.#list.el.focus();
			},
		});
		this.#find.open();
	}

	destroy(): void {
		clearTimeout(this.#timer);
		this.#ctx.onSourceBands?.(new Map());
		this.#list.destroy();
		this.#root.remove();
	}

	#read(steps: Generator<undefined, Asm>): void {
		const step = steps.next();
		if (!step.done) {
			this.#facts.textContent = `Reading ${sizeText(this.#bytes)}`;
			this.#timer = window.setTimeout(() => this.#read(steps), 0);
			return;
		}
		this.#asm = step.value;
		this.#source = this.#ctx.sourceName ?? this.#asm.files[0] ?? "";
		this.#arrange();
	}

	#set(change: () => void): void {
		change();
		const words: string[] = filterNames.filter(([key]) => this.#filters[key]).map(([key]) => key);
		if (!this.#demangle) words.push("mangled");
		this.#ctx.remember?.("asm.show", words.join(" "));
		this.#arrange();
	}

	#arrange(): void {
		this.#lines = visibleLines(this.#asm, this.#filters, this.#source);
		this.#bands = bandsOf(this.#asm, this.#lines, this.#source);
		this.#defs.clear();
		this.#lines.forEach((i, row) => {
			const line = this.#asm.lines[i]!;
			if (line.kind === LineKind.Label) this.#defs.set(line.label, row);
		});
		const [shown, all] = [this.#lines.length, this.#asm.lines.length];
		this.#facts.textContent = shown === all ? `${all.toLocaleString("en")} lines` : `${shown.toLocaleString("en")} of ${all.toLocaleString("en")} lines`;
		this.#list.resetWidth();
		this.#list.setCount(shown);
		this.#ctx.onSourceBands?.(this.#bands);
	}

	#line(row: number): AsmLine {
		return this.#asm.lines[this.#lines[row]!]!;
	}

	#isFrom(line: AsmLine, place: Place): boolean {
		return line.line === place.line && line.file >= 0 && sameFile(this.#asm.files[line.file]!, place.file);
	}

	#textOf(line: AsmLine): string {
		return this.#demangle ? line.text.replace(/_{1,3}[ZR][\w.$]+/g, demangle) : line.text;
	}

	#row(row: number): HTMLElement {
		const line = this.#line(row);
		const node = el("div", { class: "v-asmline" });
		node.dataset["row"] = String(row);
		const place = line.file >= 0 ? `${this.#asm.files[line.file]!.replace(/^.*\//, "")}:${line.line}` : "";
		if (place) node.title = place;
		const band = line.file >= 0 && sameFile(this.#asm.files[line.file]!, this.#source) ? this.#bands.get(line.line) : undefined;
		if (band !== undefined) node.classList.add(`v-band${band}`);
		if (row === this.#found) node.classList.add("v-found");
		if (line.kind === LineKind.Comment || line.kind === LineKind.Source) node.append(el("span", { class: "t-com" }, ...visible(line.text)));
		else for (const token of tokenize(line.text)) node.append(...this.#token(token.text, token.kind));
		this.#mark(node, line);
		return node;
	}

	#token(text: string, kind: string): Node[] {
		if (kind === "") return visible(text);
		const shown = this.#demangle && (kind === "name" || kind === "lab") ? this.#readable(text) : text;
		const span = el("span", { class: `t-${kind}` }, ...visible(shown));
		if (kind === "name" && this.#defs.has(text)) {
			span.classList.add("t-ref");
			span.dataset["label"] = text;
		}
		if (shown !== text) span.title = text;
		return [span];
	}

	/** A symbol, also with "@PLT" or the like behind it. */
	#readable(text: string): string {
		const cut = text.indexOf("@");
		return cut > 0 ? demangle(text.slice(0, cut)) + text.slice(cut) : demangle(text);
	}

	#mark(node: HTMLElement, line: AsmLine): void {
		const marked = this.#marked !== null && this.#isFrom(line, this.#marked);
		const hovered = this.#hovered >= 0 && line.line > 0 && line.line === this.#line(this.#hovered)?.line && line.file === this.#line(this.#hovered)?.file;
		node.classList.toggle("v-marked", marked || hovered);
	}

	#paintMarks(): void {
		for (const node of this.#list.el.querySelectorAll<HTMLElement>(".v-asmline")) {
			const line = this.#asm.lines[this.#lines[Number(node.dataset["row"])]!];
			if (line) this.#mark(node, line);
		}
	}

	#hover(e: PointerEvent): void {
		const node = (e.target as Element).closest<HTMLElement>(".v-asmline");
		const row = node ? Number(node.dataset["row"]) : -1;
		if (row === this.#hovered || row >= this.#lines.length) return;
		this.#hovered = row;
		const line = row >= 0 ? this.#line(row) : null;
		this.#ctx.onSourceHover?.(line && line.file >= 0 ? { file: this.#asm.files[line.file]!, line: line.line } : null);
		this.#paintMarks();
	}

	#leave(): void {
		this.#hovered = -1;
		this.#ctx.onSourceHover?.(null);
		this.#paintMarks();
	}

	#click(e: MouseEvent): void {
		const target = e.target as HTMLElement;
		const name = target.closest<HTMLElement>(".t-ref")?.dataset["label"];
		const row = name === undefined ? undefined : this.#defs.get(name);
		if (row === undefined) return;
		this.#list.scrollToRow(row, "center");
		this.#found = row;
		this.#list.refresh();
	}

	#showFound(offset: number): void {
		this.#found = -1;
		for (let row = 0, at = 0; offset >= 0 && row < this.#lines.length; row++) {
			at += new TextEncoder().encode(this.#textOf(this.#line(row))).length + 1;
			if (at <= offset) continue;
			this.#found = row;
			this.#list.scrollToRow(row, "center");
			break;
		}
		this.#list.refresh();
	}
}

export const asm: Viewer = { mount: (host, file, ctx) => new AsmView(host, file, ctx) };
