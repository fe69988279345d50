// SPDX-License-Identifier: MIT
// Output to lines of plain text.

const MAX_BYTES = 1024 * 1024;
const MAX_COLUMNS = 2000;
const MAX_LINES = 20_000;

/** Escape sequences, each part of bounded length. */
const escapes = /\x1b(?:\[[0-?]{0,64}[ -/]{0,4}[@-~]|\][^\x07\x1b]{0,2048}(?:\x07|\x1b\\)|[ -/]{0,2}[0-~])/g;

export function readLines(output: string | Uint8Array): string[] {
	const text = typeof output === "string" ? output.slice(0, MAX_BYTES) : new TextDecoder().decode(output.subarray(0, MAX_BYTES));
	return text
		.replace(escapes, "")
		.split(/\r?\n|\r/, MAX_LINES)
		.map((line) => line.slice(0, MAX_COLUMNS));
}
