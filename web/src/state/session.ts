// SPDX-License-Identifier: MIT
// A session: the files, and the panes that run programs over them. All that a link holds.

import type { Catalog, Example, OptionValues, Program } from "../api/types";
import { fromBase64, textOf, toBase64, utf8, type Bytes } from "../core/bytes";
import { nameComplaint } from "../core/names";

export interface SourceFile {
	name: string;
	/** Text that the editor shows; null for a binary file, then @bytes has it. */
	text: string | null;
	bytes: Bytes | null;
}

export interface PaneState {
	/** Program of the catalog. */
	program: string;
	options: OptionValues;
	/** The command line as somebody wrote it; null while it follows the form. */
	command: string | null;
	env: Record<string, string>;
	stdin: string;
	/** null: the program's own. */
	timeoutMs: number | null;
	/** Runs by itself while somebody types; null: as the catalog says. */
	auto: boolean | null;
	/** In which column it stands, and how much of the column it takes beside the others. */
	column: number;
	weight: number;
	/** Options, environment and stdin are unfolded. */
	unfolded: boolean;
}

export interface Session {
	files: SourceFile[];
	/** Index of the file in front. */
	active: number;
	panes: PaneState[];
	/** Widths of editor and columns, relative to each other. */
	widths: number[];
}

/** What a session looks like in JSON: in a link, in the database of the browser. */
export interface SessionJson {
	version: 1;
	files: { name: string; text?: string; base64?: string }[];
	active?: number;
	panes: (Partial<PaneState> & { program: string })[];
	widths?: number[];
}

export const MAX_FILES = 64;
export const MAX_PANES = 12;
/** All input files of a session together; the server takes no more (job_limits_default). */
export const MAX_INPUT_BYTES = 16 << 20;

export function newPane(program: string, column = 0): PaneState {
	return {
		program,
		options: {},
		command: null,
		env: {},
		stdin: "",
		timeoutMs: null,
		auto: null,
		column,
		weight: 1,
		unfolded: false,
	};
}

export function bytesOf(file: SourceFile): Bytes {
	return file.bytes ?? utf8(file.text ?? "");
}

/** A file from what was dropped or downloaded: text if it is UTF-8 without a NUL. */
export function fileOf(name: string, bytes: Bytes): SourceFile {
	const text = bytes.includes(0) ? null : textOf(bytes);
	return text === null ? { name, text: null, bytes } : { name, text, bytes: null };
}

export function emptySession(): Session {
	return { files: [{ name: "notes.txt", text: "", bytes: null }], active: 0, panes: [], widths: [] };
}

export function fromExample(program: Program, example: Example): Session {
	const files = example.files.map((f) => fileOf(f.name, f.base64 !== undefined ? fromBase64(f.base64) : utf8(f.text ?? "")));
	return {
		files: files.length > 0 ? files : emptySession().files,
		active: 0,
		panes: [{ ...newPane(program.id), options: { ...example.options }, stdin: example.stdin ?? "" }],
		widths: [],
	};
}

/** A title for lists: what runs over which file. */
export function titleOf(session: Session, catalog: Catalog | null): string {
	const programs = session.panes.map((p) => catalog?.programs.find((c) => c.id === p.program)?.title ?? p.program);
	const name = session.files[session.active]?.name ?? "";
	return programs.length > 0 ? `${name} in ${[...new Set(programs)].join(", ")}` : name;
}

export function toJson(session: Session): SessionJson {
	const blank = newPane("");
	const panes = session.panes.map((pane) => {
		const changed = Object.entries(pane).filter(
			([k, v]) => JSON.stringify(v) !== JSON.stringify(blank[k as keyof PaneState]),
		);
		return Object.fromEntries([["program", pane.program], ...changed]) as SessionJson["panes"][number];
	});
	return {
		version: 1,
		files: session.files.map((f) => (f.bytes ? { name: f.name, base64: toBase64(f.bytes) } : { name: f.name, text: f.text ?? "" })),
		...(session.active > 0 ? { active: session.active } : {}),
		panes,
		...(session.widths.length > 0 ? { widths: session.widths.map((w) => Math.round(w * 1000) / 1000) } : {}),
	};
}

