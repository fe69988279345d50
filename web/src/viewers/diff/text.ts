// SPDX-License-Identifier: MIT
// A file as lines to compare: text without its colours, other bytes as a hex dump.
import { asciiText, hexText } from "../hex/format";
import { looksLikeText } from "../sniff";
import type { OutputFile } from "../types";

const MAX_LINES = 200_000;
const MAX_BINARY = 1024 * 1024;
const escapes = /\x1b(?:\[[0-?]{0,64}[ -/]{0,4}[@-~]|\][^\x07\x1b]{0,2048}(?:\x07|\x1b\\)|[ -/]{0,2}[0-~])/g;

export interface Lines {
	lines: string[];
	binary: boolean;
	cut: boolean;
}

export function linesOf(file: OutputFile, binary = !looksLikeText(file.bytes)): Lines {
	if (binary) {
		const lines: string[] = [];
		for (let at = 0; at < Math.min(file.bytes.length, MAX_BINARY); at += 16) {
			const part = file.bytes.subarray(at, at + 16);
			lines.push(`${hexText(part, 16)}  ${asciiText(part)}`);
		}
		return { lines, binary, cut: file.bytes.length > MAX_BINARY };
	}
	const all = new TextDecoder().decode(file.bytes).replace(escapes, "").replaceAll("\r\n", "\n").split("\n");
	if (all.at(-1) === "") all.pop();
	return { lines: all.slice(0, MAX_LINES), binary, cut: all.length > MAX_LINES };
}
