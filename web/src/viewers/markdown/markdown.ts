// SPDX-License-Identifier: MIT
// Markdown as a document. Pictures are those that the same run made; nothing is fetched.
import { BlobUrl, el, visible } from "../dom";
import { mediaType } from "../image/type";
import type { OutputFile, Viewer, ViewerContext, ViewerHandle } from "../types";
import { type Block, parseMarkdown } from "./blocks";
import { type Inline, parseInline } from "./inline";
import "../base.css";
import "./markdown.css";

const MAX_BYTES = 1024 * 1024;
/** Blocks put into the document in one go. */
const TURN_BLOCKS = 300;

class MarkdownView implements ViewerHandle {
	#root: HTMLElement;
	#body: HTMLElement;
	#ctx: ViewerContext;
	#urls: BlobUrl[] = [];
	#timer = 0;
	#refs: ReadonlyMap<string, string> = new Map();

	constructor(host: HTMLElement, file: OutputFile, ctx: ViewerContext) {
		this.#ctx = ctx;
		this.#body = el("article", { class: "v-prose", dir: "auto" });
		this.#root = el("div", { class: "v-view" }, el("div", { class: "v-scroll", tabindex: 0, role: "region", "aria-label": `Document ${file.name}` }, this.#body));
		host.append(this.#root);
		this.update(file);
	}

	update(file: OutputFile): void {
		clearTimeout(this.#timer);
		const old = this.#urls;
		this.#urls = [];
		const { blocks, refs } = parseMarkdown(new TextDecoder().decode(file.bytes.subarray(0, MAX_BYTES)));
		this.#refs = refs;
		this.#body.replaceChildren();
		this.#add(blocks, 0, file.bytes.length > MAX_BYTES);
		for (const url of old) url.free();
	}

	destroy(): void {
		clearTimeout(this.#timer);
		for (const url of this.#urls) url.free();
		this.#root.remove();
	}

	#add(blocks: Block[], from: number, cut: boolean): void {
		const to = Math.min(blocks.length, from + TURN_BLOCKS);
		this.#body.append(...blocks.slice(from, to).map((b) => this.#block(b, false)));
		if (to < blocks.length) this.#timer = window.setTimeout(() => this.#add(blocks, to, cut), 0);
		else if (cut) this.#body.append(el("p", { class: "v-quiet" }, "The rest of this document is too long to be shown here; see it as text."));
	}

	#block(block: Block, tight: boolean): Node {
		switch (block.kind) {
			case "heading":
				return el(`h${block.level}` as "h1", {}, ...this.#inline(block.text));
			case "paragraph":
				return tight ? el("span", {}, ...this.#inline(block.text)) : el("p", {}, ...this.#inline(block.text));
			case "code":
				return el("pre", { tabindex: 0, dir: "ltr" }, el("code", {}, ...visible(block.text)));
			case "quote":
				return el("blockquote", {}, ...block.children.map((b) => this.#block(b, false)));
			case "rule":
				return el("hr");
			case "list":
				return this.#list(block);
			case "table":
				return this.#table(block);
		}
	}

	#list(block: Block & { kind: "list" }): Node {
		const list = block.ordered ? el("ol", { start: block.start }) : el("ul");
		for (const item of block.items) {
			const li = el("li");
			if (item.checked !== null) {
				li.className = "v-task";
				li.append(el("input", { type: "checkbox", disabled: true, checked: item.checked, "aria-label": item.checked ? "done" : "open" }), " ");
			}
			li.append(...item.children.map((b) => this.#block(b, block.tight)));
			list.append(li);
		}
		return list;
	}

	#table(block: Block & { kind: "table" }): Node {
		const row = (cells: string[], tag: "th" | "td"): HTMLElement =>
			el("tr", {}, ...cells.map((text, c) => el(tag, { class: `v-${block.align[c] ?? "left"}` }, ...this.#inline(text))));
		return el("div", { class: "v-scroller" },
			el("table", {}, el("thead", {}, row(block.head, "th")), el("tbody", {}, ...block.rows.map((r) => row(r, "td")))));
	}

	#inline(text: string): Node[] {
		return parseInline(text, this.#refs).flatMap((node) => this.#node(node));
	}

	#node(node: Inline): Node[] {
		switch (node.kind) {
			case "text":
				return visible(node.text);
			case "code":
				return [el("code", {}, ...visible(node.text))];
			case "break":
				return [el("br")];
			case "image":
				return [this.#image(node.source, node.alt)];
			case "link":
				return [this.#link(node.href, node.children.flatMap((n) => this.#node(n)))];
			default:
				return [el(node.kind, {}, ...node.children.flatMap((n) => this.#node(n)))];
		}
	}

	#link(href: string, children: Node[]): Node {
		if (!/^https?:\/\/[^\s/]/i.test(href)) return el("span", {}, ...children);
		return el("a", { class: "v-link", href, target: "_blank", rel: "noopener noreferrer nofollow", title: href.slice(0, 300) }, ...children);
	}

	#image(source: string, alt: string): Node {
		const file = /^[a-z]+:/i.test(source) ? undefined : this.#ctx.sibling?.(source.replace(/^\.\//, ""));
		const type = file ? mediaType(file) : "";
		if (!file || !type.startsWith("image/")) return el("span", { class: "v-quiet" }, `[${alt || source}]`);
		const url = new BlobUrl();
		this.#urls.push(url);
		return el("img", { src: url.set(file.bytes, type), alt });
	}
}

export const markdown: Viewer = { mount: (host, file, ctx) => new MarkdownView(host, file, ctx) };
