// SPDX-License-Identifier: MIT
// Two pictures, and a third that shows where they differ.
import { el, message } from "../dom";
import { asSvg, mediaType } from "../image/type";
import type { OutputFile } from "../types";

const MAX_PIXELS = 16_000_000;
/** Smaller differences of one channel are rounding, not change. */
const TOLERANCE = 2;

async function pixels(file: OutputFile): Promise<ImageData> {
	const type = mediaType(file);
	const url = URL.createObjectURL(new Blob([(type === "image/svg+xml" ? asSvg(file.bytes) : file.bytes) as Uint8Array<ArrayBuffer>], { type }));
	try {
		const image = el("img", { src: url, alt: "" });
		await image.decode();
		const [w, h] = [image.naturalWidth, image.naturalHeight];
		if (w * h > MAX_PIXELS || w * h === 0) throw new RangeError("too large");
		const canvas = el("canvas", { width: w, height: h });
		const context = canvas.getContext("2d", { willReadFrequently: true })!;
		context.drawImage(image, 0, 0);
		return context.getImageData(0, 0, w, h);
	} finally {
		URL.revokeObjectURL(url);
	}
}

/** Marks what differs in red on a pale copy of @b. Returns how many pixels do; a larger picture differs where it is larger. */
export function compare(a: ImageData, b: ImageData, out: ImageData): number {
	let different = 0;
	for (let y = 0; y < out.height; y++) {
		for (let x = 0; x < out.width; x++) {
			const o = (y * out.width + x) * 4;
			const inA = x < a.width && y < a.height;
			const inB = x < b.width && y < b.height;
			const [p, q] = [(y * a.width + x) * 4, (y * b.width + x) * 4];
			let same = inA && inB;
			for (let k = 0; same && k < 4; k++) same = Math.abs(a.data[p + k]! - b.data[q + k]!) <= TOLERANCE;
			if (!same) different++;
			const from = inB ? b : a;
			const f = inB ? q : p;
			const gray = (from.data[f]! * 0.3 + from.data[f + 1]! * 0.59 + from.data[f + 2]! * 0.11) * (from.data[f + 3]! / 255) + 255 - from.data[f + 3]!;
			const pale = 200 + gray * 0.2;
			out.data.set(same ? [pale, pale, pale, 255] : [200, 30, 30, 255], o);
		}
	}
	return different;
}

/** Fills @stage. Returns a sentence for the bar. */
export async function showPictures(stage: HTMLElement, left: OutputFile, right: OutputFile): Promise<string> {
	let a: ImageData;
	let b: ImageData;
	try {
		[a, b] = await Promise.all([pixels(left), pixels(right)]);
	} catch {
		stage.replaceChildren(message("These pictures cannot be compared.", "One of them is damaged, or larger than 16 megapixels."));
		return "";
	}
	const difference = new ImageData(Math.max(a.width, b.width), Math.max(a.height, b.height));
	const n = compare(a, b, difference);
	const figure = (data: ImageData, title: string): HTMLElement => {
		const canvas = el("canvas", { width: data.width, height: data.height, role: "img", "aria-label": title });
		canvas.getContext("2d")!.putImageData(data, 0, 0);
		return el("figure", {}, canvas, el("figcaption", {}, title));
	};
	stage.replaceChildren(el("div", { class: "v-figures" }, figure(a, "Left"), figure(b, "Right"), figure(difference, "Difference")));
	const share = (100 * n) / (difference.width * difference.height);
	return n === 0 ? "The pictures are the same" : `${n.toLocaleString("en")} pixels differ (${share < 0.1 ? "under 0.1" : Number(share.toPrecision(3))} %)`;
}
