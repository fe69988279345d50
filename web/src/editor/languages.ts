// SPDX-License-Identifier: MIT
// Syntax colours by name, as the catalog's kinds have it ("highlight"). Each language is fetched when the first file of
// it is opened.

import type { Extension } from "@codemirror/state";
import { StreamLanguage, type StreamParser } from "@codemirror/language";

type Load = () => Promise<Extension>;

async function stream(parser: Promise<StreamParser<unknown>>): Promise<Extension> {
	return StreamLanguage.define(await parser);
}

const clike = () => import("@codemirror/legacy-modes/mode/clike");
const words = (text: string) => Object.fromEntries(text.split(" ").map((word) => [word, true]));

async function like(keywords: string, types: string, atoms = "true false"): Promise<StreamParser<unknown>> {
	const { clike: make } = await clike();
	return make({
		name: "own",
		keywords: words(keywords),
		types: words(types),
		atoms: words(atoms),
		// In Graphviz as in OpenSCAD a line with # in front is no directive of a preprocessor, but it is no code either.
		hooks: { "#": (s: { skipToEnd(): void }) => (s.skipToEnd(), "comment") },
	}) as StreamParser<unknown>;
}

const python: Load = async () => (await import("@codemirror/lang-python")).python();
const cpp: Load = async () => (await import("@codemirror/lang-cpp")).cpp();
const javascript: Load = async () => (await import("@codemirror/lang-javascript")).javascript({ jsx: true });
const typescript: Load = async () => (await import("@codemirror/lang-javascript")).javascript({ jsx: true, typescript: true });
const shell: Load = () => stream(import("@codemirror/legacy-modes/mode/shell").then((m) => m.shell));
const assembly: Load = () => stream(import("@codemirror/legacy-modes/mode/gas").then((m) => m.gas));
const tex: Load = () => stream(import("@codemirror/legacy-modes/mode/stex").then((m) => m.stex));

