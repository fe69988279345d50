// SPDX-License-Identifier: MIT
// Saving a file, or all of them as one archive.
import type { OutputFile } from "./types";

/** A name that any system takes, and that says no more than a name. */
export function safeName(name: string): string {
	const base = name.slice(name.lastIndexOf("/") + 1).replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069<>:"\\|?*]/gu, "_");
	return base.replace(/^\.+/, "").slice(0, 120) || "output";
}

/** Saves @file; stdout and stderr as text. Always as bytes, so that the browser shows nothing of it. */
export function download(file: OutputFile): void {
	const name = file.name === "stdout" || file.name === "stderr" ? `${file.name}.txt` : safeName(file.name);
	save(new Blob([file.bytes as Uint8Array<ArrayBuffer>], { type: "application/octet-stream" }), name);
}

/** Saves all as one ZIP archive. */
export async function downloadAll(files: readonly OutputFile[], name = "output.zip"): Promise<void> {
	const { makeZip } = await import("./archive/zip");
	save(await makeZip(files), name);
}

function save(blob: Blob, name: string): void {
	const url = URL.createObjectURL(blob);
	const link = document.createElement("a");
	link.href = url;
	link.download = name;
	link.click();
	// The browser takes the bytes after this task.
	setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
