// SPDX-License-Identifier: MIT
// The editor: one CodeMirror view, one state per file, so that each tab keeps its text, cursor, scroll and undo.
//
// It lives in a shadow root: there CodeMirror's styles are adopted style sheets, which a strict Content-Security-Policy
// allows, where <style> elements would need 'unsafe-inline'.

import { closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyField, historyKeymap, indentWithTab } from "@codemirror/commands";
import { bracketMatching, foldGutter, foldKeymap, indentOnInput, indentUnit } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics, type Diagnostic } from "@codemirror/lint";
import { highlightSelectionMatches, openSearchPanel, search, searchKeymap } from "@codemirror/search";
import { Compartment, EditorSelection, EditorState, Prec, type Extension } from "@codemirror/state";
import {
	crosshairCursor,
	drawSelection,
	dropCursor,
	EditorView,
	highlightActiveLine,
	highlightActiveLineGutter,
	highlightSpecialChars,
	keymap,
	lineNumbers,
	rectangularSelection,
	type Command,
} from "@codemirror/view";
import type { Settings } from "../state/settings";
import type { SourceFile } from "../state/session";
import { languageOf } from "./languages";
import { marksField, setMarks, type Marks } from "./marks";
import { theme } from "./theme";

export interface EditorHost {
	edited(file: SourceFile, text: string): void;
	/** The cursor is there now (both from 1). */
	moved(line: number, column: number, selected: number): void;
	/** The pointer rests on a line, or left. */
	hovered(line: number | null): void;
	/** Keys that mean something to the whole page, before the editor has them. */
	keys: { key: string; run: () => void }[];
	highlightOf(name: string): string | undefined;
}

/** A message about a place; both from 1, @column 0 for the whole line. */
export interface Remark {
	line: number;
	column: number;
	endLine?: number;
	endColumn?: number;
	severity: "error" | "warning" | "info";
	message: string;
	source?: string;
}

const EMPTY: Marks = { bands: new Map(), origin: null };

export class Editor {
	readonly view: EditorView;
	#host: EditorHost;
	#states = new WeakMap<SourceFile, EditorState>();
	#scroll = new WeakMap<SourceFile, number>();
	#file: SourceFile | null = null;
	#language = new Compartment();
	#keys = new Compartment();
	#wrap = new Compartment();
	#readOnly = new Compartment();
	#keymap: Extension = [];
	#settings: Settings;
	#locked: boolean;
	#marks: Marks = EMPTY;

	constructor(place: HTMLElement, host: EditorHost, settings: Settings, readOnly: boolean) {
		this.#host = host;
		this.#settings = settings;
		this.#locked = readOnly;
		const root = place.attachShadow({ mode: "open" });
		this.view = new EditorView({ parent: root, root });
		this.configure(settings);
	}

	/** Shows @file; @undo is what undoOf() gave for it once. */
	open(file: SourceFile, undo?: unknown): void {
		this.#stash();
		this.#file = file;
		let state = this.#states.get(file);
		if (!state || state.doc.toString() !== (file.text ?? "")) state = this.#stateFor(file, undo);
		this.view.setState(state);
		this.view.dispatch({
			effects: [
				this.#keys.reconfigure(this.#keymap),
				this.#wrap.reconfigure(this.#settings.wrap ? EditorView.lineWrapping : []),
			],
		});
		this.view.contentDOM.setAttribute("aria-label", `Text of ${file.name}`);
		this.view.scrollDOM.scrollTop = this.#scroll.get(file) ?? 0;
		this.colour();
		this.#tellCursor();
	}

	/** Fetches the colours for the name that the file has now. */
	colour(): void {
		const file = this.#file;
		if (!file) return;
		void languageOf(this.#host.highlightOf(file.name)).then((language) => {
			if (this.#file === file) this.view.dispatch({ effects: this.#language.reconfigure(language ?? []) });
		});
	}

	/** Undo history of @file, fit for JSON; undefined when it was never edited. */
	undoOf(file: SourceFile): unknown {
		const state = file === this.#file ? this.view.state : this.#states.get(file);
		return state?.toJSON({ history: historyField });
	}

	configure(settings: Settings): void {
		this.#settings = settings;
		const host = this.view.dom.getRootNode() as ShadowRoot;
		(host.host as HTMLElement).style.setProperty("--editor-size", `${settings.fontSize}px`);
		void this.#loadKeys(settings.keys).then((keys) => {
			if (this.#settings !== settings) return;
			this.#keymap = keys;
			if (!this.#file) return;
			this.view.dispatch({
				effects: [
					this.#keys.reconfigure(keys),
					this.#wrap.reconfigure(settings.wrap ? EditorView.lineWrapping : []),
				],
			});
		});
	}

