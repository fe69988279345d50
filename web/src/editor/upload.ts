// SPDX-License-Identifier: MIT
// Files from outside: dropped on the editor, pasted, or chosen in a dialog.

import type { Bytes } from "../core/bytes";
import { formatBytes } from "../core/format";
import { nameComplaint } from "../core/names";
import { bytesOf, fileOf, MAX_FILES, MAX_INPUT_BYTES } from "../state/session";
import type { Workspace } from "../state/workspace";
import { toast } from "../ui/dialog";
import { h } from "../ui/dom";

async function take(workspace: Workspace, files: readonly File[]): Promise<void> {
	const refused: string[] = [];
	let size = workspace.session.files.reduce((n, f) => n + bytesOf(f).length, 0);
	for (const file of files) {
		const same = workspace.session.files.find((f) => f.name === file.name);
		const complaint = nameComplaint(file.name, workspace.names.filter((n) => n !== file.name));
		if (complaint) refused.push(`${file.name}: ${complaint}`);
		else if (size + file.size > MAX_INPUT_BYTES) refused.push(`${file.name}: all files together are at most ${formatBytes(MAX_INPUT_BYTES)}.`);
		else if (!same && workspace.session.files.length >= MAX_FILES) refused.push(`${file.name}: a session has at most ${MAX_FILES} files.`);
		else {
			try {
				const bytes = new Uint8Array(await file.arrayBuffer()) as Bytes;
				size += bytes.length;
				workspace.put(fileOf(file.name, bytes));
			} catch {
				refused.push(`${file.name}: it cannot be read (a directory?).`);
			}
		}
	}
	if (refused.length > 0) toast(refused.join(" "));
}

export function chooseFiles(workspace: Workspace): void {
	const input = h("input", { type: "file", multiple: true });
	input.addEventListener("change", () => void take(workspace, [...(input.files ?? [])]));
	input.click();
}

/** Files dropped anywhere on @element are taken; it shows that it would while something hovers over it. */
export function acceptDrops(element: HTMLElement, workspace: Workspace): void {
	let depth = 0;
	const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
	const show = (n: number) => {
		depth = n;
		element.classList.toggle("takes-drop", depth > 0);
	};
	element.addEventListener("dragenter", (event) => hasFiles(event) && show(depth + 1), true);
	element.addEventListener("dragleave", (event) => hasFiles(event) && show(Math.max(0, depth - 1)), true);
	element.addEventListener(
		"dragover",
		(event) => {
			if (!hasFiles(event)) return;
			event.preventDefault();
			if (event.dataTransfer) event.dataTransfer.dropEffect = "copy";
		},
		true,
	);
	element.addEventListener(
		"drop",
		(event) => {
			if (!hasFiles(event)) return;
			event.preventDefault();
			event.stopPropagation();
			show(0);
			void take(workspace, [...(event.dataTransfer?.files ?? [])]);
		},
		true,
	);
}
