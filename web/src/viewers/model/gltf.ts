// SPDX-License-Identifier: MIT
// glTF 2.0 and GLB: geometry, node transforms, vertex colours, base colour and its texture. What moves (skins,
// animations) is shown at rest. Nothing is fetched: buffers and pictures are in the file, or other files of the run.
import { MAX_PARTS, MAX_VERTICES, type Material, type Model, ModelError, type Part, type Texture } from "./mesh";

interface Json {
	[key: string]: unknown;
}

const components: Record<number, [size: number, max: number]> = { 5120: [1, 127], 5121: [1, 255], 5122: [2, 32767], 5123: [2, 65535], 5125: [4, 1], 5126: [4, 1] };
const widths: Record<string, number> = { SCALAR: 1, VEC2: 2, VEC3: 3, VEC4: 4, MAT4: 16 };
const MAX_NODES = 20_000;
const MAX_TEXTURES = 64;
const identity = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

const object = (v: unknown): Json => (typeof v === "object" && v !== null ? (v as Json) : {});
const list = (v: unknown): unknown[] => (Array.isArray(v) ? v : []);
const number = (v: unknown, otherwise: number): number => (typeof v === "number" && Number.isFinite(v) ? v : otherwise);
const numbers = (v: unknown, n: number): number[] | null => (Array.isArray(v) && v.length === n && v.every((x) => typeof x === "number" && Number.isFinite(x)) ? (v as number[]) : null);

/** a * b, column-major. */
export function multiply(a: number[], b: number[]): number[] {
	const out = new Array<number>(16).fill(0);
	for (let c = 0; c < 4; c++) for (let r = 0; r < 4; r++) for (let k = 0; k < 4; k++) out[c * 4 + r]! += a[k * 4 + r]! * b[c * 4 + k]!;
	return out;
}

function localMatrix(node: Json): number[] {
	const given = numbers(node["matrix"], 16);
	if (given) return given;
	const [tx, ty, tz] = numbers(node["translation"], 3) ?? [0, 0, 0];
	const [x, y, z, w] = (numbers(node["rotation"], 4) ?? [0, 0, 0, 1]) as [number, number, number, number];
	const [sx, sy, sz] = (numbers(node["scale"], 3) ?? [1, 1, 1]) as [number, number, number];
	return [
		(1 - 2 * (y * y + z * z)) * sx, 2 * (x * y + z * w) * sx, 2 * (x * z - y * w) * sx, 0,
		2 * (x * y - z * w) * sy, (1 - 2 * (x * x + z * z)) * sy, 2 * (y * z + x * w) * sy, 0,
		2 * (x * z + y * w) * sz, 2 * (y * z - x * w) * sz, (1 - 2 * (x * x + y * y)) * sz, 0,
		tx!, ty!, tz!, 1,
	];
}

class Reader {
	parts: Part[] = [];
	notes = new Set<string>();
	#json: Json;
	#binary: Uint8Array | null;
	#sibling: (name: string) => Uint8Array | undefined;
	#buffers = new Map<number, Uint8Array>();
	#vertices = 0;
	#nodes = 0;
	#textures = 0;

	constructor(json: Json, binary: Uint8Array | null, sibling: (name: string) => Uint8Array | undefined) {
		this.#json = json;
		this.#binary = binary;
		this.#sibling = sibling;
	}

