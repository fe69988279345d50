// SPDX-License-Identifier: MIT
// Demangles C++ names (Itanium C++ ABI, chapter 5.1, as GCC and Clang use it). Covers what compilers make of usual code;
// a name with something else in it (mostly expressions of dependent types) comes back as null and stays as it is.
//
// A type is two texts, what stands left and right of the name that it would declare: "void (*" and ")(int)".

interface Type {
	l: string;
	r: string;
	/** A function or array: a pointer to it needs brackets. */
	bare?: boolean;
	pack?: Type[];
}

interface Name {
	text: string;
	/** Ends in template arguments: then the encoding begins with a return type. */
	template: boolean;
	/** A constructor, destructor or conversion: never a return type. */
	noReturn: boolean;
	/** Qualifiers of a member function: " const". */
	cv: string;
}

const MAX_STEPS = 20_000;
const MAX_LENGTH = 32_768;
const MAX_DEPTH = 200;

const builtins: Record<string, string> = {
	v: "void", w: "wchar_t", b: "bool", c: "char", a: "signed char", h: "unsigned char", s: "short", t: "unsigned short", i: "int",
	j: "unsigned int", l: "long", m: "unsigned long", x: "long long", y: "unsigned long long", n: "__int128", o: "unsigned __int128",
	f: "float", d: "double", e: "long double", g: "__float128", z: "...",
};
const builtinsD: Record<string, string> = {
	d: "decimal64", e: "decimal128", f: "decimal32", h: "half", i: "char32_t", s: "char16_t", u: "char8_t", a: "auto", c: "decltype(auto)", n: "decltype(nullptr)",
};
const suffixes: Record<string, string> = { i: "", j: "u", l: "l", m: "ul", x: "ll", y: "ull" };

const operators: Record<string, [text: string, operands: number]> = {
	nw: ["new", 0], na: ["new[]", 0], dl: ["delete", 0], da: ["delete[]", 0], aw: ["co_await", 1], ps: ["+", 1], ng: ["-", 1], ad: ["&", 1], de: ["*", 1],
	co: ["~", 1], pl: ["+", 2], mi: ["-", 2], ml: ["*", 2], dv: ["/", 2], rm: ["%", 2], an: ["&", 2], or: ["|", 2], eo: ["^", 2], aS: ["=", 2], pL: ["+=", 2],
	mI: ["-=", 2], mL: ["*=", 2], dV: ["/=", 2], rM: ["%=", 2], aN: ["&=", 2], oR: ["|=", 2], eO: ["^=", 2], ls: ["<<", 2], rs: [">>", 2], lS: ["<<=", 2],
	rS: [">>=", 2], eq: ["==", 2], ne: ["!=", 2], lt: ["<", 2], gt: [">", 2], le: ["<=", 2], ge: [">=", 2], ss: ["<=>", 2], nt: ["!", 1], aa: ["&&", 2],
	oo: ["||", 2], pp: ["++", 1], mm: ["--", 1], cm: [",", 2], pm: ["->*", 2], pt: ["->", 2], cl: ["()", 0], ix: ["[]", 2], qu: ["?", 3],
};

const abbreviations: Record<string, string> = {
	a: "std::allocator", b: "std::basic_string", s: "std::string", i: "std::istream", o: "std::ostream", d: "std::iostream",
};

const specials: Record<string, string> = { V: "vtable for ", T: "VTT for ", I: "typeinfo for ", S: "typeinfo name for " };

class Unknown extends Error {}

const type = (l: string, r = ""): Type => ({ l, r });
const show = (t: Type): string => (t.pack ? t.pack.map(show).join(", ") : t.l + t.r);

class Demangler {
	#s: string;
	#i: number;
	#subs: Type[] = [];
	#args: Type[] = [];
	#packIndex = -1;
	#packLength = -1;
	#steps = 0;
	#depth = 0;
	/** Template arguments inside a lambda's parameters are its own "auto". */
	#inLambda = false;

	constructor(s: string, at: number) {
		this.#s = s;
		this.#i = at;
	}

	symbol(): string {
		const text = this.#encoding();
		if (this.#i === this.#s.length) return text;
		const rest = this.#s.slice(this.#i);
		if (/^(?:\.[A-Za-z_]\w*|\.\d+)+$/.test(rest)) return `${text} [clone ${rest.replace(/(?<=[A-Za-z_]\w*)\.(?=[A-Za-z_])/g, "] [clone .")}]`;
		if (/^@@?[\w.]+$/.test(rest)) return text + rest;
		throw new Unknown();
	}

	#peek(text: string): boolean {
		return this.#s.startsWith(text, this.#i);
	}

