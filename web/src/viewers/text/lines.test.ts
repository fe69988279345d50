// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { cpuNow } from "../../../dev/clock";
import { findBytes, findBytesBack } from "./find";
import { parseLine, runsText, sliceRuns } from "./line";
import { Lines } from "./lines";
import { findLinks } from "./links";
import { applySgr, BOLD, contrast, INVERSE, legible, plain, RGB, rgbOf, UNDERLINE } from "./style";

const bytes = (s: string): Uint8Array => new TextEncoder().encode(s);
const latin1 = (s: string): Uint8Array => Uint8Array.from(s, (c) => c.charCodeAt(0));
const shown = (s: string | Uint8Array): string => {
	const b = typeof s === "string" ? bytes(s) : s;
	return runsText(parseLine(b, 0, b.length, plain));
};

function read(...parts: (string | Uint8Array)[]): { lines: Lines; text: string[] } {
	const lines = new Lines();
	for (const part of parts) lines.append(typeof part === "string" ? bytes(part) : part);
	return { lines, text: Array.from({ length: lines.count }, (_, i) => runsText(lines.runs(i))) };
}

describe("SGR", () => {
	it("sets, adds and takes away", () => {
		const red = applySgr(plain, "1;31");
		expect(red).toEqual({ fg: 1, bg: -1, flags: BOLD });
		expect(applySgr(red, "4;22")).toEqual({ fg: 1, bg: -1, flags: UNDERLINE });
		expect(applySgr(red, "")).toEqual(plain);
		expect(applySgr(plain, "97;104;7")).toEqual({ fg: 15, bg: 12, flags: INVERSE });
	});
	it("knows 256 and direct colours in both spellings", () => {
		expect(applySgr(plain, "38;5;208;1")).toEqual({ fg: 208, bg: -1, flags: BOLD });
		expect(applySgr(plain, "48;2;1;2;3")).toEqual({ fg: -1, bg: RGB | 0x010203, flags: 0 });
		expect(applySgr(plain, "38:2::255:0:16")).toEqual({ fg: RGB | 0xff0010, bg: -1, flags: 0 });
		expect(applySgr(plain, "38:2:255:0:16")).toEqual({ fg: RGB | 0xff0010, bg: -1, flags: 0 });
		expect(applySgr(plain, "38;5;999")).toEqual(plain);
		expect(applySgr(plain, "38")).toEqual(plain);
		expect(rgbOf(196)).toEqual([255, 0, 0]);
		expect(rgbOf(232)).toEqual([8, 8, 8]);
	});
	it("keeps any colour readable on any ground", () => {
		for (const ground of [[255, 255, 255], [29, 30, 34], [120, 120, 120], [255, 255, 0]] as [number, number, number][])
			for (let c = 16; c < 256; c++) expect(contrast(legible(rgbOf(c)!, ground), ground)).toBeGreaterThanOrEqual(4.5);
	});
});

describe("a line", () => {
	it("overwrites after a carriage return, and erases", () => {
		expect(shown("10%\r50%\r100%")).toBe("100%");
		expect(shown("abcdef\rxy")).toBe("xycdef");
		expect(shown("abcdef\rxy\x1b[K")).toBe("xy");
		expect(shown("ab\bc")).toBe("ac");
	});
	it("drops other escapes whole, and bells", () => {
		expect(shown("a\x1b[2Jb\x1b[10;10Hc\x1b(Bd\x1b]0;title\x07e\x1b]52;c;eA==\x1b\\f\x07\x1b[?25lg\x1b=h")).toBe("abcdefgh");
		expect(shown("x\x1b")).toBe("x");
		expect(shown("x\x1b[31")).toBe("x");
	});
	it("shows what is not text plainly", () => {
		expect(shown(latin1("a\xff\xc3(b\xed\xa0\x80"))).toBe("a\\xFF\\xC3(b\\xED\\xA0\\x80");
		expect(shown(latin1("\xc0\xaf\xf5"))).toBe("\\xC0\\xAF\\xF5");
		expect(shown("a\0b\x7f")).toBe("a\u2400b\u2421");
		expect(shown("user\u202Etxt.exe\u2066")).toBe("userU+202Etxt.exeU+2066");
		expect(shown("a\u200Bb")).toBe("aU+200Bb");
	});
	it("expands tabs by columns, also after wide characters", () => {
		expect(shown("a\tb")).toBe("a       b");
		expect(shown("日本\tb")).toBe("日本    b");
	});
	it("bounds marks that pile up", () => {
		expect(shown("a" + "\u0301".repeat(10000)).length).toBeLessThan(20);
	});
	it("takes only http links from OSC 8", () => {
		const of = (address: string) => parseLine(bytes(`\x1b]8;;${address}\x1b\\x\x1b]8;;\x1b\\`), 0, 14 + address.length, plain)[0]?.href;
		expect(of("https://gcc.gnu.org/a")).toBe("https://gcc.gnu.org/a");
		expect(of("javascript:alert(1)")).toBeUndefined();
	});
	it("is cut by columns without halving a wide character twice", () => {
		const b = bytes("ab日本cd");
		const runs = parseLine(b, 0, b.length, plain);
		expect(runsText(sliceRuns(runs, 0, 4))).toBe("ab日");
		expect(runsText(sliceRuns(runs, 4, 8))).toBe("本cd");
	});
});

