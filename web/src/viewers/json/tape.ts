// SPDX-License-Identifier: MIT
// Reads JSON (RFC 8259) into a tape: for each value where its text lies and where its last descendant is. Values stay
// text, so that numbers keep every digit. No recursion, and it can pause, so neither depth nor size is a danger.
// Several documents after one another (JSON Lines) become the elements of one list.

export const enum Kind {
	Object = 1,
	Array = 2,
	String = 3,
	Number = 4,
	Word = 5,
}

export class JsonError extends Error {
	readonly offset: number;

	constructor(text: string, offset: number) {
		super(text);
		this.offset = offset;
	}
}

const NO_KEY = 0xffffffff;
const OPEN = 0;
const WORDS = ["true", "false", "null"];

export class Tape {
	readonly bytes: Uint8Array;
	count = 0;
	/** Byte of the value's first character. */
	start = new Uint32Array(256);
	/** Byte after its last. */
	end = new Uint32Array(256);
	/** Number of the first value that is not inside this one. */
	next = new Uint32Array(256);
	/** Byte of the opening quote of its key. */
	key = new Uint32Array(256);
	kind = new Uint8Array(256);
	/** Elements or members. */
	size = new Uint32Array(256);
	/** True when value 0 is a list that stands for several documents. */
	several = false;

	#stack: number[] = [];
	#at = 0;
	#key = NO_KEY;
	/** "value", "key or end", "key", "colon", "comma or end", "document" */
	#expect: "value" | "first" | "key" | "comma" | "document" = "document";
	#documents = 0;

