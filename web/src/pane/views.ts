// SPDX-License-Identifier: MIT
// The output of a pane: what it printed and the files that it made, one in view at a time.
//
// A new output is put into what is on the screen already where kind and name are the same, so that nothing jumps:
// scroll position, zoom and camera stay.

import { formatBytes } from "../core/format";
import type { MadeFile, Output } from "../run/output";
import { recall, remember } from "../state/settings";
import { announce } from "../ui/dialog";
import { fill, freshId, h } from "../ui/dom";
import { icon } from "../ui/icon";
import { download, pickViewers, type OutputFile, type Place, type ViewerContext, type ViewerHandle } from "../viewers/index";

/** The name of what was printed: no file has it. */
const PRINTED = "";

interface Mounted {
	viewer: string;
	name: string;
	file: OutputFile;
	handle: ViewerHandle;
}

/** One file in one place: mounts the right viewer and keeps it as long as it fits. */
class Slot {
	readonly element = h("div", { class: "slot" });
	#mounted: Mounted | null = null;
	#turn = 0;

	constructor(readonly context: ViewerContext) {}

	async show(file: OutputFile, wanted: string | null): Promise<void> {
		const turn = ++this.#turn;
		const choices = pickViewers(file);
		const choice = choices.find((c) => c.id === wanted) ?? choices[0];
		if (!choice) return;
		const old = this.#mounted;
		if (old && old.viewer === choice.id && old.name === file.name) {
			this.#update(old, file);
			return;
		}
		try {
			const viewer = await choice.load();
			if (turn !== this.#turn) return;
			this.clear();
			this.#turn = turn;
			this.#mounted = { viewer: choice.id, name: file.name, file, handle: viewer.mount(this.element, file, this.context) };
		} catch {
			if (turn !== this.#turn) return;
			this.clear();
			fill(this.element, h("p", { class: "slot-message" }, `The part of the page that shows this (${choice.title}) could not be fetched. `));
		}
	}

	/** Live output that only grew is appended. */
	#update(mounted: Mounted, file: OutputFile): void {
		const before = mounted.file.bytes;
		mounted.file = file;
		const grew = file.bytes.length >= before.length && startsWith(file.bytes, before);
		if (grew && file.bytes.length === before.length) return;
		if (grew && mounted.handle.append) mounted.handle.append(file.bytes.subarray(before.length));
		else mounted.handle.update(file);
	}

	get handle(): ViewerHandle | null {
		return this.#mounted?.handle ?? null;
	}

	clear(): void {
		this.#turn++;
		this.#mounted?.handle.destroy();
		this.#mounted = null;
		fill(this.element);
	}
}

function startsWith(all: Uint8Array, head: Uint8Array): boolean {
	for (let i = 0; i < head.length; i++) if (all[i] !== head[i]) return false;
	return true;
}

const LINE_PX = 20;
/** More than fit on any screen. */
const MANY_LINES = 200;

function linesOf(bytes: Uint8Array): number {
	let lines = 1;
	for (let at = bytes.indexOf(10); at >= 0 && lines < MANY_LINES; at = bytes.indexOf(10, at + 1)) lines++;
	return lines;
}

const TEXT_KINDS = new Set(["text", "hex"]);
/** A picture says more than this much text beside it. */
const FEW_BYTES = 400;

export class Views {
	readonly tabs = h("div", { class: "view-tabs", role: "tablist", "aria-label": "Output" });
	readonly tools = h("div", { class: "view-tools" });
	readonly element: HTMLElement;

	#output: Output | null = null;
	/** Name of the file in view; "" is what was printed. null: nobody chose. */
	#chosen: string | null = null;
	#as = new Map<string, string>();
	#stdout: Slot;
	#stderr: Slot;
	#file: Slot;
	#printed: HTMLElement;
	#stderrPart: HTMLElement;
	#nothing = h("p", { class: "slot-message" });
	#panelId = freshId("view");
	#drawnTabs = "";

