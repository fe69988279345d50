// SPDX-License-Identifier: MIT
// Bytes of an HTML file to text, by its byte order mark or the encoding that its head declares.

export function decodeHtml(bytes: Uint8Array): string {
	let label = "utf-8";
	if (bytes[0] === 0xff && bytes[1] === 0xfe) label = "utf-16le";
	else if (bytes[0] === 0xfe && bytes[1] === 0xff) label = "utf-16be";
	else {
		const head = String.fromCharCode(...bytes.subarray(0, 1024));
		label = /<meta[^>]{0,200}charset\s*=\s*["']?([\w-]{1,40})/i.exec(head)?.[1] ?? label;
	}
	try {
		return new TextDecoder(label).decode(bytes);
	} catch {
		return new TextDecoder().decode(bytes);
	}
}
