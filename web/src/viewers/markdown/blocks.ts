// SPDX-License-Identifier: MIT
// Markdown (CommonMark's common part, and GitHub's tables, task lists and strike-through) to blocks. Raw HTML is text.

export type Block =
	| { kind: "heading"; level: number; text: string }
	| { kind: "paragraph"; text: string }
	| { kind: "code"; language: string; text: string }
	| { kind: "quote"; children: Block[] }
	| { kind: "list"; ordered: boolean; start: number; tight: boolean; items: Item[] }
	| { kind: "table"; align: ("left" | "right" | "center")[]; head: string[]; rows: string[][] }
	| { kind: "rule" };

export interface Item {
	checked: boolean | null;
	children: Block[];
}

export interface Document {
	blocks: Block[];
	refs: Map<string, string>;
}

const MAX_DEPTH = 16;
const MAX_COLUMNS = 64;
const rule = /^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$/;
const marker = /^( {0,3})([-*+]|\d{1,9}[.)])( {1,4}(?=\S)|[ \t]|$)/;
const fence = /^( {0,3})(`{3,}|~{3,})([^`]*)$/;
const heading = /^ {0,3}(#{1,6})(?:[ \t]+(.*))?$/;

function cells(line: string): string[] {
	const inner = line.trim().replace(/^\|/, "").replace(/\|$/, "");
	const out: string[] = [];
	let cell = "";
	for (let i = 0; i < inner.length; i++) {
		if (inner[i] === "\\" && inner[i + 1] === "|") cell += inner[++i];
		else if (inner[i] === "|") {
			out.push(cell.trim());
			cell = "";
		} else cell += inner[i];
	}
	return [...out, cell.trim()].slice(0, MAX_COLUMNS);
}

const isDivider = (line: string): boolean => line.includes("-") && line.length < 4000 && /^[ \t|:-]+$/.test(line) && cells(line).every((c) => /^:?-+:?$/.test(c));

class Reader {
	refs = new Map<string, string>();

	blocks(lines: string[], depth: number): Block[] {
		const out: Block[] = [];
		for (let i = 0; i < lines.length; ) i = this.#block(lines, i, out, depth);
		return out;
	}

	#block(lines: string[], i: number, out: Block[], depth: number): number {
		const line = lines[i]!;
		if (line.trim() === "") return i + 1;
		const head = heading.exec(line);
		if (head) {
			out.push({ kind: "heading", level: head[1]!.length, text: stripHashes(head[2] ?? "") });
			return i + 1;
		}
		const open = fence.exec(line);
		if (open) return this.#fenced(lines, i, open, out);
		if (rule.test(line)) {
			out.push({ kind: "rule" });
			return i + 1;
		}
		if (/^ {0,3}>/.test(line) && depth < MAX_DEPTH) return this.#quote(lines, i, out, depth);
		if (marker.test(line) && depth < MAX_DEPTH) return this.#list(lines, i, out, depth);
		if (/^(?: {4}|\t)/.test(line)) return this.#indented(lines, i, out);
		const ref = /^ {0,3}\[([^\]]{1,200})\]:[ \t]*(\S{1,2000})/.exec(line);
		if (ref) {
			this.refs.set(ref[1]!.toLowerCase().trim(), ref[2]!.replace(/^<(.*)>$/, "$1"));
			return i + 1;
		}
		if (line.includes("|") && i + 1 < lines.length && isDivider(lines[i + 1]!) && cells(line).length === cells(lines[i + 1]!).length) return this.#table(lines, i, out);
		return this.#paragraph(lines, i, out);
	}

	#fenced(lines: string[], i: number, open: RegExpExecArray, out: Block[]): number {
		const indent = open[1]!.length;
		const mark = open[2]!;
		const text: string[] = [];
		let j = i + 1;
		for (; j < lines.length; j++) {
			const t = lines[j]!.trim();
			if (t.startsWith(mark) && t === mark[0]!.repeat(t.length)) break;
			let skip = 0;
			while (skip < indent && lines[j]![skip] === " ") skip++;
			text.push(lines[j]!.slice(skip));
		}
		out.push({ kind: "code", language: open[3]!.trim().split(/\s/, 1)[0]!.slice(0, 40), text: text.join("\n") });
		return j + 1;
	}

	#indented(lines: string[], i: number, out: Block[]): number {
		let j = i;
		const text: string[] = [];
		for (; j < lines.length && (/^(?: {4}|\t)/.test(lines[j]!) || lines[j]!.trim() === ""); j++) text.push(lines[j]!.replace(/^(?: {4}|\t)/, ""));
		while (text.length > 0 && text.at(-1)!.trim() === "") text.pop();
		out.push({ kind: "code", language: "", text: text.join("\n") });
		return j;
	}

	#quote(lines: string[], i: number, out: Block[], depth: number): number {
		const inner: string[] = [];
		let j = i;
		for (; j < lines.length && lines[j]!.trim() !== ""; j++) inner.push(lines[j]!.replace(/^ {0,3}> ?/, ""));
		out.push({ kind: "quote", children: this.blocks(inner, depth + 1) });
		return j;
	}

	#list(lines: string[], i: number, out: Block[], depth: number): number {
		const first = marker.exec(lines[i]!)!;
		const kind = first[2]!.at(-1)!;
		const ordered = /\d/.test(first[2]!);
		const items: Item[] = [];
		let tight = true;
		let j = i;
		while (j < lines.length) {
			const m = marker.exec(lines[j]!);
			if (!m || m[2]!.at(-1) !== kind || rule.test(lines[j]!)) break;
			const indent = m[1]!.length + m[2]!.length + Math.max(1, m[3]!.length);
			const inner = [lines[j]!.slice(m[0].length)];
			let blank = false;
			for (j++; j < lines.length; j++) {
				const line = lines[j]!;
				if (line.trim() === "") {
					blank = true;
					inner.push("");
					continue;
				}
				const own = line.length - line.trimStart().length >= Math.min(indent, 4) || line.startsWith("\t");
				if (!own && (blank || marker.test(line) || heading.test(line) || fence.test(line) || rule.test(line) || /^ {0,3}>/.test(line))) break;
				if (blank) tight = false;
				blank = false;
				inner.push(own ? (line.startsWith("\t") ? line.slice(1) : line.slice(Math.min(indent, line.length - line.trimStart().length))) : line);
			}
			if (blank && j < lines.length && marker.exec(lines[j]!)?.[2]!.at(-1) === kind) tight = false;
			const task = /^\[([ xX])\][ \t]+/.exec(inner[0]!);
			if (task) inner[0] = inner[0]!.slice(task[0].length);
			items.push({ checked: task ? task[1] !== " " : null, children: this.blocks(inner, depth + 1) });
		}
		out.push({ kind: "list", ordered, start: ordered ? parseInt(first[2]!, 10) : 1, tight, items });
		return j;
	}

	#table(lines: string[], i: number, out: Block[]): number {
		const head = cells(lines[i]!);
		const align = cells(lines[i + 1]!).map((c) => (/^:-+:$/.test(c) ? "center" : c.endsWith(":") ? "right" : "left"));
		const rows: string[][] = [];
		let j = i + 2;
		for (; j < lines.length && lines[j]!.trim() !== "" && lines[j]!.includes("|"); j++) {
			const row = cells(lines[j]!);
			rows.push(head.map((_, c) => row[c] ?? ""));
		}
		out.push({ kind: "table", align, head, rows });
		return j;
	}

	#paragraph(lines: string[], i: number, out: Block[]): number {
		const text: string[] = [lines[i]!.trimStart()];
		let j = i + 1;
		for (; j < lines.length; j++) {
			const line = lines[j]!;
			const under = /^ {0,3}(=+|-+)[ \t]*$/.exec(line);
			if (under) {
				out.push({ kind: "heading", level: under[1]![0] === "=" ? 1 : 2, text: text.join("\n").trim() });
				return j + 1;
			}
			if (line.trim() === "" || heading.test(line) || fence.test(line) || rule.test(line) || /^ {0,3}>/.test(line) || /^ {0,3}(?:[-*+]|1[.)]) +\S/.test(line)) break;
			text.push(line.trimStart());
		}
		out.push({ kind: "paragraph", text: text.join("\n").trimEnd() });
		return j;
	}
}

/** "Title ##" -> "Title". */
function stripHashes(text: string): string {
	let end = text.trimEnd().length;
	while (end > 0 && text[end - 1] === "#") end--;
	return end === 0 || text[end - 1] === " " || text[end - 1] === "\t" ? text.slice(0, end).trim() : text.trim();
}

export function parseMarkdown(text: string): Document {
	const reader = new Reader();
	const lines = text.replace(/^\ufeff/, "").replaceAll("\r\n", "\n").replaceAll("\0", "\ufffd").split("\n");
	return { blocks: reader.blocks(lines, 0), refs: reader.refs };
}
