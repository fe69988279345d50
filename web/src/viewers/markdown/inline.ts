// SPDX-License-Identifier: MIT
// Markdown inside a paragraph: to a small tree, never to markup. Raw HTML stays text.

export type Inline =
	| { kind: "text"; text: string }
	| { kind: "code"; text: string }
	| { kind: "break" }
	| { kind: "strong" | "em" | "del"; children: Inline[] }
	| { kind: "link"; href: string; children: Inline[] }
	| { kind: "image"; source: string; alt: string };

const MAX_DEPTH = 12;
const MAX_TEXT = 20_000;
const punctuation = /[!-/:-@[-`{-~]/;
const entities: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0", copy: "©", mdash: "—", ndash: "–", hellip: "…" };

/** The place of the closing bracket of the one at @open; -1 when there is none near. */
function closing(s: string, open: number, left: string, right: string): number {
	let depth = 0;
	for (let i = open; i < s.length && i - open < 2000; i++) {
		if (s[i] === "\\") i++;
		else if (s[i] === left) depth++;
		else if (s[i] === right && --depth === 0) return i;
	}
	return -1;
}

/** "](dest "title")" after a bracket: the destination, and where it ends. */
function destination(s: string, at: number): { target: string; end: number } | null {
	if (s[at] !== "(") return null;
	const end = closing(s, at, "(", ")");
	if (end < 0) return null;
	const inner = s.slice(at + 1, end).trim();
	const target = inner.startsWith("<") ? inner.slice(1, inner.indexOf(">")) : (inner.split(/\s/, 1)[0] ?? "");
	return { target, end: end + 1 };
}

class Parser {
	#s: string;
	#budget = 20_000;
	#refs: ReadonlyMap<string, string>;

	constructor(s: string, refs: ReadonlyMap<string, string>) {
		this.#s = s;
		this.#refs = refs;
	}

	parse(from: number, to: number, depth: number): Inline[] {
		const out: Inline[] = [];
		const s = this.#s;
		let text = "";
		const flush = (): void => {
			if (text) out.push({ kind: "text", text });
			text = "";
		};
		for (let i = from; i < to; ) {
			const step = --this.#budget > 0 && depth < MAX_DEPTH ? this.#special(i, to, depth) : null;
			if (step) {
				flush();
				out.push(step.node);
				i = step.end;
			} else if (s[i] === "\\" && i + 1 < to && punctuation.test(s[i + 1]!)) {
				text += s[i + 1];
				i += 2;
			} else if (s[i] === "&") {
				const hit = /^&(?:([a-z]{2,8})|#(\d{1,7})|#x([0-9a-f]{1,6}));/i.exec(s.slice(i, i + 12));
				const code = hit?.[2] ? Number(hit[2]) : hit?.[3] ? parseInt(hit[3], 16) : 0;
				const meant = hit?.[1] ? entities[hit[1]] : code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
				text += meant ?? "&";
				i += meant === undefined ? 1 : hit![0].length;
			} else text += s[i++];
		}
		flush();
		return out;
	}

	#special(i: number, to: number, depth: number): { node: Inline; end: number } | null {
		const s = this.#s;
		switch (s[i]) {
			case "`":
				return this.#code(i, to);
			case "*":
			case "_":
			case "~":
				return this.#emphasis(i, to, depth);
			case "[":
				return this.#link(i, to, depth);
			case "!":
				return this.#image(i, to);
			case "<":
				return this.#auto(i, to);
			case "h":
				return this.#bare(i, to);
			case "\n":
				if (s.slice(Math.max(0, i - 2), i) === "  " || s[i - 1] === "\\") return { node: { kind: "break" }, end: i + 1 };
				return null;
			default:
				return null;
		}
	}

	#code(i: number, to: number): { node: Inline; end: number } | null {
		const s = this.#s;
		let n = 1;
		while (i + n < to && s[i + n] === "`") n++;
		const fence = "`".repeat(n);
		for (let at = s.indexOf(fence, i + n); at >= 0 && at < to; at = s.indexOf(fence, at + n)) {
			let run = at;
			while (s[run] === "`") run++;
			if (run - at !== n) {
				at = run - n;
				continue;
			}
			const text = s.slice(i + n, at).replaceAll("\n", " ");
			return { node: { kind: "code", text: /^ .*[^ ].* $/.test(text) ? text.slice(1, -1) : text }, end: run };
		}
		return { node: { kind: "text", text: fence }, end: i + n };
	}

	#emphasis(i: number, to: number, depth: number): { node: Inline; end: number } | null {
		const s = this.#s;
		const c = s[i]!;
		const double = s[i + 1] === c;
		if (c === "~" && !double) return null;
		const n = double ? 2 : 1;
		const mark = c.repeat(n);
		if (/\s/.test(s[i + n] ?? " ") || (c === "_" && /[\p{L}\p{N}]/u.test(s[i - 1] ?? " "))) return null;
		for (let at = s.indexOf(mark, i + n + 1), tries = 0; at >= 0 && at + n <= to && tries < 20; at = s.indexOf(mark, at + 1), tries++) {
			if (/\s/.test(s[at - 1]!) || s[at - 1] === "\\") continue;
			if (n === 1 && (s[at + 1] === c || s[at - 1] === c)) continue;
			if (n === 2 && s[at + 2] === c) at++;
			if (c === "_" && /[\p{L}\p{N}]/u.test(s[at + n] ?? " ")) continue;
			const kind = c === "~" ? "del" : double ? "strong" : "em";
			return { node: { kind, children: this.parse(i + n, at, depth + 1) }, end: at + n };
		}
		return null;
	}

	#link(i: number, to: number, depth: number): { node: Inline; end: number } | null {
		const close = closing(this.#s, i, "[", "]");
		if (close < 0 || close >= to) return null;
		const direct = destination(this.#s, close + 1);
		const label = this.#s.slice(i + 1, close);
		const named = /^\[([^\]]{0,200})\]/.exec(this.#s.slice(close + 1, close + 210));
		const href = direct?.target ?? this.#refs.get((named?.[1] || label).toLowerCase().trim());
		if (href === undefined) return null;
		return { node: { kind: "link", href, children: this.parse(i + 1, close, depth + 1) }, end: direct?.end ?? close + 1 + (named?.[0].length ?? 0) };
	}

	#image(i: number, to: number): { node: Inline; end: number } | null {
		if (this.#s[i + 1] !== "[") return null;
		const close = closing(this.#s, i + 1, "[", "]");
		const at = close < 0 || close >= to ? null : destination(this.#s, close + 1);
		return at && { node: { kind: "image", source: at.target, alt: this.#s.slice(i + 2, close) }, end: at.end };
	}

	#auto(i: number, to: number): { node: Inline; end: number } | null {
		const hit = /^<(https?:\/\/[^\s<>]{1,2000})>/i.exec(this.#s.slice(i, Math.min(to, i + 2010)));
		return hit && { node: { kind: "link", href: hit[1]!, children: [{ kind: "text", text: hit[1]! }] }, end: i + hit[0].length };
	}

	#bare(i: number, to: number): { node: Inline; end: number } | null {
		if (/[\p{L}\p{N}]/u.test(this.#s[i - 1] ?? " ")) return null;
		const hit = /^https?:\/\/[^\s<>"`]{1,2000}/.exec(this.#s.slice(i, Math.min(to, i + 2010)));
		const href = hit?.[0].replace(/[.,;:!?'")\]*_]{1,16}$/, "");
		return href ? { node: { kind: "link", href, children: [{ kind: "text", text: href }] }, end: i + href.length } : null;
	}
}

/** @refs: destinations of [label]: lines, by lower-case label. */
export function parseInline(text: string, refs: ReadonlyMap<string, string> = new Map()): Inline[] {
	const s = text.slice(0, MAX_TEXT);
	const out = new Parser(s, refs).parse(0, s.length, 0);
	if (text.length > MAX_TEXT) out.push({ kind: "text", text: text.slice(MAX_TEXT) });
	return out;
}