	constructor(bytes: Uint8Array) {
		this.bytes = bytes;
		if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) this.#at = 3;
		this.#add(Kind.Array, 0);
	}

	/** Reads up to @budget bytes more. Returns true when all is read; throws JsonError. */
	read(budget: number): boolean {
		const b = this.bytes;
		const stop = Math.min(b.length, this.#at + budget);
		for (;;) {
			let c = b[this.#at];
			while (c === 32 || c === 10 || c === 13 || c === 9) c = b[++this.#at];
			if (this.#at >= b.length) return this.#finish();
			if (this.#at >= stop) return false;
			this.#token(c!);
		}
	}

	keyText(i: number): string | null {
		const at = this.key[i]!;
		return at === NO_KEY ? null : unquote(this.bytes, at, this.#stringEnd(at));
	}

	/** The value's own text; of a string what it says. At most @limit bytes are looked at. */
	text(i: number, limit = 65536): { text: string; cut: boolean } {
		const [start, end] = [this.start[i]!, this.end[i]!];
		const cut = end - start > limit;
		const stop = cut ? start + limit : end;
		if (this.kind[i] === Kind.String) return { text: unquote(this.bytes, start, stop, cut), cut };
		return { text: new TextDecoder().decode(this.bytes.subarray(start, stop)), cut };
	}

	#finish(): true {
		if (this.#stack.length > 0 || this.#expect !== "document") throw new JsonError("the text ends before its value does", this.bytes.length);
		if (this.#documents === 0) throw new JsonError("there is no value", 0);
		this.several = this.#documents > 1;
		this.next[0] = this.count;
		this.size[0] = this.#documents;
		return true;
	}

	#token(c: number): void {
		if (this.#expect === "comma") return this.#comma(c);
		if (this.#expect === "first" && (c === 0x7d || c === 0x5d)) return this.#close(c);
		if (this.#inObject() && this.#key === NO_KEY && (this.#expect === "first" || this.#expect === "key")) return this.#readKey(c);
		this.#value(c);
	}

	#inObject(): boolean {
		const top = this.#stack.at(-1);
		return top !== undefined && this.kind[top] === Kind.Object;
	}

	#comma(c: number): void {
		if (c === 0x2c) {
			this.#at++;
			this.#expect = this.#inObject() ? "key" : "value";
		} else if (c === 0x7d || c === 0x5d) this.#close(c);
		else throw new JsonError(`expected "," or "${this.#inObject() ? "}" : "]"}"`, this.#at);
	}

	#close(c: number): void {
		const top = this.#stack.pop()!;
		if ((c === 0x7d) !== (this.kind[top] === Kind.Object)) throw new JsonError(`"${String.fromCharCode(c)}" closes nothing that is open`, this.#at);
		this.end[top] = ++this.#at;
		this.next[top] = this.count;
		this.#done();
	}

	#readKey(c: number): void {
		if (c !== 0x22) throw new JsonError("expected a name in quotes", this.#at);
		this.#key = this.#at;
		this.#at = this.#stringEnd(this.#at);
		let d = this.bytes[this.#at];
		while (d === 32 || d === 10 || d === 13 || d === 9) d = this.bytes[++this.#at];
		if (d !== 0x3a) throw new JsonError('expected ":"', this.#at);
		this.#at++;
		this.#expect = "value";
	}

	#value(c: number): void {
		const start = this.#at;
		if (c === 0x7b || c === 0x5b) {
			this.#stack.push(this.#add(c === 0x7b ? Kind.Object : Kind.Array, start));
			this.#at++;
			this.#expect = "first";
			return;
		}
		if (c === 0x22) this.#scalar(Kind.String, this.#stringEnd(start));
		else if (c === 0x2d || (c >= 0x30 && c <= 0x39)) this.#scalar(Kind.Number, this.#numberEnd(start));
		else {
			const word = WORDS.find((w) => this.#isWord(w, start));
			if (!word) throw new JsonError("expected a value", start);
			this.#scalar(Kind.Word, start + word.length);
		}
	}

	#isWord(word: string, at: number): boolean {
		for (let k = 0; k < word.length; k++) if (this.bytes[at + k] !== word.charCodeAt(k)) return false;
		return !/[\w$]/.test(String.fromCharCode(this.bytes[at + word.length] ?? 32));
	}

	#scalar(kind: Kind, end: number): void {
		const i = this.#add(kind, this.#at);
		this.end[i] = end;
		this.next[i] = this.count;
		this.#at = end;
		this.#done();
	}

	/** A value is complete: count it in what holds it. */
	#done(): void {
		const top = this.#stack.at(-1);
		if (top === undefined) {
			this.#documents++;
			this.#expect = "document";
		} else {
			this.size[top]!++;
			this.#expect = "comma";
		}
	}

	#add(kind: Kind, start: number): number {
		if (this.count === this.start.length) this.#grow();
		const i = this.count++;
		this.kind[i] = kind;
		this.start[i] = start;
		this.end[i] = OPEN;
		this.key[i] = this.#key;
		this.#key = NO_KEY;
		return i;
	}

	#grow(): void {
		const size = this.start.length * 2;
		for (const name of ["start", "end", "next", "key", "size"] as const) {
			const more = new Uint32Array(size);
			more.set(this[name]);
			this[name] = more;
		}
		const kinds = new Uint8Array(size);
		kinds.set(this.kind);
		this.kind = kinds;
	}

	/** Byte after the closing quote of the string that opens at @at. */
	#stringEnd(at: number): number {
		const b = this.bytes;
		for (let i = at + 1; i < b.length; i++) {
			const c = b[i]!;
			if (c === 0x22) return i + 1;
			if (c === 0x5c) i++;
			else if (c < 0x20) throw new JsonError("a string holds a control character", i);
		}
		throw new JsonError("a string is not closed", at);
	}

	#numberEnd(at: number): number {
		const b = this.bytes;
		let i = at;
		const digits = (): void => {
			const from = i;
			while (b[i]! >= 0x30 && b[i]! <= 0x39) i++;
			if (i === from) throw new JsonError("a number lacks a digit", i);
		};
		if (b[i] === 0x2d) i++;
		digits();
		if (b[i] === 0x2e) {
			i++;
			digits();
		}
		if (b[i] === 0x65 || b[i] === 0x45) {
			i++;
			if (b[i] === 0x2b || b[i] === 0x2d) i++;
			digits();
		}
		return i;
	}
}

function unquote(b: Uint8Array, start: number, end: number, cut = false): string {
	const raw = new TextDecoder().decode(b.subarray(start + 1, cut ? end : end - 1));
	if (!raw.includes("\\")) return raw;
	const marks: Record<string, string> = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f" };
	return raw.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (_, code: string | undefined, mark: string | undefined) =>
		code ? String.fromCharCode(parseInt(code, 16)) : (marks[mark!] ?? mark!));
}

/** Line and column (from 1) of a byte. */
export function lineAt(b: Uint8Array, offset: number): { line: number; col: number } {
	let line = 1;
	let start = 0;
	for (let i = 0; i < offset && i < b.length; i++) {
		if (b[i] !== 10) continue;
		line++;
		start = i + 1;
	}
	return { line, col: offset - start + 1 };
}
