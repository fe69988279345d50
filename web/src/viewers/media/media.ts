// SPDX-License-Identifier: MIT
// Sound and film through the browser's own players; what it cannot play is offered for download.
import { BlobUrl, button, el, message, sizeText } from "../dom";
import { download } from "../download";
import { mediaType } from "../image/type";
import type { OutputFile, Viewer, ViewerHandle } from "../types";
import "../base.css";
import "./media.css";

function clock(seconds: number): string {
	const s = Math.round(seconds);
	return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
}

class MediaView implements ViewerHandle {
	#root: HTMLElement;
	#stage: HTMLElement;
	#facts: HTMLElement;
	#url = new BlobUrl();
	#kind: "audio" | "video" | "download";
	#file: OutputFile;

	constructor(host: HTMLElement, file: OutputFile, kind: "audio" | "video" | "download") {
		this.#kind = kind;
		this.#file = file;
		this.#facts = el("span", { class: "v-number" });
		this.#stage = el("div", { class: "v-scroll v-media" });
		this.#root = el("div", { class: "v-view" }, el("div", { class: "v-bar" }, this.#facts), this.#stage);
		host.append(this.#root);
		this.update(file);
	}

	update(file: OutputFile): void {
		this.#file = file;
		const type = mediaType(file);
		const facts = `${type} · ${sizeText(file.bytes.length)}`;
		this.#facts.textContent = facts;
		if (this.#kind === "download") return this.#offer("This browser does not play files of this kind.");
		const player = el(this.#kind, { controls: true, preload: "metadata", "aria-label": `${this.#kind === "audio" ? "Sound" : "Film"} ${file.name}` });
		player.addEventListener("loadedmetadata", () => {
			const length = Number.isFinite(player.duration) ? ` · ${clock(player.duration)}` : "";
			const size = player instanceof HTMLVideoElement ? ` · ${player.videoWidth} × ${player.videoHeight}` : "";
			this.#facts.textContent = facts + length + size;
		});
		player.addEventListener("error", () => this.#offer("This browser cannot play this file."));
		player.src = this.#url.set(file.bytes, type);
		this.#stage.replaceChildren(player);
	}

	destroy(): void {
		this.#stage.replaceChildren();
		this.#url.free();
		this.#root.remove();
	}

	#offer(text: string): void {
		const box = message(text);
		box.append(button("Download", () => download(this.#file)));
		this.#stage.replaceChildren(box);
	}
}

const make = (kind: "audio" | "video" | "download"): Viewer => ({ mount: (host, file) => new MediaView(host, file, kind) });

export const audio = make("audio");
export const video = make("video");
export const offer = make("download");
