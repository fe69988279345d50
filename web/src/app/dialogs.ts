// SPDX-License-Identifier: MIT
// Settings, sessions of this browser, and which keys there are.

import { formatAgo } from "../core/format";
import { all, forget, type Kept } from "../state/database";
import { change, settings, type Settings } from "../state/settings";
import { openDialog } from "../ui/dialog";
import { fill, freshId, h, keyName } from "../ui/dom";
import { icon } from "../ui/icon";

function select<K extends "keys" | "theme">(title: string, key: K, choices: [Settings[K], string][]): HTMLElement {
	const id = freshId("setting");
	const element = h("select", { id, class: "input", onchange: () => change({ [key]: element.value } as Partial<Settings>) });
	for (const [value, words] of choices) element.append(h("option", { value }, words));
	element.value = settings.value[key];
	return h("div", { class: "setting" }, h("label", { for: id }, title), element);
}

function checkbox(title: string, key: "autoRun" | "wrap"): HTMLElement {
	const id = freshId("setting");
	const element = h("input", { id, type: "checkbox", class: "checkbox", onchange: () => change({ [key]: element.checked }) });
	element.checked = settings.value[key];
	return h("div", { class: "setting" }, h("label", { for: id }, title), element);
}

function number(title: string, key: "delayMs" | "fontSize", min: number, max: number, step: number): HTMLElement {
	const id = freshId("setting");
	const element = h("input", {
		id,
		type: "number",
		class: "input",
		min,
		max,
		step,
		oninput: () => element.value !== "" && element.validity.valid && change({ [key]: Number(element.value) }),
	});
	element.value = String(settings.value[key]);
	return h("div", { class: "setting" }, h("label", { for: id }, title), element);
}

export function openSettings(): void {
	openDialog("Settings", [
		select("Keys of the editor", "keys", [["default", "Usual"], ["vim", "Vim"], ["emacs", "Emacs"]]),
		select("Colours", "theme", [["system", "As the system"], ["light", "Light"], ["dark", "Dark"]]),
		number("Size of the text, pixels", "fontSize", 10, 24, 1),
		checkbox("Wrap long lines", "wrap"),
		checkbox("Run by itself when typing stops", "autoRun"),
		number("Pause before it runs, milliseconds", "delayMs", 100, 5000, 100),
		h("p", { class: "share-note" }, "Kept in this browser."),
	], "settings-dialog");
}

function row(kept: Kept, open: (kept: Kept) => void, gone: () => void): HTMLElement {
	const element = h(
		"li",
		{},
		h("button", { type: "button", class: "history-open", onclick: () => open(kept) },
			h("span", { class: "history-title" }, kept.title),
			h("span", { class: "history-when" }, `${kept.json.files.length} file${kept.json.files.length === 1 ? "" : "s"}, ${formatAgo(kept.savedAt, Date.now())}`),
		),
		h("button", { type: "button", class: "icon-button", "aria-label": `Forget ${kept.title}`, title: "Forget", onclick: () => {
			void forget(kept.id);
			element.remove();
			gone();
		} }, icon("close")),
	);
	return element;
}

export async function openHistory(currentId: string | null, open: (kept: Kept) => void): Promise<void> {
	const list = h("ul", { class: "history" });
	const none = h("p", { class: "share-note" }, "Nothing yet. What you edit is kept here, in this browser only.");
	const dialog = openDialog("Sessions of this browser", [list, none], "history-dialog");
	const kept = (await all()).filter((k) => k.id !== currentId);
	const check = () => (none.hidden = list.childElementCount > 0);
	fill(list, ...kept.map((k) => row(k, (one) => { dialog.close(); open(one); }, check)));
	check();
}

const KEYS: [string, string][] = [
	["Ctrl+Enter", "Run: all panes from the editor, one pane from inside it"],
	["Ctrl+F", "Find in the file"],
	["Ctrl+D", "Select the next occurrence (several cursors)"],
	["Alt+Up", "Move the line up (Alt+Down: down)"],
	["Ctrl+Z", "Undo, also after a reload"],
	["Esc, then Tab", "Leave the editor with the keyboard"],
	["F6", "Next part of the page (Shift+F6: previous)"],
	["F8", "Next error"],
	["F2", "Rename a file, on its tab"],
	["Ctrl+S", "Share"],
	["Ctrl+K", "Add a program"],
];

export function openKeys(): void {
	const rows = KEYS.map(([keys, words]) => h("div", { class: "key-row" }, h("dt", {}, h("kbd", {}, keyName(keys))), h("dd", {}, words)));
	openDialog("Keys", [h("dl", { class: "keys" }, ...rows)], "keys-dialog");
}
