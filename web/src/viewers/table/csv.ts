// SPDX-License-Identifier: MIT
// Delimited text (RFC 4180 and what people write instead): where each field lies, not what it says; fields are decoded
// when they come into sight.

const MAX_FIELDS = 12_000_000;
export const MAX_COLUMNS = 256;
const QUOTE = 34;

export interface Csv {
	bytes: Uint8Array;
	delimiter: string;
	/** Start of each field; end of field i is starts[i+1] - 1. One more than there are fields. */
	starts: Uint32Array;
	/** Index of each row's first field, and one more. */
	rows: Uint32Array;
	rowCount: number;
	/** Columns of the widest row, at most MAX_COLUMNS. */
	columns: number;
	/** What was left out, in words. */
	problem: string;
}

/** The delimiter that cuts the first lines into the same number of fields, more than one. */
export function guessDelimiter(bytes: Uint8Array, name: string): string {
	if (/\.(tsv|tab)$/i.test(name)) return "\t";
	const head = bytes.subarray(0, 16384);
	let best = ",";
	let bestScore = 0;
	for (const delimiter of [",", "\t", ";", "|"]) {
		const { rows, rowCount } = parseCsv(head, delimiter);
		const n = Math.min(rowCount - (head.length < bytes.length ? 1 : 0), 50);
		if (n < 1) continue;
		const width = rows[1]! - rows[0]!;
		let same = 0;
		for (let i = 0; i < n; i++) if (rows[i + 1]! - rows[i]! === width) same++;
		const score = width > 1 ? same / n + Math.min(width, 20) / 1000 : 0;
		if (score > bestScore) [best, bestScore] = [delimiter, score];
	}
	return best;
}

class Growing {
	array = new Uint32Array(1024);
	n = 0;

	push(v: number): void {
		if (this.n === this.array.length) {
			const more = new Uint32Array(this.n * 2);
			more.set(this.array);
			this.array = more;
		}
		this.array[this.n++] = v;
	}
}

export function parseCsv(bytes: Uint8Array, delimiter: string): Csv {
	const starts = new Growing();
	const rows = new Growing();
	const d = delimiter.charCodeAt(0);
	const end = bytes.length;
	let columns = 0;
	let i = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
	let problem = "";
	const closeRow = (): void => {
		columns = Math.max(columns, starts.n - rows.array[rows.n - 1]!);
	};
	rows.push(0);
	let quoted = false;
	let fresh = true;
	if (i < end) starts.push(i);
	for (; i < end; i++) {
		const c = bytes[i]!;
		if (quoted) {
			if (c !== QUOTE) continue;
			if (bytes[i + 1] === QUOTE) i++;
			else quoted = false;
			continue;
		}
		if (c === QUOTE && fresh) quoted = true;
		fresh = false;
		if (c === d) {
			starts.push(i + 1);
			fresh = true;
		} else if (c === 10) {
			closeRow();
			if (i + 1 < end) {
				rows.push(starts.n);
				starts.push(i + 1);
			}
			fresh = true;
		}
		if (starts.n >= MAX_FIELDS) {
			problem = `only the first ${MAX_FIELDS.toLocaleString("en")} fields are shown`;
			i++;
			break;
		}
	}
	const rowCount = starts.n > 0 ? rows.n : 0;
	if (starts.n > 0 && rows.array[rows.n - 1]! < starts.n) closeRow();
	rows.push(starts.n);
	starts.push(bytes[i - 1] === 10 ? i : i + 1);
	if (quoted) problem ||= "a quoted field is not closed";
	if (columns > MAX_COLUMNS) problem ||= `only the first ${MAX_COLUMNS} of ${columns.toLocaleString("en")} columns are shown`;
	return { bytes, delimiter, starts: starts.array.subarray(0, starts.n), rows: rows.array.subarray(0, rows.n), rowCount, columns: Math.min(columns, MAX_COLUMNS), problem };
}

