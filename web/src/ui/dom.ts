// SPDX-License-Identifier: MIT
// Elements, made by function. Text only ever becomes text: there is no way to give HTML.

type Attributes = Record<string, string | number | boolean | null | undefined | ((event: never) => void)>;
export type Child = Node | string | null | undefined | false;

/** h("button", {class: "x", onclick: f, "aria-label": "Y"}, "text", child). A null or false attribute is left out. */
export function h<K extends keyof HTMLElementTagNameMap>(
	tag: K,
	attributes: Attributes = {},
	...children: Child[]
): HTMLElementTagNameMap[K] {
	const element = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes)) {
		if (value === null || value === undefined || value === false) continue;
		if (typeof value === "function") element.addEventListener(name.slice(2), value as EventListener);
		else element.setAttribute(name, value === true ? "" : String(value));
	}
	append(element, children);
	return element;
}

export function append(element: Element, children: readonly Child[]): void {
	for (const child of children) if (child !== null && child !== undefined && child !== false) element.append(child);
}

/** Puts @children in place of what is there. */
export function fill(element: Element, ...children: Child[]): void {
	element.replaceChildren();
	append(element, children);
}

let count = 0;

/** An id that no other element has. */
export function freshId(prefix: string): string {
	return `${prefix}-${++count}`;
}

export function isMac(): boolean {
	return /Mac|iPhone|iPad/.test(navigator.platform);
}

/** "Ctrl+Enter", "⌘ Enter". */
export function keyName(keys: string): string {
	return isMac() ? keys.replace("Ctrl+", "⌘ ").replace("Shift+", "⇧ ").replace("Alt+", "⌥ ") : keys;
}
