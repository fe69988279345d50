// SPDX-License-Identifier: MIT
// Assembly as compilers and disassemblers print it (GNU as for any target, LLVM, MASM-like, nasm, objdump): what each
// line is, which labels it names, and which source line it came from.

export const enum LineKind {
	Blank,
	Label,
	Instruction,
	/** Data: kept with the label above it. */
	Data,
	Directive,
	Comment,
	/** Source text that objdump -S puts between. */
	Source,
}

export interface AsmLine {
	text: string;
	kind: LineKind;
	/** The label that a Label line defines. */
	label: string;
	/** Names that might be labels, in instructions and data. */
	names: readonly string[];
	/** Index into Asm.files, and line; -1 when unknown. */
	file: number;
	line: number;
	/** Number of the function that it is in; -1 before the first. */
	func: number;
}

export interface Asm {
	lines: AsmLine[];
	files: string[];
	/** Labels that the outside knows, or that are functions. */
	roots: Set<string>;
	/** Label of each function. */
	functions: string[];
}

const MAX_COLUMNS = 4096;
const nothing: readonly string[] = [];

const comment = /^\s*(?:[#;!@]|\/\/|\/\*)/;
const label = /^\s*("[^"]{1,1000}"|[\w.$@?<>~()\\[\]*&+-]{1,1000})\s*:(?![:=])/;
const data = /^\s*\.(?:[1248]?byte|2byte|4byte|8byte|ascii|asciz|string(?:8|16|32|64)?|short|hword|half|word|long|int|quad|octa|xword|dword|dcb?\.?[bwlsdq]?|single|float|double|zero|fill|skip|space|uleb128|sleb128|comm|lcomm)\b/;
const nasmData = /^\s*(?:[\w.$?]+\s+)?(?:db|dw|dd|dq|dt|resb|resw|resd|resq|equ|times)\s/i;
const nasmDirective = /^\s*(?:section|segment|global|extern|bits|default|align|org|%\w+|\[\w+)\b/i;
const masmDirective = /^\s*(?:[\w$?@]+\s+)?(?:PROC|ENDP|SEGMENT|ENDS|PUBLIC|EXTRN|INCLUDELIB|TITLE|END)\b/;
const address = /^\s*[0-9a-f]{1,16}:\s/;
const objdumpLabel = /^([0-9a-f]{8,16}) <(.{1,2000})>:$/;
const endsBlock = /^\s*\.(?:cfi_endproc|data|text|section|popsection|pushsection)\b/;

/** Words of a line that could name labels. */
function namesIn(text: string): readonly string[] {
	const hits = text.replace(/"(?:[^"\\]|\\.)*"/g, (q) => (q.includes(" ") ? "" : q.slice(1, -1))).match(/[A-Za-z_.$?@][\w.$?@]*/g);
	return hits ?? nothing;
}

class Parser {
	asm: Asm = { lines: [], files: [], roots: new Set(), functions: [] };
	#fileIds = new Map<number, number>();
	#fileNames = new Map<string, number>();
	#file = -1;
	#line = -1;
	#func = -1;
	#typed = new Set<string>();
	#inText = true;
	#dumped = false;

	line(raw: string): void {
		const text = raw.length > MAX_COLUMNS ? raw.slice(0, MAX_COLUMNS) : raw.trimEnd();
		this.asm.lines.push(this.#read(text));
	}

	#make(text: string, kind: LineKind, names = nothing, name = ""): AsmLine {
		const mapped = kind === LineKind.Instruction && this.#line > 0;
		return { text, kind, label: name, names, file: mapped ? this.#file : -1, line: mapped ? this.#line : -1, func: this.#func };
	}

	#read(text: string): AsmLine {
		if (text.trim() === "") return this.#make(text, LineKind.Blank);
		const dump = objdumpLabel.exec(text);
		if (dump) {
			this.#dumped = true;
			return this.#label(text, dump[2]!, true);
		}
		if (address.test(text)) return this.#make(text, LineKind.Instruction, namesIn(text.slice(text.indexOf("\t", 12) + 1)));
		if (/^[^\s].*:\s+file format |^Disassembly of section /.test(text)) return this.#make(text, LineKind.Directive);
		if (this.#dumped) return this.#betweenDumped(text);
		if (comment.test(text)) return this.#comment(text);
		const name = label.exec(text);
		if (name && !/^\s/.test(text)) {
			const rest = text.slice(name[0].length);
			const own = this.#label(text, name[1]!.replace(/^"|"$/g, ""), false);
			// nasm and LLVM put what is labelled on the same line.
			if (rest.trim() !== "" && !comment.test(rest)) return { ...own, names: namesIn(rest) };
			return own;
		}
		if (data.test(text)) return this.#make(text, LineKind.Data, namesIn(text.replace(/^\s*\.\w+/, "")));
		if (/^\s*\.[\w]/.test(text)) return this.#directive(text);
		if (nasmData.test(text)) return this.#make(text, LineKind.Data, namesIn(text));
		if (nasmDirective.test(text) || masmDirective.test(text)) return this.#nasm(text);
		if (/^\s*[\w.$]+\s*=\s*/.test(text) && !/^\s+\w+\s/.test(text)) return this.#make(text, LineKind.Directive);
		return this.#make(text, LineKind.Instruction, namesIn(text.trimStart().replace(/^[\w.]+/, "")));
	}

	/** objdump -l writes "main():" and "/dir/main.c:5", -S the source itself. */
	#betweenDumped(text: string): AsmLine {
		const place = /^([^\s:][^:]{0,1000}):(\d{1,9})(?: \(discriminator \d{1,9}\))?$/.exec(text);
		if (place) {
			this.#file = this.#intern(place[1]!);
			this.#line = Number(place[2]);
		}
		return this.#make(text, place || /^\S.*\(\):$/.test(text) ? LineKind.Directive : LineKind.Source);
	}

	#comment(text: string): AsmLine {
		// clang writes "# %bb.0:" and the source line of a .loc as comments; they say nothing that .loc does not.
		return this.#make(text, LineKind.Comment);
	}

	#label(text: string, name: string, dumped: boolean): AsmLine {
		const local = /^(?:\.L|L\.|L\d|LBB|LFB|LFE|Ltmp|l_|\.Ltmp|\d+$|\$|@|\.\w)/.test(name);
		if (dumped || (!local && (this.#typed.has(name) || this.#inText))) {
			this.#func = this.asm.functions.push(name) - 1;
			this.#line = -1;
			if (dumped || this.#typed.has(name)) this.asm.roots.add(name);
		}
		return this.#make(text, LineKind.Label, nothing, name);
	}

	#nasm(text: string): AsmLine {
		const global = /^\s*(?:global|PUBLIC)\s+([\w.$?@]+)/i.exec(text);
		if (global) this.asm.roots.add(global[1]!);
		const section = /^\s*(?:section|segment)\s+(\S+)/i.exec(text);
		if (section) this.#inText = /text|code/i.test(section[1]!);
		return this.#make(text, LineKind.Directive);
	}

	#directive(text: string): AsmLine {
		const t = text.trim();
		if (t.startsWith(".loc")) this.#loc(t);
		else if (t.startsWith(".file")) this.#fileDirective(t);
		else if (/^\.(?:globa?l|weak|weak_definition|hidden)\b/.test(t)) {
			for (const name of t.replace(/^\.\w+\s*/, "").split(/\s*,\s*/, 8)) this.asm.roots.add(name.replace(/^"|"$/g, ""));
		} else if (t.startsWith(".type")) {
			const typed = /^\.type\s+"?([^\s,"]+)"?\s*,\s*[@%#"](?:function|gnu_indirect_function)/.exec(t);
			if (typed) {
				this.#typed.add(typed[1]!);
				this.asm.roots.add(typed[1]!);
			}
		} else if (/^\.(?:text|data|bss|section|pushsection|popsection|rodata)\b/.test(t)) {
			this.#inText = /^\.text\b/.test(t) || /^\.(?:push)?section\s+"?(?:\.text|\.init|\.fini|__TEXT,__text|\.plt)/.test(t) || t.startsWith(".popsection");
		}
		if (endsBlock.test(t)) this.#line = -1;
		return this.#make(text, LineKind.Directive);
	}

	#fileDirective(t: string): void {
		const m = /^\.file\s+(?:(\d{1,6})\s+)?"((?:[^"\\]|\\.){0,1000})"(?:\s+"((?:[^"\\]|\\.){0,1000})")?/.exec(t);
		if (!m) return;
		const path = m[3] === undefined ? m[2]! : m[3].startsWith("/") ? m[3] : `${m[2]!}/${m[3]}`;
		const index = this.#intern(path);
		if (m[1] !== undefined) this.#fileIds.set(Number(m[1]), index);
	}

	#intern(path: string): number {
		let index = this.#fileNames.get(path);
		if (index === undefined) {
			index = this.asm.files.push(path) - 1;
			this.#fileNames.set(path, index);
		}
		return index;
	}

	#loc(t: string): void {
		const m = /^\.loc\s+(\d{1,6})\s+(\d{1,9})/.exec(t);
		if (!m) return;
		this.#file = this.#fileIds.get(Number(m[1])) ?? -1;
		this.#line = this.#file < 0 ? -1 : Number(m[2]);
	}
}

/** Parses some lines at each step, so that a caller can let the page breathe. */
export function* parseInTurns(text: string, turn = 20_000): Generator<undefined, Asm> {
	const parser = new Parser();
	let from = 0;
	for (let n = 1; from < text.length; n++) {
		let end = text.indexOf("\n", from);
		if (end < 0) end = text.length;
		parser.line(text.slice(from, end));
		from = end + 1;
		if (n % turn === 0) yield;
	}
	// Where nothing is said to be known outside, every function is.
	if (parser.asm.roots.size === 0) for (const name of parser.asm.functions) parser.asm.roots.add(name);
	return parser.asm;
}

export function parseAsm(text: string): Asm {
	const steps = parseInTurns(text, Infinity);
	for (;;) {
		const step = steps.next();
		if (step.done) return step.value;
	}
}
