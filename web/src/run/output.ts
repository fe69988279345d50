// SPDX-License-Identifier: MIT
// What a run made, as bytes: streams and files, live or finished.

import type { Result, ResultFile } from "../api/types";
import { fromBase64, join, textLoosely, utf8, type Bytes } from "../core/bytes";

export interface MadeFile {
	name: string;
	bytes: Bytes;
	mode?: number;
}

export interface Output {
	stdout: Bytes;
	stderr: Bytes;
	files: MadeFile[];
	/** null while it is still coming. */
	result: Result | null;
}

function content(text: string | undefined, base64: string | undefined): Bytes {
	return base64 !== undefined ? fromBase64(base64) : utf8(text ?? "");
}

function madeFile(file: ResultFile): MadeFile | null {
	if (file.directory) return null;
	const name = file.name ?? (file.name_base64 !== undefined ? textLoosely(fromBase64(file.name_base64)) : "unnamed");
	return { name, bytes: content(file.text, file.base64), ...(file.mode !== undefined ? { mode: file.mode } : {}) };
}

export function outputOf(result: Result): Output {
	return {
		stdout: content(result.stdout, result.stdout_base64),
		stderr: content(result.stderr, result.stderr_base64),
		files: (result.files ?? []).flatMap((f) => madeFile(f) ?? []),
		result,
	};
}

export function sizeOf(output: Output): number {
	return output.stdout.length + output.stderr.length + output.files.reduce((n, f) => n + f.bytes.length, 0);
}

/** Collects the pieces of a live stream; joins them only when somebody looks. */
export class LiveOutput {
	#streams: Record<"stdout" | "stderr", Bytes[]> = { stdout: [], stderr: [] };

	add(stream: "stdout" | "stderr", bytes: Uint8Array): void {
		this.#streams[stream].push(bytes as Bytes);
	}

	get isEmpty(): boolean {
		return this.#streams.stdout.length === 0 && this.#streams.stderr.length === 0;
	}

	#joined(stream: "stdout" | "stderr"): Bytes {
		const all = join(this.#streams[stream]);
		this.#streams[stream] = [all];
		return all;
	}

	look(): Output {
		return { stdout: this.#joined("stdout"), stderr: this.#joined("stderr"), files: [], result: null };
	}
}
