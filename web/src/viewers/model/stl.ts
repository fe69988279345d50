// SPDX-License-Identifier: MIT
// STL, binary and ASCII.
import { isBinaryStl } from "../sniff";
import { breathe, Floats, type Model, ModelError } from "./mesh";

const RECORD = 50;

function readBinary(b: Uint8Array): Model {
	const view = new DataView(b.buffer, b.byteOffset, b.length);
	const said = view.getUint32(80, true);
	const count = Math.min(said, Math.floor((b.length - 84) / RECORD));
	if (count === 0) throw new ModelError("it holds no triangles");
	const positions = new Float32Array(count * 9);
	for (let t = 0, k = 0; t < count; t++) for (let i = 0; i < 9; i++) positions[k++] = view.getFloat32(84 + t * RECORD + 12 + i * 4, true);
	const notes = said > count ? [`says it has ${said.toLocaleString("en")} triangles, but ends after ${count.toLocaleString("en")}`] : [];
	return { format: "STL, binary", parts: [{ kind: "triangles", positions }], up: "z", smooth: false, notes };
}

async function readAscii(text: string): Promise<Model> {
	const points = new Floats();
	let lines = 0;
	for (let from = 0; from < text.length; ) {
		let end = text.indexOf("\n", from);
		if (end < 0) end = text.length;
		const line = text.slice(from, Math.min(end, from + 400)).trim();
		from = end + 1;
		if (line.startsWith("vertex") || line.startsWith("VERTEX")) {
			const [, x, y, z] = line.split(/\s+/, 4);
			points.push3(Number(x), Number(y), Number(z));
		}
		if (++lines % 100_000 === 0) await breathe();
	}
	const whole = points.n - (points.n % 9);
	if (whole === 0) throw new ModelError("it holds no triangles");
	return { format: "STL, text", parts: [{ kind: "triangles", positions: points.done().subarray(0, whole) }], up: "z", smooth: false, notes: [] };
}

export async function readStl(b: Uint8Array): Promise<Model> {
	const text = new TextDecoder().decode(b.subarray(0, 400));
	const ascii = /^\s*solid\b/i.test(text) && (/facet|endsolid/i.test(text) || b.length < 84);
	if (isBinaryStl(b) || !ascii) {
		if (b.length < 84) throw new ModelError("it is shorter than an STL header");
		return readBinary(b);
	}
	return readAscii(new TextDecoder().decode(b));
}
