// SPDX-License-Identifier: MIT
// Making elements. Content goes in as text nodes only: nothing here, or in any viewer, parses markup.

type Props = Partial<Record<string, string | number | boolean | ((e: never) => void)>>;

/** el("button", {class: "v-button", "aria-pressed": "true", onclick: f}, "Wrap"). No style attribute: the policy forbids it. */
export function el<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...children: (Node | string)[]): HTMLElementTagNameMap[K] {
	const node = document.createElement(tag);
	for (const [key, value] of Object.entries(props)) {
		if (typeof value === "function") node.addEventListener(key.slice(2), value as unknown as EventListener);
		else if (value === true) node.setAttribute(key, "");
		else if (value !== false && value !== undefined) node.setAttribute(key, String(value));
	}
	node.append(...children);
	return node;
}

/** A button that is on or off. */
export function toggle(label: string, on: boolean, change: (on: boolean) => void): HTMLButtonElement {
	const button = el("button", { type: "button", class: "v-button", "aria-pressed": String(on) }, label);
	button.addEventListener("click", () => {
		const now = button.getAttribute("aria-pressed") !== "true";
		button.setAttribute("aria-pressed", String(now));
		change(now);
	});
	return button;
}

export function button(label: string, click: () => void, props: Props = {}): HTMLButtonElement {
	return el("button", { type: "button", class: "v-button", onclick: click, ...props }, label);
}

/** An object URL that is revoked when replaced or freed. */
export class BlobUrl {
	#url = "";

	set(bytes: Uint8Array, type: string): string {
		this.free();
		this.#url = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type }));
		return this.#url;
	}

	free(): void {
		if (this.#url) URL.revokeObjectURL(this.#url);
		this.#url = "";
	}
}

/** 1536 -> "1.5 KiB". */
export function sizeText(bytes: number): string {
	if (bytes < 1024) return `${bytes} B`;
	const units = ["KiB", "MiB", "GiB"];
	let value = bytes / 1024;
	let unit = 0;
	while (value >= 1024 && unit < units.length - 1) {
		value /= 1024;
		unit++;
	}
	return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** A sentence in place of what cannot be shown. */
export function message(text: string, detail = ""): HTMLElement {
	const box = el("div", { class: "v-message", role: "status" }, el("p", {}, text));
	if (detail) box.append(el("p", { class: "v-quiet" }, detail));
	return box;
}

const odd = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

/** @text as nodes in which control and bidi characters are written out, so that no name or value can hide or turn round its neighbours. */
export function visible(text: string): Node[] {
	const nodes: Node[] = [];
	let from = 0;
	for (const hit of text.matchAll(odd)) {
		if (hit.index > from) nodes.push(document.createTextNode(text.slice(from, hit.index)));
		nodes.push(el("span", { class: "v-odd" }, `U+${hit[0].codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`));
		from = hit.index + hit[0].length;
	}
	if (from < text.length) nodes.push(document.createTextNode(text.slice(from)));
	return nodes;
}
