// SPDX-License-Identifier: MIT
// A session as the fragment of an address: "#1" and then, in base64url, the zlib form (RFC 1950) of
//
//   length of the JSON (4 bytes, little endian), the JSON, the bytes of all binary files one after the other
//
// where a binary file of the JSON has the number of its bytes in place of its base64.

import { fromBase64, fromBase64Url, join, textOf, toBase64, toBase64Url, utf8, type Bytes } from "../core/bytes";
import { fromJson, SessionError, toJson, type Session, type SessionJson } from "./session";

const VERSION = "1";

/** Longer fragments are not put into the address bar while somebody types. */
export const ADDRESS_CHARS = 32 << 10;
/** Longer ones are not offered as a link: some browsers and most chats cut them. */
export const LINK_CHARS = 512 << 10;
/** What a fragment may grow to when it is inflated. */
const INFLATED_BYTES = 32 << 20;

type Packed = Omit<SessionJson, "files"> & { files: { name: string; text?: string; base64?: string; bytes?: number }[] };

async function through(bytes: Bytes, stream: { readable: ReadableStream<Uint8Array>; writable: WritableStream<BufferSource> }, most: number): Promise<Bytes> {
	const writer = stream.writable.getWriter();
	// A failure shows at the reading end.
	writer.write(bytes).catch(() => {});
	writer.close().catch(() => {});
	const reader = stream.readable.getReader();
	const parts: Uint8Array[] = [];
	let size = 0;
	for (;;) {
		const { done, value } = await reader.read();
		if (done) return join(parts);
		size += value.length;
		if (size > most) {
			await reader.cancel();
			throw new SessionError("it is larger than a link can be");
		}
		parts.push(value);
	}
}

function pack(session: Session): Bytes {
	const blobs: Bytes[] = [];
	const json = toJson(session);
	const files = json.files.map((f) => {
		if (f.base64 === undefined) return f;
		const bytes = fromBase64(f.base64);
		blobs.push(bytes);
		return { name: f.name, bytes: bytes.length };
	});
	const text = utf8(JSON.stringify({ ...json, files } satisfies Packed));
	const length = new Uint8Array(4);
	new DataView(length.buffer).setUint32(0, text.length, true);
	return join([length, text, ...blobs]);
}

function unpack(bytes: Bytes): Session {
	if (bytes.length < 4) throw new SessionError("it is cut short");
	const length = new DataView(bytes.buffer).getUint32(0, true);
	if (length > bytes.length - 4) throw new SessionError("it is cut short");
	const text = textOf(bytes.subarray(4, 4 + length));
	if (text === null) throw new SessionError("it is no text");
	let packed: Packed;
	try {
		packed = JSON.parse(text) as Packed;
	} catch {
		throw new SessionError("it is damaged");
	}
	let at = 4 + length;
	for (const f of Array.isArray(packed?.files) ? packed.files : []) {
		if (typeof f?.bytes !== "number") continue;
		if (!(Number.isInteger(f.bytes) && f.bytes >= 0 && at + f.bytes <= bytes.length)) throw new SessionError("a file in it is cut short");
		f.base64 = toBase64(bytes.subarray(at, at + f.bytes));
		at += f.bytes;
	}
	return fromJson(packed);
}

/** The fragment for @session, without the "#". */
export async function toFragment(session: Session): Promise<string> {
	return VERSION + toBase64Url(await through(pack(session), new CompressionStream("deflate"), Infinity));
}

/** Throws SessionError, whose message goes on from "The link cannot be read: ". */
export async function fromFragment(fragment: string): Promise<Session> {
	if (!fragment.startsWith(VERSION)) throw new SessionError("it is of a version that this page does not know");
	let deflated: Bytes;
	try {
		deflated = fromBase64Url(fragment.slice(VERSION.length));
	} catch {
		throw new SessionError("a character in it is wrong");
	}
	let bytes: Bytes;
	try {
		bytes = await through(deflated, new DecompressionStream("deflate"), INFLATED_BYTES);
	} catch (error) {
		if (error instanceof SessionError) throw error;
		throw new SessionError("it is cut short or damaged");
	}
	return unpack(bytes);
}
