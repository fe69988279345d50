// SPDX-License-Identifier: MIT
// How a run ended, in words: what happened, whose doing it was, what to do about it.

import type { Limits, Problem, Result } from "../api/types";
import { formatBytes, formatMs } from "../core/format";
import { DEFAULT_LIMITS } from "./key";

export type Tone = "good" | "program" | "job" | "server";

export interface Verdict {
	tone: Tone;
	/** A few words for the status line. */
	short: string;
	/** A sentence or two for whoever wants to know why and what to do; "" when there is nothing to say. */
	long: string;
}

const SIGNALS: Record<string, string> = {
	SIGSEGV: "it touched memory that is not its own",
	SIGABRT: "it gave up by itself (abort, a failed assertion)",
	SIGFPE: "an arithmetic error, such as an integer divided by zero",
	SIGILL: "it ran an instruction that the CPU does not have",
	SIGBUS: "it touched memory that is not there",
	SIGKILL: "something inside killed it",
	SIGPIPE: "it wrote to a pipe that nobody reads",
	SIGSYS: "it made a system call that is not allowed here",
	SIGTRAP: "a trap, often a check of the compiler's own",
};

type Teller = (result: Result, limits: Required<Limits>) => Verdict;

const tellers: Record<Result["outcome"], Teller> = {
	exited: (r) => ({
		tone: r.code === 0 ? "good" : "program",
		short: `exit ${r.code ?? "?"}`,
		long: "",
	}),
	signaled: (r) => ({
		tone: "program",
		short: `killed by ${r.signal ?? "a signal"}`,
		long: `The program was ended by ${r.signal ?? "a signal"}${SIGNALS[String(r.signal)] ? `: ${SIGNALS[String(r.signal)]}` : ""}.`,
	}),
	timeout: (_, limits) => ({
		tone: "program",
		short: `stopped after ${formatMs(limits.timeout_ms)}`,
		long: `The program was still running after ${formatMs(limits.timeout_ms)}, so it was stopped; what it had written by then is below. Let it do less, or raise the time limit under Options.`,
	}),
	out_of_memory: (_, limits) => ({
		tone: "program",
		short: "out of memory",
		long: `The program wanted more than its ${formatBytes(limits.memory_bytes)} of memory. Let it hold less at a time.`,
	}),
	output_limit: (_, limits) => ({
		tone: "program",
		short: "too much output",
		long: `The program wrote more than ${formatBytes(limits.output_bytes)}; the output is cut there.`,
	}),
	not_found: (r) => ({
		tone: "job",
		short: "no such command",
		long: `${r.message ?? "The image has no such command."} Check the first word of the command line.`,
	}),
	not_executable: (r) => ({
		tone: "job",
		short: "not executable",
		long: `${r.message ?? "The command cannot be executed."} Check the first word of the command line.`,
	}),
	rejected: (r) => ({ tone: "job", short: "not possible", long: r.message ?? "The job cannot be run as asked." }),
	lost: (r) => ({
		tone: "server",
		short: "lost by the server",
		long: `This is our failure, not your program's${r.message ? `: ${r.message}` : ""}. Run it again.`,
	}),
};

export function verdictOf(result: Result, limits?: Limits): Verdict {
	return (tellers[result.outcome] ?? tellers.lost)(result, { ...DEFAULT_LIMITS, ...limits });
}

/** What the server said when it would not run the job. */
export function verdictOfProblem(problem: Problem, retryAfter: number | null): Verdict {
	const detail = problem.detail ?? problem.title;
	const field = problem.field ? ` (${problem.field})` : "";
	const again = retryAfter === null ? "" : ` It is tried again in ${retryAfter} s.`;
	switch (problem.status) {
		case 429:
			return { tone: "server", short: "too many runs", long: `The server takes fewer runs from one place.${again}` };
		case 503:
			return { tone: "server", short: "server is full", long: `All machines are busy and the queue is full.${again}` };
		case 413:
			return { tone: "job", short: "too large", long: `${detail}${field} Make the files smaller.` };
		default:
			if ((problem.status ?? 500) >= 500)
				return { tone: "server", short: "server error", long: `This is the server's failure: ${detail}.${again}` };
			return { tone: "job", short: "not accepted", long: `The server did not accept the job: ${detail}${field}` };
	}
}

export const UNREACHABLE: Verdict = {
	tone: "server",
	short: "server unreachable",
	long: "The server does not answer. What you wrote is safe in this browser; it is tried again by itself.",
};

/** Times and memory for the status line: parts that are known, in a fixed order. */
export function measuresOf(result: Result): { title: string; text: string }[] {
	const parts: { title: string; text: string }[] = [];
	if (result.wall_ms !== undefined)
		parts.push({
			title: `wall ${formatMs(result.wall_ms)}, user ${formatMs(result.user_ms ?? 0)}, system ${formatMs(result.system_ms ?? 0)}, start of the machine ${formatMs(result.startup_ms ?? 0)}`,
			text: formatMs(result.wall_ms),
		});
	if (result.peak_memory_bytes) parts.push({ title: "peak memory", text: formatBytes(result.peak_memory_bytes) });
	return parts;
}
