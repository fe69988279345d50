// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { cpuNow } from "../../dev/clock";
import { type Diagnostic, type Options, parseDiagnostics } from "./index";

/** "file:line:col-endCol severity message" */
const brief = (d: Diagnostic): string =>
	`${d.file}:${d.line}${d.col ? `:${d.col}` : ""}${d.endCol ? `-${d.endLine === d.line ? "" : `${d.endLine}:`}${d.endCol}` : ""} ${d.severity} ${d.message}`;
const parse = (text: string, options?: Options): string[] => parseDiagnostics(text, options).map(brief);

const cases: Record<string, [output: string, want: string[]]> = {
	gcc: [
		"main.c: In function 'main':\nmain.c:7:9: error: 'count' undeclared (first use in this function)\n    7 |         count += 1;\n      |         ^~~~~\nmain.c:7:9: note: each undeclared identifier is reported only once\nmain.c:9:7: warning: unused variable 'x' [-Wunused-variable]\n    9 |   int x = 0;\n      |       ^\n",
		["main.c:7:9-14 error 'count' undeclared (first use in this function)", "main.c:7:9 info each undeclared identifier is reported only once", "main.c:9:7 warning unused variable 'x' [-Wunused-variable]"],
	],
	"gcc in colours": ["\x1b[01m\x1b[Ka.c:3:1:\x1b[m\x1b[K \x1b[01;31m\x1b[Kfatal error: \x1b[m\x1b[Kno.h: No such file or directory\n", ["a.c:3:1 error no.h: No such file or directory"]],
	"gcc linker": ["/usr/bin/ld: /tmp/ccX.o: in function `main':\nmain.c:(.text+0x5): undefined reference to `foo'\ncollect2: error: ld returned 1 exit status\n", []],
	clang: ["./src/a.cpp:2:10: error: use of undeclared identifier 'foo'\n  return foo;\n         ^~~\n1 error generated.\n", ["src/a.cpp:2:10-13 error use of undeclared identifier 'foo'"]],
	"gcc included": ["In file included from a.c:1:\nb.h:2:3: error: bad\n", ["b.h:2:3 error bad"]],
	rustc: [
		'error[E0308]: mismatched types\n --> src/main.rs:2:18\n  |\n2 |     let x: i32 = "a";\n  |            ---   ^^^ expected `i32`, found `&str`\n  |            |\n  |            expected due to this\n\nwarning: unused variable: `x`\n --> src/main.rs:2:9\n  |\n2 |     let x: i32 = "a";\n  |         ^ help: prefix it: `_x`\n\nerror: aborting due to 1 previous error\n',
		["src/main.rs:2:18-21 error mismatched types [E0308]: expected `i32`, found `&str`", "src/main.rs:2:9 warning unused variable: `x`: help: prefix it: `_x`"],
	],
	"rustc short": ["src/main.rs:2:18: error[E0308]: mismatched types\n", ["src/main.rs:2:18 error mismatched types [E0308]"]],
	"rust panic": ["thread 'main' panicked at src/main.rs:3:5:\nindex out of bounds\n", ["src/main.rs:3:5 error panicked: index out of bounds"]],
	go: ["# command-line-arguments\n./main.go:5:2: undefined: x\n./main.go:7: missing return\n", ["main.go:5:2 error undefined: x", "main.go:7 error missing return"]],
	"go panic": ["panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n\t/input/main.go:4 +0x25\nexit status 2\n", ["/input/main.go:4 error panic: boom"]],
	python: [
		'Traceback (most recent call last):\n  File "/input/a.py", line 5, in <module>\n    f()\n    ~^^\n  File "/input/a.py", line 2, in f\n    return 1/0\n           ~^~\nZeroDivisionError: division by zero\n',
		["/input/a.py:2 error ZeroDivisionError: division by zero"],
	],
	"python syntax": ['  File "/input/a.py", line 3\n    def f(\n         ^\nSyntaxError: \'(\' was never closed\n', ["/input/a.py:3 error SyntaxError: '(' was never closed"]],
	"python warning": ["a.py:3: SyntaxWarning: invalid escape sequence '\\d'\n  x = '\\d'\n", ["a.py:3 warning SyntaxWarning: invalid escape sequence '\\d'"]],
	node: ["/input/a.js:3\n  throw new Error('x');\n  ^\n\nError: x\n    at Object.<anonymous> (/input/a.js:3:9)\n\nNode.js v18\n", ["/input/a.js:3:3 error Error: x"]],
	"node syntax": ["/input/a.js:1\nlet x = ;\n        ^\n\nSyntaxError: Unexpected token ';'\n", ["/input/a.js:1:9 error SyntaxError: Unexpected token ';'"]],
	ruby: ["a.rb:2:in `f': undefined local variable or method `x' for main (NameError)\n\tfrom a.rb:5:in `<main>'\na.rb:9: syntax error, unexpected end-of-input\na.rb:3: warning: assigned but unused variable - y\n", ["a.rb:2 error undefined local variable or method `x' for main (NameError)", "a.rb:9 error syntax error, unexpected end-of-input", "a.rb:3 warning assigned but unused variable - y"]],
	perl: ['syntax error at a.pl line 3, near "foo bar"\nExecution of a.pl aborted due to compilation errors.\nDied here at a.pl line 7.\n', ["a.pl:3 error syntax error", "a.pl:7 error Died here"]],
	lua: ["lua5.4: a.lua:3: attempt to call a nil value (global 'foo')\nstack traceback:\n\t[C]: in ?\n", ["a.lua:3 error attempt to call a nil value (global 'foo')"]],
	ghc: ["\nMain.hs:3:8: error: [GHC-88464]\n    Variable not in scope: foo\n  |\n3 | main = foo\n  |        ^^^\n\nMain.hs:(5,1)-(6,3): warning: [-Wincomplete-patterns]\n    • Pattern match(es) are non-exhaustive\n", ["Main.hs:3:8 error Variable not in scope: foo [GHC-88464]", "Main.hs:5:1-6:4 warning Pattern match(es) are non-exhaustive [-Wincomplete-patterns]"]],
	ocaml: ['File "a.ml", line 2, characters 8-11:\n2 | let x = foo\n            ^^^\nError: Unbound value foo\n', ["a.ml:2:9-12 error Unbound value foo"]],
	"ocaml warning": ['File "a.ml", line 1, characters 4-5:\n1 | let x = 1\n        ^\nWarning 32 [unused-value-declaration]: unused value x.\n', ["a.ml:1:5-6 warning unused value x."]],
	javac: ["Main.java:3: error: ';' expected\n        int x = 1\n                 ^\n1 error\n", ["Main.java:3:18 error ';' expected"]],
	"java exception": ['Exception in thread "main" java.lang.RuntimeException: boom\n\tat java.base/java.util.X.y(X.java:10)\n\tat Main.main(Main.java:3)\n', ["X.java:10 error java.lang.RuntimeException: boom"]],
	nasm: ["a.asm:4: error: symbol `foo' not defined\n", ["a.asm:4 error symbol `foo' not defined"]],
	as: ["a.s: Assembler messages:\na.s:3: Error: no such instruction: `foo'\n", ["a.s:3 error no such instruction: `foo'"]],
	latex: ["(./main.tex\nLaTeX2e\n(/usr/share/x.cls)\n! Undefined control sequence.\nl.12 \\foo\n        bar\nLaTeX Warning: Reference `x' on page 1 undefined on input line 7.\n", ["main.tex:12 error Undefined control sequence.", "main.tex:7 warning Reference `x' on page 1 undefined"]],
	"latex with file-line-error": ["./main.tex:12: Undefined control sequence.\nl.12 \\foo\n", ["main.tex:12 error Undefined control sequence."]],
	graphviz: ["Error: g.dot: syntax error in line 3 near '}'\n", ["g.dot:3 error syntax error in line 3 near '}'"]],
	openscad: ['ERROR: Parser error in file "/input/a.scad", line 2: syntax error\n\nWARNING: Ignoring unknown variable "q", in file a.scad, line 4\n', ["/input/a.scad:2 error Parser error", 'a.scad:4 warning Ignoring unknown variable "q"']],
	tsc: ["a.ts(3,5): error TS2322: Type 'string' is not assignable to type 'number'.\n", ["a.ts:3:5 error Type 'string' is not assignable to type 'number'. [TS2322]"]],
	php: ["PHP Parse error:  syntax error, unexpected token \"}\" in /input/a.php on line 3\n", ['/input/a.php:3 error syntax error, unexpected token "}"']],
	bash: ["run.sh: line 3: foo: command not found\n", ["run.sh:3 error foo: command not found"]],
	gfortran: ["a.f90:3:4:\n\n    3 |    prnt *, x\n      |    1\nError: Unclassifiable statement at (1)\n", ["a.f90:3:4 error Unclassifiable statement at (1)"]],
	cmake: ["CMake Error at CMakeLists.txt:3 (add_executable):\n  Cannot find source file:\n\n    x.c\n", ["CMakeLists.txt:3 error Cannot find source file:"]],
	zig: ["a.zig:3:9: error: expected ';'\n", ["a.zig:3:9 error expected ';'"]],
	verilator: ["%Error: a.v:3:5: syntax error\n%Warning-WIDTH: a.v:4:1: narrow\n", ["a.v:3:5 error syntax error", "a.v:4:1 warning narrow"]],
	"no tool at all": ["It is 10:30: time to go\nhttp://a.b:80/c: error: no\nratio 3:4:5\nsee a.txt\nat 12:30:45: done\n1.5:2: x\n", []],
};