	#take(text: string): boolean {
		if (!this.#peek(text)) return false;
		this.#i += text.length;
		return true;
	}

	#need(text: string): void {
		if (!this.#take(text)) throw new Unknown();
	}

	#next(): string {
		if (++this.#steps > MAX_STEPS || this.#i >= this.#s.length) throw new Unknown();
		return this.#s[this.#i++]!;
	}

	#nested<T>(f: () => T): T {
		if (++this.#depth > MAX_DEPTH || ++this.#steps > MAX_STEPS) throw new Unknown();
		const value = f();
		this.#depth--;
		return value;
	}

	#bounded(text: string): string {
		if (text.length > MAX_LENGTH) throw new Unknown();
		return text;
	}

	#number(): number {
		let digits = "";
		while (/\d/.test(this.#s[this.#i] ?? "") && digits.length < 9) digits += this.#s[this.#i++];
		if (digits === "") throw new Unknown();
		return Number(digits);
	}

	/** "_" is 0, "0_" is 1, "A_" is 11. */
	#sequence(radix: 10 | 36): number {
		if (this.#take("_")) return 0;
		let digits = "";
		while (/[0-9A-Z]/.test(this.#s[this.#i] ?? "") && digits.length < 6) digits += this.#s[this.#i++];
		const value = parseInt(digits, radix);
		if (!(value >= 0)) throw new Unknown();
		this.#need("_");
		return value + 1;
	}

	/** @inner: the function that a local name is in, which is written without its return type. */
	#encoding(inner = false): string {
		return this.#nested(() => {
			if (this.#peek("T") || this.#peek("GV") || this.#peek("GR") || this.#peek("GTt")) return this.#special();
			const name = this.#name();
			if (this.#i >= this.#s.length || /^[E.@]/.test(this.#s.slice(this.#i, this.#i + 1))) return name.text;
			const result = name.template && !name.noReturn ? this.#type() : null;
			const args = this.#parameters();
			const text = `${name.text}(${args})${name.cv}`;
			return this.#bounded(result && !inner ? `${result.l}${/[ (*&]$/.test(result.l) && result.bare ? "" : " "}${text}${result.r}` : text);
		});
	}

	#special(): string {
		if (this.#take("GV")) return `guard variable for ${this.#name().text}`;
		if (this.#take("GTt")) return `transaction clone for ${this.#encoding()}`;
		if (this.#take("GR")) {
			const name = this.#name().text;
			const n = this.#i < this.#s.length ? this.#sequence(36) : 0;
			return `reference temporary #${n} for ${name}`;
		}
		this.#need("T");
		const c = this.#next();
		if (specials[c]) return specials[c] + show(this.#type());
		if (c === "H") return `TLS init function for ${this.#name().text}`;
		if (c === "W") return `TLS wrapper function for ${this.#name().text}`;
		if (c === "C") {
			const derived = show(this.#type());
			this.#number();
			this.#need("_");
			return `construction vtable for ${show(this.#type())}-in-${derived}`;
		}
		const offset = (kind: string): void => {
			this.#take("n");
			this.#number();
			this.#need("_");
			if (kind === "v") {
				this.#take("n");
				this.#number();
				this.#need("_");
			}
		};
		if (c === "h") {
			offset("h");
			return `non-virtual thunk to ${this.#encoding()}`;
		}
		if (c === "v") {
			offset("v");
			return `virtual thunk to ${this.#encoding()}`;
		}
		if (c === "c") {
			offset(this.#next());
			offset(this.#next());
			return `covariant return thunk to ${this.#encoding()}`;
		}
		throw new Unknown();
	}

	#parameters(): string {
		const list: string[] = [];
		while (this.#i < this.#s.length && !/^[E.@]/.test(this.#s[this.#i]!) && !(this.#peek("RE") || this.#peek("OE"))) {
			const t = this.#type();
			const text = show(t);
			if (!(t.pack && text === "")) list.push(text);
		}
		return list.length === 1 && list[0] === "void" ? "" : list.join(", ");
	}

	#name(): Name {
		return this.#nested(() => {
			if (this.#take("N")) return this.#nestedName();
			if (this.#take("Z")) return this.#localName();
			let name: Name;
			if (this.#peek("S") && !this.#peek("St")) {
				name = { text: show(this.#substitution()), template: false, noReturn: false, cv: "" };
				if (!this.#peek("I")) throw new Unknown();
			} else {
				const std = this.#take("St");
				name = this.#unqualified("");
				if (std) name.text = `std::${name.text}`;
				if (this.#peek("I")) this.#subs.push(type(name.text));
			}
			if (this.#peek("I")) {
				name.text = withArgs(name.text, this.#templateArgs());
				name.template = true;
			}
			return name;
		});
	}

	#qualifiers(): string {
		let cv = "";
		if (this.#take("r")) cv += " restrict";
		if (this.#take("V")) cv += " volatile";
		if (this.#take("K")) cv += " const";
		return cv;
	}

	#nestedName(): Name {
		let cv = this.#qualifiers();
		if (this.#take("R")) cv += " &";
		else if (this.#take("O")) cv += " &&";
		this.#take("H");
		let text = "";
		let last = "";
		let template = false;
		let noReturn = false;
		while (!this.#take("E")) {
			let pushed = true;
			if (this.#peek("I")) {
				text = withArgs(text, this.#templateArgs());
				template = true;
			} else if (this.#peek("St")) {
				this.#i += 2;
				text = "std";
				pushed = false;
			} else if (this.#peek("S")) {
				text = show(this.#substitution());
				last = baseName(text);
				pushed = false;
			} else if (this.#peek("T")) {
				text = show(this.#templateParam());
				last = baseName(text);
			} else if (this.#peek("Dt") || this.#peek("DT")) {
				text = show(this.#type());
				pushed = false;
			} else {
				if (this.#peek("M")) {
					this.#i++;
					continue;
				}
				const part = this.#unqualified(last);
				text = text === "" ? part.text : `${text}::${part.text}`;
				last = part.text;
				template = false;
				noReturn = part.noReturn;
			}
			this.#bounded(text);
			if (pushed && !this.#peek("E")) this.#subs.push(type(text));
		}
		if (text === "") throw new Unknown();
		return { text, template, noReturn, cv };
	}

	#localName(): Name {
		const args = this.#args;
		const outer = this.#encoding(true);
		this.#need("E");
		if (this.#take("s")) {
			this.#discriminator();
			return { text: `${outer}::string literal`, template: false, noReturn: false, cv: "" };
		}
		let prefix = `${outer}::`;
		if (this.#take("d")) prefix += `{default arg#${(this.#peek("_") ? this.#sequence(10) : this.#sequence(10)) + 1}}::`;
		const inner = this.#name();
		this.#discriminator();
		if (!inner.template) this.#args = this.#args.length ? this.#args : args;
		return { ...inner, text: this.#bounded(prefix + inner.text) };
	}

	#discriminator(): void {
		if (this.#take("__")) {
			this.#number();
			this.#need("_");
		} else if (/^_\d/.test(this.#s.slice(this.#i, this.#i + 2))) this.#i += 2;
	}

	#unqualified(enclosing: string): Name {
		const plain = (text: string): Name => ({ text: text + this.#tags(), template: false, noReturn: false, cv: "" });
		this.#take("L");
		const s = this.#s;
		const c = s[this.#i] ?? "";
		if (/\d/.test(c)) return plain(this.#source());
		if (c === "C" || (c === "D" && /[0-5]/.test(s[this.#i + 1] ?? ""))) {
			this.#i++;
			const inherits = c === "C" && this.#take("I");
			if (!/[0-5]/.test(this.#next()) || enclosing === "") throw new Unknown();
			if (inherits) this.#type();
			return { ...plain((c === "D" ? "~" : "") + enclosing.replace(/\[abi:[^\]]*\]/g, "")), noReturn: true };
		}
		if (this.#take("DC")) {
			const names: string[] = [];
			while (!this.#take("E")) names.push(this.#source());
			return plain(`[${names.join(", ")}]`);
		}
		if (this.#take("Ut")) return plain(`{unnamed type#${this.#sequence(10) + 1}}`);
		if (this.#take("Ul")) {
			const outer = this.#inLambda;
			this.#inLambda = true;
			const args = this.#parameters();
			this.#inLambda = outer;
			this.#need("E");
			return plain(`{lambda(${args})#${this.#sequence(10) + 1}}`);
		}
		if (this.#take("cv")) return { ...plain(`operator ${show(this.#type())}`), noReturn: true };
		if (this.#take("li")) return plain(`operator"" ${this.#source()}`);
		const op = operators[s.slice(this.#i, this.#i + 2)];
		if (!op) throw new Unknown();
		this.#i += 2;
		return plain(`operator${/^[a-z]/.test(op[0]) ? " " : ""}${op[0]}`);
	}

	#source(): string {
		const n = this.#number();
		if (n === 0 || this.#i + n > this.#s.length) throw new Unknown();
		const text = this.#s.slice(this.#i, this.#i + n);
		this.#i += n;
		return /^_GLOBAL_[._$]N/.test(text) ? "(anonymous namespace)" : text;
	}

	#tags(): string {
		let text = "";
		while (this.#take("B")) text += `[abi:${this.#source()}]`;
		return text;
	}

	#templateArgs(): Type[] {
		this.#need("I");
		const args: Type[] = [];
		const outer = this.#args;
		while (!this.#take("E")) args.push(this.#templateArg());
		this.#args = args;
		if (this.#depth > MAX_DEPTH) this.#args = outer;
		return args;
	}

	#templateArg(): Type {
		return this.#nested(() => {
			if (this.#take("J")) {
				const pack: Type[] = [];
				while (!this.#take("E")) pack.push(this.#templateArg());
				return { l: "", r: "", pack };
			}
			if (this.#peek("L")) return type(this.#literal());
			if (this.#take("X")) {
				const scoped = this.#peek("sr");
				const text = this.#expression();
				this.#need("E");
				return type(scoped || /^[\w:.]+$/.test(text) ? text : `(${text})`);
			}
			// The arguments of a class stay those of the name that is being read.
			const args = this.#args;
			const t = this.#type();
			this.#args = args;
			return t;
		});
	}

	#literal(): string {
		this.#need("L");
		if (this.#take("_Z") || this.#take("Z")) {
			const text = this.#encoding();
			this.#need("E");
			return text;
		}
		const c = this.#s[this.#i]!;
		const t = show(this.#type());
		const negative = this.#take("n") ? "-" : "";
		const end = this.#s.indexOf("E", this.#i);
		if (end < 0) throw new Unknown();
		const value = this.#s.slice(this.#i, end);
		if (!/^[0-9a-f]*$/.test(value)) throw new Unknown();
		this.#i = end + 1;
		if (c === "b" && value !== "") return value === "0" ? "false" : "true";
		if (c === "D" && value.replace("0", "") === "") return "nullptr";
		const suffix = c === "S" || c === "N" ? undefined : suffixes[c];
		return suffix === undefined ? `(${t})${value === "" ? "" : negative + value}` : `${negative}${value}${suffix}`;
	}

	#expression(): string {
		return this.#nested(() => {
			const s = this.#s;
			if (this.#peek("L")) return this.#literal();
			if (this.#peek("T")) return show(this.#templateParam());
			if (this.#take("fp")) {
				this.#qualifiers();
				const n = this.#sequence(10);
				return `{parm#${n + 1}}`;
			}
			if (this.#take("sZ")) return String(this.#peek("T") ? (this.#templateParam().pack?.length ?? 1) : this.#expression());
			if (this.#take("st")) return `sizeof (${show(this.#type())})`;
			if (this.#take("sz")) return `sizeof (${this.#expression()})`;
			if (this.#take("sr")) {
				const scope = /\d/.test(this.#s[this.#i] ?? "") ? this.#levels() : show(this.#type());
				const name = this.#unqualified("").text;
				return `${scope}::${this.#peek("I") ? withArgs(name, this.#templateArgs()) : name}`;
			}
			if (this.#take("sp")) return this.#expression();
			if (this.#take("cv")) {
				const t = show(this.#type());
				return `(${t})(${this.#expression()})`;
			}
			if (/\d/.test(s[this.#i] ?? "")) {
				const name = this.#source();
				return this.#peek("I") ? withArgs(name, this.#templateArgs()) : name;
			}
			const code = s.slice(this.#i, this.#i + 2);
			const op = operators[code];
			if (!op || op[1] === 0) throw new Unknown();
			this.#i += 2;
			if (op[1] === 1) return `${op[0]}(${this.#expression()})`;
			const a = this.#expression();
			const b = this.#expression();
			if (op[1] === 2) return `(${a})${op[0]}(${b})`;
			return `(${a})?(${b}) : (${this.#expression()})`;
		});
	}

	/** The scopes of an unresolved name, up to E. */
	#levels(): string {
		const levels: string[] = [];
		while (!this.#take("E")) {
			const name = this.#source();
			levels.push(this.#peek("I") ? withArgs(name, this.#keepingArgs(() => this.#templateArgs())) : name);
		}
		return levels.join("::");
	}

	#templateParam(): Type {
		this.#need("T");
		const n = this.#sequence(10);
		if (this.#inLambda && this.#args.length <= n) return type(`auto:${n + 1}`);
		const t = this.#args[n];
		if (!t) throw new Unknown();
		if (t.pack && this.#packIndex >= 0) {
			this.#packLength = Math.max(this.#packLength, t.pack.length);
			return t.pack[this.#packIndex] ?? type("");
		}
		return t;
	}

	#substitution(): Type {
		this.#need("S");
		const c = this.#s[this.#i] ?? "";
		if (abbreviations[c] && !/[0-9A-Z_]/.test(c)) {
			this.#i++;
			const text = abbreviations[c] + this.#tags();
			return type(text);
		}
		const t = this.#subs[this.#sequence(36)];
		if (!t) throw new Unknown();
		return t;
	}

	#type(): Type {
		return this.#nested(() => {
			const t = this.#typeOnce();
			this.#bounded(t.l);
			this.#bounded(t.r);
			return t;
		});
	}

	#push(t: Type): Type {
		this.#subs.push(t);
		return t;
	}

	#typeOnce(): Type {
		const s = this.#s;
		const c = s[this.#i] ?? "";
		const builtin = builtins[c];
		if (builtin && c !== "") {
			this.#i++;
			return type(builtin);
		}
		switch (c) {
			case "r":
			case "V":
			case "K": {
				const cv = this.#qualifiers();
				const inner = this.#type();
				return this.#push(inner.bare ? { ...inner, r: inner.r + cv } : { ...inner, l: inner.l + cv });
			}
			case "P":
				this.#i++;
				return this.#push(pointer(this.#type(), "*"));
			case "R":
				this.#i++;
				return this.#push(pointer(this.#type(), "&"));
			case "O":
				this.#i++;
				return this.#push(pointer(this.#type(), "&&"));
			case "C":
			case "G": {
				this.#i++;
				const inner = this.#type();
				return this.#push(type(`${inner.l} ${c === "C" ? "_Complex" : "_Imaginary"}`, inner.r));
			}
			case "F":
				return this.#push(this.#functionType(""));
			case "A":
				return this.#push(this.#array());
			case "M":
				return this.#push(this.#memberPointer());
			case "T": {
				if (/[sue]/.test(s[this.#i + 1] ?? "")) {
					this.#i += 2;
					return this.#push(type(this.#name().text));
				}
				const t = this.#push(this.#templateParam());
				if (!this.#peek("I")) return t;
				return this.#push(type(withArgs(show(t), this.#keepingArgs(() => this.#templateArgs()))));
			}
			case "u":
				this.#i++;
				return this.#push(type(this.#source()));
			case "U": {
				this.#i++;
				const name = this.#source();
				const inner = this.#type();
				return this.#push({ ...inner, l: `${inner.l} ${name}` });
			}
			case "D":
				return this.#typeD();
			case "S":
				if (!this.#peek("St")) return this.#substituted();
				break;
		}
		return this.#push(type(this.#keepingArgs(() => this.#name().text)));
	}

	#keepingArgs<T>(f: () => T): T {
		const args = this.#args;
		const value = f();
		this.#args = args;
		return value;
	}

	#substituted(): Type {
		const t = this.#substitution();
		if (!this.#peek("I")) return t;
		return this.#push(type(withArgs(show(t), this.#keepingArgs(() => this.#templateArgs()))));
	}

	#typeD(): Type {
		const c = this.#s[this.#i + 1] ?? "";
		if (builtinsD[c]) {
			this.#i += 2;
			return type(builtinsD[c]);
		}
		if (c === "o" || c === "O" || c === "w" || c === "x") {
			this.#i++;
			let suffix = "";
			if (this.#take("o")) suffix = " noexcept";
			else throw new Unknown();
			return this.#push(this.#functionType(suffix));
		}
		if (c === "F") {
			this.#i += 2;
			const bits = this.#number();
			if (this.#take("b")) return type("std::bfloat16_t");
			const x = this.#take("x");
			this.#take("_");
			return type(`_Float${bits}${x ? "x" : ""}`);
		}
		if (c === "p") {
			this.#i += 2;
			return this.#push(this.#expansion());
		}
		if (c === "t" || c === "T") {
			this.#i += 2;
			const text = this.#expression();
			this.#need("E");
			return this.#push(type(`decltype (${text})`));
		}
		if (c === "v") {
			this.#i += 2;
			const n = this.#number();
			this.#need("_");
			return this.#push(type(`${show(this.#type())} __vector(${n})`));
		}
		throw new Unknown();
	}

	/** Reads the pattern once for each element of the pack in it. */
	#expansion(): Type {
		const [at, index, length] = [this.#i, this.#packIndex, this.#packLength];
		this.#packLength = -1;
		this.#packIndex = 0;
		const first = this.#type();
		const subs = this.#subs.length;
		const n = this.#packLength;
		const pack = n < 0 ? [type(show(first) + (first.pack ? "" : "..."))] : n === 0 ? [] : [first];
		for (let k = 1; k < n; k++) {
			this.#i = at;
			this.#packIndex = k;
			pack.push(this.#type());
			this.#subs.length = subs;
		}
		this.#packIndex = index;
		this.#packLength = length;
		return { l: "", r: "", pack };
	}

	#functionType(suffix: string): Type {
		this.#need("F");
		this.#take("Y");
		const result = this.#type();
		const args = this.#parameters();
		let reference = "";
		if (this.#take("R")) reference = " &";
		else if (this.#take("O")) reference = " &&";
		this.#need("E");
		return { l: `${result.l}${result.r === "" ? " " : ""}`, r: `(${args})${result.r}${reference}${suffix}`, bare: true };
	}

	#array(): Type {
		this.#need("A");
		let bound = "";
		if (/\d/.test(this.#s[this.#i] ?? "")) bound = String(this.#number());
		else if (!this.#peek("_")) bound = this.#expression();
		this.#need("_");
		const inner = this.#type();
		return { l: inner.l, r: ` [${bound}]${inner.r.trimStart()}`, bare: true };
	}

	#memberPointer(): Type {
		this.#need("M");
		const owner = show(this.#type());
		const member = this.#type();
		if (member.bare && member.r.startsWith("(")) return type(`${member.l}(${owner}::*`, `)${member.r}`);
		return type(`${member.l} ${owner}::*`, member.r);
	}
}

function pointer(t: Type, mark: "*" | "&" | "&&"): Type {
	if (t.pack) return { l: "", r: "", pack: t.pack.map((p) => pointer(p, mark)) };
	if (t.bare) return type(`${t.l}${t.l.endsWith(" ") ? "" : " "}(${mark}`, `)${t.r}`);
	if (mark !== "*" && t.l.endsWith("&") && t.r === "") return mark === "&" && t.l.endsWith("&&") ? type(t.l.slice(0, -1)) : t;
	return { ...t, l: t.l + mark };
}

function withArgs(name: string, args: Type[]): string {
	const list = args.map(show).filter((a, i) => a !== "" || !args[i]!.pack).join(", ");
	return `${name}${name.endsWith("<") ? " " : ""}<${list}${list.endsWith(">") ? " " : ""}>`;
}

/** The last part of a qualified name, without template arguments. */
function baseName(text: string): string {
	let depth = 0;
	let end = text.length;
	for (let i = text.length - 1; i >= 0; i--) {
		const c = text[i]!;
		if (c === ">") {
			depth++;
		} else if (c === "<") {
			if (--depth === 0) end = i;
		} else if (depth === 0 && c === ":" && text[i - 1] === ":") return text.slice(i + 1, end);
	}
	const name = text.slice(0, end);
	return name === "string" ? "basic_string" : name;
}

/** "_ZN3foo3barEv" -> "foo::bar()"; null when it is no name of this kind or holds something unknown. */
export function demangleItanium(name: string): string | null {
	const at = name.startsWith("_Z") ? 2 : name.startsWith("__Z") ? 3 : name.startsWith("___Z") ? 4 : 0;
	if (at === 0 || name.length > 4096) return null;
	try {
		return new Demangler(name, at).symbol();
	} catch (e) {
		if (e instanceof Unknown) return null;
		throw e;
	}
}
