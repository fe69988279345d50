// SPDX-License-Identifier: MIT
// A model file to a Model, by content first.
import { extensionOf } from "../sniff";
import type { OutputFile } from "../types";
import { readGltf } from "./gltf";
import { type Model, ModelError, repair } from "./mesh";
import { readObj } from "./obj";
import { readPly } from "./ply";
import { readStl } from "./stl";

async function byFormat(file: OutputFile, sibling: (name: string) => Uint8Array | undefined): Promise<Model> {
	const head = new TextDecoder("latin1").decode(file.bytes.subarray(0, 4));
	const ext = extensionOf(file.name).toLowerCase();
	if (head === "glTF" || ext === "gltf" || ext === "glb") return readGltf(file.bytes, sibling);
	if (head.startsWith("ply")) return readPly(file.bytes);
	if (ext === "obj") return readObj(file.bytes);
	return readStl(file.bytes);
}

/** Throws a ModelError for a file that is damaged. */
export async function readModel(file: OutputFile, sibling: (name: string) => Uint8Array | undefined = () => undefined): Promise<Model> {
	let model: Model;
	try {
		model = await byFormat(file, sibling);
	} catch (e) {
		// A typed array or a string that would be too large.
		if (e instanceof RangeError) throw new ModelError("it is larger than this browser can hold");
		throw e;
	}
	let bad = 0;
	for (const part of model.parts) {
		bad += repair(part.positions);
		if (part.normals) repair(part.normals);
		if (part.colors) repair(part.colors);
		if (part.uvs) repair(part.uvs);
	}
	if (bad > 0) model.notes.push(`${bad.toLocaleString("en")} coordinates are not numbers`);
	return model;
}
