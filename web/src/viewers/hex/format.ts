// SPDX-License-Identifier: MIT
// Bytes as text of a hex dump.

/** "89 50 4e 47  0d 0a 1a 0a", filled up with spaces to @width bytes. */
export function hexText(bytes: Uint8Array, width: number): string {
	let s = "";
	for (let i = 0; i < width; i++) {
		if (i > 0) s += i % 8 === 0 ? "  " : " ";
		s += i < bytes.length ? bytes[i]!.toString(16).padStart(2, "0") : "  ";
	}
	return s;
}

export function asciiText(bytes: Uint8Array): string {
	let s = "";
	for (const b of bytes) s += b >= 32 && b < 127 ? String.fromCharCode(b) : "·";
	return s;
}
