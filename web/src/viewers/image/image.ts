// SPDX-License-Identifier: MIT
// Pictures, SVG among them: always an <img> from an object URL, where nothing can run or load anything.
import { BlobUrl, button, el, message, sizeText, toggle } from "../dom";
import type { OutputFile, Viewer, ViewerContext, ViewerHandle } from "../types";
import { asSvg, mediaType } from "./type";
import "../base.css";
import "./image.css";

const STEPS = [0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32];

class ImageView implements ViewerHandle {
	#root: HTMLElement;
	#stage: HTMLElement;
	#facts: HTMLElement;
	#fitButton: HTMLButtonElement;
	#zoomText: HTMLElement;
	#image: HTMLImageElement | null = null;
	#url = new BlobUrl();
	#turn = 0;
	/** null: as large as fits. */
	#zoom: number | null = null;
	#vector = false;
	#observer: ResizeObserver;

	constructor(host: HTMLElement, file: OutputFile, _ctx: ViewerContext) {
		this.#facts = el("span", { class: "v-number" });
		this.#zoomText = el("span", { class: "v-number v-zoom", "aria-live": "polite" });
		this.#fitButton = toggle("Fit", true, (on) => this.#setZoom(on ? null : this.#scale()));
		const bar = el("div", { class: "v-bar" }, this.#facts, el("span", { class: "v-grow" }), this.#zoomText,
			button("−", () => this.#step(-1), { "aria-label": "Smaller", title: "Smaller (-)" }),
			button("+", () => this.#step(1), { "aria-label": "Larger", title: "Larger (+)" }),
			button("1:1", () => this.#setZoom(1), { title: "One pixel for one pixel (1)" }), this.#fitButton);
		this.#stage = el("div", { class: "v-scroll v-stage", tabindex: 0, role: "region", "aria-label": `Picture ${file.name}` });
		this.#root = el("div", { class: "v-view" }, bar, this.#stage);
		this.#stage.addEventListener("keydown", (e) => this.#key(e));
		this.#stage.addEventListener("wheel", (e) => this.#wheel(e), { passive: false });
		this.#stage.addEventListener("pointerdown", (e) => this.#drag(e));
		this.#stage.addEventListener("dblclick", () => this.#setZoom(this.#zoom === null ? 1 : null));
		this.#observer = new ResizeObserver(() => this.#place());
		this.#observer.observe(this.#stage);
		host.append(this.#root);
		this.update(file);
	}

	/** The old picture stays until the new one is decoded, so that nothing flickers. */
	update(file: OutputFile): void {
		const turn = ++this.#turn;
		const type = mediaType(file);
		const url = new BlobUrl();
		const image = el("img", { alt: `Output ${file.name}`, draggable: "false", decoding: "async" });
		image.src = url.set(type === "image/svg+xml" ? asSvg(file.bytes) : file.bytes, type);
		image.decode().then(
			() => {
				if (turn !== this.#turn) return url.free();
				this.#url.free();
				this.#url = url;
				this.#image = image;
				this.#vector = type === "image/svg+xml";
				this.#stage.replaceChildren(image);
				const format = type.slice(6).replace("+xml", "").replace("x-icon", "ico").toUpperCase();
				this.#facts.textContent = `${image.naturalWidth} × ${image.naturalHeight} · ${format} · ${sizeText(file.bytes.length)}`;
				this.#place();
			},
			() => {
				url.free();
				if (turn !== this.#turn) return;
				this.#image = null;
				this.#facts.textContent = sizeText(file.bytes.length);
				this.#zoomText.textContent = "";
				this.#stage.replaceChildren(message("This picture cannot be shown.", "Its data is damaged, or of a kind that this browser does not know."));
			},
		);
	}

	destroy(): void {
		this.#turn++;
		this.#observer.disconnect();
		this.#url.free();
		this.#root.remove();
	}

	#fitScale(): number {
		const image = this.#image;
		if (!image) return 1;
		const pad = 2 * 16;
		const fit = Math.min((this.#stage.clientWidth - pad) / (image.naturalWidth || 1), (this.#stage.clientHeight - pad) / (image.naturalHeight || 1));
		// Icons are drawn as whole multiples of their pixels, other pictures no larger than they are.
		const small = Math.max(image.naturalWidth, image.naturalHeight) <= 64;
		return Math.max(0.01, this.#vector ? fit : small ? Math.max(1, Math.min(16, Math.floor(fit))) : Math.min(fit, 1));
	}

	#scale(): number {
		return this.#zoom ?? this.#fitScale();
	}

	#place(): void {
		const image = this.#image;
		if (!image) return;
		const scale = this.#scale();
		image.style.width = `${Math.max(1, image.naturalWidth * scale)}px`;
		image.style.height = `${Math.max(1, image.naturalHeight * scale)}px`;
		image.classList.toggle("v-pixels", !this.#vector && scale >= 2);
		this.#fitButton.setAttribute("aria-pressed", String(this.#zoom === null));
		this.#zoomText.textContent = `${Math.round(scale * 100)} %`;
	}

	/** Zooms so that the point in the middle of the pane (or at @x, @y of it) stays where it is. */
	#setZoom(zoom: number | null, x = this.#stage.clientWidth / 2, y = this.#stage.clientHeight / 2): void {
		const before = this.#scale();
		const stage = this.#stage;
		const [px, py] = [stage.scrollLeft + x, stage.scrollTop + y];
		this.#zoom = zoom === null ? null : Math.min(64, Math.max(0.01, zoom));
		this.#place();
		const ratio = this.#scale() / before;
		stage.scrollLeft = px * ratio - x;
		stage.scrollTop = py * ratio - y;
	}

	#step(by: 1 | -1, x?: number, y?: number): void {
		const now = this.#scale();
		const next = by > 0 ? STEPS.find((s) => s > now * 1.01) : STEPS.findLast((s) => s < now * 0.99);
		if (next !== undefined) this.#setZoom(next, x, y);
	}

	#key(e: KeyboardEvent): void {
		if (e.ctrlKey || e.metaKey || e.altKey) return;
		if (e.key === "+" || e.key === "=") this.#step(1);
		else if (e.key === "-") this.#step(-1);
		else if (e.key === "0") this.#setZoom(null);
		else if (e.key === "1") this.#setZoom(1);
		else return;
		e.preventDefault();
	}

	#wheel(e: WheelEvent): void {
		if (!e.ctrlKey && !e.metaKey) return;
		e.preventDefault();
		const box = this.#stage.getBoundingClientRect();
		this.#setZoom(this.#scale() * Math.exp(-e.deltaY / 300), e.clientX - box.left, e.clientY - box.top);
	}

	#drag(e: PointerEvent): void {
		const stage = this.#stage;
		if (e.button !== 0 || e.pointerType === "touch" || (stage.scrollWidth <= stage.clientWidth && stage.scrollHeight <= stage.clientHeight)) return;
		const box = stage.getBoundingClientRect();
		if (e.clientX - box.left > stage.clientWidth || e.clientY - box.top > stage.clientHeight) return;
		const [x, y, left, top] = [e.clientX, e.clientY, stage.scrollLeft, stage.scrollTop];
		stage.setPointerCapture(e.pointerId);
		const move = (m: PointerEvent): void => {
			stage.scrollLeft = left - (m.clientX - x);
			stage.scrollTop = top - (m.clientY - y);
		};
		stage.addEventListener("pointermove", move);
		stage.addEventListener("lostpointercapture", () => stage.removeEventListener("pointermove", move), { once: true });
	}
}

export const image: Viewer = {
	mount: (host, file, ctx) => new ImageView(host, file, ctx),
};
