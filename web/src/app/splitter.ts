// SPDX-License-Identifier: MIT
// The bar between two parts: drag it, or move it with arrow keys.

import { h } from "../ui/dom";

export interface Sizes {
	/** Relative sizes of all parts in this direction; changed in place. */
	values: number[];
	/** The parts are @values[at] and @values[at + 1]. */
	at: number;
	changed(): void;
	done(): void;
}

const LEAST = 0.12;
const STEP = 0.05;

function shift(sizes: Sizes, by: number): void {
	const { values, at } = sizes;
	const both = (values[at] as number) + (values[at + 1] as number);
	const first = Math.max(both * LEAST, Math.min(both * (1 - LEAST), (values[at] as number) + by));
	values[at] = first;
	values[at + 1] = both - first;
	sizes.changed();
}

/** @vertical: the parts stand side by side. */
export function makeSplitter(vertical: boolean, label: string, sizes: Sizes): HTMLElement {
	const element = h("div", {
		class: `splitter ${vertical ? "vertical" : "horizontal"}`,
		role: "separator",
		"aria-orientation": vertical ? "vertical" : "horizontal",
		"aria-label": label,
		"aria-valuemin": 0,
		"aria-valuemax": 100,
		tabindex: 0,
	});
	const tell = () => {
		const both = (sizes.values[sizes.at] as number) + (sizes.values[sizes.at + 1] as number);
		element.setAttribute("aria-valuenow", String(Math.round(((sizes.values[sizes.at] as number) / both) * 100)));
	};
	tell();

	element.addEventListener("pointerdown", (event) => {
		if (event.button !== 0) return;
		event.preventDefault();
		element.setPointerCapture(event.pointerId);
		element.classList.add("dragged");
		const box = (element.parentElement as HTMLElement).getBoundingClientRect();
		const total = sizes.values.reduce((a, b) => a + b, 0);
		const scale = total / (vertical ? box.width : box.height);
		const sign = vertical && getComputedStyle(element).direction === "rtl" ? -1 : 1;
		let last = vertical ? event.clientX : event.clientY;
		const move = (e: PointerEvent) => {
			const now = vertical ? e.clientX : e.clientY;
			shift(sizes, (now - last) * scale * sign);
			last = now;
			tell();
		};
		const end = () => {
			element.classList.remove("dragged");
			element.removeEventListener("pointermove", move);
			sizes.done();
		};
		element.addEventListener("pointermove", move);
		element.addEventListener("lostpointercapture", end, { once: true });
	});
	element.addEventListener("keydown", (event) => {
		const less = vertical ? "ArrowLeft" : "ArrowUp";
		const more = vertical ? "ArrowRight" : "ArrowDown";
		if (event.key !== less && event.key !== more) return;
		event.preventDefault();
		const both = (sizes.values[sizes.at] as number) + (sizes.values[sizes.at + 1] as number);
		shift(sizes, (event.key === more ? STEP : -STEP) * both);
		tell();
		sizes.done();
	});
	element.addEventListener("dblclick", () => {
		const both = (sizes.values[sizes.at] as number) + (sizes.values[sizes.at + 1] as number);
		sizes.values[sizes.at] = both / 2;
		sizes.values[sizes.at + 1] = both / 2;
		sizes.changed();
		tell();
		sizes.done();
	});
	return element;
}
