// SPDX-License-Identifier: MIT
// Results that this page has seen, by key: going back to an earlier text shows its output at once.

import { sizeOf, type Output } from "./output";

export class Memory {
	#outputs = new Map<string, Output>();
	#bytes = 0;

	constructor(
		readonly mostBytes = 64 << 20,
		readonly most = 200,
	) {}

	get(key: string): Output | null {
		const output = this.#outputs.get(key);
		if (!output) return null;
		this.#outputs.delete(key);
		this.#outputs.set(key, output);
		return output;
	}

	put(key: string, output: Output): void {
		this.drop(key);
		this.#outputs.set(key, output);
		this.#bytes += sizeOf(output);
		for (const oldest of this.#outputs.keys()) {
			if (this.#bytes <= this.mostBytes && this.#outputs.size <= this.most) break;
			this.drop(oldest);
		}
	}

	drop(key: string): void {
		const output = this.#outputs.get(key);
		if (!output) return;
		this.#bytes -= sizeOf(output);
		this.#outputs.delete(key);
	}
}
