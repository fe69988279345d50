// SPDX-License-Identifier: MIT
// Addresses and file:line:col in a line of output. Each line is read once, from left to right: no pattern here can be
// made slow by what it reads.
import type { Place } from "../types";

export interface Link {
	start: number;
	end: number;
	href?: string;
	place?: Place;
}

const MAX_NAME = 256;
/** Links on one line: more is not prose but a flood. */
const MAX_LINKS = 64;
const stop = /[\s<>"'`\u0000-\u001f\u202a-\u202e\u2066-\u2069]/;

function isUrl(href: string): boolean {
	try {
		const url = new URL(href);
		return (url.protocol === "http:" || url.protocol === "https:") && url.hostname !== "";
	} catch {
		return false;
	}
}

/** Brackets that opened from @start to @end, less those that closed. */
function depth(text: string, start: number, end: number): number {
	let n = 0;
	for (let i = start; i < end; i++) n += text[i] === "(" ? 1 : text[i] === ")" ? -1 : 0;
	return n;
}

function urls(text: string, out: Link[]): void {
	let from = 0;
	while (out.length < MAX_LINKS) {
		const at = text.indexOf("://", from);
		if (at < 0) return;
		from = at + 3;
		const low = text.slice(Math.max(0, at - 5), at).toLowerCase();
		const start = low.endsWith("https") ? at - 5 : low.endsWith("http") ? at - 4 : -1;
		if (start < 0) continue;
		let end = at + 3;
		while (end < text.length && end - start < 2048 && !stop.test(text[end]!)) end++;
		// What closes a sentence or a bracket that opened before the address is not part of it.
		for (let n = 0; n < 16 && end > start && /[.,;:!?)\]}]/.test(text[end - 1]!); n++) {
			if (text[end - 1] === ")" && depth(text, start, end) >= 0) break;
			end--;
		}
		const href = text.slice(start, end);
		if (end > at + 3 && isUrl(href)) out.push({ start, end, href });
		from = Math.max(end, from);
	}
}

const digit = (c: string | undefined): boolean => c !== undefined && c >= "0" && c <= "9";

function number(text: string, at: number): [value: number, end: number] {
	let end = at;
	while (digit(text[end]) && end - at < 9) end++;
	return [Number(text.slice(at, end)), end];
}

/** name:line[:col], ending where the number does. */
function places(text: string, isSource: (name: string) => boolean, out: Link[]): void {
	let from = 0;
	while (out.length < MAX_LINKS) {
		const colon = text.indexOf(":", from);
		if (colon < 0) return;
		from = colon + 1;
		if (!digit(text[colon + 1])) continue;
		let start = colon;
		while (start > 0 && colon - start < MAX_NAME && !/[\s:()[\]"'<>|,=]/.test(text[start - 1]!)) start--;
		const name = text.slice(start, colon);
		if (!name || !isSource(name)) continue;
		const [line, lineEnd] = number(text, colon + 1);
		const place: Place = { file: name, line };
		let end = lineEnd;
		if (text[end] === ":" && digit(text[end + 1])) {
			const [col, colEnd] = number(text, end + 1);
			if (col > 0) place.col = col;
			end = colEnd;
		}
		if (line > 0) out.push({ start, end, place });
		from = end;
	}
}

/** Python's form: File "name", line 3. */
function quoted(text: string, isSource: (name: string) => boolean, out: Link[]): void {
	let from = 0;
	while (out.length < MAX_LINKS) {
		const at = text.indexOf('", line ', from);
		if (at < 0) return;
		from = at + 8;
		const open = text.lastIndexOf('"', at - 1);
		if (open < 0 || at - open > MAX_NAME || !digit(text[from])) continue;
		const name = text.slice(open + 1, at);
		const [line, end] = number(text, from);
		if (line > 0 && isSource(name)) out.push({ start: open + 1, end, place: { file: name, line } });
	}
}

/** Links in @text, in order, none inside another. */
export function findLinks(text: string, isSource: ((name: string) => boolean) | undefined): Link[] {
	if (!text.includes(":") && !text.includes('", line ')) return [];
	const found: Link[] = [];
	urls(text, found);
	if (isSource) {
		places(text, isSource, found);
		quoted(text, isSource, found);
	}
	found.sort((a, b) => a.start - b.start || b.end - a.end);
	let end = 0;
	return found.filter((link) => {
		if (link.start < end) return false;
		end = link.end;
		return true;
	});
}
