// SPDX-License-Identifier: MIT
// Names of input files: what the server accepts, said before it has to.

/** Why @name cannot name an input file beside @others, as a sentence; or null. */
export function nameComplaint(name: string, others: readonly string[]): string | null {
	if (name === "") return "A file needs a name.";
	if (new TextEncoder().encode(name).length > 255) return "That name is too long: 255 bytes at most.";
	// eslint-disable-next-line no-control-regex
	if (/[\u0000-\u001f\u007f]/.test(name)) return "A name has no control characters.";
	if (name.startsWith("/")) return "A name is relative: it does not begin with a slash.";
	const parts = name.split("/");
	if (parts.includes("..") || parts.includes(".") || parts.includes("")) return "No part of a name is empty, '.' or '..'.";
	for (const other of others) {
		if (other === name) return `There is a file '${name}' already.`;
		if (other.startsWith(name + "/")) return `'${name}' is a directory already: '${other}' is in it.`;
		if (name.startsWith(other + "/")) return `'${other}' is a file, so nothing can be in it.`;
	}
	return null;
}

/** @name, or the first of name-2, name-3, ... that nobody has. */
export function freeName(name: string, others: readonly string[]): string {
	if (nameComplaint(name, others) === null) return name;
	const dot = name.lastIndexOf(".");
	const [stem, end] = dot > name.lastIndexOf("/") + 0 && dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""];
	for (let n = 2; ; n++) {
		const candidate = `${stem}-${n}${end}`;
		if (!others.includes(candidate)) return candidate;
	}
}

/** What follows the last dot, with it, in lower case; "" without one. */
export function extensionOf(name: string): string {
	const base = name.slice(name.lastIndexOf("/") + 1);
	const dot = base.lastIndexOf(".");
	return dot < 0 ? "" : base.slice(dot).toLowerCase();
}

/** The base name without its extension: "src/a.tar.gz" has "a.tar". */
export function stemOf(name: string): string {
	const base = name.slice(name.lastIndexOf("/") + 1);
	const dot = base.lastIndexOf(".");
	return dot <= 0 ? base : base.slice(0, dot);
}
