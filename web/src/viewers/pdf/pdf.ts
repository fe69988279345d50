// SPDX-License-Identifier: MIT
// PDF with pdf.js: pages are drawn when they come near, and their canvases given back when they leave. The browser's own
// viewer is not used: it does not exist everywhere, and refuses to run in a sandbox.
import { getDocument, type PDFDocumentLoadingTask, type PDFDocumentProxy, PDFWorker, type RenderTask, TextLayer } from "pdfjs-dist";
import PdfWorker from "pdfjs-dist/build/pdf.worker.min.mjs?worker";
import { button, el, message, sizeText } from "../dom";
import type { OutputFile, Viewer, ViewerHandle } from "../types";
import "../base.css";
import "./pdf.css";

const MAX_PAGES = 2000;
const MAX_CANVAS_PIXELS = 16_000_000;
const ZOOMS = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4];
/** CSS pixels of a PDF point at 100 %. */
const POINT = 96 / 72;

interface Sheet {
	el: HTMLElement;
	number: number;
	/** Size in points, once known. */
	width: number;
	height: number;
	task: RenderTask | null;
	drawn: number;
}

class PdfView implements ViewerHandle {
	#root: HTMLElement;
	#stage: HTMLElement;
	#facts = el("span", { class: "v-number" });
	#place = el("span", { class: "v-number v-zoom" });
	/** Of its own: one that is shared takes no new document while an old one's end is on its way. */
	#port = new PdfWorker();
	#worker = new PDFWorker({ port: this.#port as unknown as null });
	#loading: PDFDocumentLoadingTask | null = null;
	#document: PDFDocumentProxy | null = null;
	#sheets: Sheet[] = [];
	#zoom: number | null = null;
	#near: IntersectionObserver;
	#size: ResizeObserver;
	#turn = 0;