const table: Record<string, Load> = {
	c: cpp,
	cpp,
	"c++": cpp,
	objc: () => stream(clike().then((m) => m.objectiveC)),
	python,
	python3: python,
	javascript,
	js: javascript,
	typescript,
	ts: typescript,
	json: async () => (await import("@codemirror/lang-json")).json(),
	html: async () => (await import("@codemirror/lang-html")).html(),
	css: async () => (await import("@codemirror/lang-css")).css(),
	xml: async () => (await import("@codemirror/lang-xml")).xml(),
	svg: async () => (await import("@codemirror/lang-xml")).xml(),
	markdown: async () => (await import("@codemirror/lang-markdown")).markdown(),
	rust: async () => (await import("@codemirror/lang-rust")).rust(),
	go: async () => (await import("@codemirror/lang-go")).go(),
	java: async () => (await import("@codemirror/lang-java")).java(),
	php: async () => (await import("@codemirror/lang-php")).php(),
	sql: async () => (await import("@codemirror/lang-sql")).sql(),
	yaml: async () => (await import("@codemirror/lang-yaml")).yaml(),
	shell,
	sh: shell,
	bash: shell,
	asm: assembly,
	gas: assembly,
	nasm: assembly,
	tex,
	latex: tex,
	awk: () =>
		stream(like("BEGIN END if else while for do in break continue next exit return function print printf getline delete", "", "NR NF FS OFS RS ORS FILENAME")),
	bc: () => stream(like("define auto if else while for return print length sqrt scale quit", "")),
	dot: () => stream(like("graph digraph subgraph node edge strict", "")),
	graphviz: () => stream(like("graph digraph subgraph node edge strict", "")),
	gnuplot: () => stream(like("plot splot set unset with using title lines points linespoints terminal output notitle smooth fit replot load print do for if else pi sin cos tan exp log sqrt abs every index", "")),
	openscad: () =>
		stream(
			like(
				"module function if else for let each include use assert echo union difference intersection hull minkowski translate rotate scale mirror color linear_extrude rotate_extrude offset projection render resize multmatrix children",
				"cube sphere cylinder polyhedron circle square polygon text import surface",
				"true false undef PI $fn $fa $fs $t",
			),
		),
	povray: () => stream(like("camera light_source sphere box plane union difference pigment texture finish color rgb rotate translate declare include", "")),
	haskell: () => stream(import("@codemirror/legacy-modes/mode/haskell").then((m) => m.haskell)),
	ocaml: () => stream(import("@codemirror/legacy-modes/mode/mllike").then((m) => m.oCaml as StreamParser<unknown>)),
	lua: () => stream(import("@codemirror/legacy-modes/mode/lua").then((m) => m.lua)),
	perl: () => stream(import("@codemirror/legacy-modes/mode/perl").then((m) => m.perl)),
	ruby: () => stream(import("@codemirror/legacy-modes/mode/ruby").then((m) => m.ruby)),
	tcl: () => stream(import("@codemirror/legacy-modes/mode/tcl").then((m) => m.tcl)),
	scheme: () => stream(import("@codemirror/legacy-modes/mode/scheme").then((m) => m.scheme)),
	lisp: () => stream(import("@codemirror/legacy-modes/mode/commonlisp").then((m) => m.commonLisp)),
	commonlisp: () => stream(import("@codemirror/legacy-modes/mode/commonlisp").then((m) => m.commonLisp)),
	clojure: () => stream(import("@codemirror/legacy-modes/mode/clojure").then((m) => m.clojure)),
	erlang: () => stream(import("@codemirror/legacy-modes/mode/erlang").then((m) => m.erlang)),
	pascal: () => stream(import("@codemirror/legacy-modes/mode/pascal").then((m) => m.pascal)),
	fortran: () => stream(import("@codemirror/legacy-modes/mode/fortran").then((m) => m.fortran)),
	d: () => stream(import("@codemirror/legacy-modes/mode/d").then((m) => m.d)),
	r: () => stream(import("@codemirror/legacy-modes/mode/r").then((m) => m.r)),
	julia: () => stream(import("@codemirror/legacy-modes/mode/julia").then((m) => m.julia)),
	octave: () => stream(import("@codemirror/legacy-modes/mode/octave").then((m) => m.octave)),
	swift: () => stream(import("@codemirror/legacy-modes/mode/swift").then((m) => m.swift)),
	csharp: () => stream(clike().then((m) => m.csharp)),
	kotlin: () => stream(clike().then((m) => m.kotlin)),
	scala: () => stream(clike().then((m) => m.scala)),
	forth: () => stream(import("@codemirror/legacy-modes/mode/forth").then((m) => m.forth)),
	verilog: () => stream(import("@codemirror/legacy-modes/mode/verilog").then((m) => m.verilog)),
	vhdl: () => stream(import("@codemirror/legacy-modes/mode/vhdl").then((m) => m.vhdl)),
	diff: () => stream(import("@codemirror/legacy-modes/mode/diff").then((m) => m.diff)),
	toml: () => stream(import("@codemirror/legacy-modes/mode/toml").then((m) => m.toml)),
	ini: () => stream(import("@codemirror/legacy-modes/mode/properties").then((m) => m.properties)),
	cmake: () => stream(import("@codemirror/legacy-modes/mode/cmake").then((m) => m.cmake)),
	protobuf: () => stream(import("@codemirror/legacy-modes/mode/protobuf").then((m) => m.protobuf)),
	brainfuck: () => stream(import("@codemirror/legacy-modes/mode/brainfuck").then((m) => m.brainfuck)),
	prolog: () => stream(like("is mod rem not fail true repeat halt dynamic module discontiguous", "")),
	makefile: shell,
	make: shell,
};

const loaded = new Map<string, Promise<Extension>>();

/** The extension for a language, or null when there is none of this name (or it cannot be fetched). */
export async function languageOf(highlight: string | undefined): Promise<Extension | null> {
	const load = highlight === undefined ? undefined : table[highlight.toLowerCase()];
	if (!load) return null;
	let language = loaded.get(highlight as string);
	if (!language) {
		language = load();
		loaded.set(highlight as string, language);
	}
	try {
		return await language;
	} catch {
		loaded.delete(highlight as string);
		return null;
	}
}
