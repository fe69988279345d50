// SPDX-License-Identifier: MIT
// The forms that complaints come in, one function each, tried in order at every line. A form looks at a few lines from
// where it stands and returns the line to go on with, or 0 when this is not its own. Patterns are anchored or bounded, so
// that no line takes more time than its length.
import { columnsOf } from "../viewers/text/line";
import type { Diagnostic, Options } from "./index";
import { placeAt, severityOf } from "./place";

type Add = (d: Diagnostic) => void;
export type Form = (lines: readonly string[], i: number, add: Add, options: Options) => number;

const line = (lines: readonly string[], i: number): string => lines[i] ?? "";
const SEARCH = 40;

/** Where a caret or underline stands in a line that holds nothing else (but a "|" margin): [start, end) from 0. */
function underline(text: string): [start: number, end: number] | null {
	const margin = /^\s*(?:\d+\s*)?\|/.exec(text)?.[0].length ?? 0;
	const body = text.slice(margin);
	const start = body.search(/[\^~]/);
	if (start < 0 || !/^[\s^~.-]*(?:[\^~][\s^~.-]*)(?:\s.*)?$/.test(body.slice(0, 400)) || /[^\s~.-]/.test(body.slice(0, start))) return null;
	let end = start;
	while (body[end] === "^" || body[end] === "~") end++;
	return [margin + start, margin + end];
}

/** The columns of a terminal that @text takes up to each of its UTF-16 units, with tabs every eight. */
function places(text: string): number[] {
	const out: number[] = [];
	let column = 0;
	for (const ch of text) {
		for (let k = 0; k < ch.length; k++) out.push(column);
		column += ch === "\t" ? 8 - (column % 8) : columnsOf(ch.codePointAt(0)!);
	}
	return [...out, column];
}

/**
 * gcc and clang draw a copy of the line and "^~~~" below: that says where the place ends. And where tabs or letters beyond ASCII
 * stand before it, the drawing is also what tells the column for certain, as gcc counts columns of a terminal and clang bytes.
 */
function atDrawing(lines: readonly string[], i: number, d: Diagnostic, options: Options): void {
	if (d.col === undefined || d.endCol !== undefined) return;
	const text = line(lines, i + 2);
	const marks = underline(text) ?? underline(line(lines, i + 1));
	if (!marks) return;
	const drawn = underline(text) ? text : line(lines, i + 1);
	const caret = drawn.indexOf("^", marks[0]);
	if (caret < 0) return;
	let end = caret;
	while (drawn[end] === "^" || drawn[end] === "~") end++;
	const real = options.lineText?.(d.file, d.line);
	const margin = /^\s*\d* \| ?/.exec(text)?.[0].length ?? 0;
	if (real !== undefined && drawn === text && /[^ -~]/.test(real)) {
		const at = places(real);
		const copy = line(lines, i + 1).replace(/^\s*\d+ \| ?/, "");
		// Old gcc puts a space before the copy where newer ones have a margin.
		const shift = copy.length - copy.trimStart().length - at[real.length - real.trimStart().length]!;
		const [from, to] = [caret - margin - shift, end - margin - shift].map((column) => at.findIndex((c) => c >= column)) as [number, number];
		if (from < 0 || (shift !== 0 && shift !== 1)) return;
		d.col = from + 1;
		d.exact = true;
		if (to > from + 1) [d.endLine, d.endCol] = [d.line, to + 1];
		return;
	}
	if (end - caret > 1) [d.endLine, d.endCol] = [d.line, d.col + (end - caret)];
}

/** Go counts bytes. */
function fromBytes(d: Diagnostic, options: Options): void {
	const real = options.lineText?.(d.file, d.line);
	if (d.col === undefined || real === undefined) return;
	d.col = new TextDecoder().decode(new TextEncoder().encode(real).subarray(0, d.col - 1)).length + 1;
	d.exact = true;
}