describe("lines", () => {
	it("are what lies between newlines", () => {
		expect(read("a\nb\r\n\nc").text).toEqual(["a", "b", "", "c"]);
		expect(read("a\n").text).toEqual(["a"]);
		expect(read("").text).toEqual([]);
		expect(read("\n").text).toEqual([""]);
	});
	it("are the same however the bytes arrive", () => {
		const whole = bytes("é\x1b[1;31mred\x1b[0m日\r\n50%\rdone\nplain\x1b]8;;http://a.b/\x07l\x1b]8;;\x07\n\ttab 😀 end");
		const want = read(whole).text;
		for (let cut = 1; cut < whole.length; cut++) expect(read(whole.slice(0, cut), whole.slice(cut)).text).toEqual(want);
		for (let turn = 1; turn < 12; turn++) {
			const lines = new Lines();
			lines.append(whole, turn);
			while (!lines.done) lines.read(turn);
			expect(Array.from({ length: lines.count }, (_, i) => runsText(lines.runs(i)))).toEqual(want);
		}
		expect(read(...Array.from(whole, (b) => Uint8Array.of(b))).text).toEqual(want);
	});
	it("carry colours on", () => {
		const { lines } = read("\x1b[31ma\nb\n\x1b[0mc");
		expect(lines.runs(1)[0]!.style.fg).toBe(1);
		expect(lines.runs(2)[0]!.style.fg).toBe(-1);
	});
	it("of ASCII stay one piece however long", () => {
		const { lines } = read("x".repeat(1_000_000));
		expect(lines.count).toBe(1);
		expect(lines.cols(0)).toBe(1_000_000);
		expect(runsText(lines.runs(0, 999_990, 1_000_100))).toBe("x".repeat(10));
	});
	it("of anything else are cut into pieces that are cheap to show", () => {
		const { lines, text } = read("é".repeat(50_000) + "\nend");
		expect(lines.count).toBeGreaterThan(10);
		expect(lines.continues(1)).toBe(true);
		expect(lines.continues(lines.count - 1)).toBe(false);
		expect(text.slice(0, -1).join("")).toBe("é".repeat(50_000));
		for (let i = 0; i < lines.count; i++) {
			const [start, end] = lines.range(i);
			expect(end - start).toBeLessThanOrEqual(8192);
		}
	});
	it("of a long progress bar keep what is seen last", () => {
		let s = "";
		for (let i = 0; i <= 100_000; i++) s += `\r${i} of 100000`;
		const { lines, text } = read(s + "\n");
		expect(lines.count).toBe(1);
		expect(text).toEqual(["100000 of 100000"]);
	});
	it("tell whether other bytes go on from them", () => {
		const { lines } = read("abc");
		expect(lines.isPrefixOf(bytes("abcd"))).toBe(true);
		expect(lines.isPrefixOf(bytes("abx"))).toBe(false);
	});
	it("of a 10 MB flood are read in a moment", () => {
		const flood = bytes("\x1b[38;2;1;2;3mé\x1b[0m\x1b[K".repeat(400_000));
		const t = cpuNow();
		const { lines } = { lines: new Lines() };
		lines.append(flood);
		expect(cpuNow() - t).toBeLessThan(5000);
		expect(lines.cols(0)).toBeGreaterThan(10);
	});
});

describe("links", () => {
	const isSource = (n: string) => n === "main.c" || n === "./src/a b.py" || n === "a.py";
	it("are addresses without the punctuation around them", () => {
		const text = "see (https://a.b/c_(d)) or http://x.y/z?q=1.";
		expect(findLinks(text, undefined).map((l) => l.href)).toEqual(["https://a.b/c_(d)", "http://x.y/z?q=1"]);
		expect(findLinks("javascript://x ftp://a http:// https://", undefined)).toEqual([]);
	});
	it("are places in files that exist", () => {
		expect(findLinks("main.c:3:14: error: x", isSource)[0]).toEqual({ start: 0, end: 11, place: { file: "main.c", line: 3, col: 14 } });
		expect(findLinks("at 10:30 other.c:3", isSource)).toEqual([]);
		expect(findLinks('  File "a.py", line 12, in f', isSource)[0]!.place).toEqual({ file: "a.py", line: 12 });
	});
	it("are found in bounded time", () => {
		const t = cpuNow();
		findLinks(":1".repeat(2000) + "a".repeat(4000) + "://".repeat(1000) + '", line '.repeat(500), () => true);
		expect(cpuNow() - t).toBeLessThan(500);
	});
});

describe("find", () => {
	const needle = (s: string) => bytes(s.toLowerCase());
	it("looks for bytes in either case, both ways", () => {
		const b = bytes("Hello hello HELLO");
		expect(findBytes(b, needle("hello"), 0)).toBe(0);
		expect(findBytes(b, needle("hello"), 1)).toBe(6);
		expect(findBytes(b, needle("hello"), 7)).toBe(12);
		expect(findBytes(b, needle("hello"), 13)).toBe(-1);
		expect(findBytesBack(b, needle("HELLO"), 11)).toBe(6);
	});
});
