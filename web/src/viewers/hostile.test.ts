// SPDX-License-Identifier: MIT
// Every reader of a stranger's bytes, fed with noise and with broken pieces of what it expects: it ends soon, and with
// nothing but the errors that it says it has.
import { describe, expect, it } from "vitest";
import { cpuNow } from "../../dev/clock";
import { parseDiagnostics } from "../diagnostics/index";
import { listArchive } from "./archive/list";
import { demangle } from "./asm/demangle";
import { quiet, visibleLines } from "./asm/filter";
import { parseAsm } from "./asm/parse";
import { tokenize } from "./asm/tokens";
import { changesOf, rowsOf, wordMarks } from "./diff/lines";
import { linesOf } from "./diff/text";
import { decodeHtml } from "./html/decode";
import { asSvg, mediaType } from "./image/type";
import { TreeRows } from "./json/rows";
import { JsonError, Tape } from "./json/tape";
import { parseMarkdown } from "./markdown/blocks";
import { parseInline } from "./markdown/inline";
import { scoreKinds } from "./sniff";
import { field, guessDelimiter, hasHeader, parseCsv, sortedRows } from "./table/csv";
import { runsText } from "./text/line";
import { Lines } from "./text/lines";
import { findLinks } from "./text/links";

const words: Record<string, string[]> = {
	text: ["\x1b[", "31", ";", "m", "38;5;", "K", "\x1b]8;;", "http://a.b", "\x07", "\x1b\\", "\r", "\n", "\t", "\b", "é", "日", "\u202e", "\u0301", "a", "a.c:1:2: ", "\xff"],
	csv: ['"', '""', ",", ";", "\n", "\r\n", "1", "-2.5e3", "x", "\ufeff", "\0"],
	json: ["{", "}", "[", "]", ",", ":", '"a"', '"\\u00', "1", "-", "e9", "true", "nul", " ", "\n", "\\"],
	markdown: ["*", "**", "_", "`", "```\n", "[", "](", ")", "!", "# ", "> ", "- ", "1. ", "|", "|-|\n", "\n", "\n\n", "    ", "<http://x>", "&amp;", "\\", "text"],
	asm: [".file 1 \"a.c\"\n", "\t.loc 1 2 3\n", "main:\n", "\tmov %rax, 1\n", "\t.globl main\n", "_ZN1a1bEv", "\t.string \"", "\n", ".L1", "# x", "  40: 55  push\n", "00000000 <f>:\n"],
	names: ["_Z", "N", "E", "I", "S_", "S0_", "St", "T_", "1a", "3foo", "i", "P", "K", "F", "v", "L", "J", "Dp", "X", "C1", "D0", "Ul", "_", "M", "A", "9_"],
	rust: ["_R", "N", "v", "C", "I", "B", "_", "s", "3foo", "1a", "E", "T", "R", "p", "K", "j", "D", "L", "M", "X", "Y", "u", "a", "0", "F", "G"],
	complaints: ["a.c:1:2: ", "error: ", "warning[E1]: ", " --> ", "\n", "  File \"a.py\", line 3\n", "Traceback (most recent call last):\n", "^~~~\n", " | ", "at x line 3.", "! x\n", "l.3 ", "panic: x\n", "\t/a.go:3 +0x\n", "Error: "],
	archive: ["PK\x01\x02", "PK\x05\x06", "PK\x03\x04", "\0\0\0\0", "\xff\xff", "ustar", "0000755", "\x05"],
	markup: ["<svg", " xmlns=", ">", "<!doctype html", "<meta charset=", "utf-16le", "'", "\xff\xfe", "<?xml", "{"],
};

let seed = 11;
const random = (n: number): number => (seed = (seed * 48271) % 2147483647) % n;

/** Text of some words of a kind, then with some bytes spoilt. */
function noise(kind: string): Uint8Array {
	const list = words[kind]!;
	const bytes = new TextEncoder().encode(Array.from({ length: random(60) }, () => list[random(list.length)]).join(""));
	for (let k = random(4); k > 0 && bytes.length > 0; k--) bytes[random(bytes.length)] = random(256);
	return bytes;
}

const utf8 = (b: Uint8Array): string => new TextDecoder().decode(b);

const readers: Record<string, (b: Uint8Array) => void> = {
	text: (b) => {
		const lines = new Lines();
		const cut = random(b.length + 1);
		lines.append(b.slice(0, cut));
		lines.append(b.slice(cut));
		for (let i = 0; i < lines.count; i++) {
			const [start, end] = lines.range(i);
			expect(start >= 0 && start <= end && end <= b.length).toBe(true);
			for (const link of findLinks(runsText(lines.runs(i)), () => true)) expect(link.href ?? "http:").toMatch(/^https?:/i);
		}
	},
	csv: (b) => {
		const csv = parseCsv(b, guessDelimiter(b, "x.csv"));
		const header = hasHeader(csv) ? 1 : 0;
		for (let r = 0; r < csv.rowCount; r++) for (let c = 0; c < csv.columns; c++) field(csv, r, c);
		if (csv.rowCount > header) expect(sortedRows(csv, header, 0, false, random(2) === 0)).toHaveLength(csv.rowCount - header);
	},
	json: (b) => {
		const tape = new Tape(b);
		try {
			while (!tape.read(7));
		} catch (e) {
			if (!(e instanceof JsonError)) throw e;
			// What we refuse, the browser refuses too.
			expect(() => JSON.parse(utf8(b)) as unknown).toThrow();
			return;
		}
		const rows = new TreeRows(tape);
		rows.openUpTo(1000);
		for (let r = 0; r < rows.count; r++) tape.text(rows.node(r));
	},
	markdown: (b) => {
		const { blocks, refs } = parseMarkdown(utf8(b));
		for (const block of blocks) if ("text" in block) parseInline(block.text, refs);
	},
	asm: (b) => {
		const asm = parseAsm(utf8(b));
		expect(visibleLines(asm, quiet, "a.c").length).toBeLessThanOrEqual(asm.lines.length);
		for (const line of asm.lines) expect(tokenize(line.text).map((t) => t.text).join("")).toBe(line.text);
	},
	names: (b) => void expect(typeof demangle(`_Z${utf8(b)}`)).toBe("string"),
	rust: (b) => void expect(typeof demangle(`_R${utf8(b)}`)).toBe("string"),
	complaints: (b) => {
		for (const d of parseDiagnostics(b)) expect(d.line).toBeGreaterThan(0);
	},
	archive: (b) => void listArchive(b).entries.length,
	markup: (b) => {
		decodeHtml(b);
		asSvg(b);
		mediaType({ name: "x", bytes: b });
		expect(scoreKinds({ name: "x", bytes: b })).toContain("hex");
	},
};

describe("a stranger's bytes", () => {
	it.each(Object.keys(readers))("as %s", (kind) => {
		const begin = cpuNow();
		for (let round = 0; round < 1500; round++) readers[kind]!(noise(kind));
		for (let round = 0; round < 100; round++) readers[kind]!(Uint8Array.from({ length: random(300) }, () => random(256)));
		expect(cpuNow() - begin).toBeLessThan(20_000);
	}, 40_000);
	it("as two sides of a comparison", () => {
		for (let round = 0; round < 300; round++) {
			const [a, b] = [linesOf({ name: "a", bytes: noise("text") }), linesOf({ name: "b", bytes: noise("text") })];
			rowsOf(changesOf(a.lines, b.lines), a.lines.length, b.lines.length, round % 2 === 0);
			wordMarks(a.lines[0] ?? "", b.lines[0] ?? "");
		}
	});
});
