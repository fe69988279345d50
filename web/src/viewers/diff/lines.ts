// SPDX-License-Identifier: MIT
// Two texts as rows of a diff, and the words that changed within a line.
import { type Change, diffSequences, intern } from "./myers";

export interface Row {
	kind: "same" | "old" | "new" | "changed" | "fold";
	/** Line numbers from 0; -1 when the side has none. A fold stands for lines a and b on, @count of them. */
	a: number;
	b: number;
	count?: number;
}

/** Equal lines kept around a change. */
const CONTEXT = 3;
const MAX_WORDS = 600;
const MAX_WORD_TEXT = 4000;

export function changesOf(a: readonly string[], b: readonly string[]): Change[] {
	const [x, y] = intern(a, b) as [Uint32Array, Uint32Array];
	return diffSequences(x, y);
}

/** @unfolded: first lines (of a) of folds that were opened. @paired: put old and new beside one another. */
export function rowsOf(changes: readonly Change[], aLength: number, bLength: number, paired: boolean, unfolded: ReadonlySet<number> = new Set()): Row[] {
	const rows: Row[] = [];
	let [a, b] = [0, 0];
	const same = (to: number, first: boolean, last: boolean): void => {
		const n = to - a;
		const head = first ? 0 : CONTEXT;
		const tail = last ? 0 : CONTEXT;
		const fold = n > head + tail + 2 && !unfolded.has(a + head);
		for (let k = 0; k < n; k++) {
			if (fold && k === head) {
				const count = n - head - tail;
				rows.push({ kind: "fold", a: a + k, b: b + k, count });
				k += count - 1;
			} else rows.push({ kind: "same", a: a + k, b: b + k });
		}
		b += n;
		a = to;
	};
	changes.forEach((c, i) => {
		same(c.aFrom, i === 0, false);
		const both = Math.min(c.aTo - c.aFrom, c.bTo - c.bFrom);
		if (paired) {
			for (let k = 0; k < both; k++) rows.push({ kind: "changed", a: a + k, b: b + k });
			for (let k = a + both; k < c.aTo; k++) rows.push({ kind: "old", a: k, b: -1 });
			for (let k = b + both; k < c.bTo; k++) rows.push({ kind: "new", a: -1, b: k });
		} else {
			for (let k = c.aFrom; k < c.aTo; k++) rows.push({ kind: "old", a: k, b: k - c.aFrom < both ? c.bFrom + k - c.aFrom : -1 });
			for (let k = c.bFrom; k < c.bTo; k++) rows.push({ kind: "new", a: k - c.bFrom < both ? c.aFrom + k - c.bFrom : -1, b: k });
		}
		[a, b] = [c.aTo, c.bTo];
	});
	same(aLength, changes.length === 0, true);
	if (a - aLength !== b - bLength) throw new Error("rowsOf: the changes do not lead from one text to the other");
	return rows;
}

export interface Span {
	text: string;
	changed: boolean;
}

const words = (text: string): string[] => text.match(/[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu) ?? [];

/** The words of two lines, those that differ marked; null when they share too little for marks to help. */
export function wordMarks(a: string, b: string): [Span[], Span[]] | null {
	if (a.length > MAX_WORD_TEXT || b.length > MAX_WORD_TEXT) return null;
	const [x, y] = [words(a), words(b)];
	if (x.length > MAX_WORDS || y.length > MAX_WORDS) return null;
	const [p, q] = intern(x, y) as [Uint32Array, Uint32Array];
	const changes = diffSequences(p, q);
	const lost = changes.reduce((n, c) => n + x.slice(c.aFrom, c.aTo).join("").length + y.slice(c.bFrom, c.bTo).join("").length, 0);
	if (lost > 0.75 * (a.length + b.length)) return null;
	const side = (list: string[], from: "aFrom" | "bFrom", to: "aTo" | "bTo"): Span[] => {
		const out: Span[] = [];
		let at = 0;
		for (const c of changes) {
			if (c[from] > at) out.push({ text: list.slice(at, c[from]).join(""), changed: false });
			if (c[to] > c[from]) out.push({ text: list.slice(c[from], c[to]).join(""), changed: true });
			at = c[to];
		}
		if (at < list.length) out.push({ text: list.slice(at).join(""), changed: false });
		return out;
	};
	return [side(x, "aFrom", "aTo"), side(y, "bFrom", "bTo")];
}
