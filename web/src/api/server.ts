// SPDX-License-Identifier: MIT
// The server, as the page sees it: a few calls, and two ways to fail.

import { fromBase64, utf8 } from "../core/bytes";
import { EventParser, type ServerEvent } from "./sse";
import type { Catalog, Job, Problem, Result, RunEvent } from "./types";

/** The server answered that it will not: the problem says why. */
export class Refused extends Error {
	constructor(
		readonly problem: Problem,
		/** Seconds after which the server wants to be asked again. */
		readonly retryAfter: number | null = null,
	) {
		super(problem.detail ?? problem.title);
	}
}

/** There was no answer, or half of one. */
export class Unreachable extends Error {}

async function ask(path: string, init: RequestInit = {}): Promise<Response> {
	try {
		return await fetch(path, { credentials: "omit", referrerPolicy: "no-referrer", ...init });
	} catch (error) {
		if (init.signal?.aborted) throw error;
		throw new Unreachable("The server does not answer.");
	}
}

async function refusal(response: Response): Promise<Refused> {
	let problem: Problem = { title: `The server answered ${response.status}.`, status: response.status };
	try {
		const said = (await response.json()) as Partial<Problem>;
		if (typeof said.title === "string") problem = { status: response.status, ...said, title: said.title };
	} catch {
		// Not from our server, perhaps from a proxy in front of it: the status is all there is.
	}
	const after = Number(response.headers.get("retry-after"));
	return new Refused(problem, Number.isFinite(after) && after > 0 ? Math.min(after, 300) : null);
}

async function json<T>(response: Response): Promise<T> {
	if (!response.ok) throw await refusal(response);
	try {
		return (await response.json()) as T;
	} catch {
		throw new Unreachable("The server's answer broke off.");
	}
}

/** Members that are not told are null on the wire; here they are not there. */
export function readCatalog(said: unknown): Catalog {
	return JSON.parse(JSON.stringify(said), (_, value: unknown) => value ?? undefined) as Catalog;
}

export async function getCatalog(): Promise<Catalog> {
	return readCatalog(await json<unknown>(await ask("/api/v1/catalog")));
}

/** The finished run of this key, or null when there is none. */
export async function getResult(key: string, signal: AbortSignal): Promise<Result | null> {
	const response = await ask(`/api/v1/results/${key}`, { signal });
	if (response.status === 404) {
		await response.body?.cancel();
		return null;
	}
	return json<Result>(response);
}

function eventOf({ event, data }: ServerEvent): RunEvent | null {
	const value = JSON.parse(data) as Record<string, unknown>;
	switch (event) {
		case "queued":
			return { type: "queued", id: String(value["id"] ?? ""), position: Number(value["position"] ?? 0) };
		case "started":
			return { type: "started" };
		case "stdout":
		case "stderr": {
			const base64 = value["base64"];
			return { type: event, bytes: typeof base64 === "string" ? fromBase64(base64) : utf8(String(value["text"] ?? "")) };
		}
		case "finished":
			return { type: "finished", result: value as unknown as Result };
		case "failed":
			return { type: "failed", problem: value as unknown as Problem };
		default:
			return null;
	}
}

/** Runs @job; @tell hears what happens, in order, the last event being "finished" or "failed". */
export async function run(job: Job, signal: AbortSignal, tell: (event: RunEvent) => void): Promise<void> {
	const response = await ask("/api/v1/runs", {
		method: "POST",
		signal,
		headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
		body: JSON.stringify(job),
	});
	if (!response.ok) throw await refusal(response);
	if (!response.headers.get("content-type")?.startsWith("text/event-stream")) {
		tell({ type: "finished", result: await json<Result>(response) });
		return;
	}
	const id = response.headers.get("run-id");
	if (id) tell({ type: "queued", id });
	if (!(await readEvents(response, signal, tell))) throw new Unreachable("The server went away in the middle of the run.");
}

/** True when the stream came to its proper end. */
async function readEvents(response: Response, signal: AbortSignal, tell: (event: RunEvent) => void): Promise<boolean> {
	const reader = (response.body as ReadableStream<Uint8Array>).getReader();
	const parser = new EventParser();
	let over = false;
	for (;;) {
		let chunk;
		try {
			chunk = await reader.read();
		} catch (error) {
			if (signal.aborted) throw error;
			return over;
		}
		if (chunk.done) return over;
		for (const raw of parser.push(chunk.value)) {
			const event = eventOf(raw);
			if (!event || signal.aborted) continue;
			over ||= event.type === "finished" || event.type === "failed";
			tell(event);
		}
	}
}

/** Best effort: a run that nobody waits for ends by itself when its stream is closed. */
export function cancelRun(id: string): void {
	fetch(`/api/v1/runs/${encodeURIComponent(id)}`, { method: "DELETE", keepalive: true, credentials: "omit" }).catch(() => {});
}

export async function createLink(state: unknown): Promise<{ id: string; url: string }> {
	return json(
		await ask("/api/v1/links", {
			method: "POST",
			headers: { "Content-Type": "application/json" },
			body: JSON.stringify({ state }),
		}),
	);
}

export async function getLink(id: string): Promise<unknown> {
	return (await json<{ state: unknown }>(await ask(`/api/v1/links/${encodeURIComponent(id)}`))).state;
}
