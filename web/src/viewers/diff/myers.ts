// SPDX-License-Identifier: MIT
// What changed between two sequences: Myers' O(ND) algorithm (1986) between anchors of patience diff (items that occur
// once on each side), with bounds on both, beyond which a block counts as replaced.

/** a[aFrom..aTo) became b[bFrom..bTo). */
export interface Change {
	aFrom: number;
	aTo: number;
	bFrom: number;
	bTo: number;
}

/** Edits that Myers looks for in one block, and steps in all. */
const MAX_EDITS = 1500;
const MAX_STEPS = 20_000_000;

class Differ {
	#a: Uint32Array;
	#b: Uint32Array;
	#steps = MAX_STEPS;
	changes: Change[] = [];

	constructor(a: Uint32Array, b: Uint32Array) {
		this.#a = a;
		this.#b = b;
	}

	run(aFrom: number, aTo: number, bFrom: number, bTo: number): void {
		const [a, b] = [this.#a, this.#b];
		while (aFrom < aTo && bFrom < bTo && a[aFrom] === b[bFrom]) {
			aFrom++;
			bFrom++;
		}
		while (aFrom < aTo && bFrom < bTo && a[aTo - 1] === b[bTo - 1]) {
			aTo--;
			bTo--;
		}
		if (aFrom === aTo && bFrom === bTo) return;
		if (aFrom === aTo || bFrom === bTo) return this.#change(aFrom, aTo, bFrom, bTo);
		const anchors = this.#anchors(aFrom, aTo, bFrom, bTo);
		if (anchors.length === 0) return this.#myers(aFrom, aTo, bFrom, bTo);
		let [x, y] = [aFrom, bFrom];
		for (const [i, j] of anchors) {
			this.#block(x, i, y, j);
			[x, y] = [i + 1, j + 1];
		}
		this.#block(x, aTo, y, bTo);
	}

	/** Between anchors nothing is unique on both sides any more, or little is: no second round of patience. */
	#block(aFrom: number, aTo: number, bFrom: number, bTo: number): void {
		if (aFrom === aTo && bFrom === bTo) return;
		if (aFrom === aTo || bFrom === bTo) this.#change(aFrom, aTo, bFrom, bTo);
		else this.#myers(aFrom, aTo, bFrom, bTo);
	}

	#change(aFrom: number, aTo: number, bFrom: number, bTo: number): void {
		const last = this.changes.at(-1);
		if (last && last.aTo === aFrom && last.bTo === bFrom) {
			last.aTo = aTo;
			last.bTo = bTo;
		} else this.changes.push({ aFrom, aTo, bFrom, bTo });
	}

	/** Pairs of items that are unique on both sides, as many as stand in the same order (longest increasing run). */
	#anchors(aFrom: number, aTo: number, bFrom: number, bTo: number): [number, number][] {
		const seen = new Map<number, [countA: number, countB: number, placeB: number]>();
		for (let i = aFrom; i < aTo; i++) {
			const e = seen.get(this.#a[i]!);
			if (e) e[0]++;
			else seen.set(this.#a[i]!, [1, 0, 0]);
		}
		for (let j = bFrom; j < bTo; j++) {
			const e = seen.get(this.#b[j]!);
			if (!e) continue;
			e[1]++;
			e[2] = j;
		}
		const pairs: [number, number][] = [];
		for (let i = aFrom; i < aTo; i++) {
			const e = seen.get(this.#a[i]!)!;
			if (e[0] === 1 && e[1] === 1) pairs.push([i, e[2]]);
		}
		const tails: number[] = [];
		const before = new Int32Array(pairs.length).fill(-1);
		pairs.forEach(([, j], k) => {
			let low = 0;
			let high = tails.length;
			while (low < high) {
				const mid = (low + high) >> 1;
				if (pairs[tails[mid]!]![1] < j) low = mid + 1;
				else high = mid;
			}
			if (low > 0) before[k] = tails[low - 1]!;
			tails[low] = k;
		});
		const out: [number, number][] = [];
		for (let k = tails.at(-1) ?? -1; k >= 0; k = before[k]!) out.push(pairs[k]!);
		return out.reverse();
	}

	#myers(aFrom: number, aTo: number, bFrom: number, bTo: number): void {
		const [a, b] = [this.#a, this.#b];
		const [n, m] = [aTo - aFrom, bTo - bFrom];
		const most = Math.min(n + m, MAX_EDITS);
		const trace: Int32Array[] = [];
		let v = new Int32Array(2 * most + 3);
		for (let d = 0; d <= most; d++) {
			trace.push(v.slice(most + 1 - d - 1, most + 1 + d + 2));
			for (let k = -d; k <= d; k += 2) {
				const at = most + 1 + k;
				let x = k === -d || (k !== d && v[at - 1]! < v[at + 1]!) ? v[at + 1]! : v[at - 1]! + 1;
				let y = x - k;
				while (x < n && y < m && a[aFrom + x] === b[bFrom + y]) {
					x++;
					y++;
					this.#steps--;
				}
				v[at] = x;
				if (x >= n && y >= m) return this.#walk(trace, d, n, m, aFrom, bFrom);
			}
			this.#steps -= d + 1;
			if (this.#steps < 0) break;
		}
		v = new Int32Array(0);
		this.#change(aFrom, aTo, bFrom, bTo);
	}

	/** From the end back to the start along what was stored of each round. */
	#walk(trace: Int32Array[], d: number, n: number, m: number, aFrom: number, bFrom: number): void {
		let [x, y] = [n, m];
		const edits: [number, number, number, number][] = [];
		for (; d > 0; d--) {
			// Round d's copy begins at diagonal -d - 1.
			const v = trace[d]!;
			const at = (k: number): number => v[k + d + 1]!;
			const k = x - y;
			const down = k === -d || (k !== d && at(k - 1) < at(k + 1));
			const from = down ? k + 1 : k - 1;
			const fx = at(from);
			const fy = fx - from;
			if (down) edits.push([fx, fx, fy, fy + 1]);
			else edits.push([fx, fx + 1, fy, fy]);
			[x, y] = [fx, fy];
		}
		for (const [p, q, r, s] of edits.reverse()) this.#change(aFrom + p, aFrom + q, bFrom + r, bFrom + s);
	}
}

export function diffSequences(a: Uint32Array, b: Uint32Array): Change[] {
	const differ = new Differ(a, b);
	differ.run(0, a.length, 0, b.length);
	return differ.changes;
}

/** Numbers for texts: the same text has the same number. */
export function intern(...lists: (readonly string[])[]): Uint32Array[] {
	const ids = new Map<string, number>();
	return lists.map((list) =>
		Uint32Array.from(list, (text) => {
			let id = ids.get(text);
			if (id === undefined) ids.set(text, (id = ids.size));
			return id;
		}),
	);
}