	constructor(context: ViewerContext) {
		// Not a copy: what is asked of the context may be another thing each time.
		const whole = Object.assign(context, {
			recall,
			remember,
			announce,
			sibling: (name: string) => this.#output?.files.find((f) => f.name === name),
		});
		this.#stdout = new Slot(whole);
		this.#stderr = new Slot(whole);
		this.#file = new Slot(whole);
		this.#stderrPart = h("div", { class: "stderr-part" }, h("div", { class: "part-label" }, "stderr"), this.#stderr.element);
		this.#printed = h("div", { class: "printed" }, this.#stdout.element, this.#stderrPart);
		this.element = h("div", { class: "view", role: "tabpanel", id: this.#panelId, tabindex: -1 });
		this.show(null);
	}

	show(output: Output | null): void {
		this.#output = output;
		this.#draw();
	}

	get output(): Output | null {
		return this.#output;
	}

	get shown(): string {
		return this.#wanted();
	}

	/** What is in view, as a file. */
	get shownFile(): OutputFile | null {
		const output = this.#output;
		if (!output) return null;
		const name = this.#wanted();
		if (name !== PRINTED) return output.files.find((f) => f.name === name) ?? null;
		return output.stdout.length > 0 || output.stderr.length === 0
			? { name: "stdout", bytes: output.stdout }
			: { name: "stderr", bytes: output.stderr };
	}

	choose(name: string): void {
		this.#chosen = name;
		this.#draw();
	}

	highlightSource(place: Place | null): void {
		for (const slot of [this.#stdout, this.#file]) slot.handle?.highlightSource?.(place);
	}

	end(): void {
		for (const slot of [this.#stdout, this.#stderr, this.#file]) slot.clear();
	}

	/** What somebody chose, if it is there; else what says most. */
	#wanted(): string {
		const output = this.#output;
		if (!output) return PRINTED;
		if (this.#chosen !== null && (this.#chosen === PRINTED || output.files.some((f) => f.name === this.#chosen))) return this.#chosen;
		if (output.files.length === 0) return PRINTED;
		const failed = output.result?.outcome !== "exited" || output.result.code !== 0;
		if (failed && (output.stdout.length > 0 || output.stderr.length > 0)) return PRINTED;
		const shows = output.files.find((f) => !TEXT_KINDS.has(pickViewers(f)[0]?.id ?? "text"));
		if (output.stdout.length > FEW_BYTES || (output.stdout.length > 0 && !shows)) return PRINTED;
		return (shows ?? (output.files[0] as MadeFile)).name;
	}

	#draw(): void {
		const output = this.#output;
		const name = this.#wanted();
		this.#drawTabs(output, name);
		if (!output) {
			fill(this.element, this.#nothing);
			this.#nothing.textContent = "";
			fill(this.tools);
			return;
		}
		if (name === PRINTED) this.#drawPrinted(output);
		else this.#drawFile(output.files.find((f) => f.name === name) as MadeFile);
		this.#drawTools();
	}

	#drawPrinted(output: Output): void {
		const { stdout, stderr } = output;
		const live = output.result === null;
		this.#printed.classList.toggle("only-stderr", stdout.length === 0 && stderr.length > 0);
		this.#stderrPart.hidden = stderr.length === 0;
		if (stdout.length === 0 && stderr.length === 0) {
			this.#stdout.clear();
			this.#stderr.clear();
			this.#nothing.textContent = live ? "" : output.files.length > 0 ? "Nothing was printed; it made files." : "No output.";
			this.#put(this.#nothing);
			return;
		}
		const wanted = live ? "text" : (this.#as.get("stdout") ?? null);
		if (stdout.length > 0) void this.#stdout.show({ name: "stdout", bytes: stdout }, wanted);
		else this.#stdout.clear();
		if (stderr.length > 0) void this.#stderr.show({ name: "stderr", bytes: stderr }, "text");
		else this.#stderr.clear();
		this.#share(stdout, stderr);
		this.#put(this.#printed);
	}

	/** Whichever stream is short gets the room that it needs, and the other one the rest. */
	#share(stdout: Uint8Array, stderr: Uint8Array): void {
		const room = [linesOf(stdout), linesOf(stderr)].map((lines) => lines * LINE_PX + 2 * LINE_PX) as [number, number];
		const half = this.element.clientHeight / 2;
		const [out, err] = room;
		const flex = out < half ? [`0 0 ${out}px`, "1 1 0"] : err < half ? ["1 1 0", `0 0 ${err}px`] : ["3 1 0", "2 1 0"];
		this.#stdout.element.style.flex = flex[0] as string;
		this.#stderrPart.style.flex = flex[1] as string;
		if (stderr.length === 0) this.#stdout.element.style.flex = "1 1 0";
	}

	#drawFile(file: MadeFile): void {
		void this.#file.show(file, this.#as.get(file.name) ?? null);
		this.#put(this.#file.element);
	}

	/** A viewer that is on the screen stays where it is: moving it would reload frames and lose scroll positions. */
	#put(element: HTMLElement): void {
		if (this.element.firstElementChild !== element) fill(this.element, element);
	}

	#drawTabs(output: Output | null, name: string): void {
		const names = [PRINTED, ...(output?.files.map((f) => f.name) ?? [])];
		const sizes = output?.files.map((f) => f.bytes.length) ?? [];
		const state = JSON.stringify([names, sizes, name]);
		if (state === this.#drawnTabs) return;
		this.#drawnTabs = state;
		const hadFocus = this.tabs.contains(document.activeElement);
		const tabs = names.map((n, i) =>
			h(
				"button",
				{
					type: "button",
					class: "view-tab",
					role: "tab",
					"aria-selected": String(n === name),
					"aria-controls": this.#panelId,
					tabindex: n === name ? 0 : -1,
					title: n === PRINTED ? "What the program printed" : `${n}, ${formatBytes(sizes[i - 1] ?? 0)}`,
					onclick: () => this.choose(n),
				},
				h("bdi", {}, n === PRINTED ? "Output" : n),
			),
		);
		fill(this.tabs, ...tabs);
		const selected = tabs[names.indexOf(name)];
		if (hadFocus) selected?.focus();
		this.tabs.onkeydown = (event) => {
			const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
			if (!step) return;
			event.preventDefault();
			const next = names[(names.indexOf(this.#wanted()) + step + names.length) % names.length];
			if (next !== undefined) this.choose(next);
		};
	}

	#drawTools(): void {
		const file = this.shownFile;
		if (!file) return fill(this.tools);
		const choices = pickViewers(file);
		const current = this.#as.get(file.name) ?? choices[0]?.id ?? "";
		const select = h("select", {
			class: "view-as",
			"aria-label": "Show as",
			onchange: () => {
				this.#as.set(file.name, select.value);
				this.#draw();
			},
		});
		for (const c of choices) select.append(h("option", { value: c.id }, c.title));
		select.value = choices.some((c) => c.id === current) ? current : (choices[0]?.id ?? "");
		const save = h(
			"button",
			{ type: "button", class: "icon-button", "aria-label": `Download ${file.name}`, title: `Download ${file.name}`, onclick: () => download(file) },
			icon("download"),
		);
		fill(this.tools, choices.length > 1 ? select : null, save);
	}
}
