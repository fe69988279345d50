// SPDX-License-Identifier: MIT
// embed.mjs DIST OUT: turn the files below DIST into OUT/page-assets.S, the table of lib/page/assets.h. Each file is
// there as it is and, where that saves something, gzipped and in brotli. Without DIST ("-") the table is empty.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { POLICIES } from "./policy.mjs";

const [dist, out] = process.argv.slice(2);
if (!dist || !out) {
	console.error("usage: embed.mjs DIST OUT");
	process.exit(2);
}

const TYPES = {
	html: "text/html; charset=utf-8",
	js: "text/javascript; charset=utf-8",
	css: "text/css; charset=utf-8",
	svg: "image/svg+xml",
	png: "image/png",
	ico: "image/vnd.microsoft.icon",
	json: "application/json",
	webmanifest: "application/manifest+json",
	txt: "text/plain; charset=utf-8",
	wasm: "application/wasm",
	woff2: "font/woff2",
};

function filesBelow(directory) {
	return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
		const path = join(directory, entry.name);
		return entry.isDirectory() ? filesBelow(path) : [path];
	});
}

function variants(bytes) {
	const gzip = gzipSync(bytes, { level: 9 });
	const brotli = brotliCompressSync(bytes, {
		params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
	});
	const worth = (small) => (small.length < bytes.length * 0.95 ? small : Buffer.alloc(0));
	return [bytes, worth(gzip), worth(brotli)];
}

function rowsOf(path) {
	const name = "/" + relative(dist, path);
	const bytes = readFileSync(path);
	const type = TYPES[name.split(".").pop()];
	if (!type) throw new Error(`${path}: no media type for this kind of file (TYPES in embed.mjs)`);
	const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 24);
	const row = { type, hash, variants: variants(bytes), immutable: name.startsWith("/assets/") };
	const paths = name === "/index.html" ? ["/", "/embed"] : [name];
	return paths.map((p) => ({ path: p, csp: POLICIES[p] ?? POLICIES["/"], ...row }));
}

// The bytes stand in files of their own beside the .S; the assembler includes them.
class Source {
	strings = new Map();
	blobs = new Map();
	text = "/* SPDX-License-Identifier: MIT */\n/* Made by web/tools/embed.mjs. */\n";

	string(value) {
		if (value === null) return "0";
		if (!this.strings.has(value)) this.strings.set(value, `.Ls${this.strings.size}`);
		return this.strings.get(value);
	}

	blob(bytes) {
		if (bytes.length === 0) return "0";
		const key = createHash("sha256").update(bytes).digest("hex").slice(0, 32);
		if (!this.blobs.has(key)) {
			this.blobs.set(key, `.Lb${this.blobs.size}`);
			writeFileSync(join(out, "page", key), bytes);
		}
		return this.blobs.get(key);
	}

	// The layout of struct asset: eight-byte words throughout, the flag padded.
	row({ path, type, hash, variants, csp, immutable }) {
		const etags = ["", "-gz", "-br"].map((end) => this.string(`"${hash}${end}"`));
		const words = [this.string(path), this.string(type), ...etags];
		for (const bytes of variants) words.push(this.blob(bytes), bytes.length);
		words.push(this.string(csp), immutable ? 1 : 0);
		this.text += `\t.quad ${words.join(", ")}\n`;
	}

	global(name, section) {
		this.text += `\t.section ${section}\n\t.balign 16\n\t.global ${name}\n\t.hidden ${name}\n`;
		this.text += `\t.type ${name}, @object\n${name}:\n`;
	}

	finish() {
		this.text += "\t.section .rodata\n";
		for (const [value, label] of this.strings) this.text += `${label}:\t.asciz ${JSON.stringify(value)}\n`;
		for (const [key, label] of this.blobs)
			this.text += `\t.balign 16\n${label}:\n\t.incbin "${join(out, "page", key)}"\n`;
		return this.text + '\t.section .note.GNU-stack, "", @progbits\n';
	}
}

mkdirSync(join(out, "page"), { recursive: true });
const rows = dist === "-" ? [] : filesBelow(dist).flatMap(rowsOf);
rows.sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));

const source = new Source();
source.global("assets", '.data.rel.ro, "aw"');
for (const row of rows) source.row(row);
source.text += "\t.size assets, . - assets\n";
source.global("n_assets", ".rodata");
source.text += `\t.quad ${rows.length}\n\t.size n_assets, 8\n`;
writeFileSync(join(out, "page-assets.S"), source.finish());

const sum = (i) => rows.reduce((n, row) => n + (row.path === "/embed" ? 0 : (row.variants[i].length || row.variants[0].length)), 0);
console.log(`${rows.length} assets: ${sum(0)} bytes, ${sum(1)} in gzip, ${sum(2)} in brotli`);
