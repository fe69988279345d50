// SPDX-License-Identifier: MIT
// From a program of the catalog, its options and the open files to the words that run (doc/catalog.md).

import type { Kind, Option, OptionValue, OptionValues, Program } from "../api/types";
import { stemOf } from "../core/names";
import { splitWords } from "./words";

export function defaultOf(option: Option): OptionValue {
	if (option.default !== undefined) return option.default;
	switch (option.type) {
		case "flag":
			return false;
		case "integer":
			return "";
		case "choice":
			return option.choices?.[0]?.value ?? "";
		case "list":
			return [];
		default:
			return "";
	}
}

export function valueOf(option: Option, values: OptionValues): OptionValue {
	return values[option.id] ?? defaultOf(option);
}

/** The words for one value put into a template: "{}" in each word. */
function fill(template: readonly string[] | undefined, value: string): string[] {
	return (template ?? ["{}"]).map((word) => word.replaceAll("{}", () => value));
}

/** The command cannot be made: the message says what is missing or wrong. */
export class TemplateError extends Error {}

const VALUE_BYTES = 4096;

function checkText(option: Option, text: string): string {
	if (new TextEncoder().encode(text).length > VALUE_BYTES) throw new TemplateError(`${option.title}: more than ${VALUE_BYTES} bytes.`);
	return text;
}

function checkInteger(option: Option, value: OptionValue): string {
	const number = Number(value);
	if (!Number.isInteger(number)) throw new TemplateError(`${option.title}: '${String(value)}' is no whole number.`);
	if (option.min !== undefined && number < option.min) throw new TemplateError(`${option.title}: ${number} is less than ${option.min}.`);
	if (option.max !== undefined && number > option.max) throw new TemplateError(`${option.title}: ${number} is more than ${option.max}.`);
	return String(number);
}

/** The words that @option adds to the command line with this value. Throws TemplateError or QuoteError. */
export function wordsOf(option: Option, value: OptionValue): string[] {
	switch (option.type) {
		case "flag":
			return value === true ? (option.words ?? []) : [];
		case "choice": {
			const choice = option.choices?.find((c) => c.value === value);
			if (!choice) throw new TemplateError(`${option.title}: '${String(value)}' is not among its choices.`);
			return choice.words ?? fill(option.template ?? [], choice.value);
		}
		case "integer":
			return value === "" ? [] : fill(option.template, checkInteger(option, value));
		case "text":
			return value === "" ? [] : fill(option.template, checkText(option, String(value)));
		case "list":
			return (Array.isArray(value) ? value : [String(value)])
				.filter((item) => item !== "")
				.flatMap((item) => fill(option.template, checkText(option, item)));
		case "arguments":
			return splitWords(checkText(option, String(value)));
	}
}

/** How much of the base name @base an extension of @kind matches: ".c" the end, "Makefile" all of it. */
function matched(kind: Kind, base: string): number {
	const fits = (e: string) => (e.startsWith(".") ? base.length > e.length && base.endsWith(e) : base === e);
	return Math.max(0, ...kind.extensions.filter(fits).map((e) => e.length));
}

const takesAny = (kind: Kind) => kind.extensions.includes("*");
const baseOf = (name: string) => name.slice(name.lastIndexOf("/") + 1);

/** Is @name of this kind: does no other kind match more of it? A kind with "*" takes any name. */
export function isKind(kind: Kind, name: string, kinds: readonly Kind[]): boolean {
	const base = baseOf(name);
	const mine = matched(kind, base);
	return takesAny(kind) || (mine > 0 && !kinds.some((other) => matched(other, base) > mine));
}

/** The first kind that knows @name by its end. */
export function kindOf(name: string, kinds: readonly Kind[]): Kind | null {
	return kinds.find((kind) => !takesAny(kind) && isKind(kind, name, kinds)) ?? null;
}

export function accepts(program: Program, name: string, kinds: readonly Kind[]): boolean {
	return kinds.some((kind) => program.inputs.includes(kind.id) && isKind(kind, name, kinds));
}

/** Does @program read this kind of file by name, not because it takes anything? */
export function isMadeFor(program: Program, name: string, kinds: readonly Kind[]): boolean {
	return kinds.some((kind) => program.inputs.includes(kind.id) && !takesAny(kind) && isKind(kind, name, kinds));
}

export interface Given {
	options: OptionValues;
	/** Names of all input files, in the order of the tabs. */
	files: readonly string[];
	/** The file in front. */
	active: string;
	kinds: readonly Kind[];
}

/** The file that {file} stands for: the active one if the program takes its kind, else the first that it takes. */
export function mainFile(program: Program, given: Given): string | null {
	if (accepts(program, given.active, given.kinds)) return given.active;
	return given.files.find((name) => accepts(program, name, given.kinds)) ?? null;
}

/** What @program reads, in words. */
function kindsOf(program: Program, kinds: readonly Kind[]): string {
	return program.inputs.map((id) => kinds.find((k) => k.id === id)?.title ?? id).join(", ");
}

function putFile(program: Program, word: string, main: string | null, kinds: readonly Kind[]): string {
	if (!/\{file\}|\{stem\}/.test(word)) return word;
	if (main === null) throw new TemplateError(`${program.title} needs a file of a kind that it reads (${kindsOf(program, kinds)}).`);
	const put = (found: string, at: number) => {
		const value = found === "{file}" ? main : stemOf(main);
		return at === 0 && value.startsWith("-") ? `./${value}` : value;
	};
	return word.replace(/\{file\}|\{stem\}/g, put);
}

/** The words of @command with all placeholders replaced. Throws TemplateError when there is no file for {file}. */
export function expand(program: Program, command: readonly string[], given: Given): string[] {
	for (const id of Object.keys(given.options))
		if (!program.options.some((o) => o.id === id)) throw new TemplateError(`${program.title} has no option '${id}'.`);
	const main = mainFile(program, given);
	const own = new Set(program.command.flatMap((word) => /^\{option\.(.+)\}$/.exec(word)?.[1] ?? []));
	const words = (options: Option[]) => options.flatMap((o) => wordsOf(o, valueOf(o, given.options)));

	return command.flatMap((word) => {
		if (word === "{options}") return words(program.options.filter((o) => !own.has(o.id)));
		if (word === "{files}")
			return given.files.filter((n) => accepts(program, n, given.kinds)).map((n) => (n.startsWith("-") ? `./${n}` : n));
		const id = /^\{option\.(.+)\}$/.exec(word)?.[1];
		const one = program.options.find((o) => o.id === id);
		return one ? words([one]) : [putFile(program, word, main, given.kinds)];
	});
}
