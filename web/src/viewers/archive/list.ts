// SPDX-License-Identifier: MIT
// What a ZIP or tar archive holds: names and sizes, nothing unpacked.

export interface Entry {
	name: string;
	bytes: number;
	/** "file", "folder" or another word of the format. */
	kind: string;
}

export interface Listing {
	format: "ZIP" | "tar";
	entries: Entry[];
	/** Why the list ends early, if it does. */
	problem?: string;
}

const MAX_ENTRIES = 100_000;
const MAX_COMMENT = 65_557;

const text = (b: Uint8Array): string => new TextDecoder().decode(b);

function listZip(b: Uint8Array): Listing {
	const listing: Listing = { format: "ZIP", entries: [] };
	const view = new DataView(b.buffer, b.byteOffset, b.length);
	let end = b.length - 22;
	while (end >= 0 && end > b.length - MAX_COMMENT && view.getUint32(end, true) !== 0x06054b50) end--;
	if (end < 0 || view.getUint32(end, true) !== 0x06054b50) return { ...listing, problem: "its directory is missing" };
	const count = view.getUint16(end + 10, true);
	let at = view.getUint32(end + 16, true);
	for (let i = 0; i < count && i < MAX_ENTRIES; i++) {
		if (at + 46 > b.length || view.getUint32(at, true) !== 0x02014b50) return { ...listing, problem: `entry ${i + 1} of its directory is damaged` };
		const [nameBytes, extra, comment] = [view.getUint16(at + 28, true), view.getUint16(at + 30, true), view.getUint16(at + 32, true)];
		const name = text(b.subarray(at + 46, at + 46 + nameBytes));
		listing.entries.push({ name, bytes: view.getUint32(at + 24, true), kind: name.endsWith("/") ? "folder" : "file" });
		at += 46 + nameBytes + extra + comment;
	}
	return listing;
}

const tarKinds: Record<string, string> = { "0": "file", "\0": "file", "": "file", "5": "folder", "2": "symbolic link", "1": "hard link" };

function field(b: Uint8Array, at: number, size: number): string {
	const raw = b.subarray(at, at + size);
	const nul = raw.indexOf(0);
	return text(nul < 0 ? raw : raw.subarray(0, nul));
}

function listTar(b: Uint8Array): Listing {
	const listing: Listing = { format: "tar", entries: [] };
	let longName = "";
	for (let at = 0; at + 512 <= b.length && listing.entries.length < MAX_ENTRIES; ) {
		if (b[at] === 0) break;
		const bytes = parseInt(field(b, at + 124, 12).trim() || "0", 8);
		if (!Number.isSafeInteger(bytes) || bytes < 0) return { ...listing, problem: `the header at byte ${at} is damaged` };
		const type = String.fromCharCode(b[at + 156]!).replace("\0", "");
		const data = b.subarray(at + 512, at + 512 + bytes);
		if (type === "L") longName = text(data).replace(/\0+$/, "");
		else if (type === "x") longName = /(?:^|\n)\d{1,9} path=([^\n]*)\n/.exec(text(data.subarray(0, 65536)))?.[1] ?? "";
		else if (type !== "g") {
			const prefix = field(b, at + 345, 155);
			const name = longName || (prefix && field(b, at + 257, 5) === "ustar" ? `${prefix}/` : "") + field(b, at, 100);
			listing.entries.push({ name, bytes, kind: tarKinds[type] ?? "other" });
			longName = "";
		}
		at += 512 + Math.ceil(bytes / 512) * 512;
	}
	return listing;
}

export function listArchive(b: Uint8Array): Listing {
	return b[0] === 0x50 && b[1] === 0x4b ? listZip(b) : listTar(b);
}
