// SPDX-License-Identifier: MIT
// The key of a job, as doc/api.md has it: SHA-256 over its canonical form. Computed here, so that the server can be
// asked for the result before anything is sent to it.

import { compare, fromBase64, join, toHex, utf8 } from "../core/bytes";
import type { Job, JobFile, Limits } from "../api/types";

/** What a job gets that does not ask for something else. */
export const DEFAULT_LIMITS: Required<Limits> = {
	timeout_ms: 10_000,
	memory_bytes: 1 << 30,
	output_bytes: 16 << 20,
	scratch_bytes: 64 << 20,
	pids: 256,
};

const DEFAULT_MODE = 0o644;

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
	return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

function netstring(bytes: Uint8Array): Uint8Array[] {
	return [utf8(`${bytes.length}:`), bytes, utf8("\n")];
}

function content(file: { text?: string; base64?: string }): Uint8Array<ArrayBuffer> {
	return file.base64 !== undefined ? fromBase64(file.base64) : utf8(file.text ?? "");
}

async function fileLine(file: JobFile): Promise<{ name: Uint8Array; line: Uint8Array }> {
	const name = utf8(file.name);
	const mode = (file.mode ?? DEFAULT_MODE).toString(8);
	return { name, line: join([utf8(`${mode} ${await sha256(content(file))} `), ...netstring(name)]) };
}

/** The bytes that are hashed. @digest is the image's, with or without its "sha256:". */
export async function canonical(job: Job, digest: string): Promise<Uint8Array<ArrayBuffer>> {
	const hex = digest.replace(/^sha256:/, "");
	const env = Object.entries(job.env ?? {}).map(([k, v]) => utf8(`${k}=${v}`)).sort(compare);
	const files = await Promise.all(job.files.map(fileLine));
	files.sort((a, b) => compare(a.name, b.name));
	const stdin = content({
		...(job.stdin !== undefined ? { text: job.stdin } : {}),
		...(job.stdin_base64 !== undefined ? { base64: job.stdin_base64 } : {}),
	});
	const limits = { ...DEFAULT_LIMITS, ...job.limits };

	return join([
		utf8(`program-explorer-key 1\nimage sha256:${hex}\n`),
		utf8(`argv ${job.argv.length}\n`),
		...job.argv.flatMap((word) => netstring(utf8(word))),
		utf8(`env ${env.length}\n`),
		...env.flatMap(netstring),
		utf8("cwd 0:\nuser 0:\nhostname 0:\n"),
		utf8(`stdin ${await sha256(stdin)}\n`),
		utf8(`files ${files.length}\n`),
		...files.map((f) => f.line),
		utf8(
			`limits ${limits.timeout_ms} ${limits.memory_bytes} ${limits.output_bytes} ${limits.scratch_bytes} ${limits.pids}\n`,
		),
		utf8("engine uml\n"),
	]);
}

/** Null where the browser has no WebCrypto: a page that came over plain HTTP from another machine. */
export async function keyOf(job: Job, digest: string): Promise<string | null> {
	if (!globalThis.crypto?.subtle) return null;
	return sha256(await canonical(job, digest));
}
