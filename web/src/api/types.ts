// SPDX-License-Identifier: MIT
// What goes over the wire, as doc/api.md and doc/catalog.md have it.

export interface Kind {
	id: string;
	title: string;
	extensions: string[];
	media?: string;
	/** Which syntax colours: a name of editor/languages.ts. */
	highlight?: string;
}

export interface Choice {
	value: string;
	title?: string;
	words?: string[];
}

export interface Option {
	id: string;
	title: string;
	help?: string;
	type: "choice" | "flag" | "integer" | "text" | "list" | "arguments";
	default?: OptionValue;
	choices?: Choice[];
	words?: string[];
	min?: number;
	max?: number;
	step?: number;
	template?: string[];
	/** What an empty text field shows in grey. */
	placeholder?: string;
}

export type OptionValue = string | number | boolean | string[];
export type OptionValues = Record<string, OptionValue>;

export interface ExampleFile {
	name: string;
	text?: string;
	base64?: string;
}

export interface Example {
	id: string;
	title: string;
	files: ExampleFile[];
	options?: OptionValues;
	stdin?: string;
}

export interface Limits {
	timeout_ms?: number;
	memory_bytes?: number;
	output_bytes?: number;
	scratch_bytes?: number;
	pids?: number;
}

export interface Program {
	id: string;
	title: string;
	summary?: string;
	documentation?: string;
	image: string;
	/** Not told when the image is not there. */
	image_digest?: string;
	available: boolean;
	inputs: string[];
	outputs: string[];
	command: string[];
	options: Option[];
	env?: Record<string, string>;
	stdin?: boolean;
	limits?: Limits;
	/** false: too slow to run at each pause of typing. */
	auto?: boolean;
	examples?: Example[];
}

export interface Catalog {
	kinds: Kind[];
	programs: Program[];
}

export interface JobFile {
	name: string;
	text?: string;
	base64?: string;
	mode?: number;
}

export interface Job {
	image: string;
	argv: string[];
	env?: Record<string, string>;
	stdin?: string;
	stdin_base64?: string;
	files: JobFile[];
	limits?: Limits;
	cache?: "use" | "off" | "refresh";
}

export type Outcome =
	| "exited"
	| "signaled"
	| "timeout"
	| "out_of_memory"
	| "output_limit"
	| "not_found"
	| "not_executable"
	| "rejected"
	| "lost";

export interface ResultFile {
	name?: string;
	name_base64?: string;
	mode?: number;
	bytes?: number;
	text?: string;
	base64?: string;
	directory?: boolean;
}

export interface Result {
	outcome: Outcome;
	code?: number;
	signal?: string | number;
	message?: string;
	stdout?: string;
	stdout_base64?: string;
	stderr?: string;
	stderr_base64?: string;
	files?: ResultFile[];
	skipped?: { name: string; reason: string }[];
	skipped_more?: number;
	wall_ms?: number;
	user_ms?: number;
	system_ms?: number;
	startup_ms?: number;
	queue_ms?: number;
	peak_memory_bytes?: number;
	image?: string;
	image_digest?: string;
	engine?: string;
	key?: string;
	cached?: boolean;
	start?: "cold" | "clone";
}

/** application/problem+json */
export interface Problem {
	type?: string;
	title: string;
	status?: number;
	detail?: string;
	field?: string;
}

export type RunEvent =
	| { type: "queued"; id: string; key?: string; position?: number }
	| { type: "started"; queue_ms?: number }
	| { type: "stdout" | "stderr"; bytes: Uint8Array }
	| { type: "finished"; result: Result }
	| { type: "failed"; problem: Problem };
