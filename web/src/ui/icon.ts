// SPDX-License-Identifier: MIT
// The icons: strokes on a grid of 16, drawn for this page.

const PATHS = {
	play: "M5 3.2v9.6L12.8 8z",
	stop: "M4.5 4.5h7v7h-7z",
	plus: "M8 3.5v9M3.5 8h9",
	close: "M4.2 4.2l7.6 7.6M11.8 4.2l-7.6 7.6",
	down: "M4 6.2L8 10.2l4-4",
	right: "M6.2 4L10.2 8l-4 4",
	more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
	sliders: "M2.5 5h6M11.5 5h2M2.5 11h2M7.5 11h6M10 3.5v3M6 9.5v3",
	share: "M8 9.5V2.5M5.2 5L8 2.2 10.8 5M3.5 8v5h9V8",
	history: "M2.8 8a5.2 5.2 0 1 0 1.6-3.8M2.6 2.6v2.6h2.6M8 5.2V8l2 1.4",
	gear: "M8 5.7a2.3 2.3 0 1 0 0 4.6 2.3 2.3 0 0 0 0-4.6zM8 1.8v2M8 12.2v2M1.8 8h2M12.2 8h2M3.6 3.6l1.4 1.4M11 11l1.4 1.4M12.4 3.6L11 5M5 11l-1.4 1.4",
	grid: "M2.8 2.8h4v4h-4zM9.2 2.8h4v4h-4zM2.8 9.2h4v4h-4zM9.2 9.2h4v4h-4z",
	download: "M8 2.5v7M5.2 7L8 9.8 10.8 7M3 13h10",
	upload: "M8 10V3M5.2 5.8L8 3l2.8 2.8M3 13h10",
	search: "M7 2.8a4.2 4.2 0 1 0 0 8.4 4.2 4.2 0 0 0 0-8.4zM10.2 10.2l3 3",
	copy: "M5.5 5.5h7v7h-7zM3.5 10.5v-7h7",
	file: "M4 2h5l3 3v9H4zM9 2v3h3",
	edit: "M3 13l.7-2.8 7-7 2.1 2.1-7 7z",
	columns: "M2.5 3h11v10h-11zM8 3v10",
	terminal: "M2.5 3.5l3.5 3.5-3.5 3.5M8 11.5h5.5",
	help: "M6 6a2 2 0 1 1 2.8 1.8c-.6.3-.8.7-.8 1.4M8 11.6h.01",
	warn: "M8 2.5l6 10.8H2zM8 6.5v3.2M8 11.4h.01",
} as const;

export type IconName = keyof typeof PATHS;

const SVG = "http://www.w3.org/2000/svg";

/** Decoration only: the button around it has the words. */
export function icon(name: IconName): SVGSVGElement {
	const svg = document.createElementNS(SVG, "svg");
	svg.setAttribute("viewBox", "0 0 16 16");
	svg.setAttribute("class", `icon icon-${name}`);
	svg.setAttribute("aria-hidden", "true");
	const path = document.createElementNS(SVG, "path");
	path.setAttribute("d", PATHS[name]);
	svg.append(path);
	return svg;
}
