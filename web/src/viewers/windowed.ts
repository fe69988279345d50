// SPDX-License-Identifier: MIT
// A list of any number of rows of one height, of which only those in sight are in the document.
//
// Theory of operation: a scroller holds a spacer as tall as all rows, and a layer with the rows in sight. Browsers stop
// at some 17 to 33 million pixels, so a taller list gets a spacer of MAX_PX and the scroll position is scaled; wheel and
// keys then move by rows all the same, since the true offset is kept here and only mirrored into the scroller.
import { el } from "./dom";

const MAX_PX = 8_000_000;
const OVERSCAN = 6;
/** The largest number of rows ever in the document, however tall the scroller claims to be. */
const MAX_ROWS = 400;

export interface WindowedOptions {
	label: string;
	role?: string;
	/** Stays at the top while rows pass below it. */
	head?: HTMLElement;
	/** Makes the row; called again after refresh(). */
	render(index: number): HTMLElement;
}

export class Windowed {
	readonly el: HTMLElement;
	#layer: HTMLElement;
	#spacer: HTMLElement;
	#options: WindowedOptions;
	#count = 0;
	#rowPx = 20;
	#offset = 0;
	#mirrored = -1;
	#rows = new Map<number, HTMLElement>();
	#frame = 0;
	#observer: ResizeObserver;
	#minWidth = 0;
	#head: HTMLElement | null;
	onresize: (() => void) | null = null;

