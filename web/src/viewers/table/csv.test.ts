// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { cpuNow } from "../../../dev/clock";
import { field, guessDelimiter, hasHeader, MAX_COLUMNS, numericColumns, parseCsv, sortedRows } from "./csv";

const bytes = (s: string): Uint8Array => new TextEncoder().encode(s);
const rows = (s: string, d = ","): string[][] => {
	const csv = parseCsv(bytes(s), d);
	return Array.from({ length: csv.rowCount }, (_, r) => Array.from({ length: csv.rows[r + 1]! - csv.rows[r]! }, (_, c) => field(csv, r, c)));
};

describe("delimited text", () => {
	it.each([
		["a,b\n1,2\n", [["a", "b"], ["1", "2"]]],
		["a,b\n1,2", [["a", "b"], ["1", "2"]]],
		["a,b\r\n1,2\r\n", [["a", "b"], ["1", "2"]]],
		['"x, y","say ""hi"""\n', [["x, y", 'say "hi"']]],
		['"two\nlines",z\n', [["two\nlines", "z"]]],
		["a,,\n", [["a", "", ""]]],
		["\ufeffa,b\n", [["a", "b"]]],
		["a\n\nb\n", [["a"], [""], ["b"]]],
		["", []],
		['a"b,c\n', [['a"b', "c"]]],
		['"a"b,c\n', [['a"b', "c"]]],
		["é,日本\n", [["é", "日本"]]],
	])("%j", (text, want) => {
		expect(rows(text)).toEqual(want);
	});
	it("tells its delimiter", () => {
		expect(guessDelimiter(bytes("a;b;c\n1,5;2;3\n"), "x.csv")).toBe(";");
		expect(guessDelimiter(bytes("a\tb\n1\t2\n"), "x.csv")).toBe("\t");
		expect(guessDelimiter(bytes("a|b\n1|2\n"), "x.csv")).toBe("|");
		expect(guessDelimiter(bytes("one column\nonly\n"), "x.csv")).toBe(",");
		expect(guessDelimiter(bytes("a,b\n"), "x.tsv")).toBe("\t");
	});
	it("tells a header from data", () => {
		const header = (s: string) => hasHeader(parseCsv(bytes(s), ","));
		expect(header("name,size\na,1\nb,2\n")).toBe(true);
		expect(header("1,2\n3,4\n")).toBe(false);
		expect(header("a,b\n")).toBe(false);
		expect(header("x,x\n1,2\n")).toBe(false);
	});
	it("sorts numbers by value, words by letters, empty ones last, and keeps the order of equals", () => {
		const csv = parseCsv(bytes("n,w\n10,b\n9,a\n,c\n-1e3,b\n9,\n"), ",");
		expect(numericColumns(csv, 1)).toEqual([true, false]);
		expect([...sortedRows(csv, 1, 0, false, true)]).toEqual([4, 2, 5, 1, 3]);
		expect([...sortedRows(csv, 1, 0, true, true)]).toEqual([1, 2, 5, 4, 3]);
		expect([...sortedRows(csv, 1, 1, false, false)]).toEqual([2, 1, 4, 3, 5]);
	});
	it("says what it leaves out", () => {
		const wide = parseCsv(bytes(",".repeat(5000)), ",");
		expect(wide.columns).toBe(MAX_COLUMNS);
		expect(wide.problem).toContain("columns");
		expect(parseCsv(bytes('"open'), ",").problem).toContain("not closed");
	});
	it("reads 10 MB in a moment", () => {
		const t = cpuNow();
		expect(parseCsv(bytes("123,abc,4.5\n".repeat(850_000)), ",").rowCount).toBe(850_000);
		expect(cpuNow() - t).toBeLessThan(4000);
	});
});
