// SPDX-License-Identifier: MIT
// Output by kind: which viewers fit a file, best first, and how to mount one. Only this module, sniff.ts and the text
// viewer are part of the first load.
import { scoreKinds } from "./sniff";
import { text } from "./text/text";
import type { OutputFile, Viewer, ViewerChoice, ViewerContext, ViewerHandle } from "./types";

export { download, downloadAll } from "./download";
export type { OutputFile, Place, Viewer, ViewerChoice, ViewerContext, ViewerHandle } from "./types";

interface Row {
	title: string;
	load(): Promise<Viewer>;
}

const table: Record<string, Row> = {
	text: { title: "Text", load: () => Promise.resolve(text) },
	asm: { title: "Assembly", load: () => import("./asm/asm").then((m) => m.asm) },
	image: { title: "Picture", load: () => import("./image/image").then((m) => m.image) },
	svg: { title: "Picture", load: () => import("./image/image").then((m) => m.image) },
	html: { title: "Page", load: () => import("./html/html").then((m) => m.html) },
	pdf: { title: "Document", load: () => import("./pdf/pdf").then((m) => m.pdf) },
	audio: { title: "Sound", load: () => import("./media/media").then((m) => m.audio) },
	video: { title: "Film", load: () => import("./media/media").then((m) => m.video) },
	download: { title: "File", load: () => import("./media/media").then((m) => m.offer) },
	table: { title: "Table", load: () => import("./table/table").then((m) => m.table) },
	json: { title: "Tree", load: () => import("./json/json").then((m) => m.json) },
	markdown: { title: "Document", load: () => import("./markdown/markdown").then((m) => m.markdown) },
	model: { title: "Model", load: () => import("./model/model").then((m) => m.model) },
	archive: { title: "Contents", load: () => import("./archive/archive").then((m) => m.archive) },
	hex: { title: "Bytes", load: () => import("./hex/hex").then((m) => m.hex) },
};

/** The viewers that can show @file, best first; never empty. */
export function pickViewers(file: OutputFile): ViewerChoice[] {
	return scoreKinds(file).flatMap((id) => {
		const row = table[id];
		return row ? [{ id, title: row.title, load: row.load }] : [];
	});
}

/** Fetches the best viewer (or the one called @id, if it fits) and mounts it. */
export async function mountViewer(el: HTMLElement, file: OutputFile, ctx: ViewerContext, id?: string): Promise<ViewerHandle> {
	const choices = pickViewers(file);
	const choice = choices.find((c) => c.id === id) ?? choices[0]!;
	const viewer = await choice.load();
	return viewer.mount(el, file, ctx);
}

export type { DiffHandle } from "./diff/diff";

/** Fetches the comparison of two files: (await loadDiff()).mount(el, left, right, ctx). */
export const loadDiff = (): Promise<typeof import("./diff/diff").diff> => import("./diff/diff").then((m) => m.diff);
