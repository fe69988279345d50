// SPDX-License-Identifier: MIT
// From a pane and the files to the job that the server is given.

import type { Catalog, Job, JobFile, Program } from "../api/types";
import { toBase64 } from "../core/bytes";
import type { PaneState, Session } from "../state/session";
import { expand } from "./template";
import { splitWords } from "./words";

export interface Prepared {
	job: Job;
	program: Program;
}

/** The words that the pane runs, from its own command line or from the form. Throws QuoteError or TemplateError. */
export function commandOf(program: Program, pane: PaneState, session: Session, catalog: Catalog): string[] {
	const command = pane.command === null ? program.command : splitWords(pane.command);
	// A link may be older than the catalog: options that are gone are left out.
	const known = Object.entries(pane.options).filter(([id]) => program.options.some((o) => o.id === id));
	return expand(program, command, {
		options: Object.fromEntries(known),
		files: session.files.map((f) => f.name),
		active: session.files[session.active]?.name ?? "",
		kinds: catalog.kinds,
	});
}

/** Bytes do not change, text does: a large picture is not spelled anew with each key press. */
const spelled = new WeakMap<Uint8Array, string>();

function base64Of(bytes: Uint8Array): string {
	let text = spelled.get(bytes);
	if (text === undefined) {
		text = toBase64(bytes);
		spelled.set(bytes, text);
	}
	return text;
}

function jobFiles(session: Session): JobFile[] {
	return session.files.map((f) =>
		f.bytes ? { name: f.name, base64: base64Of(f.bytes) } : { name: f.name, text: f.text ?? "" },
	);
}

/** Throws QuoteError or TemplateError. */
export function jobOf(program: Program, pane: PaneState, session: Session, catalog: Catalog): Job {
	const env = { ...program.env, ...pane.env };
	const limits = { ...program.limits, ...(pane.timeoutMs !== null ? { timeout_ms: pane.timeoutMs } : {}) };
	return {
		image: program.image,
		argv: commandOf(program, pane, session, catalog),
		...(Object.keys(env).length > 0 ? { env } : {}),
		...(pane.stdin !== "" ? { stdin: pane.stdin } : {}),
		files: jobFiles(session),
		...(Object.keys(limits).length > 0 ? { limits } : {}),
	};
}
