// SPDX-License-Identifier: MIT
// Which lines of an assembly listing to show.
import { type Asm, type AsmLine, LineKind } from "./parse";

export interface Filters {
	directives: boolean;
	/** Labels that nothing shown refers to. */
	labels: boolean;
	comments: boolean;
	/** Functions of libraries. */
	library: boolean;
}

/** Everything but what a program's author wrote is hidden at first. */
export const quiet: Filters = { directives: false, labels: false, comments: false, library: false };

const libraryName = /^(?:std|__gnu_cxx|core|alloc)::|^_{1,3}(?:ZN?K?(?:S[tabsiod]|9__gnu_cxx|10__cxxabiv1|4core|5alloc|3std|12_GLOBAL__N_1S)|ZNSt|R(?:IN|N|NvN|INv)\w{0,12}(?:4core|5alloc|3std))/;

export function sameFile(a: string, b: string): boolean {
	const base = (p: string): string => p.slice(p.lastIndexOf("/") + 1);
	return base(a) === base(b);
}

/** Numbers of the functions that hold no line of @source; by their names where there is no line information. */
function libraryFunctions(asm: Asm, source: string): Set<number> {
	const own = new Set<number>();
	const mapped = new Set<number>();
	const main = asm.files.map((f) => sameFile(f, source));
	for (const line of asm.lines) {
		if (line.func < 0 || line.file < 0) continue;
		mapped.add(line.func);
		if (main[line.file]) own.add(line.func);
	}
	const out = new Set<number>();
	asm.functions.forEach((name, f) => {
		if (mapped.has(f) && main.includes(true) ? !own.has(f) : libraryName.test(name)) out.add(f);
	});
	return out;
}

/** Labels reachable from roots and instructions that are shown; data counts when its own label does. */
function usedLabels(asm: Asm, shown: (line: AsmLine) => boolean): Set<string> {
	const defined = new Set<string>();
	for (const line of asm.lines) if (line.kind === LineKind.Label) defined.add(line.label);
	const used = new Set<string>();
	const pending: string[] = [];
	const use = (name: string): void => {
		const known = defined.has(name) ? name : null;
		if (known === null || used.has(known)) return;
		used.add(known);
		pending.push(known);
	};
	const owned = new Map<string, string[]>();
	let owner = "";
	for (const line of asm.lines) {
		if (line.kind === LineKind.Label) {
			owner = line.label;
			if (asm.roots.has(owner) && shown(line)) use(owner);
			for (const name of line.names) use(name);
		} else if (line.kind === LineKind.Instruction) {
			if (shown(line)) for (const name of line.names) use(name);
		} else if (line.kind === LineKind.Data && line.names.length > 0) {
			const list = owned.get(owner);
			if (list) list.push(...line.names);
			else owned.set(owner, [...line.names]);
		}
	}
	while (pending.length > 0) for (const name of owned.get(pending.pop()!) ?? []) use(name);
	return used;
}

/** Indices of the lines to show, in order. */
export function visibleLines(asm: Asm, filters: Filters, source: string): Uint32Array {
	const hidden = filters.library ? new Set<number>() : libraryFunctions(asm, source);
	const inShown = (line: AsmLine): boolean => !hidden.has(line.func);
	const used = filters.labels && filters.directives ? null : usedLabels(asm, inShown);
	const out: number[] = [];
	let dataShown = false;
	let blank = true;
	asm.lines.forEach((line, i) => {
		let show = inShown(line);
		switch (line.kind) {
			case LineKind.Blank:
				show = filters.directives && filters.comments && !blank;
				break;
			case LineKind.Label:
				dataShown = used === null || used.has(line.label);
				show &&= filters.labels || dataShown || line.names.length > 0;
				break;
			case LineKind.Data:
				if (!filters.directives) show = dataShown;
				break;
			case LineKind.Directive:
				show &&= filters.directives;
				break;
			case LineKind.Comment:
				show &&= filters.comments;
				break;
			case LineKind.Instruction:
			case LineKind.Source:
				break;
		}
		if (!show) return;
		blank = line.kind === LineKind.Blank;
		out.push(i);
	});
	return Uint32Array.from(out);
}

/** Colour bands of the source lines that @lines came from: neighbours differ. */
export function bandsOf(asm: Asm, lines: Uint32Array, source: string): Map<number, number> {
	const numbers = new Set<number>();
	for (const i of lines) {
		const line = asm.lines[i]!;
		if (line.line > 0 && line.file >= 0 && sameFile(asm.files[line.file]!, source)) numbers.add(line.line);
	}
	const sorted = [...numbers].sort((a, b) => a - b);
	return new Map(sorted.map((n, k) => [n, k % 8]));
}
