// SPDX-License-Identifier: MIT
// PLY: ASCII and binary in both byte orders; meshes and point clouds, with normals and colours.
import { breathe, Floats, MAX_VERTICES, type Model, ModelError, type Part } from "./mesh";

const sizes: Record<string, number> = {
	char: 1, int8: 1, uchar: 1, uint8: 1, short: 2, int16: 2, ushort: 2, uint16: 2, int: 4, int32: 4, uint: 4, uint32: 4, float: 4, float32: 4, double: 8, float64: 8,
};

interface Property {
	name: string;
	type: string;
	/** Type of the length, for lists. */
	list?: string;
}

interface Element {
	name: string;
	count: number;
	properties: Property[];
}

interface Header {
	format: string;
	elements: Element[];
	bytes: number;
}

function readHeader(b: Uint8Array): Header {
	const text = new TextDecoder("latin1").decode(b.subarray(0, 65536));
	const end = /end_header[ \t]*\r?\n/.exec(text);
	if (!end) throw new ModelError("its header does not end");
	const header: Header = { format: "", elements: [], bytes: end.index + end[0].length };
	for (const line of text.slice(0, end.index).split(/\r?\n/)) {
		const [word, a, c, d, e] = line.trim().split(/\s+/, 6);
		if (word === "format") header.format = a ?? "";
		else if (word === "element") {
			const count = Number(c);
			if (!Number.isSafeInteger(count) || count < 0 || header.elements.length > 64) throw new ModelError(`element "${a}" has no sensible count`);
			header.elements.push({ name: a ?? "", count, properties: [] });
		} else if (word === "property") {
			const list = a === "list";
			const property: Property = list ? { name: e ?? "", type: d ?? "", list: c ?? "" } : { name: c ?? "", type: a ?? "" };
			if (!sizes[property.type] || (list && !sizes[property.list!])) throw new ModelError(`property "${property.name}" has an unknown type`);
			header.elements.at(-1)?.properties.push(property);
		}
	}
	if (!["ascii", "binary_little_endian", "binary_big_endian"].includes(header.format)) throw new ModelError(`its format "${header.format}" is unknown`);
	return header;
}

/** One number after another, of either form. */
interface Source {
	next(type: string): number;
	done(): boolean;
}

class Binary implements Source {
	#view: DataView;
	#at: number;
	#little: boolean;

	constructor(b: Uint8Array, at: number, little: boolean) {
		this.#view = new DataView(b.buffer, b.byteOffset, b.length);
		this.#at = at;
		this.#little = little;
	}

	done(): boolean {
		return this.#at >= this.#view.byteLength;
	}

	next(type: string): number {
		const size = sizes[type]!;
		if (this.#at + size > this.#view.byteLength) throw new ModelError("its data ends too early");
		const at = this.#at;
		this.#at += size;
		const v = this.#view;
		const le = this.#little;
		switch (type) {
			case "char": case "int8": return v.getInt8(at);
			case "uchar": case "uint8": return v.getUint8(at);
			case "short": case "int16": return v.getInt16(at, le);
			case "ushort": case "uint16": return v.getUint16(at, le);
			case "int": case "int32": return v.getInt32(at, le);
			case "uint": case "uint32": return v.getUint32(at, le);
			case "double": case "float64": return v.getFloat64(at, le);
			default: return v.getFloat32(at, le);
		}
	}
}

class Ascii implements Source {
	#scan = /[^\s]{1,64}/g;
	#text: string;

	constructor(text: string) {
		this.#text = text;
	}

	done(): boolean {
		return this.#scan.lastIndex >= this.#text.length;
	}

	next(): number {
		const hit = this.#scan.exec(this.#text);
		if (!hit) throw new ModelError("its data ends too early");
		return Number(hit[0]);
	}
}

class Reader {
	points = new Floats();
	normals = new Floats();
	colors = new Floats();
	indices: number[] = [];
	bad = 0;
	#source: Source;

	constructor(source: Source) {
		this.#source = source;
	}

	async element(element: Element): Promise<void> {
		const values: Record<string, number> = Object.create(null);
		for (let i = 0; i < element.count; i++) {
			for (const p of element.properties) {
				if (!p.list) values[p.name] = this.#source.next(p.type);
				else this.#list(p, element.name === "face" && /^vertex_ind(?:ex|ices)$/.test(p.name));
			}
			if (element.name === "vertex") this.#vertex(values, element.properties);
			if (element.properties.length === 0) return;
			if (i % 200_000 === 199_999) await breathe();
		}
	}

	#list(p: Property, isFace: boolean): void {
		const n = this.#source.next(p.list!);
		if (!(n >= 0) || n > 1_000_000) throw new ModelError("a list in it has no sensible length");
		let first = 0;
		let last = 0;
		for (let k = 0; k < n; k++) {
			const v = this.#source.next(p.type);
			if (!isFace) continue;
			if (k === 0) first = v;
			else if (k >= 2) this.#triangle(first, last, v);
			last = v;
		}
	}

	#triangle(...corners: number[]): void {
		const count = this.points.n / 3;
		if (this.indices.length > MAX_VERTICES) throw new ModelError("it has too many faces");
		if (corners.every((c) => Number.isInteger(c) && c >= 0 && c < count)) this.indices.push(...corners);
		else this.bad++;
	}

	#vertex(v: Record<string, number>, properties: Property[]): void {
		this.points.push3(v["x"] ?? 0, v["y"] ?? 0, v["z"] ?? 0);
		if (v["nx"] !== undefined) this.normals.push3(v["nx"], v["ny"] ?? 0, v["nz"] ?? 0);
		const red = v["red"] ?? v["diffuse_red"];
		if (red === undefined) return;
		const type = properties.find((p) => p.name === "red" || p.name === "diffuse_red")!.type;
		const scale = sizes[type] === 1 ? 255 : /^u?(?:short|int16)$/.test(type) ? 65535 : 1;
		const linear = (c: number): number => (c / scale) ** 2.2;
		this.colors.push3(linear(red), linear(v["green"] ?? v["diffuse_green"] ?? 0), linear(v["blue"] ?? v["diffuse_blue"] ?? 0));
	}
}

export async function readPly(b: Uint8Array): Promise<Model> {
	const header = readHeader(b);
	const ascii = header.format === "ascii";
	const source = ascii ? new Ascii(new TextDecoder("latin1").decode(b.subarray(header.bytes))) : new Binary(b, header.bytes, header.format === "binary_little_endian");
	const reader = new Reader(source);
	const notes: string[] = [];
	try {
		for (const element of header.elements) await reader.element(element);
	} catch (e) {
		if (!(e instanceof ModelError) || reader.points.n === 0) throw e;
		notes.push(e.message);
	}
	if (reader.points.n === 0) throw new ModelError("it holds no vertices");
	if (reader.bad > 0) notes.push(`${reader.bad.toLocaleString("en")} faces name vertices that are not there`);
	const part: Part = { kind: reader.indices.length > 0 ? "triangles" : "points", positions: reader.points.done() };
	if (reader.indices.length > 0) part.indices = Uint32Array.from(reader.indices);
	if (reader.normals.n === reader.points.n) part.normals = reader.normals.done();
	if (reader.colors.n === reader.points.n) part.colors = reader.colors.done();
	return { format: ascii ? "PLY, text" : "PLY, binary", parts: [part], up: "z", smooth: true, notes };
}