/** javac and others draw a caret below a verbatim copy and say no column. */
function colBelow(lines: readonly string[], i: number, d: Diagnostic): void {
	if (d.col !== undefined) return;
	for (let k = i + 2; k <= i + 3; k++) {
		const m = /^(\s{0,400})\^\s*$/.exec(line(lines, k));
		if (!m || line(lines, k - 1).trim() === "") continue;
		d.col = m[1]!.length + 1;
		return;
	}
}

/** A copy of the line is shown indented by @indent; where it begins in the file is looked up. */
function colOfCopy(copy: string, caret: number, d: Diagnostic, options: Options, width = 1): void {
	const indent = copy.length - copy.trimStart().length;
	const real = options.lineText?.(d.file, d.line);
	if (real === undefined || caret < indent || real.trim() !== copy.trim()) return;
	d.col = real.length - real.trimStart().length + (caret - indent) + 1;
	d.exact = true;
	if (width > 1) {
		d.endLine = d.line;
		d.endCol = d.col + width;
	}
}

/** error[E0308]: mismatched types / --> src/main.rs:2:5 */
const rustc: Form = (lines, i, add) => {
	const head = /^(error|warning|note|help)(\[[\w:]{1,60}\])?: (.+)$/.exec(line(lines, i));
	if (!head) return 0;
	for (let k = i + 1; k <= i + 3; k++) {
		const arrow = /^\s*(?:-->|::: )\s*(.+)$/.exec(line(lines, k));
		const place = arrow ? placeAt(arrow[1]!) : null;
		if (!place) continue;
		const d: Diagnostic = { file: place.file, line: place.line, severity: head[1] === "error" ? "error" : head[1] === "warning" ? "warning" : "info", message: head[3]! + (head[2] ? ` ${head[2]}` : "") };
		if (place.col) d.col = place.col;
		for (let m = k + 1; m < k + SEARCH && /^\s*(?:\d+\s*)?(?:\||\.\.\.)/.test(line(lines, m)); m++) {
			const marks = /^\s*\|[\s|_-]*?(\^+)/.exec(line(lines, m));
			if (!marks || !d.col) continue;
			const label = /\^+\s+(\S.*)$/.exec(line(lines, m))?.[1];
			if (label) d.message += `: ${label}`;
			if (marks[1]!.length > 1) {
				d.endLine = d.line;
				d.endCol = d.col + marks[1]!.length;
			}
			break;
		}
		add(d);
		return k + 1;
	}
	return 0;
};

/** thread 'main' panicked at src/main.rs:2:5: / message */
const rustPanic: Form = (lines, i, add) => {
	const m = /^thread '[^']{0,200}'(?: \(\d+\))? panicked at (?:'(.*)', )?([^']+)$/.exec(line(lines, i));
	const place = m ? placeAt(m[2]!) : null;
	if (!m || !place) return 0;
	const d: Diagnostic = { file: place.file, line: place.line, severity: "error", message: `panicked: ${m[1] ?? line(lines, i + 1)}` };
	if (place.col) d.col = place.col;
	add(d);
	return i + 1;
};

/** Traceback (most recent call last): ... / SyntaxError */
const python: Form = (lines, i, add, options) => {
	const first = line(lines, i);
	if (!/^(?:\s*[|+]\s*)?(?:Exception Group )?Traceback \(most recent call last\):/.test(first) && !/^\s*File "[^"]{1,400}", line \d{1,9}\b/.test(first)) return 0;
	let best: { at: number; file: string; line: number } | null = null;
	let k = i;
	for (; k < lines.length && k < i + 4000; k++) {
		const text = line(lines, k).replace(/^\s*\|/, "");
		const frame = /^\s*File "([^"]{1,400})", line (\d{1,9})/.exec(text);
		if (frame) {
			const known = options.isSource?.(frame[1]!) ?? false;
			const bestKnown = best !== null && (options.isSource?.(best.file) ?? false);
			if (known || !bestKnown) best = { at: k, file: frame[1]!, line: Number(frame[2]) };
		} else if (k > i && /^(?:[A-Za-z_][\w.]{0,200})(?::|$)/.test(text) && !/^\s/.test(text)) break;
		else if (k > i && text.trim() === "") break;
	}
	const said = line(lines, k);
	// A stack without its last line says nothing; it is not read again from each of its frames.
	if (!best || !/^[A-Za-z_][\w.]{0,200}(?::|$)/.test(said)) return k;
	const d: Diagnostic = { file: best.file, line: best.line, severity: /Warning\b/.test(said.split(":", 1)[0]!) ? "warning" : "error", message: said };
	const marks = underline(line(lines, best.at + 2));
	if (marks) colOfCopy(line(lines, best.at + 1), marks[0], d, options, marks[1] - marks[0]);
	add(d);
	return k + 1;
};

