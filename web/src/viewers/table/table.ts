// SPDX-License-Identifier: MIT
// CSV and TSV as a table that sorts.
import { el, message, sizeText, toggle, visible } from "../dom";
import type { OutputFile, Viewer, ViewerContext, ViewerHandle } from "../types";
import { Windowed } from "../windowed";
import { type Csv, field, guessDelimiter, hasHeader, numericColumns, parseCsv, sortedRows } from "./csv";
import "../base.css";
import "./table.css";

const CELL_CHARS = 400;
const MAX_CH = 48;

const delimiterNames: Record<string, string> = { ",": "comma", "\t": "tab", ";": "semicolon", "|": "bar" };

class TableView implements ViewerHandle {
	#root: HTMLElement;
	#facts = el("span", { class: "v-number" });
	#headerToggle: HTMLButtonElement;
	#head = el("div", { class: "v-tr v-th", role: "row", "aria-rowindex": 1 });
	#list: Windowed;
	#csv!: Csv;
	#name: string;
	#header: boolean | null = null;
	#numeric: boolean[] = [];
	#sort: { column: number; descending: boolean } | null = null;
	#order: Uint32Array | null = null;
	#ctx: ViewerContext;

	constructor(host: HTMLElement, file: OutputFile, ctx: ViewerContext) {
		this.#ctx = ctx;
		this.#name = file.name;
		this.#headerToggle = toggle("Header row", false, (on) => {
			this.#header = on;
			this.#layout();
		});
		this.#list = new Windowed({ label: `Table of ${file.name}`, role: "table", head: this.#head, render: (i) => this.#row(i) });
		this.#list.el.classList.add("v-table");
		this.#list.rowPx = 26;
		this.#root = el("div", { class: "v-view" },
			el("div", { class: "v-bar" }, this.#facts, el("span", { class: "v-grow" }), this.#headerToggle), this.#list.el);
		host.append(this.#root);
		this.update(file);
	}

	update(file: OutputFile): void {
		this.#name = file.name;
		this.#csv = parseCsv(file.bytes, guessDelimiter(file.bytes, this.#name));
		if (this.#sort && this.#sort.column >= this.#csv.columns) this.#sort = null;
		this.#root.querySelector(".v-message")?.remove();
		this.#list.el.hidden = this.#csv.rowCount === 0;
		if (this.#csv.rowCount === 0) this.#root.append(message("This table is empty."));
		this.#layout();
	}

	destroy(): void {
		this.#list.destroy();
		this.#root.remove();
	}

	get #first(): number {
		return (this.#header ?? hasHeader(this.#csv)) ? 1 : 0;
	}

	#layout(): void {
		const csv = this.#csv;
		this.#headerToggle.setAttribute("aria-pressed", String(this.#first === 1));
		this.#numeric = numericColumns(csv, this.#first);
		const n = csv.rowCount - this.#first;
		const facts = [`${n.toLocaleString("en")} rows × ${csv.columns} columns`, delimiterNames[csv.delimiter] ?? "", sizeText(csv.bytes.length), csv.problem];
		this.#facts.textContent = facts.filter((f) => f !== "").join(" · ");
		const number = Math.max(3, String(csv.rowCount).length + 1);
		this.#list.el.style.setProperty("--columns", [number, ...Array.from({ length: csv.columns }, (_, c) => this.#widthOf(c))].map((ch) => `calc(${ch}ch + 24px)`).join(" "));
		this.#list.el.setAttribute("aria-rowcount", String(n + 1));
		this.#list.resetWidth();
		this.#paintHead();
		this.#arrange();
	}

	#widthOf(column: number): number {
		let most = 3;
		for (let row = 0; row < this.#csv.rowCount && row < 200; row++) most = Math.max(most, field(this.#csv, row, column, CELL_CHARS).length + (row < this.#first ? 3 : 0));
		return Math.min(most, MAX_CH);
	}

	#paintHead(): void {
		const cells: HTMLElement[] = [el("span", { class: "v-td v-rownum", role: "columnheader", "aria-label": "Row" })];
		for (let c = 0; c < this.#csv.columns; c++) {
			const name = this.#first ? field(this.#csv, 0, c, CELL_CHARS) : "";
			const sorted = this.#sort?.column === c ? (this.#sort.descending ? "descending" : "ascending") : "none";
			const arrow = el("span", { class: "v-arrow", "aria-hidden": "true" }, sorted === "none" ? "" : sorted === "ascending" ? "↑" : "↓");
			const sort = el("button", { type: "button", class: "v-sort", title: "Sort" }, el("bdi", {}, ...visible(name || `Column ${c + 1}`)), arrow);
			sort.addEventListener("click", () => this.#sortBy(c));
			const cell = el("span", { class: "v-td", role: "columnheader", "aria-sort": sorted }, sort);
			if (this.#numeric[c]) cell.classList.add("v-num");
			cells.push(cell);
		}
		this.#head.replaceChildren(...cells);
	}

	/** Up, down, as it was. */
	#sortBy(column: number): void {
		const same = this.#sort?.column === column ? this.#sort : null;
		this.#sort = same === null ? { column, descending: false } : same.descending ? null : { column, descending: true };
		this.#paintHead();
		this.#arrange();
		(this.#head.children[column + 1]?.firstElementChild as HTMLElement | null)?.focus({ preventScroll: true });
		this.#ctx.announce?.(this.#sort ? `Sorted by column ${column + 1}, ${this.#sort.descending ? "descending" : "ascending"}` : "In the order of the file");
	}

	#arrange(): void {
		const { column, descending } = this.#sort ?? { column: 0, descending: false };
		this.#order = this.#sort ? sortedRows(this.#csv, this.#first, column, descending, this.#numeric[column] ?? false) : null;
		this.#list.setCount(this.#csv.rowCount - this.#first);
	}

	#row(i: number): HTMLElement {
		const row = this.#order ? this.#order[i]! : i + this.#first;
		const tr = el("div", { class: "v-tr", role: "row", "aria-rowindex": i + 2 }, el("span", { class: "v-td v-rownum", role: "rowheader" }, String(row + 1 - this.#first)));
		for (let c = 0; c < this.#csv.columns; c++) {
			const text = field(this.#csv, row, c, CELL_CHARS);
			const cell = el("span", { class: "v-td", role: "cell", dir: "auto" }, ...visible(text.replace(/\r?\n/g, " ⏎ ")));
			if (this.#numeric[c]) cell.classList.add("v-num");
			else if (text.length > MAX_CH) cell.title = text;
			tr.append(cell);
		}
		return tr;
	}
}

export const table: Viewer = { mount: (host, file, ctx) => new TableView(host, file, ctx) };
