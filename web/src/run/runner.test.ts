// SPDX-License-Identifier: MIT
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Refused, Unreachable } from "../api/server";
import type { Job, Result, RunEvent } from "../api/types";
import { textLoosely, utf8 } from "../core/bytes";
import { Memory } from "./memory";
import { Runner, type Server } from "./runner";

interface Call {
	job: Job;
	tell: (event: RunEvent) => void;
	end: () => void;
	fail: (error: unknown) => void;
	aborted: boolean;
}

class FakeServer implements Server {
	calls: Call[] = [];
	asked: string[] = [];
	cancelled: string[] = [];
	results = new Map<string, Result>();

	async getResult(key: string): Promise<Result | null> {
		this.asked.push(key);
		return this.results.get(key) ?? null;
	}
	run(job: Job, signal: AbortSignal, tell: (event: RunEvent) => void): Promise<void> {
		return new Promise((end, fail) => {
			const call: Call = { job, tell: (e) => { try { tell(e); } catch (x) { fail(x); } }, end, fail, aborted: false };
			signal.addEventListener("abort", () => {
				call.aborted = true;
				fail(new DOMException("aborted", "AbortError"));
			});
			this.calls.push(call);
		});
	}
	cancelRun(id: string): void {
		this.cancelled.push(id);
	}
	get last(): Call {
		return this.calls.at(-1) as Call;
	}
}

const exited = (stdout: string, more: Partial<Result> = {}): Result => ({ outcome: "exited", code: 0, stdout, stderr: "", files: [], ...more });

let server: FakeServer, text: string, delay: number | null, runner: Runner, memory: Memory;

/** Hashing is real and asynchronous: time moves on until it has had its turn. */
const pass = async (ms = 0) => {
	await vi.advanceTimersByTimeAsync(ms);
	for (let i = 0; i < 10; i++) {
		await crypto.subtle.digest("SHA-256", new Uint8Array(64));
		await new Promise((r) => setImmediate(r));
	}
};
const shown = () => (runner.output.value ? textLoosely(runner.output.value.stdout) : null);

beforeEach(() => {
	vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
	server = new FakeServer();
	memory = new Memory();
	text = "1";
	delay = 400;
	runner = new Runner({
		server,
		memory,
		prepare: () => ({ job: { image: "x", argv: ["x"], files: [{ name: "a", text }] }, digest: "sha256:" + "0".repeat(64) }),
		delayMs: () => delay,
	});
});
afterEach(() => {
	runner.end();
	vi.useRealTimers();
});

