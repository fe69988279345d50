// SPDX-License-Identifier: MIT
// An open session on the screen: desk, board, and what they say to each other.

import type { Catalog } from "../api/types";
import { Desk } from "../editor/desk";
import { openPicker } from "../pane/picker";
import { columnIn } from "../pane/remarks";
import { Memory } from "../run/memory";
import { titleOf, MAX_PANES, type PaneState, type Session } from "../state/session";
import { Workspace } from "../state/workspace";
import { openShare } from "../share/share";
import { toast } from "../ui/dialog";
import { Board } from "./board";
import { Keeper } from "./keeper";
import type { Page } from "./page";

export interface TableOptions {
	catalog: Catalog;
	session: Session;
	undo: Record<string, unknown>;
	/** Under which id the session was kept; null for a new one. */
	id: string | null;
	readOnly: boolean;
	embedded: boolean;
}

const memory = new Memory();

/** The parts that F6 goes through. */
const PARTS = ".editor-host, .command";

export class Table {
	readonly workspace: Workspace;
	readonly board: Board;
	readonly keeper: Keeper | null;
	#desk: Desk;
	#options: TableOptions;
	#focused: PaneState | null = null;
	#key = (event: KeyboardEvent) => this.#onKey(event);

	constructor(options: TableOptions) {
		this.#options = options;
		this.workspace = new Workspace(options.session);
		const page: Page = {
			workspace: this.workspace,
			catalog: options.catalog,
			memory,
			readOnly: options.readOnly,
			embedded: options.embedded,
			jump: (place) => {
				const name = this.#sourceName(place.file);
				const file = this.workspace.session.files.find((f) => f.name === name);
				const text = file?.text?.split("\n")[place.line - 1] ?? "";
				this.board.show(null);
				this.#desk.jump(name ?? "", place.line, columnIn(text, place.col ?? 1));
			},
			sourceName: (name) => this.#sourceName(name),
			othersOf: (pane) => this.board.panes.filter((p) => p.state !== pane),
			setRemarks: (pane, remarks) => this.#desk.setRemarks(pane, remarks),
			setBands: (pane, name, bands) => this.#desk.setBands(pane, name, bands),
			setOrigin: (place) => {
				const here = place && this.#sourceName(place.file) === this.workspace.active.name;
				this.#desk.editor.setOrigin(here ? place.line : null);
			},
			focused: (pane) => (this.#focused = pane),
		};
		this.#desk = new Desk(
			page,
			{
				keys: [
					{ key: "Mod-Enter", run: () => this.runAll() },
					{ key: "Mod-s", run: () => void this.share() },
					{ key: "Mod-k", run: () => this.addProgram(null) },
				],
				hovered: (file, line) => {
					for (const pane of this.board.panes) pane.views.highlightSource(line === null ? null : { file: file.name, line });
				},
			},
			options.undo,
		);
		this.board = new Board(page, this.#desk);
		this.keeper = options.embedded ? null : new Keeper(this.workspace, this.#desk, options.catalog, options.id);
		document.addEventListener("keydown", this.#key);
		this.board.begin();
	}

	end(): void {
		document.removeEventListener("keydown", this.#key);
		this.keeper?.end();
		for (const pane of this.board.panes) pane.end();
	}

	get title(): string {
		return titleOf(this.workspace.session, this.#options.catalog);
	}

	focusEditor(): void {
		this.#desk.editor.focus();
	}

	/** All panes, or on a phone at least the first one to look at. */
	runAll(): void {
		for (const pane of this.board.panes) pane.runner.run();
	}

	async share(): Promise<void> {
		await openShare(this.workspace.session, this.title);
	}

	addProgram(anchor: HTMLElement | null): void {
		if (this.workspace.session.panes.length >= MAX_PANES) return toast(`There are ${MAX_PANES} panes already: close one first.`);
		const near = anchor ?? document.querySelector<HTMLElement>(".add-program");
		if (!near) return;
		openPicker(near, this.#options.catalog, this.workspace.active.name, "", (program) => {
			const columns = this.workspace.columns().length;
			const room = innerWidth / (columns + 2) > 400;
			const pane = this.workspace.addPane(program.id, room);
			this.board.show(pane);
			this.board.panes.find((p) => p.state === pane)?.element.querySelector<HTMLElement>(".command")?.focus();
		});
	}

	get focused(): PaneState | null {
		return this.#focused;
	}

	/** The file that a program means by @name: "./a.c" and "/input/a.c" are "a.c". */
	#sourceName(name: string): string | null {
		const plain = name.replace(/^\/input\//, "").replace(/^(\.\/)+/, "");
		return this.workspace.names.includes(plain) ? plain : null;
	}

	#onKey(event: KeyboardEvent): void {
		const mod = event.ctrlKey || event.metaKey;
		if (document.querySelector("dialog[open]")) return;
		if (event.key === "F6") this.#nextPart(event.shiftKey ? -1 : 1);
		else if (mod && event.key === "Enter") this.runAll();
		else if (mod && event.key.toLowerCase() === "s") void this.share();
		else if (mod && event.key.toLowerCase() === "k") this.addProgram(null);
		else return;
		event.preventDefault();
	}

	#nextPart(step: number): void {
		const parts = [...document.querySelectorAll<HTMLElement>(PARTS)].filter((p) => p.offsetParent !== null);
		const at = parts.findIndex((p) => p.contains(document.activeElement) || p.closest(".pane, .desk")?.contains(document.activeElement));
		const next = parts[(at + step + parts.length) % parts.length];
		if (next?.classList.contains("editor-host")) this.focusEditor();
		else next?.focus();
	}
}
