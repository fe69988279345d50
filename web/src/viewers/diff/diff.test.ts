// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { cpuNow } from "../../../dev/clock";
import { changesOf, rowsOf, wordMarks } from "./lines";
import { diffSequences } from "./myers";

/** Puts the changes to work: what they make of a must be b. */
function patched(a: string[], b: string[]): string[] {
	const out: string[] = [];
	let at = 0;
	for (const c of changesOf(a, b)) {
		out.push(...a.slice(at, c.aFrom), ...b.slice(c.bFrom, c.bTo));
		at = c.aTo;
	}
	return [...out, ...a.slice(at)];
}

const lines = (s: string): string[] => (s === "" ? [] : s.split(""));
const edits = (a: string, b: string): number => changesOf(lines(a), lines(b)).reduce((n, c) => n + c.aTo - c.aFrom + c.bTo - c.bFrom, 0);

describe("a diff", () => {
	it("leads from one text to the other, whatever they are", () => {
		let seed = 7;
		const random = (n: number): number => (seed = (seed * 48271) % 2147483647) % n;
		for (let round = 0; round < 400; round++) {
			const a = Array.from({ length: random(30) }, () => String(random(6)));
			const b = Array.from({ length: random(30) }, () => String(random(6)));
			expect(patched(a, b)).toEqual(b);
			rowsOf(changesOf(a, b), a.length, b.length, round % 2 === 0);
		}
	});
	it("is as short as it can be for small blocks", () => {
		expect(edits("abcabba", "cbabac")).toBe(5);
		expect(edits("", "abc")).toBe(3);
		expect(edits("same", "same")).toBe(0);
	});
	it("ends soon for texts that have nothing in common, or too much", () => {
		const t = cpuNow();
		const n = 100_000;
		expect(diffSequences(Uint32Array.from({ length: n }, (_, i) => i), Uint32Array.from({ length: n }, (_, i) => n + i))).toHaveLength(1);
		const a = Uint32Array.from({ length: n }, (_, i) => (i * 7919) % 13);
		const b = Uint32Array.from({ length: n }, (_, i) => (i * 104729) % 11);
		diffSequences(a, b);
		diffSequences(Uint32Array.from({ length: n }, (_, i) => i), Uint32Array.from({ length: n }, (_, i) => n - i));
		expect(cpuNow() - t).toBeLessThan(6000);
	});
	it("folds long equal runs, and opens them", () => {
		const a = Array.from({ length: 40 }, (_, i) => `line ${i}`);
		const b = a.map((line, i) => (i === 20 ? "changed" : line));
		const changes = changesOf(a, b);
		const rows = rowsOf(changes, 40, 40, true);
		expect(rows.map((r) => r.kind)).toEqual(["fold", "same", "same", "same", "changed", "same", "same", "same", "fold"]);
		expect(rows[0]).toMatchObject({ a: 0, count: 17 });
		expect(rowsOf(changes, 40, 40, true, new Set([0]))).toHaveLength(20 + 1 + 3 + 1);
		expect(rowsOf(changes, 40, 40, false).filter((r) => r.kind === "old" || r.kind === "new")).toHaveLength(2);
	});
	it("marks the words that changed", () => {
		const marks = wordMarks("int x = 1;", "int y = 1;")!;
		expect(marks[0].filter((s) => s.changed).map((s) => s.text)).toEqual(["x"]);
		expect(marks[1].filter((s) => s.changed).map((s) => s.text)).toEqual(["y"]);
		expect(marks[0].map((s) => s.text).join("")).toBe("int x = 1;");
		expect(wordMarks("abc", "xyz")).toBeNull();
	});
});
