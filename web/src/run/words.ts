// SPDX-License-Identifier: MIT
// A command line as text: split into words and back, with a shell's quoting and nothing else of a shell.

const PLAIN = /^[A-Za-z0-9_@%+=:,./{}^~-]+$/;

export function quoteWord(word: string): string {
	if (word !== "" && PLAIN.test(word)) return word;
	return `'${word.replaceAll("'", `'\\''`)}'`;
}

export function joinWords(words: readonly string[]): string {
	return words.map(quoteWord).join(" ");
}

export class QuoteError extends Error {}

const BLANK = /[ \t\r\n]/;

/** The words of @line (doc/catalog.md). Throws QuoteError when a quote is not closed or a backslash ends it. */
export function splitWords(line: string): string[] {
	const words: string[] = [];
	let word: string | null = null;
	let quote = "";
	for (let i = 0; i < line.length; i++) {
		const c = line[i] as string;
		const next = line[i + 1];
		if (quote !== "") {
			if (c === quote) quote = "";
			else if (quote === '"' && c === "\\" && (next === '"' || next === "\\")) word += line[++i] as string;
			else word += c;
		} else if (BLANK.test(c)) {
			if (word !== null) words.push(word);
			word = null;
		} else {
			word ??= "";
			if (c === "'" || c === '"') quote = c;
			else if (c !== "\\") word += c;
			else if (next === undefined) throw new QuoteError("A backslash stands at the end.");
			else word += line[++i] as string;
		}
	}
	if (quote !== "") throw new QuoteError(`A ${quote} is not closed.`);
	if (word !== null) words.push(word);
	return words;
}