	scene(): void {
		for (const name of list(this.#json["extensionsRequired"])) if (!["KHR_materials_unlit", "KHR_texture_transform", "KHR_mesh_quantization"].includes(String(name))) throw new ModelError(`it needs ${String(name).slice(0, 80)}, which is not supported here`);
		const scenes = list(this.#json["scenes"]);
		const scene = object(scenes[number(this.#json["scene"], 0)] ?? scenes[0]);
		const nodes = list(this.#json["nodes"]);
		const roots = scenes.length > 0 ? list(scene["nodes"]) : nodes.map((_, i) => i);
		for (const i of roots) this.#node(number(i, -1), identity, 0);
		if (list(this.#json["animations"]).length > 0) this.notes.add("animations are not shown");
	}

	#at(kind: string, index: unknown): Json {
		const found = list(this.#json[kind])[number(index, -1)];
		if (typeof found !== "object" || found === null) throw new ModelError(`it names ${kind} that are not there`);
		return found as Json;
	}

	#node(index: number, parent: number[], depth: number): void {
		if (++this.#nodes > MAX_NODES || depth > 64) throw new ModelError("its nodes are too many or too deep");
		const node = this.#at("nodes", index);
		const matrix = multiply(parent, localMatrix(node));
		if (node["mesh"] !== undefined) for (const p of list(this.#at("meshes", node["mesh"])["primitives"])) this.#primitive(object(p), matrix);
		for (const child of list(node["children"])) this.#node(number(child, -1), matrix, depth + 1);
	}

	#primitive(p: Json, matrix: number[]): void {
		if (this.parts.length >= MAX_PARTS) throw new ModelError(`it has more than ${MAX_PARTS} parts`);
		const attributes = object(p["attributes"]);
		const positions = this.#accessor(attributes["POSITION"], "VEC3");
		if (!positions) return;
		this.#vertices += positions.length / 3;
		if (this.#vertices > MAX_VERTICES) throw new ModelError("it has too many vertices");
		const mode = number(p["mode"], 4);
		let indices: Uint32Array | null = p["indices"] === undefined ? null : Uint32Array.from(this.#accessor(p["indices"], "SCALAR") ?? []);
		if (indices?.some((i) => i >= positions.length / 3)) throw new ModelError("its triangles name vertices that are not there");
		const kind = mode >= 4 ? "triangles" : mode >= 1 ? "lines" : "points";
		if (mode === 2 || mode === 3 || mode === 5 || mode === 6) indices = unroll(indices ?? Uint32Array.from({ length: positions.length / 3 }, (_, i) => i), mode);
		const part: Part = { kind, positions, matrix };
		if (indices) part.indices = indices;
		const normals = this.#accessor(attributes["NORMAL"], "VEC3");
		if (normals?.length === positions.length) part.normals = normals;
		const uvs = this.#accessor(attributes["TEXCOORD_0"], "VEC2");
		if (uvs && uvs.length * 3 === positions.length * 2) part.uvs = uvs;
		const colors = this.#accessor(attributes["COLOR_0"], null);
		if (colors) part.colors = this.#rgb(colors, positions.length / 3);
		part.material = this.#material(p["material"]);
		this.parts.push(part);
	}

	#rgb(colors: Float32Array, count: number): Float32Array {
		const width = colors.length / count;
		if (width === 3) return colors;
		const out = new Float32Array(count * 3);
		for (let i = 0; i < count; i++) for (let k = 0; k < 3; k++) out[i * 3 + k] = colors[i * width + k] ?? 1;
		return out;
	}

	#material(index: unknown): Material {
		const material = index === undefined ? {} : this.#at("materials", index);
		const pbr = object(material["pbrMetallicRoughness"]);
		const [r, g, b, a] = (numbers(pbr["baseColorFactor"], 4) ?? [1, 1, 1, 1]) as [number, number, number, number];
		const out: Material = {
			color: [r, g, b, material["alphaMode"] === "BLEND" ? a : 1],
			metallic: number(pbr["metallicFactor"], 1),
			roughness: number(pbr["roughnessFactor"], 1),
			doubleSided: material["doubleSided"] === true,
		};
		const texture = object(pbr["baseColorTexture"])["index"];
		if (texture !== undefined && number(object(pbr["baseColorTexture"])["texCoord"], 0) === 0) {
			const found = this.#texture(texture);
			if (found) out.texture = found;
		}
		return out;
	}

	#texture(index: unknown): Texture | undefined {
		if (++this.#textures > MAX_TEXTURES) return undefined;
		const image = this.#at("images", this.#at("textures", index)["source"]);
		const bytes = image["bufferView"] === undefined ? this.#uri(String(image["uri"] ?? "")) : this.#view(image["bufferView"]).bytes;
		if (!bytes) this.notes.add("a texture is missing");
		const type = bytes?.[0] === 0x89 ? "image/png" : bytes?.[0] === 0xff ? "image/jpeg" : "image/webp";
		return bytes && { bytes, type };
	}

	#uri(uri: string): Uint8Array | undefined {
		const inline = /^data:[^,;]{0,100}(?:;[^,;]{0,100})*;base64,/.exec(uri.slice(0, 400));
		if (!inline) return /^[a-z]+:/i.test(uri) ? undefined : this.#sibling(decodeName(uri));
		try {
			return Uint8Array.from(atob(uri.slice(inline[0].length)), (c) => c.charCodeAt(0));
		} catch {
			throw new ModelError("data inside it is not base64");
		}
	}

	#buffer(index: number): Uint8Array {
		const known = this.#buffers.get(index);
		if (known) return known;
		const buffer = this.#at("buffers", index);
		const bytes = buffer["uri"] === undefined ? (index === 0 ? this.#binary : null) : this.#uri(String(buffer["uri"]));
		if (!bytes) throw new ModelError(`buffer "${String(buffer["uri"] ?? index).slice(0, 80)}" is missing`);
		this.#buffers.set(index, bytes);
		return bytes;
	}

	#view(index: unknown): { bytes: Uint8Array; stride: number } {
		const view = this.#at("bufferViews", index);
		const buffer = this.#buffer(number(view["buffer"], -1));
		const offset = number(view["byteOffset"], 0);
		const length = number(view["byteLength"], 0);
		if (offset < 0 || length < 0 || offset + length > buffer.length) throw new ModelError("its data ends too early");
		return { bytes: buffer.subarray(offset, offset + length), stride: number(view["byteStride"], 0) };
	}

	/** All numbers of an accessor as floats, normalised where it says so; null when there is none. */
	#accessor(index: unknown, wanted: string | null): Float32Array | null {
		if (index === undefined) return null;
		const a = this.#at("accessors", index);
		const width = widths[String(a["type"])];
		const component = components[number(a["componentType"], 0)];
		const count = number(a["count"], -1);
		if (!width || !component || !Number.isInteger(count) || count < 0 || count > MAX_VERTICES) throw new ModelError("an accessor in it makes no sense");
		if (wanted && a["type"] !== wanted) throw new ModelError(`an accessor in it is ${String(a["type"]).slice(0, 20)} instead of ${wanted}`);
		const out = new Float32Array(count * width);
		if (a["bufferView"] !== undefined) this.#fill(out, a, width, count);
		if (a["sparse"] !== undefined) this.#sparse(out, object(a["sparse"]), a, width, count);
		return out;
	}

	#fill(out: Float32Array, a: Json, width: number, count: number): void {
		const { bytes, stride } = this.#view(a["bufferView"]);
		const type = number(a["componentType"], 0);
		const [size, max] = components[type]!;
		const step = stride || size * width;
		const offset = number(a["byteOffset"], 0);
		if (offset < 0 || step < 1 || (count > 0 && offset + step * (count - 1) + size * width > bytes.length)) throw new ModelError("its data ends too early");
		const scale = a["normalized"] === true ? 1 / max : 1;
		const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
		for (let i = 0; i < count; i++) for (let k = 0; k < width; k++) out[i * width + k] = component(view, offset + i * step + k * size, type) * scale;
	}

	#sparse(out: Float32Array, sparse: Json, a: Json, width: number, count: number): void {
		const n = number(sparse["count"], 0);
		if (n < 0 || n > count) throw new ModelError("a sparse accessor in it makes no sense");
		const where = object(sparse["indices"]);
		const places = new Float32Array(n);
		this.#fill(places, { bufferView: where["bufferView"], byteOffset: where["byteOffset"], componentType: where["componentType"] }, 1, n);
		const values = new Float32Array(n * width);
		const from = object(sparse["values"]);
		this.#fill(values, { ...a, bufferView: from["bufferView"], byteOffset: from["byteOffset"] }, width, n);
		for (let i = 0; i < n; i++) if (places[i]! < count) out.set(values.subarray(i * width, (i + 1) * width), places[i]! * width);
	}
}

function component(v: DataView, at: number, type: number): number {
	switch (type) {
		case 5120: return v.getInt8(at);
		case 5121: return v.getUint8(at);
		case 5122: return v.getInt16(at, true);
		case 5123: return v.getUint16(at, true);
		case 5125: return v.getUint32(at, true);
		default: return v.getFloat32(at, true);
	}
}

/** Strips, fans and loops to single triangles and lines. */
function unroll(indices: Uint32Array, mode: number): Uint32Array {
	const out: number[] = [];
	for (let i = 0; i + 1 < indices.length; i++) {
		const [a, b, c] = [indices[i]!, indices[i + 1]!, indices[i + 2]];
		if (mode <= 3) out.push(a, b);
		else if (c !== undefined) out.push(...(mode === 6 ? [indices[0]!, b, c] : i % 2 ? [b, a, c] : [a, b, c]));
	}
	if (mode === 2 && indices.length > 1) out.push(indices.at(-1)!, indices[0]!);
	return Uint32Array.from(out);
}

function decodeName(uri: string): string {
	try {
		return decodeURIComponent(uri).replace(/^\.\//, "");
	} catch {
		return uri;
	}
}

function split(b: Uint8Array): { json: string; binary: Uint8Array | null } {
	if (b[0] !== 0x67 || b[1] !== 0x6c || b[2] !== 0x54 || b[3] !== 0x46) return { json: new TextDecoder().decode(b), binary: null };
	const view = new DataView(b.buffer, b.byteOffset, b.length);
	let json = "";
	let binary: Uint8Array | null = null;
	for (let at = 12; at + 8 <= b.length; ) {
		const length = view.getUint32(at, true);
		const type = view.getUint32(at + 4, true);
		const chunk = b.subarray(at + 8, at + 8 + length);
		if (chunk.length < length) throw new ModelError("its data ends too early");
		if (type === 0x4e4f534a) json ||= new TextDecoder().decode(chunk);
		else if (type === 0x004e4942) binary ??= chunk;
		at += 8 + length;
	}
	return { json, binary };
}

/** @sibling: another file of the run, by the name that the model uses. */
export function readGltf(b: Uint8Array, sibling: (name: string) => Uint8Array | undefined): Model {
	const { json, binary } = split(b);
	let document: unknown;
	try {
		document = JSON.parse(json);
	} catch {
		throw new ModelError("its JSON part is damaged");
	}
	const asset = object(object(document)["asset"]);
	if (!String(asset["version"] ?? "").startsWith("2")) throw new ModelError("it is not glTF 2");
	const reader = new Reader(object(document), binary, sibling);
	reader.scene();
	if (reader.parts.length === 0) throw new ModelError("it holds nothing to draw");
	return { format: binary ? "GLB" : "glTF", parts: reader.parts, up: "y", smooth: false, notes: [...reader.notes] };
}
