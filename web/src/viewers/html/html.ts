// SPDX-License-Identifier: MIT
// HTML that a program made, scripts and all, in a frame of its own opaque origin (public/frame.html says how).
import { button, el, message, sizeText } from "../dom";
import type { OutputFile, Viewer, ViewerContext, ViewerHandle } from "../types";
import { decodeHtml } from "./decode";
import "../base.css";
import "./html.css";

/** How long the frame page may take to say that it is there. */
const READY_MS = 10_000;

class HtmlView implements ViewerHandle {
	#root: HTMLElement;
	#body: HTMLElement;
	#facts: HTMLElement;
	#frame: HTMLIFrameElement | null = null;
	#file: OutputFile;
	#ctx: ViewerContext;
	#timer = 0;
	#listen = (e: MessageEvent): void => this.#ready(e);

	constructor(host: HTMLElement, file: OutputFile, ctx: ViewerContext) {
		this.#file = file;
		this.#ctx = ctx;
		this.#facts = el("span", { class: "v-number" });
		this.#body = el("div", { class: "v-frame" });
		this.#root = el("div", { class: "v-view" },
			el("div", { class: "v-bar" }, this.#facts, el("span", { class: "v-grow" }), el("span", {}, "isolated, without network"), button("Reload", () => this.#load())), this.#body);
		addEventListener("message", this.#listen);
		host.append(this.#root);
		this.#load();
	}

	update(file: OutputFile): void {
		this.#file = file;
		this.#load();
	}

	destroy(): void {
		clearTimeout(this.#timer);
		removeEventListener("message", this.#listen);
		this.#root.remove();
	}

	#load(): void {
		clearTimeout(this.#timer);
		this.#facts.textContent = `HTML · ${sizeText(this.#file.bytes.length)}`;
		this.#frame = el("iframe", {
			title: `HTML output ${this.#file.name}`, sandbox: "allow-scripts", referrerpolicy: "no-referrer", allow: "",
			src: this.#ctx.frameUrl ?? "/frame.html",
		});
		this.#body.replaceChildren(this.#frame);
		this.#timer = window.setTimeout(() => this.#body.replaceChildren(message("HTML cannot be shown here.", "The frame page did not answer.")), READY_MS);
	}

	#ready(e: MessageEvent): void {
		// The origin says nothing ("null"); the window is what identifies our frame.
		if (!this.#frame || e.source !== this.#frame.contentWindow || e.data !== "frame ready") return;
		clearTimeout(this.#timer);
		this.#frame.contentWindow!.postMessage(decodeHtml(this.#file.bytes), "*");
	}
}

export const html: Viewer = {
	mount: (host, file, ctx) => new HtmlView(host, file, ctx),
};
