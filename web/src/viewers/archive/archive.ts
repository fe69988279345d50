// SPDX-License-Identifier: MIT
// The contents of an archive as a list.
import { el, message, sizeText, visible } from "../dom";
import type { OutputFile, Viewer, ViewerHandle } from "../types";
import { Windowed } from "../windowed";
import { type Listing, listArchive } from "./list";
import "../base.css";
import "./archive.css";

class ArchiveView implements ViewerHandle {
	#root: HTMLElement;
	#facts = el("span", { class: "v-number" });
	#list: Windowed;
	#listing: Listing = { format: "tar", entries: [] };

	constructor(host: HTMLElement, file: OutputFile) {
		this.#list = new Windowed({ label: `Contents of ${file.name}`, role: "list", render: (i) => this.#row(i) });
		this.#list.rowPx = 26;
		this.#root = el("div", { class: "v-view" }, el("div", { class: "v-bar" }, this.#facts), this.#list.el);
		host.append(this.#root);
		this.update(file);
	}

	update(file: OutputFile): void {
		this.#listing = listArchive(file.bytes);
		const { format, entries, problem } = this.#listing;
		const total = entries.reduce((n, e) => n + e.bytes, 0);
		this.#facts.textContent = `${format} · ${entries.length} entries · ${sizeText(total)} unpacked${problem ? ` · ${problem}` : ""}`;
		this.#root.querySelector(".v-message")?.remove();
		if (entries.length === 0) this.#root.append(message("This archive has nothing in it that can be listed.", problem ?? ""));
		this.#list.el.hidden = entries.length === 0;
		this.#list.setCount(entries.length);
	}

	destroy(): void {
		this.#list.destroy();
		this.#root.remove();
	}

	#row(i: number): HTMLElement {
		const entry = this.#listing.entries[i]!;
		return el("div", { class: "v-entry", role: "listitem" }, el("bdi", { dir: "ltr" }, ...visible(entry.name.slice(0, 1024))),
			el("span", { class: "v-quiet v-number" }, entry.kind === "file" ? sizeText(entry.bytes) : entry.kind));
	}
}

export const archive: Viewer = { mount: (host, file) => new ArchiveView(host, file) };
