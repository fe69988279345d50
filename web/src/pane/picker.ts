// SPDX-License-Identifier: MIT
// Choosing a program: type to search, arrows to move. Those that read the open file come first.

import type { Catalog, Program } from "../api/types";
import { isMadeFor } from "../run/template";
import { fill, freshId, h } from "../ui/dom";
import { openPopover } from "../ui/popover";

export interface Group {
	title: string;
	programs: Program[];
}

/** How well @program answers the words of @query: 0 is not at all. */
export function scoreProgram(program: Program, query: string, kindTitles: string): number {
	const words = query.toLowerCase().split(/\s+/).filter((w) => w !== "");
	const title = program.title.toLowerCase();
	const rest = `${program.id} ${program.summary ?? ""} ${kindTitles}`.toLowerCase();
	let score = 1;
	for (const word of words) {
		if (title.startsWith(word) || program.id.startsWith(word)) score += 8;
		else if (title.includes(word)) score += 4;
		else if (rest.includes(word)) score += 1;
		else return 0;
	}
	return score;
}

/** The programs that answer @query, those made for @name first, then by how well they answer. */
export function groupPrograms(catalog: Catalog, name: string, query: string): Group[] {
	const titles = (p: Program) => p.inputs.map((id) => catalog.kinds.find((k) => k.id === id)?.title ?? id).join(" ");
	const found = catalog.programs
		.map((program) => ({ program, score: scoreProgram(program, query, titles(program)) }))
		.filter(({ score }) => score > 0)
		.sort((a, b) => Number(b.program.available) - Number(a.program.available) || b.score - a.score || a.program.title.localeCompare(b.program.title));
	const fitting = found.filter(({ program }) => isMadeFor(program, name, catalog.kinds));
	const others = found.filter(({ program }) => !isMadeFor(program, name, catalog.kinds));
	return [
		{ title: `For ${name}`, programs: fitting.map((f) => f.program) },
		{ title: fitting.length > 0 ? "Others" : "Programs", programs: others.map((f) => f.program) },
	].filter((group) => group.programs.length > 0);
}

function optionRow(program: Program, catalog: Catalog, current: string, pick: () => void): HTMLElement {
	const kinds = program.inputs.flatMap((id) => catalog.kinds.find((k) => k.id === id)?.title ?? []);
	return h(
		"div",
		{
			class: "picker-option",
			role: "option",
			id: freshId("option"),
			"aria-selected": "false",
			"aria-disabled": program.available ? null : "true",
			"aria-current": program.id === current ? "true" : null,
			onclick: () => program.available && pick(),
		},
		h("span", { class: "picker-title" }, program.title),
		h("span", { class: "picker-kinds" }, program.available ? kinds.slice(0, 3).join(", ") : "not installed on this server"),
		h("span", { class: "picker-summary" }, program.summary ?? ""),
	);
}

/** Opens below @anchor; @pick gets the program that was chosen. */
export function openPicker(
	anchor: HTMLElement,
	catalog: Catalog,
	name: string,
	current: string,
	pick: (program: Program) => void,
): void {
	const listId = freshId("list");
	const list = h("div", { class: "picker-list", role: "listbox", id: listId, "aria-label": "Programs" });
	const input = h("input", {
		class: "picker-input",
		type: "text",
		role: "combobox",
		placeholder: "Search programs",
		"aria-label": "Search programs",
		"aria-expanded": "true",
		"aria-controls": listId,
		"aria-autocomplete": "list",
		autocomplete: "off",
		spellcheck: "false",
	});
	const popover = openPopover(anchor, h("div", { class: "picker" }, input, list));
	let rows: { element: HTMLElement; program: Program }[] = [];
	let at = 0;

	const choose = (program: Program) => {
		popover.close();
		pick(program);
	};
	const mark = (next: number) => {
		rows[at]?.element.setAttribute("aria-selected", "false");
		at = Math.max(0, Math.min(next, rows.length - 1));
		const row = rows[at];
		if (!row) return input.removeAttribute("aria-activedescendant");
		row.element.setAttribute("aria-selected", "true");
		row.element.scrollIntoView({ block: "nearest" });
		input.setAttribute("aria-activedescendant", row.element.id);
	};
	const search = () => {
		rows = [];
		const groups = groupPrograms(catalog, name, input.value).map((group) => {
			const id = freshId("group");
			const elements = group.programs.map((program) => {
				const element = optionRow(program, catalog, current, () => choose(program));
				rows.push({ element, program });
				return element;
			});
			return h("div", { role: "group", "aria-labelledby": id }, h("div", { class: "picker-group", id }, group.title), ...elements);
		});
		fill(list, ...(groups.length > 0 ? groups : [h("p", { class: "picker-none" }, "No program answers to that.")]));
		const here = input.value === "" ? rows.findIndex((r) => r.program.id === current) : -1;
		mark(here >= 0 ? here : 0);
	};
	input.addEventListener("input", search);
	input.addEventListener("keydown", (event) => {
		const row = rows[at];
		if (event.key === "ArrowDown") mark(at + 1);
		else if (event.key === "ArrowUp") mark(at - 1);
		else if (event.key === "PageDown") mark(at + 8);
		else if (event.key === "PageUp") mark(at - 8);
		else if (event.key === "Enter" && row?.program.available) choose(row.program);
		else return;
		event.preventDefault();
	});
	search();
	input.focus();
}
