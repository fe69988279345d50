// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { utf8 } from "../core/bytes";
import { columnIn, remarksOf } from "./remarks";

const none = new Uint8Array(0);
const files = [{ name: "t.c", text: "int main(void)\n{\n\t/*é*/ retrun 0;\n}\n", bytes: null }];
const output = (stderr: string, code = 1) => ({ stdout: none, stderr: utf8(stderr), files: [], result: { outcome: "exited" as const, code } });
const named = (name: string) => (name.replace(/^\.\//, "") === "t.c" ? "t.c" : null);

describe("columns", () => {
	const text = "\t/*é*/ retrun 0;";
	it("GCC counts what one sees", () => expect(columnIn(text, 15, "‘retrun’ undeclared")).toBe(8));
	it("clang counts bytes", () => expect(columnIn(text, 9, "use of undeclared identifier 'retrun'")).toBe(8));
	it("Python counts characters", () => expect(columnIn(text, 8, "name 'retrun'")).toBe(8));
	it("plain text needs no guess", () => expect(columnIn("abc def", 5)).toBe(5));
	it("never leaves the line", () => expect(columnIn("ab", 99)).toBe(3));
});

describe("remarks", () => {
	it("GCC's errors stand at their words", async () => {
		const said = "t.c: In function 'main':\nt.c:3:15: error: 'retrun' undeclared (first use in this function)\nother.h:1:1: error: not ours\n";
		const remarks = await remarksOf(output(said), files, named);
		expect([...remarks.keys()]).toEqual(["t.c"]);
		expect(remarks.get("t.c")?.[0]).toMatchObject({ line: 3, column: 8, severity: "error" });
	});

	it("what a good program prints is no complaint", async () => {
		const printed = { ...output("", 0), stdout: utf8("t.c:1:1: error: just words\n") };
		expect((await remarksOf(printed, files, named)).size).toBe(0);
	});
});
