// SPDX-License-Identifier: MIT
// What tools draw below a line: where it stands, and where it ends.
import { columnsOf } from "../viewers/text/line";
import { line } from "./form";
import type { Diagnostic, Options } from "./index";

/** Where a caret or underline stands in a line that holds nothing else (but a "|" margin): [start, end) from 0. */
export function underline(text: string): [start: number, end: number] | null {
	const margin = /^\s*(?:\d+\s*)?\|/.exec(text)?.[0].length ?? 0;
	const body = text.slice(margin);
	const start = body.search(/[\^~]/);
	if (start < 0 || !/^[\s^~.-]*(?:[\^~][\s^~.-]*)(?:\s.*)?$/.test(body.slice(0, 400)) || /[^\s~.-]/.test(body.slice(0, start))) return null;
	let end = start;
	while (body[end] === "^" || body[end] === "~") end++;
	return [margin + start, margin + end];
}

/** The columns of a terminal that @text takes up to each of its UTF-16 units, with tabs every eight. */
function places(text: string): number[] {
	const out: number[] = [];
	let column = 0;
	for (const ch of text) {
		for (let k = 0; k < ch.length; k++) out.push(column);
		column += ch === "\t" ? 8 - (column % 8) : columnsOf(ch.codePointAt(0)!);
	}
	return [...out, column];
}

/**
 * gcc and clang draw a copy of the line and "^~~~" below: that says where the place ends. And where tabs or letters beyond ASCII
 * stand before it, the drawing is also what tells the column for certain, as gcc counts columns of a terminal and clang bytes.
 */
export function atDrawing(lines: readonly string[], i: number, d: Diagnostic, options: Options): void {
	if (d.col === undefined || d.endCol !== undefined) return;
	const text = line(lines, i + 2);
	const marks = underline(text) ?? underline(line(lines, i + 1));
	if (!marks) return;
	const drawn = underline(text) ? text : line(lines, i + 1);
	const caret = drawn.indexOf("^", marks[0]);
	if (caret < 0) return;
	let end = caret;
	while (drawn[end] === "^" || drawn[end] === "~") end++;
	const real = options.lineText?.(d.file, d.line);
	const margin = /^\s*\d* \| ?/.exec(text)?.[0].length ?? 0;
	if (real !== undefined && drawn === text && /[^ -~]/.test(real)) {
		const at = places(real);
		const copy = line(lines, i + 1).replace(/^\s*\d+ \| ?/, "");
		// Old gcc puts a space before the copy where newer ones have a margin.
		const shift = copy.length - copy.trimStart().length - at[real.length - real.trimStart().length]!;
		const [from, to] = [caret - margin - shift, end - margin - shift].map((column) => at.findIndex((c) => c >= column)) as [number, number];
		if (from < 0 || (shift !== 0 && shift !== 1)) return;
		d.col = from + 1;
		d.exact = true;
		if (to > from + 1) [d.endLine, d.endCol] = [d.line, to + 1];
		return;
	}
	if (end - caret > 1) [d.endLine, d.endCol] = [d.line, d.col + (end - caret)];
}

/** Go counts bytes. */
export function fromBytes(d: Diagnostic, options: Options): void {
	const real = options.lineText?.(d.file, d.line);
	if (d.col === undefined || real === undefined) return;
	d.col = new TextDecoder().decode(new TextEncoder().encode(real).subarray(0, d.col - 1)).length + 1;
	d.exact = true;
}

/** javac and others draw a caret below a verbatim copy and say no column. */
export function colBelow(lines: readonly string[], i: number, d: Diagnostic): void {
	if (d.col !== undefined) return;
	for (let k = i + 2; k <= i + 3; k++) {
		const m = /^(\s{0,400})\^\s*$/.exec(line(lines, k));
		if (!m || line(lines, k - 1).trim() === "") continue;
		d.col = m[1]!.length + 1;
		return;
	}
}

/** A copy of the line is shown indented by @indent; where it begins in the file is looked up. */
export function colOfCopy(copy: string, caret: number, d: Diagnostic, options: Options, width = 1): void {
	const indent = copy.length - copy.trimStart().length;
	const real = options.lineText?.(d.file, d.line);
	if (real === undefined || caret < indent || real.trim() !== copy.trim()) return;
	d.col = real.length - real.trimStart().length + (caret - indent) + 1;
	d.exact = true;
	if (width > 1) {
		d.endLine = d.line;
		d.endCol = d.col + width;
	}
}
