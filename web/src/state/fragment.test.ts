// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { toBase64Url, utf8 } from "../core/bytes";
import { fromFragment, toFragment } from "./fragment";
import { fromJson, newPane, SessionError, toJson, type Session } from "./session";

const session: Session = {
	files: [
		{ name: "päth/日本 🙂.c", text: "int main(void) { return 0; } // \u202e RTL שלום\r\n\t\u0000?", bytes: null },
		{ name: "data.bin", text: null, bytes: Uint8Array.from({ length: 1000 }, (_, i) => (i * 7919) & 255) },
		{ name: "empty", text: "", bytes: null },
	],
	active: 2,
	panes: [
		{ ...newPane("gcc"), options: { std: "c23", wall: true, level: 3, define: ["A", "B=ü"] }, env: { K: "V=1" }, stdin: "in\n" },
		{ ...newPane("python3", 1), command: "python3 -c 'print(1)'", timeoutMs: 20_000, auto: false, weight: 2 },
	],
	widths: [1, 1.5, 0.5],
};

describe("fragment", () => {
	it("carries everything, any Unicode and binary", async () => {
		const fragment = await toFragment(session);
		expect(fragment).toMatch(/^1[A-Za-z0-9_-]+$/);
		expect(await fromFragment(fragment)).toEqual(session);
	});

	it("is short", async () => {
		const one: Session = { files: [{ name: "a.py", text: "print('hello')\n", bytes: null }], active: 0, panes: [newPane("python3")], widths: [] };
		expect((await toFragment(one)).length).toBeLessThan(180);
	});

	it("survives JSON as well", () => expect(fromJson(JSON.parse(JSON.stringify(toJson(session))))).toEqual(session));

	it("refuses what was cut, changed or made up", async () => {
		const fragment = await toFragment(session);
		for (const bad of [fragment.slice(0, -9), "1", "2" + fragment.slice(1), "1!!", fragment.slice(0, 40) + "AAAA" + fragment.slice(44)])
			await expect(fromFragment(bad), bad.slice(0, 20)).rejects.toThrow(SessionError);
	});

	it("takes any bytes, and either reads or refuses them", async () => {
		const fragment = await toFragment(session);
		let seed = 1;
		const random = (n: number) => (seed = (seed * 48271) % 2147483647) % n;
		const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
		for (let i = 0; i < 300; i++) {
			const text = [...fragment];
			for (let n = random(4) + 1; n > 0; n--) text[1 + random(text.length - 1)] = alphabet[random(64)] as string;
			await fromFragment(text.slice(0, random(3) === 0 ? random(text.length) : text.length).join("")).catch((error) => {
				if (!(error instanceof SessionError)) throw error;
			});
		}
	});

	it("takes any JSON likewise", () => {
		const whole = JSON.stringify(toJson(session));
		const odd = ["null", "[]", "{}", "-1", "1e99", '""', '"\\u0000"', "true", '[[]]', '{"__proto__":1}'];
		for (const [i, value] of odd.entries())
			for (const found of whole.matchAll(/"[^"]*":("[^"]*"|-?[\d.]+|true|false|null)/g)) {
				const at = found.index + found[0].indexOf(":") + 1;
				const changed = whole.slice(0, at) + value + whole.slice(found.index + found[0].length);
				try {
					fromJson(JSON.parse(changed));
				} catch (error) {
					if (!(error instanceof SessionError)) throw new Error(`${i}: ${changed}: ${String(error)}`);
				}
			}
	});

	it("does not inflate without end", async () => {
		const zip = new CompressionStream("deflate");
		const writer = zip.writable.getWriter();
		void writer.write(new Uint8Array(40 << 20)).then(() => writer.close());
		const bomb = new Uint8Array(await new Response(zip.readable).arrayBuffer());
		await expect(fromFragment("1" + toBase64Url(bomb))).rejects.toThrow("larger than a link");
	});

	it.each([
		["null", null],
		["a list", []],
		["another version", { version: 2, files: [], panes: [] }],
		["a file that climbs", { version: 1, files: [{ name: "../x", text: "" }], panes: [] }],
		["twice the same name", { version: 1, files: [{ name: "x" }, { name: "x" }], panes: [] }],
		["no base64", { version: 1, files: [{ name: "x", base64: "*" }], panes: [] }],
		["too many panes", { version: 1, files: [], panes: Array(13).fill({ program: "gcc" }) }],
		["a pane without a program", { version: 1, files: [], panes: [{}] }],
		["stdin that is no text", { version: 1, files: [], panes: [{ program: "x", stdin: 7 }] }],
	])("refuses %s", (_, json) => expect(() => fromJson(json)).toThrow(SessionError));

	it("ignores numbers that make no sense", () => {
		const read = fromJson({ version: 1, files: [{ name: "x" }], active: 9, panes: [{ program: "p", weight: -1, column: 1e9, timeoutMs: 0 }] });
		expect(read.active).toBe(0);
		expect(read.panes[0]).toMatchObject({ weight: 1, column: 0, timeoutMs: 10_000 });
	});

	it("encodes a megabyte in one go", async () => {
		const big = "x".repeat(1 << 20);
		const one: Session = { files: [{ name: "a", text: big, bytes: null }], active: 0, panes: [], widths: [] };
		expect((await fromFragment(await toFragment(one))).files[0]?.text).toBe(big);
		expect(utf8(big).length).toBe(1 << 20);
	});
});
