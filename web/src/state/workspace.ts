// SPDX-License-Identifier: MIT
// The open session, and all that can be done to it. Whoever shows a part of it listens to that part's signal.

import { Signal } from "../core/signal";
import { freeName } from "../core/names";
import { newPane, type PaneState, type Session, type SourceFile } from "./session";

export class Workspace {
	/** The list of files, their names or which one is in front. */
	readonly files: Signal<SourceFile[]>;
	/** Text or bytes of a file. */
	readonly text = new Signal<SourceFile | null>(null);
	/** Which panes there are and where. */
	readonly layout: Signal<PaneState[]>;
	/** Anything at all: time to save. */
	readonly any = new Signal<number>(0);

	constructor(readonly session: Session) {
		this.files = new Signal(session.files);
		this.layout = new Signal(session.panes);
		const touched = () => this.touch();
		this.files.listen(touched);
		this.text.listen(touched);
		this.layout.listen(touched);
	}

	touch(): void {
		this.any.value++;
	}

	get active(): SourceFile {
		return this.session.files[this.session.active] as SourceFile;
	}

	get names(): string[] {
		return this.session.files.map((f) => f.name);
	}

	setText(file: SourceFile, text: string): void {
		if (file.text === text) return;
		file.text = text;
		file.bytes = null;
		this.text.value = null;
		this.text.value = file;
	}

	activate(file: SourceFile): void {
		const at = this.session.files.indexOf(file);
		if (at < 0 || at === this.session.active) return;
		this.session.active = at;
		this.files.tell();
	}

	/** Adds @file behind the active one and brings it to the front; a name that is taken gets a number. */
	add(file: SourceFile): SourceFile {
		file.name = freeName(file.name, this.names);
		this.session.files.splice(this.session.active + 1, 0, file);
		this.session.active++;
		this.files.tell();
		return file;
	}

	/** Puts @file in place of the one with its name, or adds it. */
	put(file: SourceFile): SourceFile {
		const at = this.session.files.findIndex((f) => f.name === file.name);
		if (at < 0) return this.add(file);
		this.session.files[at] = file;
		this.session.active = at;
		this.files.tell();
		return file;
	}

	rename(file: SourceFile, name: string): void {
		file.name = name;
		this.files.tell();
	}

	/** Takes @file away. The last one leaves an empty one behind. Gives a function that brings it back. */
	remove(file: SourceFile): () => void {
		const { files } = this.session;
		const at = files.indexOf(file);
		files.splice(at, 1);
		if (files.length === 0) files.push({ name: "untitled.txt", text: "", bytes: null });
		if (this.session.active > at || this.session.active >= files.length) this.session.active--;
		this.session.active = Math.max(0, this.session.active);
		this.files.tell();
		return () => {
			files.splice(Math.min(at, files.length), 0, file);
			this.session.active = files.indexOf(file);
			this.files.tell();
		};
	}

	moveFile(file: SourceFile, to: number): void {
		const { files } = this.session;
		const front = this.active;
		files.splice(files.indexOf(file), 1);
		files.splice(Math.max(0, Math.min(to, files.length)), 0, file);
		this.session.active = files.indexOf(front);
		this.files.tell();
	}

	/** The panes column by column, from top to bottom. */
	columns(): PaneState[][] {
		const columns = new Map<number, PaneState[]>();
		for (const pane of this.session.panes) columns.set(pane.column, [...(columns.get(pane.column) ?? []), pane]);
		return [...columns.entries()].sort((a, b) => a[0] - b[0]).map(([, panes]) => panes);
	}

	/** Takes over @columns: numbers them anew, drops empty ones. */
	#arrange(columns: PaneState[][]): void {
		const kept = columns.filter((c) => c.length > 0);
		if (kept.length !== this.session.widths.length - 1) this.session.widths = [];
		for (const [i, column] of kept.entries()) for (const pane of column) pane.column = i;
		this.session.panes.splice(0, this.session.panes.length, ...kept.flat());
		this.layout.tell();
	}

	/** @beside: in a column of its own at the right; else below what is in the last column. */
	addPane(program: string, beside: boolean, like?: PaneState): PaneState {
		const columns = this.columns();
		const pane = { ...(like ? structuredClone(like) : newPane(program)), program, weight: 1 };
		const last = columns.at(-1);
		if (beside || !last) columns.push([pane]);
		else last.push(pane);
		this.#arrange(columns);
		return pane;
	}

	removePane(pane: PaneState): () => void {
		const before = this.columns();
		const widths = [...this.session.widths];
		this.#arrange(before.map((c) => c.filter((p) => p !== pane)));
		return () => {
			this.#arrange(before.map((c) => c.filter((p) => p === pane || this.session.panes.includes(p))));
			this.session.widths = widths;
			this.layout.tell();
		};
	}

	movePane(pane: PaneState, where: "left" | "right" | "up" | "down"): void {
		const columns = this.columns();
		const c = columns.findIndex((column) => column.includes(pane));
		const column = columns[c] as PaneState[];
		const r = column.indexOf(pane);
		if (where === "up" || where === "down") {
			const to = r + (where === "up" ? -1 : 1);
			if (to < 0 || to >= column.length) return;
			column.splice(r, 1);
			column.splice(to, 0, pane);
		} else {
			const alone = column.length === 1;
			const to = c + (where === "left" ? -1 : 1);
			if (alone && !columns[to]) return;
			column.splice(r, 1);
			const target = columns[to];
			if (target) target.push(pane);
			else if (to < 0) columns.unshift([pane]);
			else columns.push([pane]);
		}
		this.#arrange(columns);
	}

	/** Puts @pane beside @target: what dragging a pane does. */
	dropPane(pane: PaneState, target: PaneState, side: "left" | "right" | "up" | "down"): void {
		if (pane === target) return;
		const columns = this.columns().map((column) => column.filter((p) => p !== pane));
		const c = columns.findIndex((column) => column.includes(target));
		const column = columns[c];
		if (!column) return;
		const r = column.indexOf(target);
		if (side === "up") column.splice(r, 0, pane);
		else if (side === "down") column.splice(r + 1, 0, pane);
		else columns.splice(side === "left" ? c : c + 1, 0, [pane]);
		this.#arrange(columns);
	}
}
