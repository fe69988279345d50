// SPDX-License-Identifier: MIT
// Complaints of one line: the sentences of single tools, and the form of nearly all, name:line:col: severity: text.
import { atDrawing, colBelow, fromBytes } from "./drawing";
import { type Form, line } from "./form";
import type { Diagnostic } from "./index";
import { placeAt, severityOf } from "./place";

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

export const sentence: Form = (lines, i, add) => {
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
export const generic: Form = (lines, i, add, options) => {
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
