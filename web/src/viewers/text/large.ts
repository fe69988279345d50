// SPDX-License-Identifier: MIT
// Much text: only rows in sight are in the document. Row numbers follow from the columns of each piece and of the pane,
// at which longer lines are folded; what is copied has them whole again.
import { el } from "../dom";
import type { ViewerContext } from "../types";
import { Windowed } from "../windowed";
import { sliceRuns, type Run } from "./line";
import type { Lines } from "./lines";
import { paintRuns } from "./paint";

/** Columns of a row when lines are not wrapped: a longer line goes on below. */
const FOLD = 2000;

export class LargeBody {
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
