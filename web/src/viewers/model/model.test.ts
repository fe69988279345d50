// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { multiply } from "./gltf";
import { countTriangles, type Model, ModelError } from "./mesh";
import { readModel } from "./read";

const bytes = (s: string): Uint8Array => new TextEncoder().encode(s);
const read = (name: string, content: string | Uint8Array, sibling?: (n: string) => Uint8Array | undefined): Promise<Model> =>
	readModel({ name, bytes: typeof content === "string" ? bytes(content) : content }, sibling);

function binaryStl(said: number, real: number): Uint8Array {
	const out = new Uint8Array(84 + 50 * real);
	const view = new DataView(out.buffer);
	view.setUint32(80, said, true);
	for (let t = 0; t < real; t++) for (let k = 0; k < 9; k++) view.setFloat32(84 + t * 50 + 12 + k * 4, k + t, true);
	return out;
}

const triangle = { asset: { version: "2.0" }, scenes: [{ nodes: [0] }], nodes: [{ mesh: 0, translation: [5, 0, 0] }], meshes: [{ primitives: [{ attributes: { POSITION: 0 }, indices: 1 }] }],
	buffers: [{ byteLength: 44 }], bufferViews: [{ buffer: 0, byteLength: 36 }, { buffer: 0, byteOffset: 36, byteLength: 6 }],
	accessors: [{ bufferView: 0, componentType: 5126, count: 3, type: "VEC3" }, { bufferView: 1, componentType: 5123, count: 3, type: "SCALAR" }] };

function triangleData(): Uint8Array {
	const data = new Uint8Array(44);
	const view = new DataView(data.buffer);
	[0, 0, 0, 1, 0, 0, 0, 1, 0].forEach((v, i) => view.setFloat32(i * 4, v, true));
	[0, 1, 2].forEach((v, i) => view.setUint16(36 + i * 2, v, true));
	return data;
}

function glb(json: object, data: Uint8Array): Uint8Array {
	let text = JSON.stringify(json);
	text += " ".repeat((4 - (text.length % 4)) % 4);
	const out = new Uint8Array(12 + 8 + text.length + 8 + data.length);
	const view = new DataView(out.buffer);
	out.set(bytes("glTF"));
	view.setUint32(4, 2, true);
	view.setUint32(8, out.length, true);
	view.setUint32(12, text.length, true);
	view.setUint32(16, 0x4e4f534a, true);
	out.set(bytes(text), 20);
	view.setUint32(20 + text.length, data.length, true);
	view.setUint32(24 + text.length, 0x004e4942, true);
	out.set(data, 28 + text.length);
	return out;
}

