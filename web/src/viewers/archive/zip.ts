// SPDX-License-Identifier: MIT
// Writes a ZIP archive (APPNOTE 6.3.x, without ZIP64): deflated where the browser can and where it pays, else stored.
import type { OutputFile } from "../types";

const UTF8_NAMES = 0x800;
const STORED = 0;
const DEFLATED = 8;
const MADE_BY_UNIX = 3 << 8;
const MAX_FILES = 65535;
const MAX_BYTES = 0xffffffff;

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
	let c = n;
	for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
	return c >>> 0;
});

export function crc32(bytes: Uint8Array): number {
	let c = 0xffffffff;
	for (let i = 0; i < bytes.length; i++) c = crcTable[(c ^ bytes[i]!) & 255]! ^ (c >>> 8);
	return (c ^ 0xffffffff) >>> 0;
}

/** Relative, without "..", with every name once. */
export function entryNames(names: readonly string[]): string[] {
	const taken = new Set<string>();
	return names.map((name) => {
		const clean = name.replaceAll("\\", "_").split("/").filter((part) => part !== "" && part !== "." && part !== "..").join("/") || "output";
		let fresh = clean;
		for (let n = 2; taken.has(fresh); n++) fresh = `${clean}~${n}`;
		taken.add(fresh);
		return fresh;
	});
}

async function deflate(bytes: Uint8Array): Promise<Uint8Array | null> {
	if (bytes.length < 64 || typeof CompressionStream === "undefined") return null;
	try {
		const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new CompressionStream("deflate"));
		// Without the header and the sum of the zlib form: "deflate-raw" is younger than some of what this runs in.
		const out = new Uint8Array(await new Response(stream).arrayBuffer()).slice(2, -4);
		return out.length < bytes.length ? out : null;
	} catch {
		return null;
	}
}

/** Little-endian fields: [bytes of the field, value] each. */
function pack(...fields: [size: 2 | 4, value: number][]): Uint8Array {
	const out = new Uint8Array(fields.reduce((n, [size]) => n + size, 0));
	const view = new DataView(out.buffer);
	let at = 0;
	for (const [size, value] of fields) {
		if (size === 2) view.setUint16(at, value, true);
		else view.setUint32(at, value >>> 0, true);
		at += size;
	}
	return out;
}

function dosTime(d: Date): [time: number, date: number] {
	return [
		(d.getHours() << 11) | (d.getMinutes() << 5) | (d.getSeconds() >> 1),
		((Math.max(1980, d.getFullYear()) - 1980) << 9) | ((d.getMonth() + 1) << 5) | d.getDate(),
	];
}

/** All of @files as one archive. Throws a RangeError for more than the format holds. */
export async function makeZip(files: readonly OutputFile[], now = new Date()): Promise<Blob> {
	if (files.length > MAX_FILES) throw new RangeError(`${files.length} files are more than a ZIP archive holds`);
	const names = entryNames(files.map((f) => f.name));
	const [time, date] = dosTime(now);
	const parts: Uint8Array[] = [];
	const central: Uint8Array[] = [];
	let at = 0;
	for (const [i, file] of files.entries()) {
		const name = new TextEncoder().encode(names[i]);
		const packed = await deflate(file.bytes);
		const data = packed ?? file.bytes;
		const common: [2 | 4, number][] = [
			[2, 20], [2, UTF8_NAMES], [2, packed ? DEFLATED : STORED], [2, time], [2, date],
			[4, crc32(file.bytes)], [4, data.length], [4, file.bytes.length], [2, name.length], [2, 0],
		];
		const mode = 0o100000 | ((file.mode ?? 0o644) & 0o777);
		central.push(pack([4, 0x02014b50], [2, MADE_BY_UNIX | 20], ...common, [2, 0], [2, 0], [2, 0], [4, mode * 65536], [4, at]), name);
		const local = pack([4, 0x04034b50], ...common);
		parts.push(local, name, data);
		at += local.length + name.length + data.length;
		if (at > MAX_BYTES) throw new RangeError("these files are more than a ZIP archive holds");
	}
	const centralBytes = central.reduce((n, part) => n + part.length, 0);
	const end = pack([4, 0x06054b50], [2, 0], [2, 0], [2, files.length], [2, files.length], [4, centralBytes], [4, at], [2, 0]);
	return new Blob([...parts, ...central, end] as Uint8Array<ArrayBuffer>[], { type: "application/zip" });
}