const decoder = new TextDecoder();

/** What a field says, at most @limit bytes of it; "" where a row is short. */
export function field(csv: Csv, row: number, column: number, limit = 65536): string {
	const index = csv.rows[row]! + column;
	if (index >= csv.rows[row + 1]!) return "";
	const b = csv.bytes;
	const start = csv.starts[index]!;
	let end = csv.starts[index + 1]! - 1;
	if (end > start && b[end - 1] === 13) end--;
	const long = end - start > limit;
	const text = decoder.decode(b.subarray(start, long ? start + limit : end));
	if (text.charCodeAt(0) !== QUOTE) return text;
	const body = !long && text.endsWith('"') && text.length > 1 ? text.slice(1, -1) : text.slice(1);
	return body.replaceAll('""', '"');
}

const numeric = /^\s*[-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d{1,4})?\s*%?\s*$/;

export function isNumber(text: string): boolean {
	return text.length < 64 && (numeric.test(text) || /^\s*[-+]?(?:inf|nan)\s*$/i.test(text));
}

function valueOf(text: string): number {
	const low = text.trim().toLowerCase().replace(/[_%]/g, "");
	if (/^[-+]?inf$/.test(low)) return low.startsWith("-") ? -Infinity : Infinity;
	return Number(low);
}

/** Which columns hold numbers in (nearly) all of the first rows from @from on. */
export function numericColumns(csv: Csv, from: number): boolean[] {
	return Array.from({ length: csv.columns }, (_, column) => {
		let numbers = 0;
		let filled = 0;
		for (let row = from; row < csv.rowCount && row < from + 200; row++) {
			const text = field(csv, row, column, 64);
			if (text.trim() === "") continue;
			filled++;
			if (isNumber(text)) numbers++;
		}
		return filled > 0 && numbers >= filled * 0.9;
	});
}

/** Is the first row names rather than data? Names are no numbers, not empty, each once, and do not look like what follows. */
export function hasHeader(csv: Csv): boolean {
	if (csv.rowCount < 2) return false;
	const names = Array.from({ length: csv.columns }, (_, c) => field(csv, 0, c, 256).trim());
	const filled = names.filter((n) => n !== "");
	if (filled.length < Math.max(1, names.length - 1) || filled.some(isNumber) || new Set(filled).size < filled.length) return false;
	if (numericColumns(csv, 1).some((n) => n)) return true;
	return filled.every((n) => n.length <= 40) && filled.some((n, c) => field(csv, 1, c, 256) !== n);
}

/** Row numbers from @from on in the order of @column: numbers by value, the rest by letters; empty ones last. Stable. */
export function sortedRows(csv: Csv, from: number, column: number, descending: boolean, asNumbers: boolean): Uint32Array {
	const n = csv.rowCount - from;
	const order = Uint32Array.from({ length: n }, (_, i) => i);
	const sign = descending ? -1 : 1;
	if (asNumbers) {
		const keys = new Float64Array(n);
		for (let i = 0; i < n; i++) {
			const text = field(csv, from + i, column, 64);
			keys[i] = isNumber(text) ? valueOf(text) : NaN;
		}
		order.sort((a, b) => {
			const [x, y] = [keys[a]!, keys[b]!];
			if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y)) || a - b;
			return x === y ? a - b : (x < y ? -1 : 1) * sign;
		});
	} else {
		const keys = Array.from({ length: n }, (_, i) => field(csv, from + i, column, 256));
		const folded = n > 100_000 ? null : new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
		order.sort((a, b) => {
			const [x, y] = [keys[a]!, keys[b]!];
			if (x === "" || y === "") return Number(x === "") - Number(y === "") || a - b;
			const by = folded ? folded.compare(x, y) : x < y ? -1 : x > y ? 1 : 0;
			return by * sign || a - b;
		});
	}
	return order.map((i) => i + from);
}
