// SPDX-License-Identifier: MIT
// JSON as a tree that opens and closes.
import { button, el, message, sizeText, visible } from "../dom";
import type { OutputFile, Viewer, ViewerContext, ViewerHandle } from "../types";
import { Windowed } from "../windowed";
import { TreeRows } from "./rows";
import { JsonError, Kind, lineAt, Tape } from "./tape";
import "../base.css";
import "./json.css";

const TURN_BYTES = 1024 * 1024;
const OPEN_AT_FIRST = 200;
const OPEN_ALL = 200_000;
const VALUE_BYTES = 400;
const PREVIEW = 5;
/** Deeper rows are indented no further. */
const MAX_INDENT = 40;

const kindClass: Record<number, string> = { [Kind.String]: "v-str", [Kind.Number]: "v-numlit", [Kind.Word]: "v-word" };
let ids = 0;

class JsonView implements ViewerHandle {
	#root: HTMLElement;
	#facts = el("span", { class: "v-number" });
	#list: Windowed;
	#tape!: Tape;
	#rows: TreeRows | null = null;
	#timer = 0;
	#active = 0;
	#id = `v-json-${++ids}`;
	#ctx: ViewerContext;

	constructor(host: HTMLElement, file: OutputFile, ctx: ViewerContext) {
		this.#ctx = ctx;
		this.#list = new Windowed({ label: `JSON of ${file.name}`, role: "tree", render: (i) => this.#row(i) });
		this.#list.el.classList.add("v-json");
		this.#list.rowPx = 22;
		this.#list.el.addEventListener("keydown", (e) => this.#key(e));
		this.#list.el.addEventListener("click", (e) => this.#click(e));
		this.#root = el("div", { class: "v-view" },
			el("div", { class: "v-bar" }, this.#facts, el("span", { class: "v-grow" }),
				button("Open all", () => this.#openAll(), { title: `As far as ${OPEN_ALL.toLocaleString("en")} rows` }), button("Close all", () => this.#closeAll())),
			this.#list.el);
		host.append(this.#root);
		this.update(file);
	}

	update(file: OutputFile): void {
		clearTimeout(this.#timer);
		this.#tape = new Tape(file.bytes);
		this.#read(file);
	}

	destroy(): void {
		clearTimeout(this.#timer);
		this.#list.destroy();
		this.#root.remove();
	}

	#read(file: OutputFile): void {
		this.#root.querySelector(".v-message")?.remove();
		try {
			if (!this.#tape.read(TURN_BYTES)) {
				this.#facts.textContent = `Reading ${sizeText(file.bytes.length)}`;
				this.#timer = window.setTimeout(() => this.#read(file), 0);
				return;
			}
		} catch (e) {
			if (!(e instanceof JsonError)) throw e;
			const { line, col } = lineAt(file.bytes, e.offset);
			this.#rows = null;
			this.#list.el.hidden = true;
			this.#facts.textContent = sizeText(file.bytes.length);
			this.#root.append(message("This is not JSON.", `Line ${line}, column ${col}: ${e.message}.`));
			return;
		}
		this.#list.el.hidden = false;
		this.#rows = new TreeRows(this.#tape);
		this.#rows.openUpTo(OPEN_AT_FIRST);
		this.#active = 0;
		const n = this.#tape.count - 1;
		this.#facts.textContent = `JSON${this.#tape.several ? ` Lines, ${this.#tape.size[0]!.toLocaleString("en")} documents` : ""} · ${n.toLocaleString("en")} values · ${sizeText(file.bytes.length)}`;
		this.#list.setCount(this.#rows.count);
	}

	#row(row: number): HTMLElement {
		const rows = this.#rows!;
		const i = rows.node(row);
		const tape = this.#tape;
		const can = rows.canOpen(row);
		const node = el("div", { class: "v-node", role: "treeitem", id: `${this.#id}-${row}`, "aria-level": rows.depth(row) + 1 });
		node.dataset["row"] = String(row);
		if (can) node.setAttribute("aria-expanded", String(rows.isOpen(row)));
		if (row === this.#active) node.setAttribute("aria-selected", "true");
		node.style.paddingInlineStart = `${12 + Math.min(rows.depth(row), MAX_INDENT) * 18}px`;
		node.append(el("span", { class: "v-twist", "aria-hidden": "true" }, can ? (rows.isOpen(row) ? "▾" : "▸") : ""));
		const key = tape.keyText(i);
		if (key !== null) node.append(el("bdi", { class: "v-key" }, ...visible(key.slice(0, VALUE_BYTES))), el("span", { class: "v-quiet" }, ": "));
		else if (rows.depth(row) > 0) node.append(el("span", { class: "v-quiet v-number" }, `${rows.index(row)}: `));
		node.append(...(tape.kind[i]! <= Kind.Array ? this.#container(i, rows.isOpen(row)) : [this.#scalar(i, VALUE_BYTES)]));
		return node;
	}

	#scalar(i: number, limit: number): HTMLElement {
		const { text, cut } = this.#tape.text(i, limit);
		const isText = this.#tape.kind[i] === Kind.String;
		const shown = isText ? text.replaceAll("\n", "⏎").replaceAll("\t", "⇥") : text;
		const quote = isText ? '"' : "";
		return el("bdi", { class: kindClass[this.#tape.kind[i]!] ?? "" }, quote, ...visible(shown), cut ? `… ${sizeText(this.#tape.end[i]! - this.#tape.start[i]!)}` : quote);
	}

	/** "{3} a: 1, b: 2, …" for a closed one. */
	#container(i: number, open: boolean): Node[] {
		const tape = this.#tape;
		const n = tape.size[i]!;
		const list = tape.kind[i] === Kind.Array;
		const nodes: Node[] = [el("span", { class: "v-quiet v-number" }, n === 0 ? (list ? "[]" : "{}") : list ? `[${n.toLocaleString("en")}]` : `{${n.toLocaleString("en")}}`)];
		if (open || n === 0) return nodes;
		const preview = el("span", { class: "v-preview" });
		let child = i + 1;
		for (let k = 0; k < Math.min(n, PREVIEW); k++, child = tape.next[child]!) {
			const key = tape.keyText(child);
			preview.append(k > 0 ? ", " : " ", ...(key === null ? [] : [el("bdi", {}, ...visible(key.slice(0, 40))), ": "]));
			preview.append(tape.kind[child]! > Kind.Array ? this.#scalar(child, 40) : tape.kind[child] === Kind.Array ? "[…]" : "{…}");
		}
		if (n > PREVIEW) preview.append(", …");
		return [...nodes, preview];
	}

	#click(e: MouseEvent): void {
		const node = (e.target as Element).closest<HTMLElement>(".v-node");
		if (!node || !this.#rows) return;
		const row = Number(node.dataset["row"]);
		if (document.getSelection()?.isCollapsed === false) return;
		this.#activate(row);
		this.#toggle(row);
	}

	#toggle(row: number): void {
		const rows = this.#rows!;
		if (rows.isOpen(row)) rows.close(row);
		else rows.open(row);
		this.#list.setCount(rows.count);
	}

	#activate(row: number): void {
		this.#active = Math.max(0, Math.min(row, this.#rows!.count - 1));
		this.#list.scrollToRow(this.#active);
		this.#list.refresh();
		this.#list.flush();
		this.#list.el.setAttribute("aria-activedescendant", `${this.#id}-${this.#active}`);
	}

	#key(e: KeyboardEvent): void {
		const rows = this.#rows;
		if (!rows || e.ctrlKey || e.metaKey || e.altKey) return;
		const row = this.#active;
		if (e.key === "ArrowDown") this.#activate(row + 1);
		else if (e.key === "ArrowUp") this.#activate(row - 1);
		else if (e.key === "Home") this.#activate(0);
		else if (e.key === "End") this.#activate(rows.count - 1);
		else if (e.key === "ArrowRight" && rows.canOpen(row) && !rows.isOpen(row)) this.#toggle(row);
		else if (e.key === "ArrowRight" && rows.isOpen(row)) this.#activate(row + 1);
		else if (e.key === "ArrowLeft" && rows.isOpen(row)) this.#toggle(row);
		else if (e.key === "ArrowLeft" && rows.parent(row) >= 0) this.#activate(rows.parent(row));
		else if (e.key === "Enter" || e.key === " ") this.#toggle(row);
		else return;
		e.preventDefault();
	}

	#openAll(): void {
		if (!this.#rows) return;
		this.#rows.openUpTo(OPEN_ALL);
		this.#list.setCount(this.#rows.count);
		this.#ctx.announce?.(`${this.#rows.count} rows`);
	}

	#closeAll(): void {
		if (!this.#rows) return;
		this.#rows.closeAll();
		this.#active = 0;
		this.#list.setCount(this.#rows.count);
	}
}

export const json: Viewer = { mount: (host, file, ctx) => new JsonView(host, file, ctx) };
