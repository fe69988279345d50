// SPDX-License-Identifier: MIT
// Demangles Rust names: the legacy form (a C++ look-alike that ends in a hash) and v0 (RFC 2603).

const MAX_STEPS = 5000;
const MAX_LENGTH = 16_384;

class Unknown extends Error {}

const legacyMarks: Record<string, string> = { SP: "@", BP: "*", RF: "&", LT: "<", GT: ">", LP: "(", RP: ")", C: "," };

/** One part of a legacy name: "$LT$T$u20$as$u20$core..fmt..Debug$GT$". */
function legacyPart(part: string): string {
	return part
		.replace(/^_\$/, "$")
		.replace(/\$(\w{1,8})\$/g, (all, mark: string) => {
			if (legacyMarks[mark]) return legacyMarks[mark];
			const code = /^u([0-9a-f]{1,6})$/.exec(mark);
			const value = code ? parseInt(code[1]!, 16) : 0;
			return value >= 32 && value <= 0x10ffff ? String.fromCodePoint(value) : all;
		})
		.replaceAll("..", "::");
}

export function demangleRustLegacy(name: string): string | null {
	const at = name.startsWith("_ZN") ? 3 : name.startsWith("__ZN") ? 4 : 0;
	if (at === 0 || name.length > 4096) return null;
	const parts: string[] = [];
	let i = at;
	while (i < name.length && name[i] !== "E") {
		const digits = /^\d{1,5}/.exec(name.slice(i, i + 5))?.[0];
		if (!digits) return null;
		i += digits.length;
		parts.push(name.slice(i, i + Number(digits)));
		i += Number(digits);
	}
	if (name[i] !== "E" || parts.length < 2 || !/^h[0-9a-f]{16}$/.test(parts.at(-1)!)) return null;
	const rest = name.slice(i + 1).replace(/\.llvm\.[0-9A-F]+$/, "");
	return parts.slice(0, -1).map(legacyPart).join("::") + (rest === "" ? "" : ` (${rest})`);
}

const basic: Record<string, string> = {
	a: "i8", b: "bool", c: "char", d: "f64", e: "str", f: "f32", h: "u8", i: "isize", j: "usize", l: "i32", m: "u32", n: "i128", o: "u128", s: "i16", t: "u16",
	u: "()", v: "...", x: "i64", y: "u64", z: "!", p: "_",
};

/** Punycode of RFC 3492, as v0 spells identifiers that are not ASCII. */
function punycode(ascii: string, code: string): string {
	const out = Array.from(ascii);
	let [n, i, bias, at] = [128, 0, 72, 0];
	while (at < code.length) {
		const old = i;
		for (let w = 1, k = 36; ; k += 36) {
			const c = code.charCodeAt(at++);
			const digit = c >= 97 && c <= 122 ? c - 97 : c >= 48 && c <= 57 ? c - 22 : NaN;
			if (Number.isNaN(digit)) throw new Unknown();
			i += digit * w;
			const t = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
			if (digit < t) break;
			w *= 36 - t;
		}
		let delta = Math.floor((i - old) / (old === 0 ? 700 : 2));
		delta += Math.floor(delta / (out.length + 1));
		let k = 0;
		for (; delta > 455; k += 36) delta = Math.floor(delta / 35);
		bias = k + Math.floor((36 * delta) / (delta + 38));
		n += Math.floor(i / (out.length + 1));
		i %= out.length + 1;
		if (n > 0x10ffff) throw new Unknown();
		out.splice(i++, 0, String.fromCodePoint(n));
	}
	return out.join("");
}

class V0 {
	#s: string;
	#i = 0;
	#steps = 0;
	#written = 0;
	#lifetimes = 0;

	constructor(s: string) {
		this.#s = s;
	}

