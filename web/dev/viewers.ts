// SPDX-License-Identifier: MIT
// A page for whoever works on viewers, and for their browser test: mounts one sample in the whole window (?sample=NAME),
// or all of them. Not part of the built page.
import "../src/style/index.css";
import "./viewers.css";
import { loadDiff, mountViewer, pickViewers, type OutputFile, type ViewerHandle } from "../src/viewers/index";
import { samples } from "./samples";

declare global {
	interface Window {
		/** For tests: shows bytes under a name, with the viewer called @id or the best one. */
		show(name: string, bytes: Uint8Array | string, id?: string): Promise<ViewerHandle>;
		sample(name: string): Promise<ViewerHandle>;
		compare(left: OutputFile, right: OutputFile): Promise<void>;
		events: unknown[];
		canary: number;
	}
}

window.events = [];
window.canary = 0;
let current: ViewerHandle | null = null;

async function show(host: HTMLElement, file: OutputFile, id?: string): Promise<ViewerHandle> {
	return mountViewer(host, file, {
		onJump: (place) => window.events.push(["jump", place]),
		isSource: (name) => /\.(c|cc|cpp|py|rs)$/.test(name),
		onSourceHover: (place) => window.events.push(["hover", place]),
		onSourceBands: (bands) => window.events.push(["bands", [...bands]]),
		sourceName: "main.c",
		sibling: (name) => samples.find((s) => s.name === name),
	}, id);
}

window.show = async (name, bytes, id) => {
	current?.destroy();
	const host = document.querySelector<HTMLElement>("main")!;
	host.replaceChildren();
	current = await show(host, { name, bytes: typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes }, id);
	return current;
};

window.sample = (name) => window.show(name, samples.find((s) => s.name === name)!.bytes);

window.compare = async (left, right) => {
	current?.destroy();
	current = null;
	const host = document.querySelector<HTMLElement>("main")!;
	host.replaceChildren();
	(await loadDiff()).mount(host, left, right, {});
};

const query = new URLSearchParams(location.search);
const main = document.createElement("main");
document.body.append(main);
const one = query.get("sample");
if (one) {
	const file = samples.find((s) => s.name === one);
	if (file) current = await show(main, file, query.get("as") ?? undefined);
} else if (query.has("diff")) {
	const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
	const old = Array.from({ length: 60 }, (_, i) => `line ${i}: value = ${i * i};`);
	const fresh = old.toSpliced(30, 1, "line 30: value = 901;", "an extra line").toSpliced(12, 2).with(45, "quite other words here");
	if (query.get("diff") === "images") {
		const file = samples.find((s) => s.name === "plot.png")!;
		await window.compare(samples.find((s) => s.name === "icon.png")!, file);
	} else await window.compare({ name: "a", bytes: bytes(old.join("\n")) }, { name: "b", bytes: bytes(fresh.join("\n")) });
} else if (!query.has("empty")) {
	main.className = "gallery";
	for (const file of samples) {
		const card = document.createElement("section");
		const title = document.createElement("h2");
		title.textContent = `${file.name}: ${pickViewers(file).map((c) => c.title).join(", ")}`;
		const host = document.createElement("div");
		card.append(title, host);
		main.append(card);
		void show(host, file);
	}
}
document.documentElement.dataset["ready"] = "yes";
