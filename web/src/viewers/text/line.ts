// SPDX-License-Identifier: MIT
// One line of terminal output: bytes to cells (what stands in each column, and how it looks) to runs of equal look.
import { applySgr, plain, type Style } from "./style";

/** Shown in place of something that has no look of its own: a control character, a spoilt byte, a bidi control. */
export const ODD = "odd";

export interface Run {
	text: string;
	/** Columns that it takes. */
	width: number;
	style: Style;
	/** Set when the text stands for something else: its name, for a tool tip. */
	odd?: string;
	/** http or https address given by the program (OSC 8). */
	href?: string;
}

interface Cell {
	text: string;
	width: number;
	style: Style;
	odd: string | undefined;
	href: string | undefined;
}

/** Combining marks that one cell keeps: enough for any script, too few to climb over the lines above. */
const MAX_MARKS = 8;
const MAX_OSC = 2048;

const bidi = new Set([0x061c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069]);
const unseen = new Set([0x00ad, 0x180e, 0x200b, 0x2028, 0x2029, 0x2060, 0x2061, 0x2062, 0x2063, 0x2064, 0xfeff, 0x3164, 0xffa0]);

/** Columns of a code point: 0 for marks that join the one before, 2 for East Asian wide and emoji. */
export function columnsOf(cp: number): number {
	if (cp < 0x300) return 1;
	if (cp <= 0x36f || cp === 0x200d || (cp >= 0xfe00 && cp <= 0xfe0f) || (cp >= 0x20d0 && cp <= 0x20ff)) return 0;
	if (cp < 0x1100) return /\p{M}/u.test(String.fromCodePoint(cp)) ? 0 : 1;
	const wide =
		cp <= 0x115f || (cp >= 0x2e80 && cp <= 0xa4cf && cp !== 0x303f) || (cp >= 0xac00 && cp <= 0xd7a3) || (cp >= 0xf900 && cp <= 0xfaff) ||
		(cp >= 0xfe30 && cp <= 0xfe6f) || (cp >= 0xff00 && cp <= 0xff60) || (cp >= 0xffe0 && cp <= 0xffe6) || (cp >= 0x1f300 && cp <= 0x1faff) ||
		(cp >= 0x20000 && cp <= 0x3fffd);
	if (wide) return 2;
	return cp >= 0xe0100 && cp <= 0xe01ef ? 0 : 1;
}

/** The code point at @i and how many bytes it takes; code point -1 for a spoilt byte (always one byte). */
export function decodeAt(b: Uint8Array, i: number, end: number): [cp: number, n: number] {
	const c = b[i]!;
	if (c < 0x80) return [c, 1];
	const n = c >= 0xf0 && c <= 0xf4 ? 4 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xc2 && c < 0xe0 ? 2 : 0;
	if (n === 0 || i + n > end) return [-1, 1];
	let cp = c & (0xff >> (n + 1));
	for (let k = 1; k < n; k++) {
		const d = b[i + k]!;
		if ((d & 0xc0) !== 0x80) return [-1, 1];
		cp = (cp << 6) | (d & 0x3f);
	}
	const least = n === 2 ? 0x80 : n === 3 ? 0x800 : 0x10000;
	if (cp < least || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff)) return [-1, 1];
	return [cp, n];
}

const hex = (v: number, n: number): string => v.toString(16).toUpperCase().padStart(n, "0");

/** Where the escape sequence that begins at @i (ESC) ends, and what it is. It never crosses a line end: one that does is spoilt. */
export function escapeAt(b: Uint8Array, i: number, end: number): { next: number; final: string; body: string } {
	const kind = i + 1 < end ? b[i + 1]! : 0;
	if (kind === 0x5b) {
		let j = i + 2;
		while (j < end && j - i < 256 && b[j]! >= 0x20 && b[j]! < 0x40) j++;
		if (j < end && b[j]! >= 0x40 && b[j]! < 0x7f) return { next: j + 1, final: String.fromCharCode(b[j]!), body: ascii(b, i + 2, j) };
		return { next: j, final: "", body: "" };
	}
	if (kind === 0x5d || kind === 0x50 || kind === 0x5e || kind === 0x5f || kind === 0x58) {
		for (let j = i + 2; j < end && j - i < MAX_OSC && b[j] !== 10; j++) {
			if (b[j] === 7) return { next: j + 1, final: "]", body: kind === 0x5d ? ascii(b, i + 2, j) : "" };
			if (b[j] === 27 && j + 1 < end && b[j + 1] === 0x5c) return { next: j + 2, final: "]", body: kind === 0x5d ? ascii(b, i + 2, j) : "" };
		}
		return { next: i + 2, final: "", body: "" };
	}
	let j = i + 1;
	while (j < end && j - i < 8 && b[j]! >= 0x20 && b[j]! < 0x30) j++;
	return { next: j < end && b[j]! >= 0x30 && b[j]! < 0x7f ? j + 1 : Math.max(j, i + 1), final: "", body: "" };
}

function ascii(b: Uint8Array, from: number, to: number): string {
	let s = "";
	for (let i = from; i < to; i++) s += String.fromCharCode(b[i]!);
	return s;
}

