// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { cpuNow } from "../../../dev/clock";
import { parseMarkdown } from "./blocks";
import { type Inline, parseInline } from "./inline";

/** A short picture of inline nodes: *em* **strong** ~del~ `code` [text](href). */
function flat(nodes: Inline[]): string {
	return nodes
		.map((n) => {
			switch (n.kind) {
				case "text": return n.text;
				case "code": return `<code ${n.text}>`;
				case "break": return "<br>";
				case "image": return `<img ${n.source} ${n.alt}>`;
				case "link": return `<a ${n.href} ${flat(n.children)}>`;
				default: return `<${n.kind} ${flat(n.children)}>`;
			}
		})
		.join("");
}

describe("Markdown in a line", () => {
	it.each([
		["*a* **b** ~~c~~ `d`", "<em a> <strong b> <del c> <code d>"],
		["**a *b* c**", "<strong a <em b> c>"],
		["snake_case_name and 2 * 3 * 4", "snake_case_name and 2 * 3 * 4"],
		["_a_ __b__", "<em a> <strong b>"],
		["``a ` b``", "<code a ` b>"],
		["[t](https://x.y/a_(b) \"title\")", "<a https://x.y/a_(b) t>"],
		["[t](javascript:alert(1))", "<a javascript:alert(1) t>"],
		["![alt](p.png)", "<img p.png alt>"],
		["<https://a.b> https://c.d/e.", "<a https://a.b https://a.b> <a https://c.d/e https://c.d/e>."],
		["\\*not\\* &amp; &#65; &nope;", "*not* & A &nope;"],
		["<b onclick=x>raw</b>", "<b onclick=x>raw</b>"],
		["a  \nb\nc", "a  <br>b\nc"],
		["**open", "**open"],
		["`open", "`open"],
	])("%j", (text, want) => {
		expect(flat(parseInline(text))).toBe(want);
	});
	it("finds named links", () => {
		const { blocks, refs } = parseMarkdown("[the text][A] [b]\n\n[a]: https://a.b\n[b]: <https://c.d>\n");
		expect(flat(parseInline((blocks[0] as { text: string }).text, refs))).toBe("<a https://a.b the text> <a https://c.d b>");
	});
});

describe("Markdown blocks", () => {
	const kinds = (s: string) => parseMarkdown(s).blocks.map((b) => b.kind);
	it("are told apart", () => {
		expect(kinds("# a\n\ntext\nmore\n\n- x\n- y\n\n> q\n\n---\n\n    code\n\n```js\nx\n```\n\na|b\n-|-\n1|2\n")).toEqual(["heading", "paragraph", "list", "quote", "rule", "code", "code", "table"]);
		expect(kinds("Title\n=====\nSub\n---\n")).toEqual(["heading", "heading"]);
	});
	it("hold what they should", () => {
		const [code] = parseMarkdown("```c++ x\n  a\n\nb\n```\n").blocks;
		expect(code).toEqual({ kind: "code", language: "c++", text: "  a\n\nb" });
		const [list] = parseMarkdown("3. a\n   - b\n   - c\n4. d\n").blocks;
		expect(list).toMatchObject({ kind: "list", ordered: true, start: 3, tight: true });
		expect((list as { items: { children: { kind: string }[] }[] }).items.map((i) => i.children.map((c) => c.kind))).toEqual([["paragraph", "list"], ["paragraph"]]);
		const [tasks] = parseMarkdown("- [x] a\n- [ ] b\n- c\n").blocks;
		expect((tasks as { items: { checked: boolean | null }[] }).items.map((i) => i.checked)).toEqual([true, false, null]);
		const [table] = parseMarkdown("|a|b\\|c|\n|:-|-:|\n|1|\n").blocks;
		expect(table).toEqual({ kind: "table", align: ["left", "right"], head: ["a", "b|c"], rows: [["1", ""]] });
		expect(parseMarkdown("# a #\n## C#\n").blocks).toEqual([{ kind: "heading", level: 1, text: "a" }, { kind: "heading", level: 2, text: "C#" }]);
	});
	it("take hostile input in bounded time", () => {
		const t = cpuNow();
		for (const s of ["*".repeat(50_000), "**a ".repeat(20_000), "[".repeat(50_000), "![](".repeat(20_000), "`".repeat(30_000) + "a", "> ".repeat(20_000), "- ".repeat(20_000), "_a".repeat(30_000), "&#".repeat(30_000), "|".repeat(100_000) + "\n" + "|-".repeat(3000), "#".repeat(100_000), "~~a".repeat(20_000), "` `` ``` ".repeat(4000), "<http://".repeat(9000), " ".repeat(200_000) + "x", "- a\n".repeat(50_000), "* * ".repeat(20_000)])
			for (const b of parseMarkdown(s).blocks) if ("text" in b && b.kind !== "code") parseInline(b.text);
		expect(cpuNow() - t).toBeLessThan(8000);
	});
});
