// SPDX-License-Identifier: MIT
// Where the lines of a growing text begin, how wide they are and in which colours they start, found in one pass over
// the bytes; what a line looks like is worked out only when it comes into sight (line.ts).
//
// A line of printable ASCII may be of any length, since its columns are its bytes. Any other line is cut into pieces of
// about PIECE bytes, so that showing one is always cheap; a piece that goes on is marked. Of a long line that is
// overwritten by carriage returns only the part after the last one is kept.
import { columnsOf, decodeAt, escapeAt, parseLine, type Run } from "./line";
import { applySgr, plain, type Style } from "./style";

const PIECE = 4096;
const MAX_STYLES = 4096;

const SIMPLE = 1;
const CONTINUES = 2;

export class Lines {
	#bytes: Uint8Array<ArrayBufferLike> = new Uint8Array(0);
	#length = 0;
	/** How far the reader has been let; what lies beyond does not count yet. */
	#seen = 0;
	#owned = false;

	#start = new Uint32Array(64);
	#cols = new Uint32Array(64);
	#style = new Uint16Array(64);
	#flags = new Uint8Array(64);
	/** For the few lines whose visible part begins later than the line does. */
	#visible = new Map<number, number>();
	#styles: Style[] = [plain];
	#styleIds = new Map<string, number>([["-1,-1,0", 0]]);
	#n = 0;

	/* The line that is being read. */
	#pos = 0;
	#from = 0;
	#col = 0;
	#widest = 0;
	#simple = true;
	#cr = -1;
	#crStyle: Style = plain;
	#now: Style = plain;

	constructor() {
		this.#open(0, 0);
	}

	get byteLength(): number {
		return this.#length;
	}

	get bytes(): Uint8Array {
		return this.#bytes.subarray(0, this.#length);
	}

	/** Number of pieces. A text that ends with a newline has no empty line after it. */
	get count(): number {
		return this.#n > 1 && this.#start[this.#n - 1] === this.#seen ? this.#n - 1 : this.#seen === 0 ? 0 : this.#n;
	}

