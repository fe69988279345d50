// SPDX-License-Identifier: MIT
// Text as a terminal shows it. Little text is put into the document as it is, so that the browser's own find, selection
// and wrapping work; much text is windowed, with lines folded at the width of the pane, and has a find field of its own.
import { button, el, toggle } from "../dom";
import type { OutputFile, Viewer, ViewerContext, ViewerHandle } from "../types";
import { FindBar } from "./find";
import { LargeBody } from "./large";
import { runsText } from "./line";
import { Lines } from "./lines";
import { SmallBody } from "./small";
import "../base.css";
import "./text.css";

const SMALL_BYTES = 192 * 1024;
const SMALL_LINES = 2000;
/** Bytes read in one go; more is read in turns, so that the page answers meanwhile. */
const TURN_BYTES = 1024 * 1024;

class TextView implements ViewerHandle {
	#root: HTMLElement;
	#ctx: ViewerContext;
	#lines = new Lines();
	#label: string;
	#wrap: boolean;
	#body: SmallBody | LargeBody;
	#find: FindBar | null = null;
	#timer = 0;

	constructor(host: HTMLElement, file: OutputFile, ctx: ViewerContext) {
		this.#ctx = ctx;
		this.#label = `Text of ${file.name}`;
		this.#wrap = ctx.recall?.("text.wrap") !== "off";
		const wrap = toggle("Wrap", this.#wrap, (on) => this.#setWrap(on));
		this.#root = el("div", { class: "v-text" }, el("div", { class: "v-corner" }, button("Copy", () => void this.#copy()), wrap));
		host.append(this.#root);
		this.#lines.append(file.bytes, TURN_BYTES);
		this.#body = this.#makeBody();
		this.#readOn();
		this.#root.addEventListener("keydown", (e) => this.#key(e));
	}

	update(file: OutputFile): void {
		if (this.#lines.isPrefixOf(file.bytes)) {
			if (file.bytes.length > this.#lines.byteLength) this.append(file.bytes.subarray(this.#lines.byteLength));
			return;
		}
		const top = this.#body.top;
		this.#lines = new Lines();
		this.#lines.append(file.bytes, TURN_BYTES);
		this.#rebuild();
		this.#body.top = top;
		this.#readOn();
	}

	append(bytes: Uint8Array): void {
		this.#grow(() => this.#lines.append(bytes, TURN_BYTES));
		this.#readOn();
	}

	find(): void {
		if (this.#body instanceof SmallBody) return;
		const body = this.#body;
		this.#find ??= new FindBar(this.#root, {
			bytes: () => this.#lines.bytes,
			show: (offset) => body.showOffset(offset),
			announce: (text) => this.#ctx.announce?.(text),
			closed: () => {
				body.showOffset(-1);
				body.focus();
			},
		});
		this.#find.open();
	}

	destroy(): void {
		clearTimeout(this.#timer);
		this.#body.destroy();
		this.#root.remove();
	}

	#grow(read: () => void): void {
		const follow = this.#body.atEnd;
		const before = this.#lines.count;
		read();
		if (this.#body instanceof SmallBody && isLarge(this.#lines)) this.#rebuild();
		else this.#body.grown(Math.max(0, before - 1));
		if (follow) this.#body.toEnd();
	}

	#readOn(): void {
		clearTimeout(this.#timer);
		if (this.#lines.done) return;
		this.#timer = window.setTimeout(() => {
			this.#grow(() => this.#lines.read(TURN_BYTES));
			this.#readOn();
		}, 0);
	}

	#makeBody(): SmallBody | LargeBody {
		this.#root.classList.toggle("v-nowrap", !this.#wrap);
		const body = isLarge(this.#lines)
			? new LargeBody(this.#root, this.#lines, this.#ctx, this.#label, this.#wrap)
			: new SmallBody(this.#root, this.#lines, this.#ctx, this.#label);
		return body;
	}

	#rebuild(): void {
		this.#body.destroy();
		this.#find?.close();
		this.#find = null;
		this.#body = this.#makeBody();
	}

	#setWrap(on: boolean): void {
		this.#wrap = on;
		this.#ctx.remember?.("text.wrap", on ? "on" : "off");
		this.#rebuild();
	}

	/** All of it, as it is seen: without colours, with what was overwritten gone. */
	async #copy(): Promise<void> {
		let text = "";
		for (let i = 0; i < this.#lines.count; i++) text += (i > 0 && !this.#lines.continues(i) ? "\n" : "") + runsText(this.#lines.runs(i));
		try {
			await navigator.clipboard.writeText(text);
			this.#ctx.announce?.("Copied");
		} catch {
			this.#ctx.announce?.("The browser did not let the text be copied");
		}
	}

	#key(e: KeyboardEvent): void {
		if (e.key !== "f" || !(e.ctrlKey || e.metaKey) || e.altKey || e.shiftKey || this.#body instanceof SmallBody) return;
		e.preventDefault();
		this.find();
	}
}

function isLarge(lines: Lines): boolean {
	return lines.byteLength > SMALL_BYTES || lines.count > SMALL_LINES;
}

export const text: Viewer = {
	mount: (host, file, ctx) => new TextView(host, file, ctx),
};