/** a.py:3: DeprecationWarning: text */
const pythonWarning: Form = (lines, i, add) => {
	const place = placeAt(line(lines, i));
	const m = place ? /^ (\w{1,60}Warning): (.+)$/.exec(place.rest) : null;
	if (!place || !m) return 0;
	add({ file: place.file, line: place.line, severity: "warning", message: `${m[1]}: ${m[2]}` });
	return i + 1;
};

/** /input/a.js:3 / code / caret / / Error: text */
const node: Form = (lines, i, add) => {
	const m = /^(?:file:\/\/)?([^\s:][^:]{0,399}\.[cm]?[jt]sx?):(\d{1,9})$/.exec(line(lines, i));
	if (!m) return 0;
	const marks = underline(line(lines, i + 2));
	for (let k = i + 2; k < i + 8; k++) {
		const error = /^(?:Uncaught )?(?:\w{1,60}: )?([A-Za-z_]\w{0,60}(?:Error|Exception)\b[^:]{0,60}: .*|Error: .*|[A-Za-z_]\w{0,60}Error)$/.exec(line(lines, k));
		if (!error) continue;
		const d: Diagnostic = { file: m[1]!, line: Number(m[2]), severity: "error", message: error[1]! };
		if (marks && !line(lines, i + 1).includes("\t")) d.col = marks[0] + 1;
		if (d.col && marks && marks[1] - marks[0] > 1) {
			d.endLine = d.line;
			d.endCol = marks[1] + 1;
		}
		add(d);
		return k + 1;
	}
	return 0;
};

/** Exception in thread "main" E: text / at Main.main(Main.java:3); also "Caused by:". */
const java: Form = (lines, i, add, options) => {
	const m = /^(?:Exception in thread "[^"]{0,200}" |Caused by: )([\w.$]{1,300}(?:: .*)?)$/.exec(line(lines, i));
	if (!m) return 0;
	let first: { file: string; line: number } | null = null;
	for (let k = i + 1; k < i + 200; k++) {
		const frame = /^\s+at [^()\s]{1,500}\(([^():]{1,200}):(\d{1,9})\)/.exec(line(lines, k));
		if (!frame && !/^\s/.test(line(lines, k))) break;
		if (!frame) continue;
		first ??= { file: frame[1]!, line: Number(frame[2]) };
		if (!options.isSource?.(frame[1]!)) continue;
		first = { file: frame[1]!, line: Number(frame[2]) };
		break;
	}
	if (!first) return 0;
	add({ ...first, severity: "error", message: m[1]! });
	return i + 1;
};

