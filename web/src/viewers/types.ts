// SPDX-License-Identifier: MIT
// What viewers and the page say to each other. A viewer shows one output file in one element.

/** One thing that a run made: a file, or its stdout or stderr (then the name is "stdout" or "stderr"). Bytes are hostile. */
export interface OutputFile {
	name: string;
	bytes: Uint8Array;
	mode?: number;
}

/** A place in a source file; line and col count from 1. */
export interface Place {
	file: string;
	line: number;
	col?: number;
}

/** What the page lends to a viewer. Everything is optional: a viewer without it shows less, and never fails. */
export interface ViewerContext {
	/** The person clicked on file:line:col. */
	onJump?(place: Place): void;
	/** Is this name (as a program printed it) a file that onJump can open? Without it none is. */
	isSource?(name: string): boolean;
	/** The pointer rests on output that came from this source line; null when it left. */
	onSourceHover?(place: Place | null): void;
	/** Which source lines have assembly, and the number of their colour band (0 to 7); again after each update and filter. */
	onSourceBands?(bands: ReadonlyMap<number, number>): void;
	/** Name of the file that the editor shows, for hover and bands. */
	sourceName?: string;
	/** Another output file of the same run, for pictures in Markdown. */
	sibling?(name: string): OutputFile | undefined;
	/** Address of the frame page that shows HTML; see web/tools/policy.mjs. Default "/frame.html". */
	frameUrl?: string;
	/** Small settings that a viewer keeps (filters, wrapping). The page stores them where it likes. */
	recall?(key: string): string | null;
	remember?(key: string, value: string): void;
	/** A plain sentence for a live region. */
	announce?(text: string): void;
}

export interface ViewerHandle {
	/** Shows new bytes in place: scroll position, camera and filters stay. */
	update(file: OutputFile): void;
	/** Adds bytes at the end, for live output; where it is missing call update. */
	append?(bytes: Uint8Array): void;
	/** Marks what came from this source line and brings it into view; null takes the mark away. */
	highlightSource?(place: Place | null): void;
	/** Opens the viewer's own find field, if it has one. */
	find?(): void;
	/** Frees object URLs, timers, observers and GPU memory. The element is left empty. */
	destroy(): void;
}

export interface Viewer {
	mount(el: HTMLElement, file: OutputFile, ctx: ViewerContext): ViewerHandle;
}

/** One way to look at a file. */
export interface ViewerChoice {
	/** Stable word, good for remembering a person's choice: "text", "asm", "image", ... */
	id: string;
	/** What the person reads: "Text", "Assembly", "Picture", ... */
	title: string;
	/** "text" answers at once; heavy ones are fetched when needed. A rejected promise means that the chunk did not load. */
	load(): Promise<Viewer>;
}
