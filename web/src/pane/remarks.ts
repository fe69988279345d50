// SPDX-License-Identifier: MIT
// What compilers and interpreters said about the files, as remarks of the editor.

import type { Remark } from "../editor/editor";
import type { Diagnostic } from "../diagnostics/index";
import type { Output } from "../run/output";
import type { SourceFile } from "../state/session";

/** Only so much is looked at. */
const MOST_BYTES = 1 << 20;
const TAB = 8;

/** Index of the character of @text at which @stop holds for what is before it, or its length. */
function indexWhere(text: string, width: (char: string, at: number) => number, column: number): number {
	let at = 0;
	let index = 0;
	for (const char of text) {
		if (at >= column - 1) return index;
		at += width(char, at);
		index += char.length;
	}
	return index;
}

const bytesOf = (char: string) => (char < "\u0080" ? 1 : char < "\u0800" ? 2 : char < "\uffff" ? 3 : 4);
const columnsOf = (char: string, at: number) => (char === "\t" ? TAB - (at % TAB) : /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60\u{1f300}-\u{1faff}]/u.test(char) ? 2 : 1);

/**
 * Where in @text a tool's column is, from 1. Tools count differently: GCC what one sees on a terminal with tabs of 8,
 * clang and rustc bytes, Python characters. A word that the message quotes tells which one it was.
 */
export function columnIn(text: string, column: number, message = ""): number {
	const ways = [indexWhere(text, columnsOf, column), indexWhere(text, bytesOf, column), column - 1];
	if (ways.every((way) => way === ways[0])) return Math.min(column, text.length + 1);
	const quoted = /['‘’"`]([^'‘’"`\s]+)['‘’"`]/.exec(message)?.[1];
	const quotes = quoted ? ways.find((way) => text.startsWith(quoted, way)) : undefined;
	const inside = ways.find((way) => way < text.length && !/\s/.test(text[way] as string));
	return (quotes ?? inside ?? (ways[0] as number)) + 1;
}

function remarkOf(d: Diagnostic, lines: readonly string[]): Remark {
	const text = lines[d.line - 1] ?? "";
	const place = (line: string, column: number, message?: string) => (d.exact ? Math.min(column, line.length + 1) : columnIn(line, column, message));
	return {
		line: d.line,
		column: d.col === undefined ? 0 : place(text, d.col, d.message),
		severity: d.severity,
		message: d.message,
		...(d.endCol !== undefined && d.endLine !== undefined ? { endLine: d.endLine, endColumn: place(lines[d.endLine - 1] ?? "", d.endCol) } : {}),
	};
}

/** Remarks by file name. @named: the file that the program means by a name, or null. */
export async function remarksOf(
	output: Output,
	files: readonly SourceFile[],
	named: (name: string) => string | null,
): Promise<Map<string, Remark[]>> {
	const found = new Map<string, Remark[]>();
	if (output.stderr.length === 0 && output.stdout.length === 0) return found;
	const { parseDiagnostics } = await import("../diagnostics/index");
	const lines = new Map(files.map((f) => [f.name, (f.text ?? "").split("\n")]));
	const options = {
		isSource: (name: string) => named(name) !== null,
		lineText: (name: string, line: number) => lines.get(named(name) ?? "")?.[line - 1],
	};
	// A program that went well may print whatever looks like a complaint.
	const streams = output.result?.outcome === "exited" && output.result.code === 0 ? [output.stderr] : [output.stderr, output.stdout];
	for (const stream of streams) {
		for (const d of parseDiagnostics(stream.subarray(0, MOST_BYTES), options)) {
			const name = named(d.file);
			if (name === null) continue;
			const list = found.get(name) ?? [];
			list.push(remarkOf(d, lines.get(name) ?? []));
			found.set(name, list);
		}
	}
	return found;
}