/** What a link says is a stranger's: anything may stand in it. */
export class SessionError extends Error {}

type Json = Record<string, unknown>;

function object(value: unknown, what: string): Json {
	if (typeof value !== "object" || value === null || Array.isArray(value)) throw new SessionError(`${what} is no object`);
	return value as Json;
}

function list(value: unknown, what: string, most: number): unknown[] {
	if (!Array.isArray(value)) throw new SessionError(`${what} is no list`);
	if (value.length > most) throw new SessionError(`${what} has more than ${most} entries`);
	return value;
}

function string(value: unknown, what: string): string {
	if (typeof value !== "string") throw new SessionError(`${what} is no string`);
	return value;
}

function number(value: unknown, low: number, high: number, otherwise: number): number {
	return typeof value === "number" && value >= low && value <= high ? value : otherwise;
}

function readFiles(value: unknown): SourceFile[] {
	const files: SourceFile[] = [];
	for (const [i, raw] of list(value, "files", MAX_FILES).entries()) {
		const what = `files[${i}]`;
		const one = object(raw, what);
		const name = string(one["name"], `${what}.name`);
		const complaint = nameComplaint(name, files.map((f) => f.name));
		if (complaint) throw new SessionError(`${what}.name: ${complaint}`);
		if (one["base64"] === undefined) {
			files.push({ name, text: string(one["text"] ?? "", `${what}.text`), bytes: null });
			continue;
		}
		try {
			files.push({ name, text: null, bytes: fromBase64(string(one["base64"], `${what}.base64`)) });
		} catch {
			throw new SessionError(`${what}.base64 is no base64`);
		}
	}
	return files;
}

function readOptions(value: unknown): OptionValues {
	const options: OptionValues = {};
	for (const [key, v] of Object.entries(object(value ?? {}, "options"))) {
		if (typeof v === "string" || typeof v === "number" || typeof v === "boolean") options[key] = v;
		else if (Array.isArray(v) && v.every((item) => typeof item === "string")) options[key] = v;
	}
	return options;
}

function readEnv(value: unknown): Record<string, string> {
	return Object.fromEntries(
		Object.entries(object(value ?? {}, "env")).map(([k, v]) => [k, string(v, `env.${k}`)]),
	);
}

function readPane(raw: unknown, what: string): PaneState {
	const one = object(raw, what);
	const flag = (v: unknown) => (typeof v === "boolean" ? v : null);
	return {
		program: string(one["program"], `${what}.program`),
		options: readOptions(one["options"]),
		command: one["command"] === undefined || one["command"] === null ? null : string(one["command"], `${what}.command`),
		env: readEnv(one["env"]),
		stdin: string(one["stdin"] ?? "", `${what}.stdin`),
		timeoutMs: one["timeoutMs"] == null ? null : number(one["timeoutMs"], 1, 3_600_000, 10_000),
		auto: flag(one["auto"]),
		column: number(one["column"], 0, MAX_PANES, 0),
		weight: number(one["weight"], 0.05, 20, 1),
		unfolded: flag(one["unfolded"]) ?? false,
	};
}

/** Reads what toJson() wrote, or what anybody else did. Throws SessionError that names the place. */
export function fromJson(value: unknown): Session {
	const top = object(value, "the session");
	if (top["version"] !== 1) throw new SessionError("it is of a version that this page does not know");
	const files = readFiles(top["files"]);
	if (files.length === 0) files.push(...emptySession().files);
	const panes = list(top["panes"], "panes", MAX_PANES).map((raw, i) => readPane(raw, `panes[${i}]`));
	const widths = Array.isArray(top["widths"]) ? top["widths"].map((w) => number(w, 0.05, 20, 1)).slice(0, MAX_PANES + 1) : [];
	return { files, active: Math.floor(number(top["active"], 0, files.length - 1, 0)), panes, widths };
}
