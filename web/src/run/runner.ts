// SPDX-License-Identifier: MIT
// The runs of one pane: when to start one, which one counts, and what state it is in.
//
// An edit makes the shown output old and starts a clock; when no other edit comes, the pane's job is prepared, its key
// computed and asked for, and only then is it sent. A newer run cancels the older one: whatever still comes from that
// is not heard. Where the server is full or away, the run is tried again by itself, slower each time.

import { Refused, Unreachable } from "../api/server";
import type { Job, Result, RunEvent } from "../api/types";
import { Signal } from "../core/signal";
import { keyOf } from "./key";
import type { Memory } from "./memory";
import { LiveOutput, outputOf, type Output } from "./output";
import { UNREACHABLE, verdictOfProblem, type Verdict } from "./verdict";

export type RunState =
	| { phase: "idle" }
	/** Edited; the clock runs, or nothing runs by itself (then @auto is false). */
	| { phase: "waiting"; auto: boolean }
	| { phase: "asking" }
	| { phase: "queued"; position: number }
	| { phase: "running"; since: number }
	| { phase: "done"; result: Result; cached: boolean }
	| { phase: "stopped" }
	| { phase: "failed"; verdict: Verdict; retryAt: number | null };

export interface Server {
	getResult(key: string, signal: AbortSignal): Promise<Result | null>;
	run(job: Job, signal: AbortSignal, tell: (event: RunEvent) => void): Promise<void>;
	cancelRun(id: string): void;
}

export interface Prepared {
	job: Job;
	/** The image's, as the catalog told it; null when it did not. */
	digest: string | null;
}

export interface RunnerOptions {
	server: Server;
	memory: Memory;
	/** The job as it is now. Throws an Error with a plain message when there can be none. */
	prepare(): Prepared;
	/** How long after the last edit; null: never by itself. */
	delayMs(): number | null;
}

interface Attempt {
	abort: AbortController;
	id: string | null;
	live: LiveOutput;
	frame: ReturnType<typeof setTimeout> | null;
}

const RETRY_SECONDS = [2, 4, 8, 15, 30];
/** Live output is looked at this often. */
const LOOK_MS = 50;

export class Runner {
	readonly state = new Signal<RunState>({ phase: "idle" });
	readonly output = new Signal<Output | null>(null);
	/** The output is not that of the text that is open now. */
	readonly stale = new Signal(false);
	/** Job of the latest attempt: its limits explain its end. */
	job: Job | null = null;

	#options: RunnerOptions;
	#timer: ReturnType<typeof setTimeout> | null = null;
	#attempt: Attempt | null = null;
	#shownKey: string | null = null;
	#retries = 0;

	constructor(options: RunnerOptions) {
		this.#options = options;
	}

	/** Something that the job is made of has changed. */
	edited(): void {
		if (this.output.value) this.stale.value = true;
		const delay = this.#options.delayMs();
		this.#abandon();
		this.#retries = 0;
		this.state.value = { phase: "waiting", auto: delay !== null };
		if (delay !== null) this.#after(delay, () => void this.#start("use"));
	}

	/** At once. What is up to date already is run afresh, past the cache. */
	run(): void {
		const fresh = this.state.value.phase === "done" && !this.stale.value;
		this.#retries = 0;
		void this.#start(fresh ? "refresh" : "use");
	}

	stop(): void {
		this.#abandon();
		this.state.value = { phase: "stopped" };
	}

	/** The network came back, or somebody is tired of waiting. */
	retry(): void {
		if (this.state.value.phase === "failed" && this.state.value.retryAt !== null) void this.#start("use");
	}

	end(): void {
		this.#abandon();
	}

	get isBusy(): boolean {
		return ["asking", "queued", "running"].includes(this.state.value.phase);
	}

