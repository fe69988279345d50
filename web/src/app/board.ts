// SPDX-License-Identifier: MIT
// Where things stand: the desk at the left, columns of panes beside it, bars between them. On a phone one of them fills
// the screen and a bar at the bottom chooses which.

import type { Program } from "../api/types";
import { Pane } from "../pane/pane";
import type { PaneState } from "../state/session";
import { fill, h } from "../ui/dom";
import type { Desk } from "../editor/desk";
import type { Page } from "./page";
import { makeSplitter } from "./splitter";

type Side = "left" | "right" | "up" | "down";

const DRAGGED = "application/x-pe-pane";

export class Board {
	readonly element = h("main", { class: "board" });
	readonly nav = h("nav", { class: "board-nav", "aria-label": "Parts" });
	#page: Page;
	#desk: Desk;
	#panes = new Map<PaneState, Pane>();
	#dragged: PaneState | null = null;
	#marker = h("div", { class: "drop-marker" });
	/** What a phone shows: the desk (null) or a pane. */
	#front: PaneState | null = null;
	#begun = false;

	constructor(page: Page, desk: Desk) {
		this.#page = page;
		this.#desk = desk;
		page.workspace.layout.watch(() => this.draw());
		this.element.addEventListener("dragover", (event) => this.#over(event));
		this.element.addEventListener("drop", (event) => this.#drop(event));
		this.element.addEventListener("dragend", () => this.#endDrag());
	}

	get panes(): Pane[] {
		return this.#page.workspace.columns().flat().flatMap((state) => this.#panes.get(state) ?? []);
	}

	/** Everything that runs by itself does so once. */
	begin(): void {
		this.#begun = true;
		for (const pane of this.panes) pane.begin();
	}

	show(front: PaneState | null): void {
		this.#front = front;
		this.#drawFront();
	}

	draw(): void {
		const { workspace } = this.#page;
		const { session } = workspace;
		const columns = workspace.columns();
		this.#dropClosed();
		const added = session.panes.filter((state) => !this.#panes.has(state));
		for (const state of added) this.#panes.set(state, this.#makePane(state));

		if (session.widths.length !== columns.length + 1) session.widths = [1, ...columns.map(() => 1)];
		const parts: HTMLElement[] = [this.#desk.element, ...columns.map((column) => this.#column(column))];
		const children = parts.flatMap((part, i) => (i === 0 ? [part] : [this.#bar(i - 1), part]));
		fill(this.element, ...children, columns.length === 0 ? this.#invitation() : null);
		this.#resize();
		this.#drawNav();
		if (this.#begun) for (const state of added) this.#panes.get(state)?.begin();
	}

	#dropClosed(): void {
		const open = new Set(this.#page.workspace.session.panes);
		for (const [state, pane] of this.#panes) {
			if (open.has(state) && pane.program.id === state.program) continue;
			pane.end();
			this.#panes.delete(state);
			if (this.#front === state && !open.has(state)) this.#front = null;
		}
	}

	#makePane(state: PaneState): Pane {
		const program = this.#page.catalog.programs.find((p) => p.id === state.program) ?? unknownProgram(state.program);
		const pane = new Pane(this.#page, state, program);
		this.#makeDraggable(pane);
		pane.runner.state.listen(() => this.#drawNav());
		return pane;
	}

	#invitation(): HTMLElement {
		return h("div", { class: "invitation" }, h("p", {}, "No program runs over these files yet."));
	}

	#column(column: PaneState[]): HTMLElement {
		const element = h("div", { class: "column" });
		const weights = column.map((p) => p.weight);
		const apply = () => {
			for (const [i, pane] of column.entries()) {
				pane.weight = weights[i] as number;
				const one = this.#panes.get(pane)?.element;
				if (one) one.style.flexGrow = String(pane.weight);
			}
		};
		for (const [i, state] of column.entries()) {
			if (i > 0)
				element.append(
					makeSplitter(false, "Height of the panes", { values: weights, at: i - 1, changed: apply, done: () => this.#page.workspace.touch() }),
				);
			element.append((this.#panes.get(state) as Pane).element);
		}
		apply();
		return element;
	}

	#bar(at: number): HTMLElement {
		return makeSplitter(true, "Width", {
			values: this.#page.workspace.session.widths,
			at,
			changed: () => this.#resize(),
			done: () => this.#page.workspace.touch(),
		});
	}

	#resize(): void {
		const { widths } = this.#page.workspace.session;
		const parts = [...this.element.children].filter((e) => !e.classList.contains("splitter")) as HTMLElement[];
		for (const [i, part] of parts.entries()) part.style.flexGrow = String(widths[i] ?? 1);
	}

	#drawNav(): void {
		const item = (title: string, front: PaneState | null, phase: string) =>
			h(
				"button",
				{ type: "button", class: "nav-item", "aria-current": this.#front === front ? "true" : null, "data-phase": phase, onclick: () => this.show(front) },
				h("span", { class: "nav-dot" }),
				h("span", { class: "nav-title" }, title),
			);
		fill(
			this.nav,
			item("Files", null, ""),
			...this.panes.map((pane) => item(pane.program.title, pane.state, pane.runner.state.value.phase)),
		);
		this.#drawFront();
	}

	#drawFront(): void {
		this.#desk.element.classList.toggle("front", this.#front === null);
		for (const pane of this.panes) {
			const front = pane.state === this.#front;
			pane.element.classList.toggle("front", front);
			pane.element.parentElement?.classList.toggle("front", [...(pane.element.parentElement?.children ?? [])].some((e) => e.classList.contains("front")));
		}
		const items = [...this.nav.children];
		const fronts = [null, ...this.panes.map((p) => p.state)];
		for (const [i, one] of items.entries()) {
			if (fronts[i] === this.#front) one.setAttribute("aria-current", "true");
			else one.removeAttribute("aria-current");
		}
	}

	#makeDraggable(pane: Pane): void {
		const head = pane.element.querySelector<HTMLElement>(".pane-head");
		if (!head || this.#page.readOnly) return;
		head.draggable = true;
		head.addEventListener("dragstart", (event) => {
			event.dataTransfer?.setData(DRAGGED, pane.program.id);
			if (event.dataTransfer) event.dataTransfer.effectAllowed = "move";
			this.#dragged = pane.state;
			// Frames would swallow the events of the drag.
			this.element.classList.add("dragging");
		});
	}

	/** Which pane is below the pointer, and to which of its sides the pointer is nearest. */
	#target(event: DragEvent): { pane: Pane; side: Side } | null {
		for (const pane of this.panes) {
			const box = pane.element.getBoundingClientRect();
			const x = (event.clientX - box.left) / box.width;
			const y = (event.clientY - box.top) / box.height;
			if (x < 0 || x > 1 || y < 0 || y > 1) continue;
			const sides: [number, Side][] = [[x, "left"], [1 - x, "right"], [y, "up"], [1 - y, "down"]];
			return { pane, side: sides.reduce((a, b) => (b[0] < a[0] ? b : a))[1] };
		}
		return null;
	}

	#over(event: DragEvent): void {
		if (!this.#dragged) return;
		const target = this.#target(event);
		if (!target || target.pane.state === this.#dragged) return this.#marker.remove();
		event.preventDefault();
		this.#marker.dataset["side"] = target.side;
		if (this.#marker.parentElement !== target.pane.element) target.pane.element.append(this.#marker);
	}

	#drop(event: DragEvent): void {
		const dragged = this.#dragged;
		const target = this.#target(event);
		this.#endDrag();
		if (!dragged || !target) return;
		event.preventDefault();
		this.#page.workspace.dropPane(dragged, target.pane.state, target.side);
	}

	#endDrag(): void {
		this.#dragged = null;
		this.#marker.remove();
		this.element.classList.remove("dragging");
	}
}

/** A link may name a program that this server does not have. */
function unknownProgram(id: string): Program {
	return {
		id,
		title: id,
		summary: "This server has no such program.",
		image: id,
		available: false,
		inputs: [],
		outputs: [],
		command: [],
		options: [],
	};
}