describe("a model", () => {
	it("is read from STL of both forms", async () => {
		const binary = await read("a.stl", binaryStl(3, 3));
		expect([binary.format, countTriangles(binary), binary.up]).toEqual(["STL, binary", 3, "z"]);
		const ascii = await read("a.stl", "solid x\n facet normal 0 0 1\n  outer loop\n   vertex 0 0 0\n   vertex 1e0 0 0\n   vertex 0 1 0\n  endloop\n endfacet\nendsolid\n");
		expect(countTriangles(ascii)).toBe(1);
		expect([...ascii.parts[0]!.positions]).toEqual([0, 0, 0, 1, 0, 0, 0, 1, 0]);
	});
	it("is read from OBJ: polygons, places from the end, normals, colours, lines", async () => {
		const model = await read("a.obj", "# c\nv 0 0 0 1 0 0\nv 1 0 0 0 1 0\nv 1 1 0 0 0 1\nv 0 1 0 1 1 1\nvn 0 0 1\nf 1//1 2//1 3//1 4//1\nf -3//1 -2//1 \\\n-1//1\nl 1 2 3\nf 1 2 9\n");
		expect(countTriangles(model)).toBe(3);
		expect(model.parts.map((p) => p.kind)).toEqual(["triangles", "lines"]);
		expect(model.parts[0]!.normals).toHaveLength(27);
		expect(model.parts[0]!.colors).toHaveLength(27);
		expect(model.notes[0]).toContain("1 faces");
		expect((await read("a.obj", "v 0 0 0\nv 1 1 1\n")).parts[0]!.kind).toBe("points");
	});
	it("is read from PLY of all forms", async () => {
		const head = (format: string) => `ply\nformat ${format} 1.0\ncomment x\nelement vertex 4\nproperty float x\nproperty float y\nproperty float z\nproperty uchar red\nproperty uchar green\nproperty uchar blue\nelement face 1\nproperty list uchar int vertex_indices\nend_header\n`;
		const ascii = await read("a.ply", `${head("ascii")}0 0 0 255 0 0\n1 0 0 0 255 0\n1 1 0 0 0 255\n0 1 0 9 9 9\n4 0 1 2 3\n`);
		expect(countTriangles(ascii)).toBe(2);
		expect([...ascii.parts[0]!.colors!.slice(0, 3)]).toEqual([1, 0, 0]);
		for (const little of [true, false]) {
			const data = new Uint8Array(4 * 15 + 17);
			const view = new DataView(data.buffer);
			[[0, 0], [1, 0], [1, 1], [0, 1]].forEach(([x, y], i) => {
				view.setFloat32(i * 15, x!, little);
				view.setFloat32(i * 15 + 4, y!, little);
			});
			data[60] = 4;
			[0, 1, 2, 3].forEach((v, i) => view.setInt32(61 + i * 4, v, little));
			const header = bytes(head(little ? "binary_little_endian" : "binary_big_endian"));
			const file = new Uint8Array(header.length + data.length);
			file.set(header);
			file.set(data, header.length);
			const model = await read("a.ply", file);
			expect([countTriangles(model), model.parts[0]!.positions[3]]).toEqual([2, 1]);
		}
	});
	it("is read from glTF and GLB", async () => {
		const inGlb = await read("a.glb", glb(triangle, triangleData()));
		expect([inGlb.format, countTriangles(inGlb), inGlb.parts[0]!.matrix?.[12]]).toEqual(["GLB", 1, 5]);
		const inline = { ...triangle, buffers: [{ byteLength: 44, uri: `data:application/octet-stream;base64,${btoa(String.fromCharCode(...triangleData()))}` }] };
		expect(countTriangles(await read("a.gltf", JSON.stringify(inline)))).toBe(1);
		const beside = { ...triangle, buffers: [{ byteLength: 44, uri: "data%20x.bin" }] };
		expect(countTriangles(await read("a.gltf", JSON.stringify(beside), (n) => (n === "data x.bin" ? triangleData() : undefined)))).toBe(1);
		const remote = { ...triangle, buffers: [{ byteLength: 44, uri: "https://a.b/c.bin" }] };
		await expect(read("a.gltf", JSON.stringify(remote), () => triangleData())).rejects.toThrow("missing");
	});
	it("turns matrices the right way", () => {
		const move = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 2, 3, 4, 1];
		const scale = [2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1];
		expect(multiply(move, scale).slice(12)).toEqual([2, 3, 4, 1]);
		expect(multiply(scale, move).slice(12)).toEqual([4, 6, 8, 1]);
	});
	it("that says it is larger than it is shows what is there", async () => {
		const model = await read("a.stl", binaryStl(4_000_000_000, 2));
		expect(countTriangles(model)).toBe(2);
		expect(model.notes[0]).toContain("ends after 2");
	});
	it("with coordinates that are no numbers is repaired", async () => {
		const model = await read("a.obj", "v nan inf 1e99\nv 1 0 0\nv 0 1 0\nf 1 2 3\n");
		expect(model.notes[0]).toContain("not numbers");
		expect(model.parts[0]!.positions.every(Number.isFinite)).toBe(true);
	});
	it.each<[string, string | Uint8Array]>([
		["a.stl", "solid nothing facet\n"], ["a.stl", new Uint8Array(10)], ["a.stl", new Uint8Array(84)], ["a.obj", "no model"],
		["a.ply", "ply\nformat ascii 1.0\n"], ["a.ply", "ply\nformat ascii 1.0\nelement vertex 99999999999\nproperty float x\nend_header\n"],
		["a.ply", "ply\nformat ascii 1.0\nelement vertex -1\nend_header\n"], ["a.ply", "ply\nformat x 1.0\nelement vertex 1\nproperty float x\nend_header\n1\n"],
		["a.gltf", "{"], ["a.gltf", "[]"], ["a.gltf", '{"asset":{"version":"1.0"}}'], ["a.gltf", '{"asset":{"version":"2.0"}}'],
		["a.gltf", '{"asset":{"version":"2.0"},"nodes":[{"children":[0]}]}'],
		["a.gltf", '{"asset":{"version":"2.0"},"extensionsRequired":["KHR_draco_mesh_compression"]}'],
		["a.gltf", JSON.stringify({ ...triangle, accessors: [{ componentType: 5126, count: 2_000_000_000, type: "VEC3" }] })],
		["a.glb", glb({ ...triangle, accessors: [{ bufferView: 0, byteOffset: 30, componentType: 5126, count: 3, type: "VEC3" }] }, triangleData())],
		["a.glb", glb({ ...triangle, bufferViews: [{ buffer: 0, byteLength: 4_000_000_000 }] }, triangleData())],
		["a.glb", bytes("glTF\x02\0\0\0\xff\xff\xff\xff")],
		["a.glb", glb(triangle, triangleData()).subarray(0, 60)],
	])("%s that is damaged is refused in words (%#)", async (name, content) => {
		await expect(read(name, content)).rejects.toThrow(ModelError);
	});
	it("of random bytes never breaks", async () => {
		let seed = 3;
		const random = (): number => (seed = (seed * 48271) % 2147483647);
		const starts = ["", "ply\nformat binary_little_endian 1.0\nelement vertex 9\nproperty float x\nelement face 9\nproperty list uint int vertex_indices\nend_header\n", "glTF\x02\0\0\0", "solid facet\n vertex ", "v 1 2 3\nf 1 1 1\n"];
		for (let round = 0; round < 150; round++) {
			const head = bytes(starts[round % starts.length]!);
			const file = new Uint8Array(head.length + (random() % 400));
			for (let i = 0; i < file.length; i++) file[i] = random() & 255;
			file.set(head);
			await read(["a.stl", "a.ply", "a.glb", "a.stl", "a.obj"][round % 5]!, file).catch((e: unknown) => expect(e).toBeInstanceOf(ModelError));
		}
	});
});
