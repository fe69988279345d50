// SPDX-License-Identifier: MIT
// The line below a pane's output: what is going on, in plain words.

import type { RunState } from "../run/runner";
import { measuresOf, verdictOf, type Tone } from "../run/verdict";
import type { Limits } from "../api/types";
import { formatMs } from "../core/format";
import { keyName } from "../ui/dom";

export interface StatusText {
	text: string;
	tone: Tone | "quiet" | "busy";
	/** Figures at the other end of the line. */
	measures: { title: string; text: string }[];
	/** Changes by itself while time passes. */
	ticking: boolean;
	/** Said aloud by a screen reader; "" for states that come and go. */
	spoken: string;
}

const RUN_KEY = "Ctrl+Enter";

function quiet(text: string, ticking = false): StatusText {
	return { text, tone: ticking ? "busy" : "quiet", measures: [], ticking, spoken: "" };
}

export function statusOf(state: RunState, limits: Limits | undefined, now: number): StatusText {
	switch (state.phase) {
		case "idle":
			return quiet(`Not run yet. ${keyName(RUN_KEY)} runs it.`);
		case "waiting":
			return quiet(state.auto ? "Edited" : `Edited. ${keyName(RUN_KEY)} runs it.`);
		case "asking":
			return { ...quiet("Asking the server"), tone: "busy" };
		case "queued":
			return { ...quiet(state.position > 0 ? `Queued, ${state.position} ahead` : "Queued"), tone: "busy" };
		case "running":
			return quiet(`Running ${formatMs(Math.floor((now - state.since) / 100) * 100)}`, true);
		case "stopped":
			return { ...quiet("Stopped"), spoken: "Stopped" };
		case "done": {
			const verdict = verdictOf(state.result, limits);
			const measures = measuresOf(state.result);
			if (state.cached) measures.push({ title: "This very job has run before: the answer was kept", text: "cached" });
			return { text: verdict.short, tone: verdict.tone, measures, ticking: false, spoken: `${verdict.short}. ${verdict.long}` };
		}
		case "failed": {
			const left = state.retryAt === null ? null : Math.max(0, Math.ceil((state.retryAt - now) / 1000));
			const again = left === null ? "" : left > 0 ? `, again in ${left} s` : ", trying again";
			return {
				text: state.verdict.short + again,
				tone: state.verdict.tone,
				measures: [],
				ticking: left !== null,
				spoken: `${state.verdict.short}. ${state.verdict.long}`,
			};
		}
	}
}

/** The sentence above the output, when the state needs one. */
export function messageOf(state: RunState, limits: Limits | undefined): { text: string; tone: Tone } | null {
	const verdict = state.phase === "failed" ? state.verdict : state.phase === "done" ? verdictOf(state.result, limits) : null;
	return verdict && verdict.long !== "" ? { text: verdict.long, tone: verdict.tone } : null;
}
