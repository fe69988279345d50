// SPDX-License-Identifier: MIT
// The find field of windowed text: looks for bytes, ASCII letters in either case, a slice at a time.
import { button, el } from "../dom";

export interface FindTarget {
	bytes(): Uint8Array;
	/** Shows the match that begins at this byte. */
	show(offset: number): void;
	announce(text: string): void;
	closed(): void;
}

const lower = (c: number): number => (c >= 65 && c <= 90 ? c + 32 : c);

/** First match of @needle (lower case) at or after @from, before @to; -1 when there is none. */
export function findBytes(b: Uint8Array, needle: Uint8Array, from: number, to = b.length): number {
	const n = needle.length;
	if (n === 0) return -1;
	const skip = new Uint16Array(256).fill(Math.min(n, 65535));
	for (let i = 0; i < n - 1; i++) {
		skip[needle[i]!] = n - 1 - i;
		if (needle[i]! >= 97 && needle[i]! <= 122) skip[needle[i]! - 32] = n - 1 - i;
	}
	for (let at = from; at + n <= to; ) {
		let k = n - 1;
		while (k >= 0 && lower(b[at + k]!) === needle[k]) k--;
		if (k < 0) return at;
		at += skip[b[at + n - 1]!]!;
	}
	return -1;
}

export function findBytesBack(b: Uint8Array, needle: Uint8Array, from: number): number {
	for (let at = Math.min(from, b.length - needle.length); at >= 0; at--) {
		let k = 0;
		while (k < needle.length && lower(b[at + k]!) === needle[k]) k++;
		if (k === needle.length) return at;
	}
	return -1;
}

export class FindBar {
	#el: HTMLElement;
	#input: HTMLInputElement;
	#status: HTMLElement;
	#target: FindTarget;
	#at = -1;

	constructor(root: HTMLElement, target: FindTarget) {
		this.#target = target;
		this.#input = el("input", { class: "v-input", type: "search", placeholder: "Find", "aria-label": "Find in output", spellcheck: "false" });
		this.#status = el("span", { class: "v-quiet", role: "status" });
		this.#el = el("div", { class: "v-find", role: "search" }, this.#input, this.#status,
			button("Previous", () => this.#go(true)), button("Next", () => this.#go(false)), button("Close", () => this.close()));
		this.#el.hidden = true;
		this.#input.addEventListener("input", () => {
			this.#at = -1;
			this.#go(false);
		});
		this.#el.addEventListener("keydown", (e) => {
			if (e.key === "Enter" && e.target === this.#input) this.#go(e.shiftKey);
			else if (e.key === "Escape") this.close();
			else return;
			e.preventDefault();
			e.stopPropagation();
		});
		root.append(this.#el);
	}

	open(): void {
		this.#el.hidden = false;
		this.#input.focus();
		this.#input.select();
	}

	close(): void {
		if (this.#el.hidden) return;
		this.#el.hidden = true;
		this.#target.closed();
	}

	#go(back: boolean): void {
		const needle = new TextEncoder().encode(this.#input.value).map(lower);
		const bytes = this.#target.bytes();
		let at = -1;
		if (needle.length > 0 && back) {
			at = findBytesBack(bytes, needle, this.#at - 1);
			if (at < 0) at = findBytesBack(bytes, needle, bytes.length);
		} else if (needle.length > 0) {
			at = findBytes(bytes, needle, this.#at + 1);
			if (at < 0) at = findBytes(bytes, needle, 0);
		}
		this.#at = at;
		this.#status.textContent = needle.length > 0 && at < 0 ? "Not found" : "";
		this.#target.show(at);
	}
}
