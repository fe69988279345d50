// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { joinWords, QuoteError, splitWords } from "./words";

describe("words", () => {
	it.each([
		["gcc -O2  hello.c", ["gcc", "-O2", "hello.c"]],
		["", []],
		["  ", []],
		["''", [""]],
		[`a'b c'd`, ["ab cd"]],
		[`"a \\"b\\" \\$c \\n"`, ['a "b" \\$c \\n']],
		["a\\ b \\\\", ["a b", "\\"]],
		["tab\tnew\nline", ["tab", "new", "line"]],
		["'日本' \"é\"", ["日本", "é"]],
	])("splits %j", (line, words) => expect(splitWords(line)).toEqual(words));

	it.each(["'a", 'b"', `"a'`, "a\\"])("refuses %j", (line) => expect(() => splitWords(line)).toThrow(QuoteError));

	it("comes back as it went", () => {
		const words = ["sh", "-c", `gcc "$@" -o /tmp/a && exec /tmp/a`, "", "it's", "a\nb", "~", "*", "$HOME", "\\", "日本 語"];
		expect(splitWords(joinWords(words))).toEqual(words);
	});
});
