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

const ESCAPED_IN_DOUBLE = new Set(['"', "\\", "$", "`", "\n"]);

/** The words of @line. Throws QuoteError when a quote is never closed. */
export function splitWords(line: string): string[] {
	const words: string[] = [];
	let word: string | null = null;
	let quote = "";
	for (let i = 0; i < line.length; i++) {
		const c = line[i] as string;
		const next = line[i + 1];
		if (quote === "'") {
			if (c === "'") quote = "";
			else word += c;
		} else if (quote === '"') {
			if (c === '"') quote = "";
			else if (c === "\\" && next !== undefined && ESCAPED_IN_DOUBLE.has(next)) word += line[++i] as string;
			else word += c;
		} else if (/\s/.test(c)) {
			if (word !== null) words.push(word);
			word = null;
		} else {
			word ??= "";
			if (c === "'" || c === '"') quote = c;
			else if (c === "\\") word += line[++i] ?? "\\";
			else word += c;
		}
	}
	if (quote !== "") throw new QuoteError(`A ${quote} is never closed.`);
	if (word !== null) words.push(word);
	return words;
}
