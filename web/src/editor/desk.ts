// SPDX-License-Identifier: MIT
// The left side: tabs, the text of the file in front, and a line that says where one is.

import type { Page } from "../app/page";
import { formatBytes } from "../core/format";
import { kindOf } from "../run/template";
import { settings } from "../state/settings";
import type { PaneState, SourceFile } from "../state/session";
import { bytesOf } from "../state/session";
import { fill, freshId, h } from "../ui/dom";
import { icon } from "../ui/icon";
import { download, pickViewers, type ViewerHandle } from "../viewers/index";
import { Editor, type EditorHost, type Remark } from "./editor";
import { Tabs } from "./tabs";
import { acceptDrops, chooseFiles } from "./upload";

export interface DeskHost {
	keys: EditorHost["keys"];
	hovered(file: SourceFile, line: number | null): void;
}

export class Desk {
	readonly element: HTMLElement;
	readonly editor: Editor;
	readonly tabs: Tabs;

	#page: Page;
	#shown: SourceFile | null = null;
	#undo: Record<string, unknown>;
	#remarks = new Map<PaneState, ReadonlyMap<string, Remark[]>>();
	#bands = new Map<PaneState, { name: string; bands: ReadonlyMap<number, number> }>();
	#binary = h("div", { class: "binary" });
	#binaryHandle: ViewerHandle | null = null;
	#text = h("div", { class: "editor-host" });
	#place = h("span", { class: "place" });
	#kind = h("span", {});
	#problems = h("button", { type: "button", class: "text-button problems" });

	constructor(page: Page, host: DeskHost, undo: Record<string, unknown>) {
		this.#page = page;
		this.#undo = undo;
		const { workspace } = page;
		this.editor = new Editor(
			this.#text,
			{
				keys: host.keys,
				edited: (file, text) => workspace.setText(file, text),
				moved: (line, column, cursors) => {
					this.#place.textContent = `Line ${line}, column ${column}${cursors > 0 ? `, ${cursors} cursors` : ""}`;
				},
				hovered: (line) => this.#shown && host.hovered(this.#shown, line),
				highlightOf: (name) => kindOf(name, page.catalog.kinds)?.highlight,
			},
			settings.value,
			page.readOnly,
		);
		const panelId = freshId("desk");
		this.tabs = new Tabs(
			workspace,
			{
				upload: () => chooseFiles(workspace),
				download: (file) => download({ name: file.name, bytes: bytesOf(file) }),
				errorsOf: (file) => this.#remarksOf(file).filter((r) => r.severity === "error").length,
			},
			page.readOnly,
			panelId,
		);
		const panel = h("div", { class: "desk-panel", role: "tabpanel", id: panelId, "aria-label": "Text of the file" }, this.#text, this.#binary);
		const foot = h("footer", { class: "desk-status" }, this.#kind, this.#place, h("span", { class: "spacer" }), this.#problems);
		this.element = h("section", { class: "desk", "aria-label": "Files" }, this.tabs.element, panel, foot);
		if (!page.readOnly) acceptDrops(this.element, workspace);
		this.#problems.addEventListener("click", () => this.#nextProblem());
		settings.listen((value) => this.editor.configure(value));
		workspace.files.watch(() => this.#draw());
		this.#drawProblems();
	}

	setRemarks(pane: PaneState, remarks: ReadonlyMap<string, Remark[]>): void {
		if (remarks.size === 0) this.#remarks.delete(pane);
		else this.#remarks.set(pane, remarks);
		if (this.#shown) this.editor.setRemarks(this.#shown, this.#remarksOf(this.#shown));
		this.tabs.draw();
		this.#drawProblems();
	}

	setBands(pane: PaneState, name: string, bands: ReadonlyMap<number, number>): void {
		if (bands.size === 0) this.#bands.delete(pane);
		else this.#bands.set(pane, { name, bands });
		this.#drawBands();
	}

	/** Of several panes with assembly the last one counts. */
	#drawBands(): void {
		const mine = [...this.#bands.values()].filter((b) => b.name === this.#shown?.name).at(-1);
		this.editor.setMarks({ bands: mine?.bands ?? new Map(), origin: null });
	}

	/** Undo of all files, by name. */
	undo(): Record<string, unknown> {
		const { files } = this.#page.workspace.session;
		return Object.fromEntries(files.flatMap((f) => (f.text === null ? [] : [[f.name, this.editor.undoOf(f) ?? this.#undo[f.name]]])));
	}

	jump(name: string, line: number, column: number): void {
		const file = this.#page.workspace.session.files.find((f) => f.name === name);
		if (!file) return;
		this.#page.workspace.activate(file);
		this.editor.jump(line, column);
	}

	/** What all panes say of @file; two that say the same are heard once. */
	#remarksOf(file: SourceFile): Remark[] {
		const all = [...this.#remarks.values()].flatMap((byName) => byName.get(file.name) ?? []);
		return [...new Map(all.map((r) => [`${r.line}:${r.column}:${r.message}`, r])).values()];
	}

	#draw(): void {
		const file = this.#page.workspace.active;
		this.#drawKind(file);
		if (file === this.#shown) {
			this.editor.colour();
			return;
		}
		this.#shown = file;
		this.#binaryHandle?.destroy();
		this.#binaryHandle = null;
		fill(this.#binary);
		this.#text.hidden = file.text === null;
		this.#binary.hidden = file.text !== null;
		if (file.text === null) {
			this.#place.textContent = formatBytes(bytesOf(file).length);
			void this.#showBinary(file);
			return;
		}
		this.editor.open(file, this.#undo[file.name]);
		this.editor.setRemarks(file, this.#remarksOf(file));
		this.#drawBands();
	}

	#drawKind(file: SourceFile): void {
		this.#kind.textContent = kindOf(file.name, this.#page.catalog.kinds)?.title ?? (file.text === null ? "Binary" : "Text");
	}

	async #showBinary(file: SourceFile): Promise<void> {
		const shown = { name: file.name, bytes: bytesOf(file) };
		const viewer = await pickViewers(shown)[0]?.load();
		if (this.#shown === file && viewer) this.#binaryHandle = viewer.mount(this.#binary, shown, {});
	}

	#all(): { name: string; remark: Remark }[] {
		const order = { error: 0, warning: 1, info: 2 };
		return this.#page.workspace.session.files
			.flatMap((f) => this.#remarksOf(f).map((remark) => ({ name: f.name, remark })))
			.sort((a, b) => order[a.remark.severity] - order[b.remark.severity]);
	}

	#drawProblems(): void {
		const all = this.#all();
		const errors = all.filter((p) => p.remark.severity === "error").length;
		const warnings = all.filter((p) => p.remark.severity === "warning").length;
		const words = [
			errors > 0 ? `${errors} error${errors === 1 ? "" : "s"}` : "",
			warnings > 0 ? `${warnings} warning${warnings === 1 ? "" : "s"}` : "",
		].filter((w) => w !== "");
		this.#problems.hidden = words.length === 0;
		this.#problems.dataset["tone"] = errors > 0 ? "error" : "warning";
		fill(this.#problems, icon("warn"), words.join(", "));
		this.#problems.title = all[0] ? `${all[0].name}:${all[0].remark.line}: ${all[0].remark.message}` : "";
	}

	#problemAt = -1;

	/** The first problem, then the one after it. */
	#nextProblem(): void {
		const all = this.#all();
		this.#problemAt = (this.#problemAt + 1) % Math.max(1, all.length);
		const problem = all[this.#problemAt];
		if (problem) this.jump(problem.name, problem.remark.line, problem.remark.column || 1);
	}
}