describe("runner", () => {
	it("waits for a pause of typing, asks for the key, then sends", async () => {
		runner.edited();
		await pass(300);
		runner.edited();
		await pass(399);
		expect(server.asked).toEqual([]);
		expect(runner.state.value).toEqual({ phase: "waiting", auto: true });
		await pass(1);
		expect(server.asked.length).toBe(1);
		expect(server.calls.length).toBe(1);
		server.last.tell({ type: "queued", id: "r1", position: 3 });
		expect(runner.state.value).toEqual({ phase: "queued", position: 3 });
		server.last.tell({ type: "started" });
		expect(runner.state.value.phase).toBe("running");
		server.last.tell({ type: "finished", result: exited("one") });
		expect(runner.state.value).toMatchObject({ phase: "done", cached: false });
		expect(shown()).toBe("one");
	});

	it("sends nothing when the server knows the key", async () => {
		runner.run();
		await pass();
		server.results.set(server.asked[0] as string, exited("known"));
		runner.edited();
		await pass(400);
		expect(server.calls.length).toBe(1);
		expect(shown()).toBe("known");
		expect(runner.state.value).toMatchObject({ phase: "done", cached: true });
	});

	it("cancels the older run, and hears no more of it", async () => {
		runner.run();
		await pass();
		const first = server.last;
		first.tell({ type: "queued", id: "r1" });
		text = "2";
		runner.edited();
		expect(first.aborted).toBe(true);
		expect(server.cancelled).toEqual(["r1"]);
		await pass(400);
		first.tell({ type: "finished", result: exited("old") });
		expect(shown()).toBeNull();
		server.last.tell({ type: "finished", result: exited("new") });
		expect(shown()).toBe("new");
	});

	it("says that output is old from the first edit until the new one is there", async () => {
		runner.run();
		await pass();
		server.last.tell({ type: "finished", result: exited("one") });
		text = "2";
		runner.edited();
		expect(runner.stale.value).toBe(true);
		await pass(400);
		expect(runner.stale.value).toBe(true);
		server.last.tell({ type: "finished", result: exited("two") });
		expect(runner.stale.value).toBe(false);
		text = "1";
		runner.edited();
		await pass(400);
		expect(shown()).toBe("one");
		expect(runner.stale.value).toBe(false);
		expect(server.calls.length).toBe(2);
	});

	it("shows live output, then all of it", async () => {
		runner.run();
		await pass();
		server.last.tell({ type: "started" });
		server.last.tell({ type: "stdout", bytes: utf8("a") });
		server.last.tell({ type: "stdout", bytes: utf8("b") });
		await pass(50);
		expect(shown()).toBe("ab");
		expect(runner.output.value?.result).toBeNull();
		server.last.tell({ type: "finished", result: exited("abc") });
		await pass(50);
		expect(shown()).toBe("abc");
	});

	it("does not run by itself when it must not; a run of what is fresh is past the cache", async () => {
		delay = null;
		runner.edited();
		await pass(10_000);
		expect(server.asked).toEqual([]);
		expect(runner.state.value).toEqual({ phase: "waiting", auto: false });
		runner.run();
		await pass();
		server.last.tell({ type: "finished", result: exited("one") });
		runner.run();
		await pass();
		expect(server.asked.length).toBe(1);
		expect(server.last.job.cache).toBe("refresh");
	});

	it("tries again by itself when the server is away", async () => {
		runner.run();
		await pass();
		server.last.fail(new Unreachable("gone"));
		await pass();
		expect(runner.state.value).toMatchObject({ phase: "failed", verdict: { tone: "server", short: "server unreachable" } });
		await pass(2000);
		expect(server.calls.length).toBe(2);
		server.last.fail(new Unreachable("gone"));
		await pass(3999);
		expect(server.calls.length).toBe(2);
		await pass(1);
		server.last.tell({ type: "finished", result: exited("back") });
		expect(shown()).toBe("back");
	});

	it("waits as long as a full server says, and not at all for a bad job", async () => {
		runner.run();
		await pass();
		server.last.fail(new Refused({ title: "Full", status: 503 }, 7));
		await pass(6999);
		expect(server.calls.length).toBe(1);
		await pass(1);
		expect(server.calls.length).toBe(2);
		server.last.fail(new Refused({ title: "Bad", detail: "files[0].name: is too long", status: 400 }));
		await pass(60_000);
		expect(runner.state.value).toMatchObject({ phase: "failed", retryAt: null, verdict: { tone: "job" } });
		expect(server.calls.length).toBe(2);
	});

	it("does not keep what the server lost", async () => {
		runner.run();
		await pass();
		server.last.tell({ type: "finished", result: { outcome: "lost" } });
		runner.edited();
		await pass(400);
		expect(server.asked.length).toBe(2);
	});

	it("stops when asked to", async () => {
		runner.run();
		await pass();
		server.last.tell({ type: "queued", id: "r1" });
		runner.stop();
		expect(runner.state.value).toEqual({ phase: "stopped" });
		expect(server.cancelled).toEqual(["r1"]);
	});
});

describe("memory", () => {
	it("forgets the oldest first", () => {
		const small = new Memory(10);
		const output = (n: number) => ({ stdout: new Uint8Array(n), stderr: new Uint8Array(0), files: [], result: null });
		small.put("a", output(4));
		small.put("b", output(4));
		expect(small.get("a")).not.toBeNull();
		small.put("c", output(4));
		expect(small.get("b")).toBeNull();
		expect(small.get("a")).not.toBeNull();
		small.put("d", output(99));
		expect(small.get("d")).toBeNull();
	});
});
