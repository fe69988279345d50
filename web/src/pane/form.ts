// SPDX-License-Identifier: MIT
// A program's options as a form, and what else a run is given: environment, standard input, time.

import type { Option, OptionValue, Program } from "../api/types";
import type { PaneState } from "../state/session";
import { defaultOf, valueOf } from "../run/template";
import { freshId, h, type Child } from "../ui/dom";

type Tell = (value: OptionValue) => void;

interface Control {
	element: HTMLElement;
	/** The label stands in the same line, behind it. */
	inline?: boolean;
}

function choice(option: Option, value: OptionValue, id: string, tell: Tell): Control {
	const element = h("select", { id, class: "input", onchange: () => tell(element.value) });
	for (const c of option.choices ?? []) element.append(h("option", { value: c.value }, c.title ?? c.value));
	element.value = String(value);
	return { element };
}

function flag(_: Option, value: OptionValue, id: string, tell: Tell): Control {
	const element = h("input", { id, type: "checkbox", class: "checkbox", onchange: () => tell(element.checked) });
	element.checked = value === true;
	return { element, inline: true };
}

function integer(option: Option, value: OptionValue, id: string, tell: Tell): Control {
	const read = () => {
		if (element.value === "") return tell("");
		const number = Number(element.value);
		if (!Number.isInteger(number) || !element.validity.valid) return;
		tell(number);
	};
	const element = h("input", { id, type: "number", class: "input", min: option.min, max: option.max, step: option.step ?? 1, oninput: read });
	element.value = String(value);
	return { element };
}

function text(option: Option, value: OptionValue, id: string, tell: Tell): Control {
	const element = h("input", {
		id,
		type: "text",
		class: option.type === "arguments" ? "input code" : "input",
		spellcheck: "false",
		autocapitalize: "off",
		autocomplete: "off",
		dir: "auto",
		placeholder: option.placeholder ?? null,
		oninput: () => tell(element.value),
	});
	element.value = String(value);
	return { element };
}

/** One entry a line. */
function list(_: Option, value: OptionValue, id: string, tell: Tell): Control {
	const element = h("textarea", {
		id,
		class: "input code grows",
		rows: 1,
		spellcheck: "false",
		placeholder: "one a line",
		oninput: () => tell(element.value.split("\n").filter((line) => line !== "")),
	});
	element.value = (Array.isArray(value) ? value : [String(value)]).join("\n");
	return { element };
}

const controls: Record<Option["type"], (option: Option, value: OptionValue, id: string, tell: Tell) => Control> = {
	choice,
	flag,
	integer,
	text,
	list,
	arguments: text,
};

function field(title: string, help: string | undefined, make: (id: string) => Control, wide = false): HTMLElement {
	const id = freshId("field");
	const { element, inline } = make(id);
	const hint = help ? h("span", { id: `${id}-help`, class: "visually-hidden" }, help) : null;
	if (hint) element.setAttribute("aria-describedby", hint.id);
	const label = h("label", { for: id, class: "field-label" }, title);
	const children: Child[] = inline ? [element, label, hint] : [label, element, hint];
	return h("div", { class: `field${inline ? " inline" : ""}${wide ? " wide" : ""}`, title: help }, ...children);
}

function optionField(option: Option, pane: PaneState, changed: () => void): HTMLElement {
	const wide = option.type === "arguments" || option.type === "list";
	const tell = (value: OptionValue) => {
		if (JSON.stringify(value) === JSON.stringify(defaultOf(option))) delete pane.options[option.id];
		else pane.options[option.id] = value;
		changed();
	};
	return field(option.title, option.help, (id) => controls[option.type](option, valueOf(option, pane.options), id, tell), wide);
}

/** "K=V" lines. A line without "=" says that it has none. */
export function parseEnv(text: string): { env: Record<string, string>; complaint: string | null } {
	const env: Record<string, string> = {};
	let complaint: string | null = null;
	for (const line of text.split("\n")) {
		if (line.trim() === "") continue;
		const at = line.indexOf("=");
		if (at <= 0) complaint ??= `'${line}' is not NAME=VALUE.`;
		else env[line.slice(0, at).trim()] = line.slice(at + 1);
	}
	return { env, complaint };
}

function envField(pane: PaneState, changed: () => void): HTMLElement {
	return field("Environment", "One NAME=VALUE a line", (id) => {
		const element = h("textarea", {
			id,
			class: "input code grows",
			rows: 1,
			spellcheck: "false",
			placeholder: "NAME=VALUE",
			oninput: () => {
				const { env, complaint } = parseEnv(element.value);
				element.setCustomValidity(complaint ?? "");
				if (complaint) return;
				pane.env = env;
				changed();
			},
		});
		element.value = Object.entries(pane.env).map(([k, v]) => `${k}=${v}`).join("\n");
		return { element };
	});
}

function stdinField(pane: PaneState, changed: () => void): HTMLElement {
	return field("Standard input", "What the program reads from stdin", (id) => {
		const element = h("textarea", {
			id,
			class: "input code grows",
			rows: 1,
			spellcheck: "false",
			dir: "auto",
			oninput: () => {
				pane.stdin = element.value;
				changed();
			},
		});
		element.value = pane.stdin;
		return { element };
	});
}

function timeField(program: Program, pane: PaneState, changed: () => void): HTMLElement {
	const usual = (program.limits?.timeout_ms ?? 10_000) / 1000;
	return field("Time limit, seconds", `Usually ${usual} s`, (id) => {
		const element = h("input", {
			id,
			type: "number",
			class: "input",
			min: 1,
			max: 60,
			step: "any",
			placeholder: String(usual),
			oninput: () => {
				const seconds = Number(element.value);
				if (element.value !== "" && !(seconds > 0 && element.validity.valid)) return;
				pane.timeoutMs = element.value === "" ? null : Math.round(seconds * 1000);
				changed();
			},
		});
		element.value = pane.timeoutMs === null ? "" : String(pane.timeoutMs / 1000);
		return { element };
	});
}

function autoField(program: Program, pane: PaneState, changed: () => void): HTMLElement {
	return field("Run while I type", "Off for slow programs", (id) => {
		const element = h("input", {
			id,
			type: "checkbox",
			class: "checkbox",
			onchange: () => {
				pane.auto = element.checked === (program.auto !== false) ? null : element.checked;
				changed();
			},
		});
		element.checked = pane.auto ?? program.auto !== false;
		return { element, inline: true };
	});
}

/** All of it. @changed is called whenever the job is another one. */
export function makeForm(program: Program, pane: PaneState, changed: () => void): HTMLElement[] {
	const options = h(
		"fieldset",
		{ class: "fields options", disabled: pane.command !== null },
		h("legend", { class: "visually-hidden" }, `Options of ${program.title}`),
		...program.options.map((o) => optionField(o, pane, changed)),
	);
	const run = h(
		"fieldset",
		{ class: "fields" },
		h("legend", { class: "visually-hidden" }, "How it is run"),
		envField(pane, changed),
		stdinField(pane, changed),
		timeField(program, pane, changed),
		autoField(program, pane, changed),
	);
	const about = h(
		"p",
		{ class: "form-about" },
		program.summary ? `${program.summary} ` : "",
		program.documentation
			? h("a", { href: safeLink(program.documentation), target: "_blank", rel: "noopener noreferrer" }, "Documentation")
			: null,
	);
	return [...(program.options.length > 0 ? [options] : []), run, about];
}

/** A link of the catalog, which an image may have brought: only to the web. */
function safeLink(url: string): string | null {
	return /^https?:\/\//i.test(url) ? url : null;
}
