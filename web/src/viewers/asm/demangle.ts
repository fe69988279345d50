// SPDX-License-Identifier: MIT
// Names as people wrote them.
import { demangleItanium } from "./itanium";
import { demangleRustLegacy, demangleRustV0 } from "./rust";

const cache = new Map<string, string>();
const MAX_CACHE = 20_000;

/** The readable form of @name, or @name itself. */
export function demangle(name: string): string {
	if (!/^_{1,3}[ZR]/.test(name)) return name;
	const known = cache.get(name);
	if (known !== undefined) return known;
	if (cache.size >= MAX_CACHE) cache.clear();
	const text = demangleRustLegacy(name) ?? demangleItanium(name) ?? demangleRustV0(name) ?? name;
	cache.set(name, text);
	return text;
}
