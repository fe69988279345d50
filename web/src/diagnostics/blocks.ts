// SPDX-License-Identifier: MIT
// Complaints of several lines: rustc, OCaml, GHC, gfortran, LaTeX, CMake.
import { type Form, line, SEARCH } from "./form";
import type { Diagnostic } from "./index";
import { placeAt } from "./place";

/** error[E0308]: mismatched types / --> src/main.rs:2:5 */
export const rustc: Form = (lines, i, add) => {
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

/** File "a.ml", line 3, characters 4-9: / code / Error: text */
export const ocaml: Form = (lines, i, add) => {
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
export const ghc: Form = (lines, i, add) => {
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
export const fortran: Form = (lines, i, add) => {
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
export const latex: Form = (lines, i, add) => {
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
export const cmake: Form = (lines, i, add) => {
	const m = /^CMake (Error|Warning|Deprecation Warning)(?: \(dev\))? at ([^:]{1,400}):(\d{1,9})(?: \([^)]{0,200}\))?:$/.exec(line(lines, i));
	if (!m) return 0;
	let k = i + 1;
	const words: string[] = [];
	while (k < i + 10 && (line(lines, k).startsWith("  ") || (line(lines, k) === "" && words.length === 0))) words.push(line(lines, k++).trim());
	add({ file: m[2]!, line: Number(m[3]), severity: m[1] === "Error" ? "error" : "warning", message: words.filter((w) => w).join(" ") });
	return k;
};