/** panic: text / goroutine 1 [running]: / main.main() / \t/input/main.go:5 +0x1d */
const goPanic: Form = (lines, i, add, options) => {
	const m = /^(panic|fatal error): (.*)$/.exec(line(lines, i));
	if (!m) return 0;
	let first: { file: string; line: number } | null = null;
	for (let k = i + 1; k < i + 60 && k < lines.length; k++) {
		const frame = /^\t([^\s:][^:]{0,399}\.go):(\d{1,9})(?:\s|$)/.exec(line(lines, k));
		if (!frame) continue;
		const here = { file: frame[1]!, line: Number(frame[2]) };
		if (options.isSource?.(here.file)) {
			first = here;
			break;
		}
		if (!/\/(?:usr|go)\/.*\/src\//.test(here.file)) first ??= here;
	}
	if (!first) return 0;
	add({ ...first, severity: "error", message: `panic: ${m[2]}` });
	return i + 1;
};

/** File "a.ml", line 3, characters 4-9: / code / Error: text */
const ocaml: Form = (lines, i, add) => {
	const m = /^File "([^"]{1,400})", lines? (\d{1,9})(?:-(\d{1,9}))?(?:, characters (\d{1,9})-(\d{1,9}))?:$/.exec(line(lines, i));
	if (!m) return 0;
	for (let k = i + 1; k < i + SEARCH; k++) {
		const said = /^(Error|Warning|Alert)(?: \d+)?(?: (?:\[[^\]]{1,80}\]|[\w-]{1,60}))?(?: \([^)]{1,120}\))?: ?(.*)$/.exec(line(lines, k));
		if (!said) continue;
		const more = line(lines, k + 1).startsWith("      ") ? ` ${line(lines, k + 1).trim()}` : "";
		const d: Diagnostic = { file: m[1]!, line: Number(m[2]), severity: said[1] === "Error" ? "error" : "warning", message: said[2]! + more };
		if (m[4]) {
			d.col = Number(m[4]) + 1;
			d.endLine = Number(m[3] ?? m[2]);
			d.endCol = Number(m[5]) + 1;
		}
		add(d);
		return k + 1;
	}
	return 0;
};

/** Main.hs:3:5: error: [GHC-88464] / text on the lines below, indented. */
const ghc: Form = (lines, i, add) => {
	const place = placeAt(line(lines, i));
	const m = place ? /^ (error|warning):((?: \[[^\]]{1,80}\]){0,3}(?: \([^)]{1,80}\))?)\s*$/.exec(place.rest) : null;
	if (!place || !m) return 0;
	const words: string[] = [];
	let k = i + 1;
	for (; k < i + SEARCH && /^\s+\S/.test(line(lines, k)) && !/^\s*\|/.test(line(lines, k)) && !/^\s*\d+ \|/.test(line(lines, k)); k++) words.push(line(lines, k).trim().replace(/^• /, ""));
	const d: Diagnostic = { file: place.file, line: place.line, severity: m[1] as "error" | "warning", message: words.join(" ") + (m[2] ? ` ${m[2].trim()}` : "") };
	for (const key of ["col", "endLine", "endCol"] as const) if (place[key] !== undefined) d[key] = place[key];
	add(d);
	return k;
};

/** a.f90:3:5: / code / caret / Error: text at (1) */
const fortran: Form = (lines, i, add) => {
	const place = placeAt(line(lines, i));
	if (!place || place.rest.trim() !== "" || !/\.f\w{0,3}$/i.test(place.file)) return 0;
	for (let k = i + 1; k < i + 8; k++) {
		const said = /^(Fatal Error|Error|Warning): (.+)$/.exec(line(lines, k));
		if (!said) continue;
		const d: Diagnostic = { file: place.file, line: place.line, severity: said[1] === "Warning" ? "warning" : "error", message: said[2]! };
		if (place.col) d.col = place.col;
		add(d);
		return k + 1;
	}
	return 0;
};

/** ! Undefined control sequence. / l.12 \foo, in the file whose "(./name" was read last. */
const latex: Form = (lines, i, add) => {
	const error = /^! (.+)$/.exec(line(lines, i));
	const warning = /^(?:LaTeX|Package \S{1,60}|Class \S{1,60})(?: \w{1,40})? Warning: (.+)$/.exec(line(lines, i));
	if (!error && !warning) return 0;
	const file = latexFile(lines, i);
	if (error) {
		for (let k = i + 1; k < i + SEARCH; k++) {
			const at = /^l\.(\d{1,9})\b/.exec(line(lines, k));
			if (!at) continue;
			add({ file, line: Number(at[1]), severity: "error", message: error[1]! });
			return k + 1;
		}
		return 0;
	}
	const text = warning![1]! + (/\.$/.test(warning![1]!) ? "" : line(lines, i + 1));
	const at = /on input line (\d{1,9})/.exec(text);
	if (!at) return 0;
	add({ file, line: Number(at[1]), severity: "warning", message: text.replace(/\s*on input line \d+\.?/, "") });
	return i + 1;
};