	/** Adds bytes and reads at most @budget of them. The first ones are borrowed, later ones copied. */
	append(more: Uint8Array, budget = Infinity): void {
		if (this.#length === 0) this.#bytes = more;
		else {
			const need = this.#length + more.length;
			if (!this.#owned || need > this.#bytes.length) {
				const grown = new Uint8Array(Math.max(need, this.#length * 2));
				grown.set(this.#bytes.subarray(0, this.#length));
				this.#bytes = grown;
				this.#owned = true;
			}
			this.#bytes.set(more, this.#length);
		}
		this.#length += more.length;
		this.read(budget);
	}

	get done(): boolean {
		return this.#seen === this.#length;
	}

	/** Reads on by at most @budget bytes. */
	read(budget: number): void {
		this.#seen = Math.min(this.#length, this.#seen + budget);
		this.#read();
	}

	/** Is @other these bytes and then some? */
	isPrefixOf(other: Uint8Array): boolean {
		if (other.length < this.#length) return false;
		for (let i = 0; i < this.#length; i++) if (other[i] !== this.#bytes[i]) return false;
		return true;
	}

	cols(i: number): number {
		return i === this.#n - 1 ? Math.max(this.#widest, this.#col) : this.#cols[i]!;
	}

	/** Does piece @i go on the line of the piece before it? */
	continues(i: number): boolean {
		return (this.#flags[i]! & CONTINUES) !== 0;
	}

	/** The bytes of piece @i without its line end. */
	range(i: number): [start: number, end: number] {
		const start = this.#visible.get(i) ?? this.#start[i]!;
		let end = i + 1 < this.#n ? this.#start[i + 1]! : this.#seen;
		if (end > start && this.#bytes[end - 1] === 10 && (i + 1 < this.#n || end === this.#seen)) {
			end--;
			while (end > start && this.#bytes[end - 1] === 13) end--;
		} else if (i + 1 >= this.#n && end > start && this.#bytes[end - 1] === 13) end--;
		return [start, end];
	}

	/** Columns @from to @to of piece @i. */
	runs(i: number, from = 0, to = Infinity): Run[] {
		const [start, end] = this.range(i);
		const style = this.#styles[this.#style[i]!]!;
		if (this.#flagsOf(i) & SIMPLE) {
			const text = latin(this.#bytes, start + from, Math.min(end, start + to));
			return text ? [{ text, width: text.length, style }] : [];
		}
		return parseLine(this.#bytes, start, end, style);
	}

	simple(i: number): boolean {
		return (this.#flagsOf(i) & SIMPLE) !== 0;
	}

	#flagsOf(i: number): number {
		return i === this.#n - 1 ? (this.#flags[i]! & ~SIMPLE) | (this.#simple ? SIMPLE : 0) : this.#flags[i]!;
	}

	#open(start: number, flags: number): void {
		if (this.#n === this.#start.length) this.#grow();
		const i = this.#n++;
		this.#start[i] = start;
		this.#from = start;
		this.#style[i] = this.#intern(this.#now);
		this.#flags[i] = flags;
		this.#col = 0;
		this.#widest = 0;
		this.#simple = true;
		this.#cr = -1;
	}

	#close(): void {
		const i = this.#n - 1;
		this.#cols[i] = Math.max(this.#widest, this.#col);
		if (this.#simple) this.#flags[i]! |= SIMPLE;
	}

	#cut(at: number): void {
		this.#close();
		this.#open(at, CONTINUES);
	}

	#grow(): void {
		const size = this.#n * 2;
		const grow = <T extends Uint32Array | Uint16Array | Uint8Array>(old: T, fresh: T): T => {
			fresh.set(old);
			return fresh;
		};
		this.#start = grow(this.#start, new Uint32Array(size));
		this.#cols = grow(this.#cols, new Uint32Array(size));
		this.#style = grow(this.#style, new Uint16Array(size));
		this.#flags = grow(this.#flags, new Uint8Array(size));
	}

	#intern(style: Style): number {
		if (style === plain) return 0;
		const key = `${style.fg},${style.bg},${style.flags}`;
		let id = this.#styleIds.get(key);
		if (id === undefined) {
			if (this.#styles.length >= MAX_STYLES) return 0;
			id = this.#styles.push(style) - 1;
			this.#styleIds.set(key, id);
		}
		return id;
	}

	/** A character that is not printable ASCII: the line can no longer be addressed by column. */
	#complex(at: number): void {
		if (!this.#simple) return;
		if (at - this.#start[this.#n - 1]! > PIECE) this.#cut(at);
		this.#simple = false;
	}

	#read(): void {
		const b = this.#bytes;
		const end = this.#seen;
		let i = this.#pos;
		while (i < end) {
			const c = b[i]!;
			if (c >= 32 && c < 127) {
				this.#col++;
				i++;
				if (this.#simple) continue;
			} else if (c === 10) {
				this.#close();
				this.#open(++i, 0);
				continue;
			} else if (c === 13) {
				// What follows decides; at the end of what has come so far, wait for it.
				if (i + 1 === end) break;
				let next = i + 1;
				while (next < end && b[next] === 13) next++;
				if (next < end && b[next] === 10) {
					i = next;
					continue;
				}
				this.#return(i);
				i = next;
			} else if (c === 27) {
				if (end - i < 2048 && this.#unfinished(i, end)) break;
				i = this.#escape(i, end);
			} else if (c < 32 || c === 127) {
				this.#complex(i);
				if (c === 9) this.#col = (this.#col | 7) + 1;
				else if (c === 8) {
					this.#widest = Math.max(this.#widest, this.#col);
					this.#col = Math.max(0, this.#col - 1);
				} else if (c !== 7) this.#col++;
				i++;
			} else {
				if (end - i < 4 && partial(b, i, end)) break;
				this.#complex(i);
				const [cp, n] = decodeAt(b, i, end);
				this.#col += cp < 0 ? 4 : (cp >= 0x2000 && cp < 0x2070) || cp === 0xfeff || cp < 0xa0 ? 6 : columnsOf(cp);
				i += n;
			}
			if (!this.#simple && i - this.#from >= PIECE) this.#tooLong(i);
		}
		this.#pos = i;
	}

	#return(at: number): void {
		this.#complex(at);
		this.#widest = Math.max(this.#widest, this.#col);
		this.#col = 0;
		this.#cr = at + 1;
		this.#crStyle = this.#now;
	}

	#tooLong(at: number): void {
		const i = this.#n - 1;
		if (this.#cr - this.#from > PIECE / 2) {
			this.#from = this.#cr;
			this.#visible.set(i, this.#cr);
			this.#style[i] = this.#intern(this.#crStyle);
			this.#widest = this.#col;
		} else this.#cut(at);
	}

	/** Is the sequence at @i cut off by the end of what has come so far? */
	#unfinished(i: number, end: number): boolean {
		const b = this.#bytes;
		for (let j = i + 1; j < end; j++) if (b[j] === 10) return false;
		const e = escapeAt(b, i, end);
		return e.next >= end && e.final === "";
	}

	#escape(i: number, end: number): number {
		this.#complex(i);
		const e = escapeAt(this.#bytes, i, end);
		if (e.final === "m" && /^[\d;:]*$/.test(e.body)) this.#now = applySgr(this.#now, e.body);
		return Math.max(e.next, i + 1);
	}
}

/** Do the bytes to the end begin a code point that is not complete yet? */
function partial(b: Uint8Array, i: number, end: number): boolean {
	const c = b[i]!;
	const need = c >= 0xf0 && c <= 0xf4 ? 4 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xc2 && c < 0xe0 ? 2 : 1;
	if (i + need <= end) return false;
	for (let k = i + 1; k < end; k++) if ((b[k]! & 0xc0) !== 0x80) return false;
	return need > 1;
}

function latin(b: Uint8Array, from: number, to: number): string {
	let s = "";
	for (let i = from; i < to; i += 4096) s += String.fromCharCode(...b.subarray(i, Math.min(to, i + 4096)));
	return s;
}
