// SPDX-License-Identifier: MIT
// "name:line:col" at the start of a text, taken apart by hand: names may hold nearly anything.

export interface Found {
	file: string;
	line: number;
	col?: number;
	endLine?: number;
	endCol?: number;
	rest: string;
}

const MAX_NAME = 400;

function digits(text: string, at: number): number {
	let end = at;
	while (end < text.length && end - at < 9 && text[end]! >= "0" && text[end]! <= "9") end++;
	return end;
}

/** GHC's "(3,5)-(4,10)". */
const span = /^\((\d{1,9}),(\d{1,9})\)-\((\d{1,9}),(\d{1,9})\)/;
/** tsc's and MSVC's "name(3,5): ". */
const bracketed = /^([^\s()][^()]{0,399})\((\d{1,9})(?:,(\d{1,9}))?(?:,(\d{1,9}),(\d{1,9}))?\)\s?:/;

function bracket(text: string): Found | null {
	const m = bracketed.exec(text);
	if (!m) return null;
	const found: Found = { file: m[1]!, line: Number(m[2]), rest: text.slice(m[0].length) };
	if (m[3]) found.col = Number(m[3]);
	return found;
}

/** The first "name:number" in @text; null when it does not begin with one. */
export function placeAt(text: string): Found | null {
	let colon = text.indexOf(":");
	// A Windows drive is no name.
	if (colon === 1 && /^[A-Za-z]:[\\/]/.test(text)) colon = text.indexOf(":", 2);
	while (colon > 0 && colon <= MAX_NAME) {
		const end = digits(text, colon + 1);
		const m = text[colon + 1] === "(" ? span.exec(text.slice(colon + 1, colon + 50)) : null;
		if (m) {
			const [line, col, endLine, endCol] = m.slice(1, 5).map(Number) as [number, number, number, number];
			return { file: text.slice(0, colon), line, col, endLine, endCol: endCol + 1, rest: text.slice(colon + 1 + m[0].length).replace(/^:/, "") };
		}
		if (end > colon + 1) {
			const found: Found = { file: text.slice(0, colon), line: Number(text.slice(colon + 1, end)), rest: "" };
			return columns(text, end, found);
		}
		colon = text.indexOf(":", colon + 1);
	}
	return bracket(text);
}

function columns(text: string, at: number, found: Found): Found | null {
	let end = at;
	// ":5", ":5-10" and Java's or Go's none.
	if (text[at] === ":" || text[at] === ".") {
		const colEnd = digits(text, at + 1);
		if (colEnd > at + 1) {
			const col = Number(text.slice(at + 1, colEnd));
			if (col > 0) found.col = col;
			end = colEnd;
			const last = text[end] === "-" ? digits(text, end + 1) : end;
			if (last > end + 1) {
				if (col > 0) {
					found.endLine = found.line;
					found.endCol = Number(text.slice(end + 1, last)) + 1;
				}
				end = last;
			}
		}
	}
	if (text[end] !== ":" && text[end] !== undefined) return null;
	found.rest = text.slice(end + 1);
	return /^\s|[\n"<>|]/.test(found.file) ? null : found;
}

/** "error[E0308]: text" -> severity and text; null when it begins with no such word. */
export function severityOf(text: string): { severity: "error" | "warning" | "info"; message: string } | null {
	const m = /^\s*(?:(?:fatal|internal compiler|syntax|parse|catastrophic|severe)\s+)?(error|warning|note|info|information|remark|hint|help|fatal|panic|sorry|undefined reference|Error|Warning|ERROR|WARNING|FATAL|Note|Info)\b(?:\s*\[[^\]]{0,80}\]|\s+(?:[A-Z]{1,6}\d{1,6}|FS\d+|TS\d+))?\s*:?(?:\s|$)/i.exec(text);
	if (!m || !(m[0].includes(":") || /^(?:syntax|parse|undefined)/i.test(text.trimStart()))) return null;
	const word = m[1]!.toLowerCase();
	const severity = /^(?:note|info|information|remark|hint|help)$/.test(word) ? "info" : word === "warning" ? "warning" : "error";
	const message = /^(?:syntax|parse|undefined)/i.test(text.trimStart()) ? text.trim() : text.slice(m[0].length);
	const code = /\[[^\]]{0,80}\]|\b[A-Z]{2,6}\d{2,6}\b/.exec(m[0])?.[0];
	return { severity, message: code ? `${message.trim()} ${code.startsWith("[") ? code : `[${code}]`}` : message };
}