	constructor(host: HTMLElement, file: OutputFile) {
		this.#stage = el("div", { class: "v-scroll v-pages", tabindex: 0, role: "region", "aria-label": `Document ${file.name}` });
		this.#root = el("div", { class: "v-view" },
			el("div", { class: "v-bar" }, this.#facts, el("span", { class: "v-grow" }), this.#place,
				button("−", () => this.#step(-1), { "aria-label": "Smaller", title: "Smaller (-)" }), button("+", () => this.#step(1), { "aria-label": "Larger", title: "Larger (+)" }),
				button("Fit width", () => this.#setZoom(null), { title: "As wide as the pane (0)" })), this.#stage);
		this.#near = new IntersectionObserver((entries) => {
			for (const entry of entries) {
				const sheet = this.#sheets[Number((entry.target as HTMLElement).dataset["index"])];
				if (sheet && entry.isIntersecting) void this.#draw(sheet);
				else if (sheet) this.#drop(sheet);
			}
		}, { root: this.#stage, rootMargin: "400px 0px" });
		this.#size = new ResizeObserver(() => {
			if (this.#zoom === null) this.#layout();
		});
		this.#size.observe(this.#stage);
		this.#stage.addEventListener("scroll", () => this.#tellPlace(), { passive: true });
		this.#stage.addEventListener("keydown", (e) => this.#key(e));
		host.append(this.#root);
		this.update(file);
	}

	update(file: OutputFile): void {
		const turn = ++this.#turn;
		const old = this.#loading;
		const loading = getDocument({ worker: this.#worker, data: file.bytes.slice(), isEvalSupported: false, enableXfa: false, maxImageSize: MAX_CANVAS_PIXELS, useSystemFonts: true, verbosity: 0 });
		loading.onPassword = () => {
			void loading.destroy();
			if (turn === this.#turn) this.#fail("This document is locked with a password.");
		};
		this.#loading = loading;
		loading.promise.then(
			async (document) => {
				const page = await document.getPage(1);
				const { width, height } = page.getViewport({ scale: 1 });
				if (turn !== this.#turn) return void loading.destroy();
				void old?.destroy();
				this.#document = document;
				this.#facts.textContent = `${document.numPages} ${document.numPages === 1 ? "page" : "pages"} · PDF · ${sizeText(file.bytes.length)}`;
				this.#fill(Math.min(document.numPages, MAX_PAGES), width, height);
			},
		).catch(() => {
			if (turn === this.#turn) this.#fail("This document cannot be shown. Its data is damaged.", sizeText(file.bytes.length));
		});
	}

	destroy(): void {
		this.#turn++;
		this.#near.disconnect();
		this.#size.disconnect();
		for (const sheet of this.#sheets) this.#drop(sheet);
		void this.#loading?.destroy().catch(() => undefined).finally(() => {
			this.#worker.destroy();
			this.#port.terminate();
		});
		this.#root.remove();
	}

	#fail(text: string, facts = ""): void {
		this.#facts.textContent = facts;
		this.#place.textContent = "";
		this.#sheets = [];
		this.#stage.replaceChildren(message(text));
	}

	#fill(count: number, width: number, height: number): void {
		const top = this.#stage.scrollTop;
		for (const sheet of this.#sheets) this.#drop(sheet);
		this.#near.disconnect();
		this.#sheets = Array.from({ length: count }, (_, i) => {
			const page = el("div", { class: "v-page", role: "group", "aria-label": `Page ${i + 1}` });
			page.dataset["index"] = String(i);
			return { el: page, number: i + 1, width, height, task: null, drawn: 0 };
		});
		this.#stage.replaceChildren(...this.#sheets.map((s) => s.el));
		this.#layout();
		this.#stage.scrollTop = top;
		for (const sheet of this.#sheets) this.#near.observe(sheet.el);
		this.#tellPlace();
	}

	/** CSS pixels of a point. */
	#scale(sheet: Sheet): number {
		if (this.#zoom !== null) return this.#zoom * POINT;
		return Math.min(Math.max(100, this.#stage.clientWidth - 32) / sheet.width, 3);
	}

	#layout(): void {
		for (const sheet of this.#sheets) {
			const scale = this.#scale(sheet);
			sheet.el.style.width = `${Math.floor(sheet.width * scale)}px`;
			sheet.el.style.height = `${Math.floor(sheet.height * scale)}px`;
			sheet.el.style.setProperty("--scale-factor", String(scale));
			if (sheet.drawn > 0 && Math.abs(sheet.drawn - scale) > 0.001) void this.#draw(sheet);
		}
		this.#tellPlace();
	}

	async #draw(sheet: Sheet): Promise<void> {
		const document = this.#document;
		const turn = this.#turn;
		if (!document) return;
		try {
			const page = await document.getPage(sheet.number);
			const natural = page.getViewport({ scale: 1 });
			if (turn !== this.#turn) return;
			if (natural.width !== sheet.width || natural.height !== sheet.height) {
				sheet.width = natural.width;
				sheet.height = natural.height;
				this.#layout();
			}
			const scale = this.#scale(sheet);
			if (Math.abs(sheet.drawn - scale) < 0.001) return;
			sheet.task?.cancel();
			sheet.drawn = scale;
			const viewport = page.getViewport({ scale });
			const pixels = viewport.width * viewport.height;
			const ratio = Math.min(devicePixelRatio || 1, 2, Math.sqrt(MAX_CANVAS_PIXELS / pixels));
			const canvas = el("canvas", { "aria-hidden": "true" });
			canvas.width = Math.max(1, Math.floor(viewport.width * ratio));
			canvas.height = Math.max(1, Math.floor(viewport.height * ratio));
			const context = canvas.getContext("2d", { alpha: false });
			if (!context) return;
			sheet.task = page.render({ canvasContext: context, viewport, transform: [ratio, 0, 0, ratio, 0, 0] });
			await sheet.task.promise;
			const text = el("div", { class: "v-textlayer" });
			await new TextLayer({ textContentSource: page.streamTextContent(), container: text, viewport }).render();
			// Meanwhile the page may have left, or been zoomed.
			if (turn === this.#turn && sheet.drawn === scale) sheet.el.replaceChildren(canvas, text);
		} catch (e) {
			if (e instanceof Error && e.name === "RenderingCancelledException") return;
			sheet.el.replaceChildren(message(`Page ${sheet.number} cannot be drawn.`));
		}
	}

	#drop(sheet: Sheet): void {
		sheet.task?.cancel();
		sheet.task = null;
		sheet.drawn = 0;
		const canvas = sheet.el.querySelector("canvas");
		if (canvas) canvas.width = canvas.height = 0;
		sheet.el.replaceChildren();
	}

	#tellPlace(): void {
		if (this.#sheets.length === 0) return;
		const middle = this.#stage.scrollTop + this.#stage.clientHeight / 2;
		let page = this.#sheets.findIndex((s) => s.el.offsetTop + s.el.offsetHeight >= middle) + 1;
		if (page === 0) page = this.#sheets.length;
		this.#place.textContent = `Page ${page} · ${Math.round((this.#scale(this.#sheets[page - 1]!) / POINT) * 100)} %`;
	}

	#setZoom(zoom: number | null): void {
		const at = this.#stage.scrollTop / Math.max(1, this.#stage.scrollHeight);
		this.#zoom = zoom;
		this.#layout();
		this.#stage.scrollTop = at * this.#stage.scrollHeight;
	}

	#step(by: 1 | -1): void {
		const first = this.#sheets[0];
		if (!first) return;
		const now = this.#scale(first) / POINT;
		const next = by > 0 ? ZOOMS.find((z) => z > now * 1.01) : ZOOMS.findLast((z) => z < now * 0.99);
		if (next !== undefined) this.#setZoom(next);
	}

	#key(e: KeyboardEvent): void {
		if (e.ctrlKey || e.metaKey || e.altKey) return;
		if (e.key === "+" || e.key === "=") this.#step(1);
		else if (e.key === "-") this.#step(-1);
		else if (e.key === "0") this.#setZoom(null);
		else return;
		e.preventDefault();
	}
}

export const pdf: Viewer = { mount: (host, file) => new PdfView(host, file) };