	constructor(options: WindowedOptions) {
		this.#options = options;
		this.#layer = el("div", { class: "v-layer" });
		this.#spacer = el("div", { class: "v-spacer", "aria-hidden": "true" });
		this.el = el("div", { class: "v-scroll", tabindex: 0, role: options.role ?? "region", "aria-label": options.label }, this.#spacer, this.#layer);
		this.#head = options.head ?? null;
		if (this.#head) {
			this.#head.classList.add("v-head");
			this.el.prepend(this.#head);
		}
		this.el.addEventListener("scroll", () => this.#scrolled(), { passive: true });
		this.el.addEventListener("wheel", (e) => this.#wheel(e), { passive: false });
		this.el.addEventListener("keydown", (e) => this.#key(e));
		this.#observer = new ResizeObserver(() => {
			this.onresize?.();
			this.#schedule();
		});
		this.#observer.observe(this.el);
	}

	get count(): number {
		return this.#count;
	}

	get rowPx(): number {
		return this.#rowPx;
	}

	set rowPx(px: number) {
		if (px <= 0 || px === this.#rowPx) return;
		const first = this.firstRow;
		this.#rowPx = px;
		this.setCount(this.#count);
		this.scrollToRow(first, "start");
	}

	get firstRow(): number {
		return Math.floor(this.#offset / this.#rowPx);
	}

	get atEnd(): boolean {
		return this.#offset + this.#view >= this.#total - this.#rowPx;
	}

	/** Pixels in which rows are seen. */
	get #view(): number {
		return Math.max(0, this.el.clientHeight - this.#headPx);
	}

	get #headPx(): number {
		return this.#head?.offsetHeight ?? 0;
	}

	get #total(): number {
		return this.#count * this.#rowPx;
	}

	/** How many pixels of the list one pixel of the scroll bar stands for. */
	get #ratio(): number {
		if (this.#total <= MAX_PX) return 1;
		const view = this.#view;
		return (this.#total - view) / (MAX_PX - view);
	}

	setCount(count: number): void {
		this.#count = count;
		this.#spacer.style.height = `${Math.min(this.#total, MAX_PX)}px`;
		this.#setOffset(this.#offset);
		this.refresh();
	}

	/** Rows have changed: makes those in sight anew. */
	refresh(): void {
		for (const row of this.#rows.values()) row.remove();
		this.#rows.clear();
		this.#schedule();
	}

	scrollToRow(row: number, where: "start" | "nearest" | "center" = "nearest"): void {
		const view = this.#view;
		const top = row * this.#rowPx;
		if (where === "nearest" && top >= this.#offset && top + this.#rowPx <= this.#offset + view) return;
		this.#setOffset(where === "start" ? top : top - Math.max(0, (view - this.#rowPx) / 2));
	}

	rowElement(row: number): HTMLElement | undefined {
		return this.#rows.get(row);
	}

	/** Puts the rows in sight into the document now rather than with the next frame. */
	flush(): void {
		if (this.#frame) cancelAnimationFrame(this.#frame);
		this.#frame = 0;
		this.#paint();
	}

	destroy(): void {
		this.#observer.disconnect();
		if (this.#frame) cancelAnimationFrame(this.#frame);
		this.el.remove();
	}

	#setOffset(offset: number): void {
		const most = Math.max(0, this.#total - this.#view);
		this.#offset = Math.max(0, Math.min(offset, most));
		this.#mirrored = this.#offset / this.#ratio;
		this.el.scrollTop = this.#mirrored;
		this.#schedule();
	}

	#scrolled(): void {
		// Our own mirroring comes back as an event too, rounded.
		if (Math.abs(this.el.scrollTop - this.#mirrored) > 1) {
			this.#offset = this.el.scrollTop * this.#ratio;
			this.#mirrored = this.el.scrollTop;
		}
		this.#schedule();
	}

	#wheel(e: WheelEvent): void {
		if (this.#ratio === 1 || e.ctrlKey || e.deltaY === 0 || e.shiftKey) return;
		e.preventDefault();
		const unit = e.deltaMode === 1 ? this.#rowPx : e.deltaMode === 2 ? this.#view : 1;
		this.#setOffset(this.#offset + e.deltaY * unit);
	}

	#key(e: KeyboardEvent): void {
		if (this.#ratio === 1 || e.target !== this.el || e.altKey || e.ctrlKey || e.metaKey) return;
		const page = this.#view - this.#rowPx;
		const step: Record<string, number> = { ArrowDown: this.#rowPx, ArrowUp: -this.#rowPx, PageDown: page, PageUp: -page, " ": e.shiftKey ? -page : page };
		const by = step[e.key];
		if (by === undefined) return;
		e.preventDefault();
		this.#setOffset(this.#offset + by);
	}

	#schedule(): void {
		if (this.#frame) return;
		this.#frame = requestAnimationFrame(() => {
			this.#frame = 0;
			this.#paint();
		});
	}

	#paint(): void {
		const view = this.#view || 600;
		const from = Math.max(0, Math.floor(this.#offset / this.#rowPx) - OVERSCAN);
		const to = Math.min(this.#count, from + Math.min(MAX_ROWS, Math.ceil(view / this.#rowPx) + 2 * OVERSCAN + 1));
		for (const [index, row] of this.#rows) {
			if (index >= from && index < to) continue;
			if (row.contains(document.activeElement)) this.el.focus({ preventScroll: true });
			row.remove();
			this.#rows.delete(index);
		}
		let before: Element | null = this.#layer.firstElementChild;
		for (let i = from; i < to; i++) {
			let row = this.#rows.get(i);
			if (!row) {
				row = this.#options.render(i);
				this.#rows.set(i, row);
				this.#layer.insertBefore(row, before);
			}
			before = row.nextElementSibling;
		}
		const base = this.#ratio === 1 ? 0 : this.#mirrored - this.#offset;
		this.#layer.style.transform = `translateY(${this.#headPx + from * this.#rowPx + base}px)`;
		// The widest row seen so far: the horizontal bar does not come and go while scrolling.
		const width = this.#layer.scrollWidth;
		if (width > this.#minWidth) {
			this.#minWidth = width;
			this.#spacer.style.width = `${width}px`;
		}
	}

	/** Forgets the widest row, when wrapping or columns changed. */
	resetWidth(): void {
		this.#minWidth = 0;
		this.#spacer.style.width = "";
	}
}
