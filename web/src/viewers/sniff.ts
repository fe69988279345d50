// SPDX-License-Identifier: MIT
// Which kinds of viewer fit a file: by its first bytes, then by its name, then by what the text looks like.
import type { OutputFile } from "./types";

/** How much of a file is looked at. */
const HEAD_BYTES = 4096;

type Magic = [kind: string, offset: number, bytes: string];

const magic: Magic[] = [
	["image", 0, "\x89PNG\r\n\x1a\n"],
	["image", 0, "\xff\xd8\xff"],
	["image", 0, "GIF87a"],
	["image", 0, "GIF89a"],
	["image", 4, "ftypavif"],
	["image", 4, "ftypavis"],
	["image", 4, "ftypmif1"],
	["image", 0, "\0\0\x01\0"],
	["audio", 0, "\xff\xf1"],
	["audio", 0, "\xff\xf9"],
	["pdf", 0, "%PDF-"],
	["audio", 0, "ID3"],
	["audio", 0, "OggS"],
	["audio", 0, "fLaC"],
	["video", 0, "\x1a\x45\xdf\xa3"],
	["video", 4, "ftyp"],
	["archive", 0, "PK\x03\x04"],
	["archive", 0, "PK\x05\x06"],
	["archive", 257, "ustar"],
	["model", 0, "glTF"],
	["model", 0, "ply\n"],
	["model", 0, "ply\r"],
	["download", 0, "MThd"],
];

const extensions = new Map(Object.entries({
	s: "asm", asm: "asm", S: "asm", objdump: "asm", disasm: "asm",
	png: "image", jpg: "image", jpeg: "image", gif: "image", webp: "image", avif: "image", bmp: "image", ico: "image",
	svg: "svg", html: "html", htm: "html", xhtml: "html", pdf: "pdf",
	wav: "audio", mp3: "audio", ogg: "audio", oga: "audio", opus: "audio", flac: "audio", m4a: "audio", aac: "audio",
	webm: "video", mp4: "video", m4v: "video", ogv: "video", mkv: "video",
	csv: "table", tsv: "table", tab: "table", json: "json", jsonl: "json", ndjson: "json", geojson: "json",
	md: "markdown", markdown: "markdown",
	stl: "model", obj: "model", gltf: "model", glb: "model", ply: "model",
	zip: "archive", jar: "archive", tar: "archive",
}));

/** Kinds whose content is text, so that Text is the second choice rather than Bytes. */
const textual = new Set(["asm", "svg", "html", "table", "json", "markdown"]);

export function extensionOf(name: string): string {
	const base = name.slice(name.lastIndexOf("/") + 1);
	const dot = base.lastIndexOf(".");
	return dot > 0 ? base.slice(dot + 1) : "";
}

function startsWith(bytes: Uint8Array, offset: number, text: string): boolean {
	if (bytes.length < offset + text.length) return false;
	for (let i = 0; i < text.length; i++) if (bytes[offset + i] !== text.charCodeAt(i)) return false;
	return true;
}

function byMagic(bytes: Uint8Array, name: string): string | null {
	if (startsWith(bytes, 0, "RIFF")) {
		if (startsWith(bytes, 8, "WEBP")) return "image";
		if (startsWith(bytes, 8, "WAVE")) return "audio";
	}
	// "BM" alone is also how a sentence may begin: a bitmap has its own size in bytes 2 to 5, or says so in its name.
	if (startsWith(bytes, 0, "BM") && bytes.length > 26) {
		const size = bytes[2]! | (bytes[3]! << 8) | (bytes[4]! << 16) | (bytes[5]! << 24);
		if (size === bytes.length || extensionOf(name).toLowerCase() === "bmp") return "image";
	}
	if (bytes.length > 2 && bytes[0] === 0xff && (bytes[1]! & 0xe6) === 0xe2 && (bytes[1]! & 0x18) !== 0x08) return "audio";
	for (const [kind, offset, text] of magic) {
		if (!startsWith(bytes, offset, text)) continue;
		if (kind === "video" && offset === 4 && (startsWith(bytes, 8, "M4A") || startsWith(bytes, 8, "M4B"))) return "audio";
		// The marks of icons and AAC are short: the name has to agree.
		if ((text === "\0\0\x01\0" || /^\xff[\xf1\xf9]$/.test(text)) && extensions.get(extensionOf(name).toLowerCase()) !== kind) continue;
		if (kind === "audio" && text === "OggS" && extensionOf(name) === "ogv") return "video";
		return kind;
	}
	if (isBinaryStl(bytes)) return "model";
	return null;
}