	setRemarks(file: SourceFile, remarks: readonly Remark[]): void {
		if (file === this.#file) this.view.dispatch(setDiagnostics(this.view.state, this.#diagnostics(this.view.state, remarks)));
	}

	setMarks(marks: Marks): void {
		this.#marks = marks;
		if (this.#file) this.view.dispatch({ effects: setMarks.of(marks) });
	}

	/** Marks the line that something else came from. Nothing scrolls: the pointer only passes by. */
	setOrigin(line: number | null): void {
		if (line !== this.#marks.origin) this.setMarks({ ...this.#marks, origin: line });
	}

	/** Puts the cursor there and looks at it. */
	jump(line: number, column: number): void {
		const { doc } = this.view.state;
		const at = doc.line(Math.max(1, Math.min(line, doc.lines)));
		const position = at.from + Math.max(0, Math.min(column - 1, at.length));
		this.view.dispatch({
			selection: EditorSelection.cursor(position),
			effects: EditorView.scrollIntoView(position, { y: "center" }),
		});
		this.view.focus();
	}

	find(): void {
		openSearchPanel(this.view);
	}

	focus(): void {
		this.view.focus();
	}

	#stash(): void {
		if (!this.#file) return;
		this.#states.set(this.#file, this.view.state);
		this.#scroll.set(this.#file, this.view.scrollDOM.scrollTop);
	}

	#stateFor(file: SourceFile, undo: unknown): EditorState {
		const config = { doc: file.text ?? "", extensions: this.#extensions() };
		if (undo) {
			try {
				const state = EditorState.fromJSON(undo, config, { history: historyField });
				if (state.doc.toString() === file.text) return state;
			} catch {
				// Written by another version of the editor: the text is what counts.
			}
		}
		return EditorState.create(config);
	}

	#extensions(): Extension {
		const page = this.#host.keys.map(({ key, run }) => ({ key, run: (() => (run(), true)) as Command, preventDefault: true }));
		return [
			// Vim and emacs have their keys before anybody else: in emacs Ctrl+S searches.
			Prec.highest(this.#keys.of(this.#keymap)),
			Prec.highest(keymap.of(page)),
			this.#readOnly.of(this.#locked ? [EditorState.readOnly.of(true)] : []),
			lineNumbers(),
			foldGutter({ openText: "⌄", closedText: "›" }),
			lintGutter(),
			highlightActiveLineGutter(),
			highlightSpecialChars(),
			history(),
			drawSelection(),
			dropCursor(),
			EditorState.allowMultipleSelections.of(true),
			indentOnInput(),
			indentUnit.of("    "),
			EditorState.tabSize.of(4),
			EditorView.perLineTextDirection.of(true),
			bracketMatching(),
			closeBrackets(),
			rectangularSelection(),
			crosshairCursor(),
			highlightActiveLine(),
			highlightSelectionMatches({ minSelectionLength: 2 }),
			search({ top: true }),
			keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...foldKeymap, ...lintKeymap, indentWithTab]),
			this.#language.of([]),
			this.#wrap.of([]),
			marksField,
			theme,
			EditorView.updateListener.of((update) => {
				if (update.docChanged && this.#file) this.#host.edited(this.#file, wellFormed(update.state.doc.toString()));
				if (update.selectionSet || update.docChanged) this.#tellCursor();
			}),
			EditorView.domEventHandlers({
				mousemove: (event, view) => {
					const at = view.posAtCoords({ x: event.clientX, y: event.clientY }, false);
					this.#host.hovered(view.state.doc.lineAt(at).number);
				},
				mouseleave: () => this.#host.hovered(null),
			}),
		];
	}

	#tellCursor(): void {
		const { main, ranges } = this.view.state.selection;
		const line = this.view.state.doc.lineAt(main.head);
		this.#host.moved(line.number, main.head - line.from + 1, ranges.length > 1 ? ranges.length : 0);
	}

	async #loadKeys(keys: Settings["keys"]): Promise<Extension> {
		if (keys === "vim") return (await import("@replit/codemirror-vim")).vim({ status: true });
		if (keys === "emacs") return (await import("@replit/codemirror-emacs")).emacs();
		return [];
	}

	#diagnostics(state: EditorState, remarks: readonly Remark[]): Diagnostic[] {
		const { doc } = state;
		return remarks
			.filter((r) => r.line >= 1 && r.line <= doc.lines)
			.map((r) => {
				const line = doc.line(r.line);
				const indent = /^\s*/.exec(line.text)?.[0].length ?? 0;
				const from = r.column > 0 ? Math.min(line.from + r.column - 1, line.to) : line.from + indent;
				return { from, to: endOf(state, r, from, line.to), severity: r.severity, message: r.message, ...(r.source ? { source: r.source } : {}) };
			});
	}
}

/** A remark without an end marks the word at its place; one on white space or at the end, the rest of the line. */
function endOf(state: EditorState, remark: Remark, from: number, lineEnd: number): number {
	const { doc } = state;
	if (remark.endLine && remark.endColumn && remark.endLine <= doc.lines) {
		const line = doc.line(remark.endLine);
		const to = Math.min(line.from + remark.endColumn - 1, line.to);
		if (to > from) return to;
	}
	if (remark.column === 0) return lineEnd;
	const word = state.wordAt(from);
	if (word && word.to > from) return word.to;
	return Math.min(from + 1, lineEnd) > from ? from + 1 : lineEnd;
}

/** Half a surrogate pair is no UTF-8: it cannot be sent. */
function wellFormed(text: string): string {
	return /\p{Surrogate}/u.test(text) ? text.replace(/\p{Surrogate}/gu, "\ufffd") : text;
}
