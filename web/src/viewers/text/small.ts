// SPDX-License-Identifier: MIT
// Little text: every line in the document, so that the browser's own find, selection and wrapping work.
import { el } from "../dom";
import type { ViewerContext } from "../types";
import type { Run } from "./line";
import type { Lines } from "./lines";
import { paintRuns } from "./paint";

export class SmallBody {
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
