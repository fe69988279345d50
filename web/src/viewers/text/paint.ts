// SPDX-License-Identifier: MIT
// Runs to elements: text nodes where nothing is special, else spans and links.
import { el } from "../dom";
import type { ViewerContext } from "../types";
import { findLinks, type Link } from "./links";
import { type Run, runsText } from "./line";
import { dress, plain } from "./style";

function piece(run: Run, text: string): Node {
	if (run.odd !== undefined) return el("span", { class: "v-odd", title: run.odd }, text);
	const { fg, bg, flags } = run.style;
	if (run.style === plain || (fg === -1 && bg === -1 && flags === 0)) return document.createTextNode(text);
	const span = el("span", {}, text);
	dress(span, run.style);
	return span;
}

function anchor(href: string): HTMLElement {
	return el("a", { class: "v-link", href, target: "_blank", rel: "noopener noreferrer nofollow" });
}

function jump(link: Link, ctx: ViewerContext): HTMLElement {
	const place = link.place!;
	const go = el("a", { class: "v-jump", href: "#", title: `Go to line ${place.line}` });
	go.addEventListener("click", (e) => {
		e.preventDefault();
		ctx.onJump?.(place);
	});
	return go;
}

/** Appends what @runs show to @into. Links are looked for in this text alone. */
export function paintRuns(into: HTMLElement, runs: Run[], ctx: ViewerContext): void {
	const links = findLinks(runsText(runs), ctx.onJump ? ctx.isSource : undefined);
	let at = 0;
	let next = 0;
	let open: HTMLElement | null = null;
	for (const run of runs) {
		const end = at + run.text.length;
		let from = at;
		while (from < end) {
			const link = links[next];
			const inside = link !== undefined && from >= link.start;
			const to = link === undefined ? end : Math.min(end, inside ? link.end : link.start);
			const node = piece(run, run.text.slice(from - at, to - at));
			if (inside) {
				if (from === link.start || open === null) {
					open = link.href ? anchor(link.href) : jump(link, ctx);
					into.append(open);
				}
				open.append(node);
				if (to === link.end) {
					next++;
					open = null;
				}
			} else if (run.href) {
				const a = anchor(run.href);
				a.append(node);
				into.append(a);
			} else into.append(node);
			from = to;
		}
		at = end;
	}
}
