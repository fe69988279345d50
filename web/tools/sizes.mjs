// SPDX-License-Identifier: MIT
// sizes.mjs [DIST]: what the built page weighs in brotli: the first load, and each part that is fetched when needed.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";

const dist = process.argv[2] ?? "build/web/dist";
const assets = join(dist, "assets");
const read = (name) => readFileSync(join(assets, name));
const packed = (bytes) => brotliCompressSync(bytes).length;
const kib = (n) => (n / 1024).toFixed(1).padStart(7);

/** @names and all that they import at once. */
function closure(names) {
	const all = new Set(names);
	for (const name of all) {
		if (!name.endsWith(".js")) continue;
		for (const [, other] of read(name).toString().matchAll(/(?:from|import)\s*"\.\/([\w.-]+)"/g)) all.add(other);
	}
	return all;
}

const html = readFileSync(join(dist, "index.html"));
const first = closure([...html.toString().matchAll(/assets\/([\w.-]+\.(?:js|css))"/g)].map((m) => m[1]));
console.log(`${kib(packed(html) + [...first].reduce((n, name) => n + packed(read(name)), 0))} KiB  first load`);
const rest = readdirSync(assets).filter((name) => /\.(js|css)$/.test(name) && !first.has(name));
for (const [name, size] of rest.map((name) => [name, packed(read(name))]).sort((a, b) => b[1] - a[1])) console.log(`${kib(size)} KiB  ${name.replace(/-[\w-]{8}\./, ".")}`);