/** A binary STL has no magic, but its length follows from its triangle count. */
export function isBinaryStl(bytes: Uint8Array): boolean {
	if (bytes.length < 84) return false;
	const count = new DataView(bytes.buffer, bytes.byteOffset).getUint32(80, true);
	return bytes.length === 84 + 50 * count && count > 0;
}

/** True when the head holds no NUL and is UTF-8 but for a few spoilt bytes. */
export function looksLikeText(bytes: Uint8Array): boolean {
	const head = bytes.subarray(0, HEAD_BYTES);
	let bad = 0;
	for (let i = 0; i < head.length; i++) {
		const b = head[i]!;
		if (b === 0) return false;
		if (b < 32 && b !== 9 && b !== 10 && b !== 13 && b !== 27 && b !== 8 && b !== 7 && b !== 12) bad++;
		if (b < 0x80) continue;
		const n = b >= 0xf0 && b < 0xf5 ? 3 : b >= 0xe0 ? 2 : b >= 0xc2 ? 1 : 0;
		let k = 0;
		while (k < n && i + 1 < head.length && (head[i + 1]! & 0xc0) === 0x80) {
			k++;
			i++;
		}
		if (k < n ? i + 1 < head.length : n === 0) bad++;
	}
	return bad * 10 <= head.length;
}

function latin(bytes: Uint8Array, n: number): string {
	let s = "";
	for (let i = 0; i < n && i < bytes.length; i++) s += String.fromCharCode(bytes[i]!);
	return s;
}

/** What the head of a text without a telling name looks like. */
function byLook(head: string): string | null {
	const t = head.replace(/^\xef\xbb\xbf/, "").trimStart();
	const low = t.slice(0, 256).toLowerCase();
	if (low.startsWith("<!doctype html") || low.startsWith("<html")) return "html";
	if (low.startsWith("<svg") || (low.startsWith("<?xml") && t.includes("<svg"))) return "svg";
	if (low.startsWith("solid ") && t.includes("facet normal")) return "model";
	if (/^[[{]\s*(?:["[{\]}]|-?\d|true|false|null|$)/.test(t)) return "json";
	if (/^(?:\t| +)\.(?:file|text|section|intel_syntax|arch|globl|build_version)\b/m.test(t)) return "asm";
	if (/:\s+file format \S+/.test(t) && t.includes("Disassembly of section")) return "asm";
	return null;
}

/** The kinds that fit @file, best first. The last two always fit: "text" and "hex". */
export function scoreKinds(file: OutputFile): string[] {
	const { bytes, name } = file;
	const ext = extensionOf(name);
	const named = extensions.get(ext) ?? extensions.get(ext.toLowerCase()) ?? null;
	const isText = looksLikeText(bytes);
	const kinds: string[] = [];
	const add = (kind: string | null): void => {
		if (kind && !kinds.includes(kind)) kinds.push(kind);
	};

	add(byMagic(bytes, name));
	const binaryName = named !== null && !textual.has(named);
	if (bytes.length > 0 && (named === "model" || (isText && named !== null && !binaryName))) add(named);
	if (isText && bytes.length > 0) {
		const look = byLook(latin(bytes, HEAD_BYTES));
		if (kinds.length === 0) add(look);
		if (name === "stdout" && look === "json") kinds.splice(0, kinds.length, "text", "json");
		if (kinds[0] === "html" || kinds[0] === "svg" || kinds[0] === "asm" || kinds[0] === "table" || kinds.length === 0) add("text");
	}
	if (isText) add("text");
	add("hex");
	add("text");
	return kinds;
}
