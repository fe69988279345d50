// SPDX-License-Identifier: MIT
// Programs that died: the stacks that interpreters and runtimes print.
import { colOfCopy, underline } from "./drawing";
import { type Form, line } from "./form";
import type { Diagnostic } from "./index";
import { placeAt } from "./place";

/** thread 'main' panicked at src/main.rs:2:5: / message */
export const rustPanic: Form = (lines, i, add) => {
	const m = /^thread '[^']{0,200}'(?: \(\d+\))? panicked at (?:'(.*)', )?([^']+)$/.exec(line(lines, i));
	const place = m ? placeAt(m[2]!) : null;
	if (!m || !place) return 0;
	const d: Diagnostic = { file: place.file, line: place.line, severity: "error", message: `panicked: ${m[1] ?? line(lines, i + 1)}` };
	if (place.col) d.col = place.col;
	add(d);
	return i + 1;
};

/** Traceback (most recent call last): ... / SyntaxError */
export const python: Form = (lines, i, add, options) => {
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
export const pythonWarning: Form = (lines, i, add) => {
	const place = placeAt(line(lines, i));
	const m = place ? /^ (\w{1,60}Warning): (.+)$/.exec(place.rest) : null;
	if (!place || !m) return 0;
	add({ file: place.file, line: place.line, severity: "warning", message: `${m[1]}: ${m[2]}` });
	return i + 1;
};

/** /input/a.js:3 / code / caret / / Error: text */
export const node: Form = (lines, i, add) => {
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
export const java: Form = (lines, i, add, options) => {
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
export const goPanic: Form = (lines, i, add, options) => {
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