function latexFile(lines: readonly string[], i: number): string {
	for (let k = i; k >= 0 && k > i - 400; k--) {
		const text = line(lines, k);
		const at = text.lastIndexOf("(./");
		const name = at < 0 ? null : /^\(\.\/([^\s()]{1,300}\.(?:tex|ltx|sty|cls|bib))/.exec(text.slice(at));
		if (name) return name[1]!;
	}
	return "main.tex";
}

/** CMake Error at CMakeLists.txt:3 (add_executable): / text below */
const cmake: Form = (lines, i, add) => {
	const m = /^CMake (Error|Warning|Deprecation Warning)(?: \(dev\))? at ([^:]{1,400}):(\d{1,9})(?: \([^)]{0,200}\))?:$/.exec(line(lines, i));
	if (!m) return 0;
	let k = i + 1;
	const words: string[] = [];
	while (k < i + 10 && (line(lines, k).startsWith("  ") || (line(lines, k) === "" && words.length === 0))) words.push(line(lines, k++).trim());
	add({ file: m[2]!, line: Number(m[3]), severity: m[1] === "Error" ? "error" : "warning", message: words.filter((w) => w).join(" ") });
	return k;
};

interface Sentence {
	pattern: RegExp;
	/** Which groups hold what. */
	file: number;
	line: number;
	message: number;
	col?: number;
	severity?: "warning";
}

