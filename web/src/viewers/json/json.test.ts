// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { cpuNow } from "../../../dev/clock";
import { TreeRows } from "./rows";
import { JsonError, Kind, lineAt, Tape } from "./tape";

const bytes = (s: string): Uint8Array => new TextEncoder().encode(s);
function read(s: string, turn = Infinity): Tape {
	const tape = new Tape(bytes(s));
	while (!tape.read(turn));
	return tape;
}

/** The tape back to a value, for comparison with JSON.parse. */
function value(tape: Tape, i: number): unknown {
	if (tape.kind[i]! > Kind.Array) return JSON.parse(new TextDecoder().decode(tape.bytes.subarray(tape.start[i]!, tape.end[i]!)));
	const isObject = tape.kind[i] === Kind.Object;
	const out: Record<string, unknown> = {};
	const list: unknown[] = [];
	for (let c = i + 1; c < tape.next[i]!; c = tape.next[c]!) {
		if (isObject) out[tape.keyText(c)!] = value(tape, c);
		else list.push(value(tape, c));
	}
	return isObject ? out : list;
}

describe("JSON", () => {
	it.each(['{"a":[1,2,{"b":null}],"c":"x\\n\\u00e9","d":{}}', "[]", " 3 ", '"a"', "[[[[]]],true,false,-1.5e10]", '{"":{"\\"":0}}'])("%s", (s) => {
		const want: unknown = JSON.parse(s);
		expect(value(read(s), 1)).toEqual(want);
		for (const turn of [1, 2, 3]) expect(value(read(s, turn), 1)).toEqual(want);
	});
	it("keeps every digit of a number", () => {
		const tape = read("[123456789012345678901234567890, 0.10000000000000000555]");
		expect(tape.text(2).text).toBe("123456789012345678901234567890");
		expect(tape.text(3).text).toBe("0.10000000000000000555");
	});
	it("takes documents one after another", () => {
		const tape = read('{"a":1}\n{"a":2}\n');
		expect(tape.several).toBe(true);
		expect(tape.size[0]).toBe(2);
	});
	it.each([
		["", 0], ["{", 1], ["[1,]", 3], ['{"a"}', 4], ["[1 2]", 3], ["]", 0], ["[}", 1], ["01x", 2], ["nul", 0], ["truex", 0], ['"a\nb"', 2], ['"a', 0], ["-", 1], ["1.", 2], ["{1:2}", 1], ["[1}", 2],
	])("refuses %j and says where", (s, offset) => {
		let error: unknown;
		try {
			read(s);
		} catch (e) {
			error = e;
		}
		expect(error).toBeInstanceOf(JsonError);
		expect((error as JsonError).offset).toBe(offset);
	});
	it("is not afraid of depth", () => {
		const n = 300_000;
		const tape = read("[".repeat(n) + "]".repeat(n));
		expect(tape.count).toBe(n + 1);
		const rows = new TreeRows(tape);
		rows.openUpTo(200);
		expect(rows.count).toBe(200);
	});
	it("opens and closes as rows", () => {
		const rows = new TreeRows(read('{"a":[1,2],"b":{"c":{}},"d":3}'));
		rows.open(0);
		expect(rows.count).toBe(4);
		rows.open(2);
		rows.open(1);
		expect([rows.count, rows.depth(3), rows.index(3), rows.parent(3)]).toEqual([7, 2, 1, 1]);
		rows.close(0);
		expect(rows.count).toBe(1);
		rows.open(0);
		expect(rows.count).toBe(7);
		rows.closeAll();
		expect(rows.count).toBe(1);
	});
	it("says lines and columns", () => {
		expect(lineAt(bytes("a\nbc"), 3)).toEqual({ line: 2, col: 2 });
	});
	it("reads 10 MB in a moment", () => {
		const t = cpuNow();
		read(`[${'{"id":12345,"name":"some text"},'.repeat(320_000)}0]`);
		expect(cpuNow() - t).toBeLessThan(5000);
	});
});