	symbol(): string {
		const text = this.#path(true);
		// An instantiating crate may follow, and what LLVM adds.
		if (/^[A-Z]/.test(this.#s.slice(this.#i, this.#i + 1))) this.#path(false);
		const rest = this.#s.slice(this.#i).replace(/^\.llvm\.[0-9A-F]+/, "");
		if (rest !== "" && !/^[.$]/.test(rest)) throw new Unknown();
		return text;
	}

	#next(): string {
		if (++this.#steps > MAX_STEPS || this.#i >= this.#s.length) throw new Unknown();
		return this.#s[this.#i++]!;
	}

	#take(c: string): boolean {
		if (this.#s[this.#i] !== c) return false;
		this.#i++;
		return true;
	}

	#write(text: string): string {
		this.#written += text.length;
		if (this.#written > MAX_LENGTH * 8 || text.length > MAX_LENGTH) throw new Unknown();
		return text;
	}

	#base62(): number {
		if (this.#take("_")) return 0;
		let value = 0;
		for (;;) {
			const c = this.#next();
			if (c === "_") return value + 1;
			const digit = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".indexOf(c);
			// Hashes of crates have 64 bits; as they are only skipped, being exact does not matter.
			if (digit < 0 || value > 2 ** 66) throw new Unknown();
			value = value * 62 + digit;
		}
	}

	#disambiguator(): number {
		return this.#take("s") ? this.#base62() + 1 : 0;
	}

	#identifier(): { name: string; disambiguator: number } {
		const disambiguator = this.#disambiguator();
		const puny = this.#take("u");
		const digits = /^(?:0|[1-9]\d{0,4})/.exec(this.#s.slice(this.#i, this.#i + 5))?.[0];
		if (!digits) throw new Unknown();
		this.#i += digits.length;
		this.#take("_");
		const end = this.#i + Number(digits);
		if (end > this.#s.length) throw new Unknown();
		const raw = this.#s.slice(this.#i, end);
		this.#i = end;
		if (!puny) return { name: raw, disambiguator };
		const cut = raw.lastIndexOf("_");
		return { name: punycode(cut < 0 ? "" : raw.slice(0, cut), raw.slice(cut + 1)), disambiguator };
	}

	#back<T>(read: () => T): T {
		const target = this.#base62();
		const at = this.#i;
		if (target >= at || ++this.#steps > MAX_STEPS) throw new Unknown();
		this.#i = target;
		const value = read();
		this.#i = at;
		return value;
	}

	/** @value: as an expression, so generics are written "::<T>". */
	#path(value: boolean): string {
		const c = this.#next();
		switch (c) {
			case "C":
				return this.#write(this.#identifier().name);
			case "M":
			case "X": {
				this.#disambiguator();
				this.#path(false);
				const self = this.#type();
				return this.#write(c === "M" ? `<${self}>` : `<${self} as ${this.#path(false)}>`);
			}
			case "Y": {
				const self = this.#type();
				return this.#write(`<${self} as ${this.#path(false)}>`);
			}
			case "N": {
				const space = this.#next();
				const outer = this.#path(value);
				const { name, disambiguator } = this.#identifier();
				if (/[a-z]/.test(space)) return this.#write(name === "" ? outer : `${outer}::${name}`);
				const kind = space === "C" ? "closure" : space === "S" ? "shim" : space;
				return this.#write(`${outer}::{${kind}${name === "" ? "" : `:${name}`}#${disambiguator}}`);
			}
			case "I": {
				const outer = this.#path(value);
				const args: string[] = [];
				while (!this.#take("E")) args.push(this.#generic());
				return this.#write(`${outer}${value ? "::" : ""}<${args.join(", ")}>`);
			}
			case "B":
				return this.#back(() => this.#path(value));
			default:
				throw new Unknown();
		}
	}

	#lifetime(index: number): string {
		if (index === 0) return "'_";
		const depth = this.#lifetimes - index;
		if (depth < 0) throw new Unknown();
		return depth < 26 ? `'${String.fromCharCode(97 + depth)}` : `'_${depth}`;
	}

	#generic(): string {
		if (this.#take("L")) return this.#lifetime(this.#base62());
		if (this.#take("K")) return this.#constant();
		return this.#type();
	}

	#binder<T>(read: (forall: string) => T): T {
		const n = this.#take("G") ? this.#base62() + 1 : 0;
		if (n > 100) throw new Unknown();
		this.#lifetimes += n;
		const names = Array.from({ length: n }, (_, k) => this.#lifetime(n - k));
		const value = read(n > 0 ? `for<${names.join(", ")}> ` : "");
		this.#lifetimes -= n;
		return value;
	}

	#type(): string {
		const c = this.#next();
		if (basic[c]) return basic[c];
		switch (c) {
			case "A": {
				const element = this.#type();
				return this.#write(`[${element}; ${this.#constant()}]`);
			}
			case "S":
				return this.#write(`[${this.#type()}]`);
			case "T": {
				const parts: string[] = [];
				while (!this.#take("E")) parts.push(this.#type());
				return this.#write(`(${parts.join(", ")}${parts.length === 1 ? "," : ""})`);
			}
			case "R":
			case "Q": {
				const life = this.#take("L") ? this.#lifetime(this.#base62()) : "'_";
				return this.#write(`&${life === "'_" ? "" : `${life} `}${c === "Q" ? "mut " : ""}${this.#type()}`);
			}
			case "P":
				return this.#write(`*const ${this.#type()}`);
			case "O":
				return this.#write(`*mut ${this.#type()}`);
			case "F":
				return this.#binder((forall) => this.#write(forall + this.#function()));
			case "D":
				return this.#dyn();
			case "B":
				return this.#back(() => this.#type());
			default:
				this.#i--;
				return this.#path(false);
		}
	}

	#function(): string {
		const unsafe = this.#take("U") ? "unsafe " : "";
		let abi = "";
		if (this.#take("K")) abi = `extern "${this.#take("C") ? "C" : this.#identifier().name.replaceAll("_", "-")}" `;
		const args: string[] = [];
		while (!this.#take("E")) args.push(this.#type());
		const result = this.#type();
		return `${unsafe}${abi}fn(${args.join(", ")})${result === "()" ? "" : ` -> ${result}`}`;
	}

	#dyn(): string {
		const text = this.#binder((forall) => {
			const bounds: string[] = [];
			while (!this.#take("E")) {
				let bound = this.#path(false);
				const named: string[] = [];
				while (this.#take("p")) named.push(`${this.#identifier().name} = ${this.#type()}`);
				if (named.length > 0) bound = bound.endsWith(">") ? `${bound.slice(0, -1)}, ${named.join(", ")}>` : `${bound}<${named.join(", ")}>`;
				bounds.push(bound);
			}
			return `dyn ${forall}${bounds.join(" + ")}`;
		});
		if (!this.#take("L")) throw new Unknown();
		const life = this.#lifetime(this.#base62());
		return this.#write(text + (life === "'_" ? "" : ` + ${life}`));
	}

	#constant(): string {
		if (this.#take("p")) return "_";
		if (this.#take("B")) return this.#back(() => this.#constant());
		const kind = this.#next();
		if (!basic[kind]) throw new Unknown();
		const negative = this.#take("n") ? "-" : "";
		const end = this.#s.indexOf("_", this.#i);
		const digits = this.#s.slice(this.#i, end);
		if (end < 0 || digits.length > 32 || !/^[0-9a-f]*$/.test(digits)) throw new Unknown();
		this.#i = end + 1;
		const value = BigInt(`0x${digits || "0"}`);
		if (kind === "b") return value === 0n ? "false" : "true";
		if (kind === "c") return value <= 0x10ffffn ? `'${String.fromCodePoint(Number(value))}'` : "_";
		return `${negative}${value}`;
	}
}

export function demangleRustV0(name: string): string | null {
	const at = name.startsWith("_R") ? 2 : name.startsWith("__R") ? 3 : 0;
	if (at === 0 || name.length > 4096 || !/^[A-Z]/.test(name.slice(at))) return null;
	try {
		return new V0(name.slice(at)).symbol();
	} catch (e) {
		if (e instanceof Unknown || e instanceof RangeError) return null;
		throw e;
	}
}
