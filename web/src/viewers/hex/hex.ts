// SPDX-License-Identifier: MIT
// Any bytes, as offset, hexadecimal and ASCII.
import { button, el, sizeText } from "../dom";
import type { OutputFile, Viewer, ViewerHandle } from "../types";
import { Windowed } from "../windowed";
import { asciiText, hexText } from "./format";
import "../base.css";
import "./hex.css";

class HexView implements ViewerHandle {
	#root: HTMLElement;
	#facts = el("span", { class: "v-number" });
	#goto: HTMLInputElement;
	#list: Windowed;
	#bytes: Uint8Array;
	#width = 16;

	constructor(host: HTMLElement, file: OutputFile) {
		this.#bytes = file.bytes;
		this.#list = new Windowed({ label: `Bytes of ${file.name}`, render: (i) => this.#row(i) });
		this.#list.el.classList.add("v-hex");
		this.#list.onresize = () => this.#fit();
		this.#goto = el("input", { class: "v-input", placeholder: "Offset", "aria-label": "Go to offset, hexadecimal with 0x", size: "10", spellcheck: "false" });
		this.#goto.addEventListener("keydown", (e) => {
			if (e.key === "Enter") this.#go();
		});
		this.#root = el("div", { class: "v-view" },
			el("div", { class: "v-bar" }, this.#facts, el("span", { class: "v-grow" }), this.#goto, button("Go", () => this.#go())), this.#list.el);
		host.append(this.#root);
		this.update(file);
	}

	update(file: OutputFile): void {
		this.#bytes = file.bytes;
		this.#facts.textContent = `${file.bytes.length.toLocaleString("en")} bytes${file.bytes.length >= 1024 ? ` · ${sizeText(file.bytes.length)}` : ""}`;
		this.#fit();
		this.#list.setCount(Math.ceil(this.#bytes.length / this.#width));
	}

	destroy(): void {
		this.#list.destroy();
		this.#root.remove();
	}

	/** Half as many bytes in a row where sixteen do not fit. */
	#fit(): void {
		const width = this.#list.el.clientWidth > 0 && this.#list.el.clientWidth < 600 ? 8 : 16;
		if (width === this.#width) return;
		const byte = this.#list.firstRow * this.#width;
		this.#width = width;
		this.#list.resetWidth();
		this.#list.setCount(Math.ceil(this.#bytes.length / width));
		this.#list.scrollToRow(Math.floor(byte / width), "start");
	}

	#go(): void {
		const text = this.#goto.value.trim();
		const offset = /^0x[0-9a-f]+$/i.test(text) || /^\d+$/.test(text) ? Number(text) : NaN;
		const fits = offset >= 0 && offset < this.#bytes.length;
		this.#goto.setAttribute("aria-invalid", String(!fits));
		if (fits) this.#list.scrollToRow(Math.floor(offset / this.#width), "start");
	}

	#row(i: number): HTMLElement {
		const from = i * this.#width;
		const bytes = this.#bytes.subarray(from, from + this.#width);
		return el("div", { class: "v-hexrow" },
			el("span", { class: "v-quiet" }, from.toString(16).padStart(8, "0")),
			el("span", {}, hexText(bytes, this.#width)),
			el("span", { class: "v-ascii" }, asciiText(bytes)));
	}
}

export const hex: Viewer = { mount: (host, file) => new HexView(host, file) };
