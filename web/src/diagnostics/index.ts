// SPDX-License-Identifier: MIT
// What compilers and interpreters complain about, found in their output: places in files, how bad, and what they say.
import { forms } from "./forms";
import { readLines } from "./lines";

export interface Diagnostic {
	/** As the tool wrote it, without a leading "./". */
	file: string;
	/** From 1. */
	line: number;
	/** From 1, in the tool's own counting (bytes, characters, columns); missing when only the line is known. */
	col?: number;
	/** Columns are places in the text of the line (UTF-16), for certain: they were found by a drawing and Options.lineText. */
	exact?: true;
	/** The column after the last one. */
	endLine?: number;
	endCol?: number;
	severity: "error" | "warning" | "info";
	message: string;
}

export interface Options {
	/** Is this a file of the person's? Then a bare "name:3: words" counts, and of a stack the innermost such frame is taken. */
	isSource?(name: string): boolean;
	/** The text of a line of a file, to turn a caret below an indented copy of it into a column. */
	lineText?(file: string, line: number): string | undefined;
}

/** More are a flood that no one reads. */
const MAX_DIAGNOSTICS = 500;

/** Reads the first MiB of @output. Takes any bytes; time grows with their number only. */
export function parseDiagnostics(output: string | Uint8Array, options: Options = {}): Diagnostic[] {
	const lines = readLines(output);
	const found: Diagnostic[] = [];
	const seen = new Set<string>();
	const add = (d: Diagnostic): void => {
		if (found.length >= MAX_DIAGNOSTICS || d.line < 1 || d.message.trim() === "") return;
		d.message = d.message.trim().slice(0, 2000);
		d.file = d.file.replace(/^(?:\.\/){1,4}/, "");
		const key = `${d.file}:${d.line}:${d.col}:${d.severity}:${d.message}`;
		if (seen.has(key)) return;
		seen.add(key);
		found.push(d);
	};
	for (let i = 0; i < lines.length && found.length < MAX_DIAGNOSTICS; ) {
		let next = 0;
		for (const form of forms) {
			next = form(lines, i, add, options);
			if (next > i) break;
		}
		i = Math.max(i + 1, next);
	}
	return found;
}