/** "8;params;http://..." -> the address when it is http or https. */
function oscLink(body: string): string | undefined {
	if (!body.startsWith("8;")) return undefined;
	const address = body.slice(body.indexOf(";", 2) + 1);
	return /^https?:\/\/[^\s"<>]+$/i.test(address) ? address : undefined;
}

/** Writes cells as a terminal does: at a cursor that carriage return and backspace move. */
class Pen {
	cells: Cell[] = [];
	at = 0;
	style: Style;
	href: string | undefined;

	constructor(style: Style) {
		this.style = style;
	}

	put(text: string, width: number, odd?: string): void {
		this.cells[this.at++] = { text, width, style: this.style, odd, href: this.href };
	}

	mark(text: string): void {
		const cell = this.cells[this.at - 1];
		if (!cell || cell.odd !== undefined) this.put(`\u25cc${text}`, 1);
		else if (cell.text.length < MAX_MARKS + 2) cell.text += text;
	}

	tab(): void {
		let column = 0;
		for (let i = 0; i < this.at; i++) column += this.cells[i]!.width;
		for (let n = 8 - (column % 8); n > 0; n--) this.put(" ", 1);
	}

	escape(final: string, body: string): void {
		if (final === "m" && /^[\d;:]*$/.test(body)) this.style = applySgr(this.style, body);
		else if (final === "K" && (body === "" || body === "0")) this.cells.length = Math.min(this.cells.length, this.at);
		else if (final === "K" && body === "2") this.cells.fill({ text: " ", width: 1, style: plain, odd: undefined, href: undefined });
		else if (final === "]" && body.startsWith("8;")) this.href = oscLink(body);
	}
}

function putCodePoint(pen: Pen, cp: number, byte: number): void {
	if (cp < 0) return pen.put(`\\x${hex(byte, 2)}`, 4, "not UTF-8");
	if (cp < 32) return pen.put(String.fromCharCode(0x2400 + cp), 1, `control character ${hex(cp, 2)}`);
	if (cp === 0x7f) return pen.put("\u2421", 1, "control character 7F");
	if (cp < 0xa0 && cp >= 0x80) return pen.put(`\\u${hex(cp, 4)}`, 6, "control character");
	if (bidi.has(cp)) return pen.put(`U+${hex(cp, 4)}`, 6, "changes the direction of text");
	if (unseen.has(cp) || (cp >= 0xe0000 && cp < 0xe0080)) return pen.put(`U+${hex(cp, 4)}`, cp > 0xffff ? 7 : 6, "cannot be seen");
	const width = columnsOf(cp);
	const text = String.fromCodePoint(cp);
	if (width === 0) pen.mark(text);
	else pen.put(text, width);
}

/** What @b from @start to @end shows, beginning in @style. */
export function parseLine(b: Uint8Array, start: number, end: number, style: Style): Run[] {
	const pen = new Pen(style);
	for (let i = start; i < end; ) {
		const c = b[i]!;
		if (c >= 32 && c < 127) {
			pen.put(String.fromCharCode(c), 1);
			i++;
		} else if (c === 27) {
			const e = escapeAt(b, i, end);
			pen.escape(e.final, e.body);
			i = Math.max(e.next, i + 1);
		} else if (c === 13) {
			pen.at = 0;
			i++;
		} else if (c === 8) {
			pen.at = Math.max(0, pen.at - 1);
			i++;
		} else if (c === 9) {
			pen.tab();
			i++;
		} else if (c === 7) {
			i++;
		} else {
			const [cp, n] = decodeAt(b, i, end);
			putCodePoint(pen, cp, c);
			i += n;
		}
	}
	return join(pen.cells);
}

const same = (a: Style, b: Style): boolean => a === b || (a.fg === b.fg && a.bg === b.bg && a.flags === b.flags);

function join(cells: Cell[]): Run[] {
	const runs: Run[] = [];
	let last: Run | null = null;
	for (const cell of cells) {
		if (last && cell.odd === undefined && last.odd === undefined && last.href === cell.href && same(last.style, cell.style)) {
			last.text += cell.text;
			last.width += cell.width;
			continue;
		}
		last = { text: cell.text, width: cell.width, style: cell.style };
		if (cell.odd !== undefined) last.odd = cell.odd;
		if (cell.href !== undefined) last.href = cell.href;
		runs.push(last);
	}
	return runs;
}

/** The part of @runs from column @from to column @to. */
export function sliceRuns(runs: Run[], from: number, to: number): Run[] {
	const out: Run[] = [];
	let column = 0;
	for (const run of runs) {
		const end = column + run.width;
		if (end > from && column < to) {
			if (column >= from && end <= to) out.push(run);
			else if (run.odd === undefined) {
				const piece = sliceText(run.text, run.width, from - column, to - column);
				if (piece) out.push({ ...run, text: piece, width: Math.min(end, to) - Math.max(column, from) });
			} else if (column >= from) out.push(run);
		}
		column = end;
	}
	return out;
}

function sliceText(text: string, width: number, from: number, to: number): string {
	if (text.length === width) return text.slice(Math.max(0, from), Math.max(0, to));
	let column = 0;
	let out = "";
	for (const ch of text) {
		if (column >= from && column < to) out += ch;
		column += columnsOf(ch.codePointAt(0)!);
	}
	return out;
}

export function runsText(runs: Run[]): string {
	let s = "";
	for (const run of runs) s += run.text;
	return s;
}