describe("diagnostics", () => {
	it.each(Object.entries(cases))("of %s", (_, [output, want]) => {
		expect(parse(output)).toEqual(want);
	});
	it("turn a caret below an indented copy into a column when the file is known", () => {
		const lineText = (file: string, line: number) => (file === "/input/a.py" && line === 2 ? "        return 1/0" : undefined);
		expect(parse(cases["python"]![0], { lineText })).toEqual(["/input/a.py:2:16-19 error ZeroDivisionError: division by zero"]);
		const inner = 'Traceback (most recent call last):\n  File "a.py", line 2, in f\n    return nope\n           ^^^^\nNameError: name\n';
		expect(parse(inner, { lineText: () => "\treturn nope" })).toEqual(["a.py:2:9-13 error NameError: name"]);
	});
	it("have columns of the text where tools count otherwise and draw the place", () => {
		const lineText = () => "\treturn größe + \"a\";";
		const gcc = "a.c:4:16: error: undeclared\n    4 |         return größe + \"a\";\n      |                ^~~~~\n";
		const clang = "a.c:4:9: error: undeclared\n        return größe + \"a\";\n               ^~~~~\n";
		const newClang = "a.c:4:9: error: undeclared\n    4 |         return größe + \"a\";\n      |                ^~~~~\n";
		for (const text of [gcc, clang, newClang]) expect(parse(text, { lineText })).toEqual(["a.c:4:9-14 error undeclared"]);
		const plus = "a.c:4:22: error: bad\n    4 |         return größe + \"a\";\n      |                ~~~~~ ^\n";
		expect(parse(plus, { lineText })).toEqual(["a.c:4:15 error bad"]);
		expect(parse("./a.go:3:12: undefined: x\n", { lineText: () => "\ts := \"é\"+x" })).toEqual(["a.go:3:11 error undefined: x"]);
	});
	it("of a stack take the innermost frame that is the person's", () => {
		const isSource = (n: string) => n === "/input/a.py" || n === "Main.java";
		const deep = 'Traceback (most recent call last):\n  File "/input/a.py", line 4, in <module>\n    json.loads("{")\n  File "/usr/lib/python3.11/json/decoder.py", line 353, in raw_decode\n    obj\nValueError: bad\n';
		expect(parse(deep, { isSource })).toEqual(["/input/a.py:4 error ValueError: bad"]);
		expect(parse(cases["java exception"]![0], { isSource })).toEqual(["Main.java:3 error java.lang.RuntimeException: boom"]);
	});
	it("are not made of what a program prints about no file", () => {
		expect(parse("log.txt:3: all is well\n", { isSource: (n) => n === "a.c" })).toEqual([]);
	});
	it("take any bytes in bounded time", () => {
		const floods = [
			"a".repeat(1_000_000), ":".repeat(1_000_000), "a:1:".repeat(250_000), "\x1b[".repeat(400_000), "\x1b]".repeat(400_000), "^".repeat(500_000),
			"a.c:1:1: error: x\n".repeat(50_000), 'File "a", line 1\n'.repeat(50_000), "Traceback (most recent call last):\n".repeat(25_000), "error: x\n".repeat(100_000),
			" at a line 1".repeat(80_000), "! x\n".repeat(100_000), "(".repeat(500_000), `${"  |".repeat(600)}\n`.repeat(500), " ".repeat(900_000), "x in file ".repeat(90_000),
			"panic: x\n".repeat(90_000), `ERROR: ${"a in file ".repeat(190)}\n`.repeat(400), `a.js:1\n`.repeat(90_000), `${"~^".repeat(990)}x\n`.repeat(500),
			`a.c:1:1: error: x\n${" ^ ~ .".repeat(300)}a\n`.repeat(500), `Exception in thread "main" A\n`.repeat(30_000), `LaTeX Warning: x\n`.repeat(40_000),
		];
		for (const flood of floods) {
			const t = cpuNow();
			parseDiagnostics(flood);
			expect(cpuNow() - t, flood.slice(0, 20)).toBeLessThan(2000);
		}
		expect(parseDiagnostics(Uint8Array.from({ length: 100_000 }, (_, i) => (i * 31) & 255))).toBeInstanceOf(Array);
	}, 60_000);
});