/** Forms that are one line, with their places somewhere in it. */
const sentences: Sentence[] = [
	// perl, also "syntax error at a.pl line 3, near ..."
	{ pattern: /^(.{1,1200}?) at ([^\s"']{1,300}) line (\d{1,9})(?:\.$|, (?:near|at|<).*$)/, message: 1, file: 2, line: 3 },
	// graphviz
	{ pattern: /^Error: ([^\s:]{1,300}): (.{0,400}? in line (\d{1,9})\b.*)$/, file: 1, message: 2, line: 3 },
	{ pattern: /^Warning: ([^\s:]{1,300}): (.{0,400}? in line (\d{1,9})\b.*)$/, file: 1, message: 2, line: 3, severity: "warning" },
	// OpenSCAD
	{ pattern: /^ERROR: (.{1,400}?) in file "?([^",]{1,300}"?), line (\d{1,9})(?::.*)?$/, message: 1, file: 2, line: 3 },
	{ pattern: /^WARNING: (.{1,400}?),? in file "?([^",]{1,300}"?), line (\d{1,9})(?::.*)?$/, message: 1, file: 2, line: 3, severity: "warning" },
	// PHP
	{ pattern: /^(?:PHP )?(?:Fatal|Parse) error:\s+(.{1,800}?) in (\S{1,300}?)(?: on line |:)(\d{1,9})$/, message: 1, file: 2, line: 3 },
	{ pattern: /^(?:PHP )?(?:Warning|Notice|Deprecated):\s+(.{1,800}?) in (\S{1,300}) on line (\d{1,9})$/, message: 1, file: 2, line: 3, severity: "warning" },
	// shells
	{ pattern: /^([^\s:]{1,300}): line (\d{1,9}): (.+)$/, file: 1, line: 2, message: 3 },
	{ pattern: /^([^\s:]{1,300}\.(?:sh|bash|dash)): (\d{1,9}): (.+)$/, file: 1, line: 2, message: 3 },
	// gawk, octave, R
	{ pattern: /^[gm]?awk: ([^\s:]{1,300}):(\d{1,9}): (?:\([^)]{0,80}\) )?(.*[a-z].*)$/, file: 1, line: 2, message: 3 },
	{ pattern: /^parse error near line (\d{1,9}) of file (\S{1,300})()$/, line: 1, file: 2, message: 3 },
	// gnuplot
	{ pattern: /^"([^"]{1,300})",? line (\d{1,9}): (.+)$/, file: 1, line: 2, message: 3 },
	// verilator
	{ pattern: /^%Error(?:-\w{1,40})?: ([^\s:]{1,300}):(\d{1,9}):(?:(\d{1,9}):)? (.+)$/, file: 1, line: 2, col: 3, message: 4 },
	{ pattern: /^%Warning(?:-\w{1,40})?: ([^\s:]{1,300}):(\d{1,9}):(?:(\d{1,9}):)? (.+)$/, file: 1, line: 2, col: 3, message: 4, severity: "warning" },
	// ruby's "in 'f': text (E)"
	{ pattern: /^(?:\S{1,40}: )?([^\s:]{1,300}\.rb):(\d{1,9}):in ['`][^']{0,200}': (.+)$/, file: 1, line: 2, message: 3 },
];

const sentence: Form = (lines, i, add) => {
	const text = line(lines, i);
	if (!/\d/.test(text)) return 0;
	for (const s of sentences) {
		const m = s.pattern.exec(text);
		if (!m) continue;
		const said = severityOf(m[s.message]!);
		const d: Diagnostic = { file: m[s.file]!.replace(/"$/, ""), line: Number(m[s.line]), severity: s.severity ?? said?.severity ?? "error", message: (said?.message ?? m[s.message]!) || "parse error" };
		if (s.col && m[s.col]) d.col = Number(m[s.col]);
		add(d);
		return i + 1;
	}
	return 0;
};

const interpreter = /^(?:lua[\d.]{0,4}|luajit|luac[\d.]{0,4}|ruby|guile|gforth|vet|octave|tcc|tcl|tclsh|sbcl|as|yasm|ld|\/usr\/bin\/(?:as|ld)|\/[\w./-]{1,100}\/ld): /;
const extension = /\.[A-Za-z][\w+]{0,11}$/;

/** name:line[:col]: severity: text, the form of nearly all compilers; and name:line[:col]: text of go, ruby, lua. */
const generic: Form = (lines, i, add, options) => {
	const text = line(lines, i).trimStart().replace(interpreter, "");
	if (/^(?:In file included|\s*from) /.test(text)) return 0;
	const place = placeAt(text);
	if (!place || place.file.includes("://") || place.file.length > 300) return 0;
	const said = severityOf(place.rest);
	if (!said) {
		// Without a severity it must look like a complaint about a file: a name with an extension, and words.
		const known = options.isSource ? options.isSource(place.file) : extension.test(place.file) && !/\s/.test(place.file);
		if (!known || !/[A-Za-z]{2}/.test(place.rest) || !/^\s/.test(place.rest)) return 0;
		if (/^\s*(?:in |In )(?:function|member function|constructor|destructor|instantiation|static)/.test(place.rest)) return 0;
	}
	const d: Diagnostic = { file: place.file, line: place.line, severity: said?.severity ?? "error", message: (said?.message ?? place.rest).replace(/^\s*syntax error: /, "syntax error: ") };
	for (const key of ["col", "endLine", "endCol"] as const) if (place[key] !== undefined) d[key] = place[key];
	if (/\.go$/.test(d.file)) fromBytes(d, options);
	atDrawing(lines, i, d, options);
	if (/\.(?:java|kt|scala|pas|nim)$/.test(d.file)) colBelow(lines, i, d);
	add(d);
	return i + 1;
};

export const forms: readonly Form[] = [rustc, rustPanic, ocaml, python, node, java, goPanic, ghc, fortran, latex, cmake, pythonWarning, sentence, generic];
