// SPDX-License-Identifier: MIT
// What a model file holds, whatever its format: arrays ready for the GPU, every size checked.

export interface Texture {
	bytes: Uint8Array;
	type: string;
}

export interface Material {
	color: [r: number, g: number, b: number, a: number];
	metallic: number;
	roughness: number;
	doubleSided: boolean;
	texture?: Texture;
}

export interface Part {
	kind: "triangles" | "lines" | "points";
	/** x, y, z of each vertex. */
	positions: Float32Array;
	/** Vertices of each triangle or line; without it they stand in order. */
	indices?: Uint32Array;
	normals?: Float32Array;
	/** r, g, b of each vertex, linear, 0 to 1. */
	colors?: Float32Array;
	uvs?: Float32Array;
	/** Column-major. */
	matrix?: number[];
	material?: Material;
}

export interface Model {
	format: string;
	parts: Part[];
	/** Which axis points up. */
	up: "y" | "z";
	/** Compute smooth normals where there are none; otherwise facets. */
	smooth: boolean;
	notes: string[];
}

/** A file that is not what its name says; the text is for a person. */
export class ModelError extends Error {}

/** Vertices of one part, and of all that is drawn. */
export const MAX_VERTICES = 12_000_000;
export const MAX_PARTS = 4096;

/** A growing array of numbers. */
export class Floats {
	array = new Float32Array(1024);
	n = 0;

	push3(a: number, b: number, c: number): void {
		if (this.n + 3 > this.array.length) {
			if (this.n / 3 > MAX_VERTICES) throw new ModelError(`more than ${MAX_VERTICES.toLocaleString("en")} vertices`);
			const more = new Float32Array(this.array.length * 2);
			more.set(this.array);
			this.array = more;
		}
		this.array[this.n] = a;
		this.array[this.n + 1] = b;
		this.array[this.n + 2] = c;
		this.n += 3;
	}

	done(): Float32Array {
		return this.array.slice(0, this.n);
	}
}

/** Replaces what is no number. Returns how many there were. */
export function repair(values: Float32Array): number {
	let bad = 0;
	for (let i = 0; i < values.length; i++) {
		if (Number.isFinite(values[i]) && Math.abs(values[i]!) < 1e30) continue;
		values[i] = 0;
		bad++;
	}
	return bad;
}

export function countTriangles(model: Model): number {
	let n = 0;
	for (const part of model.parts) if (part.kind === "triangles") n += (part.indices?.length ?? part.positions.length / 3) / 3;
	return Math.floor(n);
}

/** Lets the page answer between two turns of a long job. */
export const breathe = (): Promise<void> => new Promise((done) => setTimeout(done, 0));
