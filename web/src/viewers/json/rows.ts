// SPDX-License-Identifier: MIT
// The open part of a JSON tree as rows: which value stands in which row, and how deep.
import { Kind, type Tape } from "./tape";

export class TreeRows {
	#tape: Tape;
	#node: Uint32Array;
	#depth: Uint16Array;
	#index: Uint32Array;
	#open = new Set<number>();
	count: number;

	constructor(tape: Tape) {
		this.#tape = tape;
		const root = tape.several ? 0 : 1;
		this.#node = Uint32Array.of(root);
		this.#depth = Uint16Array.of(0);
		this.#index = Uint32Array.of(0);
		this.count = 1;
	}

	node(row: number): number {
		return this.#node[row]!;
	}

	depth(row: number): number {
		return this.#depth[row]!;
	}

	/** The value's number among its siblings. */
	index(row: number): number {
		return this.#index[row]!;
	}

	isOpen(row: number): boolean {
		return this.#open.has(this.node(row));
	}

	canOpen(row: number): boolean {
		const i = this.node(row);
		return this.#tape.kind[i]! <= Kind.Array && this.#tape.size[i]! > 0;
	}

	parent(row: number): number {
		const depth = this.depth(row);
		let r = row - 1;
		while (r >= 0 && this.#depth[r]! >= depth) r--;
		return r;
	}

	/** Puts the members of @row below it, those that were open before with theirs. */
	open(row: number): void {
		if (this.isOpen(row) || !this.canOpen(row)) return;
		this.#open.add(this.node(row));
		const nodes: number[] = [];
		const depths: number[] = [];
		const indices: number[] = [];
		const pending: [at: number, end: number, depth: number, index: number][] = [[this.node(row) + 1, this.#tape.next[this.node(row)]!, this.depth(row) + 1, 0]];
		while (pending.length > 0) {
			const top = pending.at(-1)!;
			const [at, end, depth, index] = top;
			if (at >= end) {
				pending.pop();
				continue;
			}
			nodes.push(at);
			depths.push(Math.min(depth, 65535));
			indices.push(index);
			top[0] = this.#tape.next[at]!;
			top[3]++;
			if (this.#open.has(at)) pending.push([at + 1, this.#tape.next[at]!, depth + 1, 0]);
		}
		this.#splice(row + 1, 0, nodes, depths, indices);
	}

	close(row: number): void {
		if (!this.isOpen(row)) return;
		this.#open.delete(this.node(row));
		const depth = this.depth(row);
		let end = row + 1;
		while (end < this.count && this.#depth[end]! > depth) end++;
		this.#splice(row + 1, end - row - 1, [], [], []);
	}

	/** Opens level by level while no more than @limit rows come of it. */
	openUpTo(limit: number): void {
		for (let row = 0; row < this.count; row++) {
			const size = this.#tape.size[this.node(row)]!;
			if (this.canOpen(row) && !this.isOpen(row) && this.count + size <= limit) this.open(row);
		}
	}

	closeAll(): void {
		this.#open.clear();
		this.#node = this.#node.slice(0, 1);
		this.#depth = this.#depth.slice(0, 1);
		this.#index = this.#index.slice(0, 1);
		this.count = 1;
	}

	#splice(at: number, remove: number, nodes: number[], depths: number[], indices: number[]): void {
		const count = this.count - remove + nodes.length;
		const join = <T extends Uint32Array | Uint16Array>(old: T, fresh: T, middle: number[]): T => {
			fresh.set(old.subarray(0, at));
			fresh.set(middle, at);
			fresh.set(old.subarray(at + remove, this.count), at + middle.length);
			return fresh;
		};
		this.#node = join(this.#node, new Uint32Array(count), nodes);
		this.#depth = join(this.#depth, new Uint16Array(count), depths);
		this.#index = join(this.#index, new Uint32Array(count), indices);
		this.count = count;
	}
}
