// SPDX-License-Identifier: MIT
// Text as a terminal shows it. Little text is put into the document as it is, so that the browser's own find, selection
// and wrapping work; much text is windowed, with lines folded at the width of the pane, and has a find field of its own.
import { button, el, toggle } from "../dom";
import type { OutputFile, Viewer, ViewerContext, ViewerHandle } from "../types";
import { Windowed } from "../windowed";
import { FindBar } from "./find";
import { runsText, sliceRuns, type Run } from "./line";
import { Lines } from "./lines";
import { paintRuns } from "./paint";
import "../base.css";
import "./text.css";

const SMALL_BYTES = 192 * 1024;
const SMALL_LINES = 2000;
/** Bytes read in one go; more is read in turns, so that the page answers meanwhile. */
const TURN_BYTES = 1024 * 1024;
/** Columns of a row when lines are not wrapped: a longer line goes on below. */
const FOLD = 2000;

class TextView implements ViewerHandle {
	#root: HTMLElement;
	#ctx: ViewerContext;
	#lines = new Lines();
	#label: string;
	#wrap: boolean;
	#body: SmallBody | LargeBody;
	#find: FindBar | null = null;
	#timer = 0;

	constructor(host: HTMLElement, file: OutputFile, ctx: ViewerContext) {
		this.#ctx = ctx;
		this.#label = `Text of ${file.name}`;
		this.#wrap = ctx.recall?.("text.wrap") !== "off";
		const wrap = toggle("Wrap", this.#wrap, (on) => this.#setWrap(on));
		this.#root = el("div", { class: "v-text" }, el("div", { class: "v-corner" }, button("Copy", () => void this.#copy()), wrap));
		host.append(this.#root);
		this.#lines.append(file.bytes, TURN_BYTES);
		this.#body = this.#makeBody();
		this.#readOn();
		this.#root.addEventListener("keydown", (e) => this.#key(e));
	}

	update(file: OutputFile): void {
		if (this.#lines.isPrefixOf(file.bytes)) {
			if (file.bytes.length > this.#lines.byteLength) this.append(file.bytes.subarray(this.#lines.byteLength));
			return;
		}
		const top = this.#body.top;
		this.#lines = new Lines();
		this.#lines.append(file.bytes, TURN_BYTES);
		this.#rebuild();
		this.#body.top = top;
		this.#readOn();
	}

	append(bytes: Uint8Array): void {
		this.#grow(() => this.#lines.append(bytes, TURN_BYTES));
		this.#readOn();
	}

	find(): void {
		if (this.#body instanceof SmallBody) return;
		const body = this.#body;
		this.#find ??= new FindBar(this.#root, {
			bytes: () => this.#lines.bytes,
			show: (offset) => body.showOffset(offset),
			announce: (text) => this.#ctx.announce?.(text),
			closed: () => {
				body.showOffset(-1);
				body.focus();
			},
		});
		this.#find.open();
	}

	destroy(): void {
		clearTimeout(this.#timer);
		this.#body.destroy();
		this.#root.remove();
	}

	#grow(read: () => void): void {
		const follow = this.#body.atEnd;
		const before = this.#lines.count;
		read();
		if (this.#body instanceof SmallBody && isLarge(this.#lines)) this.#rebuild();
		else this.#body.grown(Math.max(0, before - 1));
		if (follow) this.#body.toEnd();
	}

	#readOn(): void {
		clearTimeout(this.#timer);
		if (this.#lines.done) return;
		this.#timer = window.setTimeout(() => {
			this.#grow(() => this.#lines.read(TURN_BYTES));
			this.#readOn();
		}, 0);
	}

	#makeBody(): SmallBody | LargeBody {
		this.#root.classList.toggle("v-nowrap", !this.#wrap);
		const body = isLarge(this.#lines)
			? new LargeBody(this.#root, this.#lines, this.#ctx, this.#label, this.#wrap)
			: new SmallBody(this.#root, this.#lines, this.#ctx, this.#label);
		return body;
	}

	#rebuild(): void {
		this.#body.destroy();
		this.#find?.close();
		this.#find = null;
		this.#body = this.#makeBody();
	}

	#setWrap(on: boolean): void {
		this.#wrap = on;
		this.#ctx.remember?.("text.wrap", on ? "on" : "off");
		this.#rebuild();
	}

	/** All of it, as it is seen: without colours, with what was overwritten gone. */
	async #copy(): Promise<void> {
		let text = "";
		for (let i = 0; i < this.#lines.count; i++) text += (i > 0 && !this.#lines.continues(i) ? "\n" : "") + runsText(this.#lines.runs(i));
		try {
			await navigator.clipboard.writeText(text);
			this.#ctx.announce?.("Copied");
		} catch {
			this.#ctx.announce?.("The browser did not let the text be copied");
		}
	}

	#key(e: KeyboardEvent): void {
		if (e.key !== "f" || !(e.ctrlKey || e.metaKey) || e.altKey || e.shiftKey || this.#body instanceof SmallBody) return;
		e.preventDefault();
		this.find();
	}
}

function isLarge(lines: Lines): boolean {
	return lines.byteLength > SMALL_BYTES || lines.count > SMALL_LINES;
}

/** Every line in the document. */
class SmallBody {
	#el: HTMLElement;
	#lines: Lines;
	#ctx: ViewerContext;

	constructor(root: HTMLElement, lines: Lines, ctx: ViewerContext, label: string) {
		this.#lines = lines;
		this.#ctx = ctx;
		this.#el = el("div", { class: "v-scroll v-lines", tabindex: 0, role: "region", "aria-label": label });
		root.append(this.#el);
		this.grown(0);
	}

	get top(): number {
		return this.#el.scrollTop;
	}

	set top(px: number) {
		this.#el.scrollTop = px;
	}

	get atEnd(): boolean {
		return this.#el.scrollTop > 0 && this.#el.scrollTop + this.#el.clientHeight >= this.#el.scrollHeight - 24;
	}

	toEnd(): void {
		this.#el.scrollTop = this.#el.scrollHeight;
	}

	/** Pieces from @from on are new or have changed. */
	grown(from: number): void {
		while (from > 0 && this.#lines.continues(from)) from--;
		let row = 0;
		for (let i = 0; i < from; i++) if (!this.#lines.continues(i)) row++;
		while (this.#el.children.length > row) this.#el.lastElementChild!.remove();
		const fresh = document.createDocumentFragment();
		let line: HTMLElement | null = null;
		let runs: Run[] = [];
		for (let i = from; i < this.#lines.count; i++) {
			if (!this.#lines.continues(i)) {
				if (line) paintRuns(line, runs, this.#ctx);
				line = el("div", { class: "v-line" });
				runs = [];
				fresh.append(line);
			}
			runs.push(...this.#lines.runs(i));
		}
		if (line) paintRuns(line, runs, this.#ctx);
		this.#el.append(fresh);
	}

	destroy(): void {
		this.#el.remove();
	}
}

/** Rows in sight in the document. Row numbers follow from the columns of each piece and of the pane. */
class LargeBody {
	#lines: Lines;
	#ctx: ViewerContext;
	#list: Windowed;
	#wrap: boolean;
	#fold = FOLD;
	#probe: HTMLElement;
	/** First row of each piece; null while every piece has one row. */
	#rows: Uint32Array | null = null;
	#rowCount = 0;
	/** Pieces that were laid out. */
	#pieces = 0;
	#cache = new Map<number, Run[]>();
	#mark: [row: number, from: number, to: number] = [-1, 0, 0];

	constructor(root: HTMLElement, lines: Lines, ctx: ViewerContext, label: string, wrap: boolean) {
		this.#lines = lines;
		this.#ctx = ctx;
		this.#wrap = wrap;
		this.#list = new Windowed({ label, render: (row) => this.#render(row) });
		this.#list.el.classList.add("v-lines");
		this.#probe = el("span", { class: "v-probe", "aria-hidden": "true" }, "0".repeat(100));
		root.append(this.#list.el);
		this.#list.el.append(this.#probe);
		this.#list.el.addEventListener("copy", (e) => this.#copy(e));
		this.#list.onresize = () => this.#measure();
		this.#measure(true);
	}

	get top(): number {
		return this.#list.firstRow;
	}

	set top(row: number) {
		this.#list.scrollToRow(row, "start");
	}

	get atEnd(): boolean {
		return this.#list.firstRow > 0 && this.#list.atEnd;
	}

	toEnd(): void {
		this.#list.scrollToRow(this.#rowCount, "start");
	}

	focus(): void {
		this.#list.el.focus();
	}

	grown(from: number): void {
		for (const i of this.#cache.keys()) if (i >= from) this.#cache.delete(i);
		this.#layout(from);
	}

	/** Brings the byte at @offset into view and marks its row; -1 takes the mark away. */
	showOffset(offset: number): void {
		this.#mark = [-1, 0, 0];
		if (offset >= 0) {
			const i = this.#pieceAtOffset(offset);
			const [start] = this.#lines.range(i);
			const col = this.#lines.simple(i) ? offset - start : 0;
			const row = this.#firstRow(i) + Math.floor(col / this.#fold);
			this.#mark = [row, 0, 0];
			this.#list.scrollToRow(row, "center");
		}
		this.#list.refresh();
	}

	destroy(): void {
		this.#list.destroy();
	}

	#measure(first = false): void {
		const box = this.#probe.getBoundingClientRect();
		const charPx = box.width / 100 || 8;
		const width = this.#list.el.clientWidth - 24;
		const fold = this.#wrap ? Math.max(20, Math.floor(width / charPx)) : FOLD;
		if (box.height > 0) this.#list.rowPx = box.height;
		if (fold === this.#fold && !first) return;
		const piece = first ? 0 : this.#pieceAt(this.#list.firstRow);
		this.#fold = fold;
		this.#layout();
		if (!first) this.#list.scrollToRow(this.#firstRow(piece), "start");
	}

	/** Rows of the pieces from @from on; those before stand. */
	#layout(from = 0): void {
		const n = this.#lines.count;
		const fold = this.#fold;
		if (from === 0) this.#rows = null;
		let row = this.#firstRow(Math.min(from, this.#pieces));
		for (let i = Math.min(from, this.#pieces); i < n; i++) {
			const cols = this.#lines.cols(i);
			if (cols > fold && !this.#rows) this.#rows = Uint32Array.from({ length: Math.max(1024, n + 1) }, (_, k) => k);
			if (this.#rows) {
				if (i + 1 >= this.#rows.length) {
					const more = new Uint32Array(Math.max(n + 1, this.#rows.length * 2));
					more.set(this.#rows);
					this.#rows = more;
				}
				this.#rows[i] = row;
			}
			row += cols <= fold ? 1 : Math.ceil(cols / fold);
		}
		if (this.#rows) this.#rows[n] = row;
		this.#pieces = n;
		this.#rowCount = row;
		this.#list.setCount(row);
	}

	#firstRow(piece: number): number {
		return this.#rows ? this.#rows[piece]! : piece;
	}

	#pieceAt(row: number): number {
		if (!this.#rows) return row;
		return lastNotAfter(this.#lines.count, row, (i) => this.#rows![i]!);
	}

	#pieceAtOffset(offset: number): number {
		return lastNotAfter(this.#lines.count, offset, (i) => this.#lines.range(i)[0]);
	}

	#runs(row: number): { runs: Run[]; continues: boolean } {
		const i = this.#pieceAt(row);
		const part = row - this.#firstRow(i);
		const continues = part > 0 || this.#lines.continues(i);
		const from = part * this.#fold;
		if (this.#lines.simple(i)) return { runs: this.#lines.runs(i, from, from + this.#fold), continues };
		let runs = this.#cache.get(i);
		if (!runs) {
			if (this.#cache.size > 200) this.#cache.clear();
			runs = this.#lines.runs(i);
			this.#cache.set(i, runs);
		}
		return { runs: sliceRuns(runs, from, from + this.#fold), continues };
	}

	#render(row: number): HTMLElement {
		const line = el("div", { class: "v-line v-row" });
		line.dataset["row"] = String(row);
		if (row === this.#mark[0]) line.classList.add("v-found");
		const { runs, continues } = this.#runs(row);
		if (continues && !this.#wrap) line.classList.add("v-goes-on");
		paintRuns(line, runs, this.#ctx);
		return line;
	}

	/** Copies rows that were folded as the line that they are. */
	#copy(e: ClipboardEvent): void {
		const selection = document.getSelection();
		if (!selection || selection.rangeCount === 0 || !e.clipboardData) return;
		const range = selection.getRangeAt(0);
		let text = "";
		for (const row of this.#list.el.querySelectorAll<HTMLElement>(".v-row")) {
			if (!range.intersectsNode(row)) continue;
			const part = document.createRange();
			part.selectNodeContents(row);
			if (row.contains(range.startContainer)) part.setStart(range.startContainer, range.startOffset);
			if (row.contains(range.endContainer)) part.setEnd(range.endContainer, range.endOffset);
			const { continues } = this.#runs(Number(row.dataset["row"]));
			text += (text && !continues ? "\n" : "") + part.toString();
		}
		e.clipboardData.setData("text/plain", text);
		e.preventDefault();
	}
}

/** The last index whose @value is not above @goal, by halving. */
function lastNotAfter(count: number, goal: number, value: (i: number) => number): number {
	let low = 0;
	let high = count - 1;
	while (low < high) {
		const mid = (low + high + 1) >> 1;
		if (value(mid) <= goal) low = mid;
		else high = mid - 1;
	}
	return Math.max(0, low);
}

export const text: Viewer = {
	mount: (host, file, ctx) => new TextView(host, file, ctx),
};