	#after(ms: number, then: () => void): void {
		this.#timer = setTimeout(() => {
			this.#timer = null;
			then();
		}, ms);
	}

	/** Nothing that was started before is heard of again. */
	#abandon(): void {
		if (this.#timer !== null) clearTimeout(this.#timer);
		this.#timer = null;
		const attempt = this.#attempt;
		this.#attempt = null;
		if (!attempt) return;
		if (attempt.frame !== null) clearTimeout(attempt.frame);
		attempt.abort.abort();
		if (attempt.id !== null) this.#options.server.cancelRun(attempt.id);
	}

	async #start(cache: "use" | "refresh"): Promise<void> {
		this.#abandon();
		const attempt: Attempt = { abort: new AbortController(), id: null, live: new LiveOutput(), frame: null };
		this.#attempt = attempt;
		try {
			const { job, digest } = this.#options.prepare();
			this.job = job;
			const key = digest === null ? null : await keyOf(job, digest);
			if (this.#attempt !== attempt) return;
			if (await this.#answered(attempt, key, cache)) return;
			await this.#send(attempt, job, key, cache);
		} catch (error) {
			if (this.#attempt === attempt) this.#failed(error);
		}
	}

	/** Does the screen, this page or the server have the result of @key? Then it is shown. */
	async #answered(attempt: Attempt, key: string | null, cache: "use" | "refresh"): Promise<boolean> {
		if (key === null || cache === "refresh") return false;
		const shown = this.output.value;
		if (key === this.#shownKey && shown?.result) {
			this.#show(attempt, shown, key, true);
			return true;
		}
		const known = this.#options.memory.get(key);
		if (known) {
			this.#show(attempt, known, key, true);
			return true;
		}
		this.state.value = { phase: "asking" };
		const result = await this.#options.server.getResult(key, attempt.abort.signal);
		if (this.#attempt !== attempt) return true;
		if (!result) return false;
		this.#show(attempt, outputOf(result), key, true);
		return true;
	}

	async #send(attempt: Attempt, job: Job, key: string | null, cache: "use" | "refresh"): Promise<void> {
		this.state.value = { phase: "asking" };
		const request = cache === "use" ? job : { ...job, cache };
		await this.#options.server.run(request, attempt.abort.signal, (event) => {
			if (this.#attempt === attempt) this.#heard(attempt, event, key);
		});
	}

	#heard(attempt: Attempt, event: RunEvent, key: string | null): void {
		switch (event.type) {
			case "queued":
				attempt.id = event.id || attempt.id;
				this.state.value = { phase: "queued", position: event.position ?? 0 };
				return;
			case "started":
				this.state.value = { phase: "running", since: performance.now() };
				return;
			case "stdout":
			case "stderr":
				attempt.live.add(event.type, event.bytes);
				attempt.frame ??= setTimeout(() => this.#look(attempt), LOOK_MS);
				return;
			case "finished":
				this.#show(attempt, outputOf(event.result), key ?? event.result.key ?? null, event.result.cached === true);
				return;
			case "failed":
				throw new Refused(event.problem);
		}
	}

	#look(attempt: Attempt): void {
		attempt.frame = null;
		if (this.#attempt !== attempt) return;
		this.#shownKey = null;
		this.output.value = attempt.live.look();
		this.stale.value = false;
	}

	#show(attempt: Attempt, output: Output, key: string | null, cached: boolean): void {
		if (attempt.frame !== null) clearTimeout(attempt.frame);
		this.#attempt = null;
		this.#retries = 0;
		const result = output.result as Result;
		this.#shownKey = result.outcome === "lost" ? null : key;
		if (this.#shownKey !== null) this.#options.memory.put(this.#shownKey, output);
		this.output.value = output;
		this.stale.value = false;
		this.state.value = { phase: "done", result, cached };
	}

	#failed(error: unknown): void {
		const attempt = this.#attempt;
		this.#attempt = null;
		if (attempt?.frame != null) clearTimeout(attempt.frame);
		if (this.output.value) this.stale.value = true;
		if (error instanceof Unreachable) {
			this.#retryIn(RETRY_SECONDS[Math.min(this.#retries, RETRY_SECONDS.length - 1)] as number, UNREACHABLE);
		} else if (error instanceof Refused) {
			const busy = error.problem.status === 503 || error.problem.status === 429;
			const after = busy ? (error.retryAfter ?? RETRY_SECONDS[Math.min(this.#retries, 4)] ?? 30) : null;
			const verdict = verdictOfProblem(error.problem, after);
			if (after !== null) this.#retryIn(after, verdict);
			else this.state.value = { phase: "failed", verdict, retryAt: null };
		} else {
			const long = error instanceof Error ? error.message : String(error);
			this.state.value = { phase: "failed", verdict: { tone: "job", short: "cannot run", long }, retryAt: null };
		}
	}

	#retryIn(seconds: number, verdict: Verdict): void {
		this.#retries++;
		this.state.value = { phase: "failed", verdict, retryAt: performance.now() + seconds * 1000 };
		this.#after(seconds * 1000, () => void this.#start("use"));
	}
}
