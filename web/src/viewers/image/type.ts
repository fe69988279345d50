// SPDX-License-Identifier: MIT
// Media types of files, for object URLs.
import { extensionOf, scoreKinds } from "../sniff";
import type { OutputFile } from "../types";

type Row = [type: string, offset: number, bytes: string];

const byBytes: Row[] = [
	["image/png", 0, "\x89PNG"], ["image/jpeg", 0, "\xff\xd8\xff"], ["image/gif", 0, "GIF8"], ["image/webp", 8, "WEBP"],
	["image/avif", 4, "ftypavi"], ["image/avif", 4, "ftypmif1"], ["image/bmp", 0, "BM"], ["image/x-icon", 0, "\0\0\x01\0"],
	["audio/wav", 8, "WAVE"], ["audio/mpeg", 0, "ID3"], ["audio/mpeg", 0, "\xff\xfb"], ["audio/mpeg", 0, "\xff\xf3"],
	["audio/aac", 0, "\xff\xf1"], ["audio/aac", 0, "\xff\xf9"], ["audio/ogg", 0, "OggS"], ["audio/flac", 0, "fLaC"], ["audio/midi", 0, "MThd"],
	["audio/mp4", 4, "ftypM4A"], ["video/mp4", 4, "ftyp"], ["video/webm", 0, "\x1a\x45\xdf\xa3"],
];

const byName = new Map(Object.entries({
	svg: "image/svg+xml", ogv: "video/ogg", mp3: "audio/mpeg", ico: "image/x-icon", mkv: "video/webm",
}));

/** The media type of a picture, sound or film; application/octet-stream for the rest. */
export function mediaType(file: OutputFile): string {
	const b = file.bytes;
	const named = byName.get(extensionOf(file.name).toLowerCase());
	if (named === "video/ogg") return named;
	for (const [type, offset, bytes] of byBytes) {
		let k = 0;
		while (k < bytes.length && b[offset + k] === bytes.charCodeAt(k)) k++;
		if (k === bytes.length) return type;
	}
	if (scoreKinds(file).includes("svg")) return "image/svg+xml";
	return named ?? "application/octet-stream";
}

/** An SVG fragment made for HTML lacks the namespace that an image file must have. */
export function asSvg(bytes: Uint8Array): Uint8Array {
	const head = new TextDecoder().decode(bytes.subarray(0, 65536));
	const at = head.search(/<svg[\s>]/);
	if (at < 0 || head.slice(at, head.indexOf(">", at)).includes("xmlns=")) return bytes;
	const patched = `${head.slice(0, at)}<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"${head.slice(at + 4)}`;
	const encoded = new TextEncoder().encode(patched);
	const rest = bytes.subarray(65536);
	const out = new Uint8Array(encoded.length + rest.length);
	out.set(encoded);
	out.set(rest, encoded.length);
	return out;
}
