// SPDX-License-Identifier: MIT
// Wavefront OBJ: vertices, normals, texture places, faces of any size, lines, points, vertex colours.
import { breathe, Floats, type Model, ModelError, type Part } from "./mesh";

const MAX_CORNERS = 4096;

class Reader {
	v = new Floats();
	vn = new Floats();
	colors = new Floats();
	corners = new Floats();
	cornerNormals = new Floats();
	cornerColors = new Floats();
	segments = new Floats();
	points = new Floats();
	colored = true;
	withNormals = true;
	bad = 0;

	line(line: string): void {
		const word = line.split(/\s+/, MAX_CORNERS + 1);
		switch (word[0]) {
			case "v":
				this.v.push3(Number(word[1]), Number(word[2]), Number(word[3]));
				if (word.length >= 7) this.colors.push3(Number(word[4]), Number(word[5]), Number(word[6]));
				else this.colored = false;
				break;
			case "vn":
				this.vn.push3(Number(word[1]), Number(word[2]), Number(word[3]));
				break;
			case "f":
				for (let i = 2; i + 1 < word.length; i++) this.#triangle(word[1]!, word[i]!, word[i + 1]!);
				break;
			case "l":
				for (let i = 1; i + 1 < word.length; i++) this.#segment(word[i]!, word[i + 1]!);
				break;
			case "p":
				for (let i = 1; i < word.length; i++) this.#copy(this.v, this.#index(word[i]!, 0, this.v), this.points);
				break;
		}
	}

	/** "3//7" -> place of its part @which in @from; -1 when it is not there. */
	#index(corner: string, which: 0 | 2, from: Floats): number {
		const part = corner.split("/", 3)[which];
		const n = part ? Number(part) : 0;
		const count = from.n / 3;
		const index = n < 0 ? count + n : n - 1;
		return Number.isInteger(index) && index >= 0 && index < count ? index : -1;
	}

	#copy(from: Floats, index: number, to: Floats): void {
		if (index < 0) this.bad++;
		else to.push3(from.array[index * 3]!, from.array[index * 3 + 1]!, from.array[index * 3 + 2]!);
	}

	#triangle(...corners: string[]): void {
		const places = corners.map((c) => this.#index(c, 0, this.v));
		if (places.includes(-1)) {
			this.bad++;
			return;
		}
		for (const [k, corner] of corners.entries()) {
			this.#copy(this.v, places[k]!, this.corners);
			if (this.colored && places[k]! * 3 < this.colors.n) this.#copy(this.colors, places[k]!, this.cornerColors);
			else this.colored = false;
			if (!this.withNormals) continue;
			const normal = this.#index(corner, 2, this.vn);
			if (normal < 0) this.withNormals = false;
			else this.#copy(this.vn, normal, this.cornerNormals);
		}
	}

	#segment(a: string, b: string): void {
		const [i, j] = [this.#index(a, 0, this.v), this.#index(b, 0, this.v)];
		if (i < 0 || j < 0) {
			this.bad++;
			return;
		}
		this.#copy(this.v, i, this.segments);
		this.#copy(this.v, j, this.segments);
	}
}

export async function readObj(b: Uint8Array): Promise<Model> {
	const text = new TextDecoder().decode(b);
	const r = new Reader();
	let lines = 0;
	for (let from = 0; from < text.length; ) {
		let end = text.indexOf("\n", from);
		if (end < 0) end = text.length;
		let line = text.slice(from, Math.min(end, from + 100_000)).trim();
		from = end + 1;
		while (line.endsWith("\\") && from < text.length && line.length < 100_000) {
			end = text.indexOf("\n", from);
			if (end < 0) end = text.length;
			line = `${line.slice(0, -1)} ${text.slice(from, Math.min(end, from + 100_000)).trim()}`;
			from = end + 1;
		}
		r.line(line);
		if (++lines % 50_000 === 0) await breathe();
	}
	const parts: Part[] = [];
	if (r.corners.n > 0) {
		const part: Part = { kind: "triangles", positions: r.corners.done() };
		if (r.withNormals && r.cornerNormals.n === r.corners.n) part.normals = r.cornerNormals.done();
		if (r.colored && r.cornerColors.n === r.corners.n) part.colors = r.cornerColors.done();
		parts.push(part);
	}
	if (r.segments.n > 0) parts.push({ kind: "lines", positions: r.segments.done() });
	if (r.points.n > 0) parts.push({ kind: "points", positions: r.points.done() });
	if (parts.length === 0 && r.v.n > 0) parts.push({ kind: "points", positions: r.v.done() });
	if (parts.length === 0) throw new ModelError("it holds no vertices");
	return { format: "OBJ", parts, up: "y", smooth: false, notes: r.bad > 0 ? [`${r.bad.toLocaleString("en")} faces or lines name vertices that are not there`] : [] };
}
