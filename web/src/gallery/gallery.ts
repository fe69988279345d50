// SPDX-License-Identifier: MIT
// The first screen: what there is to try, each with a look at its text.

import type { Catalog, Example, Program } from "../api/types";
import { formatAgo } from "../core/format";
import { fromBase64, textOf } from "../core/bytes";
import type { Kept } from "../state/database";
import { fill, h } from "../ui/dom";
import { icon } from "../ui/icon";

export interface GalleryHost {
	open(program: Program, example: Example): void;
	resume(kept: Kept): void;
	blank(): void;
}

const LINES = 7;

/** The first lines of an example: what one will see in the editor. */
export function previewOf(example: Example): string {
	const file = example.files[0];
	if (!file) return "";
	let text = file.text ?? "";
	if (file.base64 !== undefined) text = textOf(fromBase64(file.base64)) ?? "";
	return text.split("\n").filter((line, i, all) => line.trim() !== "" || (i > 0 && all[i - 1]?.trim() !== "")).slice(0, LINES).join("\n");
}

function kindsOf(program: Program, catalog: Catalog): string {
	const title = (id: string) => catalog.kinds.find((k) => k.id === id)?.title ?? id;
	return `${program.inputs.slice(0, 2).map(title).join(", ")} → ${program.outputs.slice(0, 3).map(title).join(", ")}`;
}

function card(program: Program, example: Example, catalog: Catalog, host: GalleryHost): HTMLElement {
	return h(
		"button",
		{ type: "button", class: "card", disabled: !program.available, "data-program": program.id, "data-example": example.id, onclick: () => host.open(program, example) },
		h("pre", { class: "card-text", "aria-hidden": "true" }, previewOf(example)),
		h("span", { class: "card-words" },
			h("span", { class: "card-title" }, example.title),
			h("span", { class: "card-program" }, program.title),
			h("span", { class: "card-kinds" }, program.available ? kindsOf(program, catalog) : "not installed on this server"),
		),
	);
}

function resumeCard(kept: Kept, host: GalleryHost): HTMLElement {
	const first = kept.json.files[kept.json.active ?? 0];
	return h(
		"button",
		{ type: "button", class: "card resume", onclick: () => host.resume(kept) },
		h("pre", { class: "card-text", "aria-hidden": "true" }, (first?.text ?? "").split("\n").slice(0, LINES).join("\n")),
		h("span", { class: "card-words" },
			h("span", { class: "card-title" }, "Go on where you left"),
			h("span", { class: "card-program" }, kept.title),
			h("span", { class: "card-kinds" }, formatAgo(kept.savedAt, Date.now())),
		),
	);
}

interface Entry {
	program: Program;
	example: Example;
	haystack: string;
}

/** The first example of each program, then the second of each, and so on: the first screen shows the whole range. */
function entriesOf(catalog: Catalog): Entry[] {
	const entries = catalog.programs.flatMap((program) =>
		(program.examples ?? []).map((example, turn) => ({
			program,
			example,
			turn,
			haystack: `${program.title} ${program.id} ${example.title} ${program.summary ?? ""} ${kindsOf(program, catalog)}`.toLowerCase(),
		})),
	);
	return entries.sort((a, b) => Number(b.program.available) - Number(a.program.available) || a.turn - b.turn);
}

export function makeGallery(catalog: Catalog, latest: Kept | null, host: GalleryHost): HTMLElement {
	const entries = entriesOf(catalog);
	const grid = h("div", { class: "cards" });
	const count = h("p", { class: "visually-hidden", role: "status" });
	const draw = (query: string) => {
		const words = query.toLowerCase().split(/\s+/).filter((w) => w !== "");
		const found = entries.filter((e) => words.every((w) => e.haystack.includes(w)));
		fill(
			grid,
			words.length === 0 && latest ? resumeCard(latest, host) : null,
			...found.map((e) => card(e.program, e.example, catalog, host)),
			found.length === 0 ? h("p", { class: "cards-none" }, "Nothing answers to that.") : null,
		);
		count.textContent = words.length > 0 ? `${found.length} examples` : "";
	};
	const search = h("input", { type: "search", class: "gallery-search", placeholder: "Search examples", "aria-label": "Search examples", spellcheck: "false" });
	search.addEventListener("input", () => draw(search.value));
	draw("");
	return h(
		"main",
		{ class: "gallery" },
		h("div", { class: "gallery-head" },
			h("h1", {}, "Pick a program, type, see what it makes."),
			h("p", {}, "Every run is a fresh virtual machine that lives for that one run. Any container can be a program here."),
			h("div", { class: "gallery-tools" },
				h("span", { class: "gallery-field" }, icon("search"), search),
				h("button", { type: "button", class: "button", onclick: () => host.blank() }, icon("file"), h("span", {}, "Start with an empty file")),
			),
		),
		count,
		grid,
	);
}
