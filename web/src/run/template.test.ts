// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readCatalog } from "../api/server";
import type { Catalog, Kind, OptionValues, Program } from "../api/types";
import { splitWords } from "./words";
import { accepts, expand, isMadeFor, kindOf, TemplateError } from "./template";

const kinds: Kind[] = [
	{ id: "c", title: "C", extensions: [".c", ".h"] },
	{ id: "make", title: "Makefile", extensions: ["Makefile"] },
	{ id: "tar", title: "Tar", extensions: [".tar", ".tar.gz"] },
	{ id: "gz", title: "Gzip", extensions: [".gz"] },
	{ id: "any", title: "Any", extensions: ["*"] },
];
const gcc: Program = {
	id: "gcc",
	title: "GCC",
	image: "gcc",
	available: true,
	inputs: ["c"],
	outputs: ["text"],
	command: ["gcc", "{options}", "{option.std}", "{files}", "-o", "{stem}.o"],
	options: [
		{ id: "std", title: "Standard", type: "choice", default: "c17", choices: [{ value: "c17" }, { value: "c23", words: ["-std=c2x"] }], template: ["-std={}"] },
		{ id: "wall", title: "Warnings", type: "flag", default: true, words: ["-Wall", "-Wextra"] },
		{ id: "level", title: "Level", type: "integer", min: 0, max: 3, template: ["-O{}"] },
		{ id: "define", title: "Define", type: "list", template: ["-D", "{}"] },
		{ id: "more", title: "More", type: "arguments" },
	],
};
const given = { options: {}, files: ["notes.txt", "b.c", "a.c"], active: "a.c", kinds };

describe("template", () => {
	it("puts words where they belong, defaults first", () => {
		expect(expand(gcc, gcc.command, given)).toEqual(["gcc", "-Wall", "-Wextra", "-std=c17", "b.c", "a.c", "-o", "a.o"]);
	});

	it("knows every type of option", () => {
		const options = { std: "c23", wall: false, level: 0, define: ["A=$& {}", "B C"], more: `-x 'y z'` };
		expect(expand(gcc, ["{options}", "{option.std}"], { ...given, options })).toEqual(
			["-O0", "-D", "A=$& {}", "-D", "B C", "-x", "y z", "-std=c2x"],
		);
	});

	it("takes the active file only if its kind fits", () => {
		expect(expand(gcc, ["{file}"], { ...given, active: "notes.txt" })).toEqual(["b.c"]);
		expect(() => expand(gcc, ["{file}"], { ...given, files: ["x.txt"], active: "x.txt" })).toThrow(TemplateError);
	});

	it("lets no file be an option", () => {
		const odd = { ...given, files: ["-rf.c"], active: "-rf.c" };
		expect(expand(gcc, ["{files}", "{file}", "x{file}", "{stem}"], odd)).toEqual(["./-rf.c", "./-rf.c", "x-rf.c", "./-rf"]);
	});

	it("tells kinds by the longest end, and by whole names", () => {
		expect(kindOf("src/Makefile", kinds)?.id).toBe("make");
		expect(kindOf("a.tar.gz", kinds)?.id).toBe("tar");
		expect(kindOf("a.gz", kinds)?.id).toBe("gz");
		expect(kindOf(".c", kinds)).toBeNull();
		expect(accepts({ ...gcc, inputs: ["any"] }, "whatever", kinds)).toBe(true);
		expect(isMadeFor({ ...gcc, inputs: ["any"] }, "whatever", kinds)).toBe(false);
	});
});

interface Vectors extends Catalog {
	words: { text: string; words?: string[]; error?: boolean }[];
	cases: { name: string; program: string; files: string[]; active: number | null; options: Record<string, unknown>; argv?: string[]; error?: boolean }[];
}

// The server's side is held to the same file.
describe("tests/vectors/expand.json", () => {
	const vectors = JSON.parse(readFileSync(new URL("../../../tests/vectors/expand.json", import.meta.url), "utf8")) as Vectors;
	const catalog = readCatalog(vectors);

	it.each(vectors.words)("words of $text", ({ text, words, error }) => {
		if (error) expect(() => splitWords(text)).toThrow();
		else expect(splitWords(text)).toEqual(words);
	});

	it.each(vectors.cases)("$name", ({ program: id, files, active, options, argv, error }) => {
		const program = catalog.programs.find((p) => p.id === id) as Program;
		const values = Object.fromEntries(Object.entries(options).map(([k, v]) => [k, v ?? ""])) as OptionValues;
		const go = () => expand(program, program.command, { options: values, files, active: files[active ?? -1] ?? "", kinds: catalog.kinds });
		if (error) expect(go).toThrow();
		else expect(go()).toEqual(argv);
	});
});
