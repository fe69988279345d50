// SPDX-License-Identifier: MIT
// What the parts of the page share.

import type { Catalog } from "../api/types";
import type { Remark } from "../editor/editor";
import type { Memory } from "../run/memory";
import type { Pane } from "../pane/pane";
import type { PaneState } from "../state/session";
import type { Workspace } from "../state/workspace";
import type { Place } from "../viewers/types";

export interface Page {
	workspace: Workspace;
	catalog: Catalog;
	memory: Memory;
	/** Nothing can be edited: an embedded page that says so. */
	readOnly: boolean;
	embedded: boolean;
	jump(place: Place): void;
	/** The file that a program means by @name ("./a.c", "/input/a.c"), or null. */
	sourceName(name: string): string | null;
	/** All panes but this one. */
	othersOf(pane: PaneState): Pane[];
	/** What a pane's program said about the files, by name; replaces what it said before. */
	setRemarks(pane: PaneState, remarks: ReadonlyMap<string, Remark[]>): void;
	/** Which lines of the file @name a pane's output came from. */
	setBands(pane: PaneState, name: string, bands: ReadonlyMap<number, number>): void;
	setOrigin(place: Place | null): void;
	/** The pane that is in use: where Ctrl+Enter and new panes start from. */
	focused(pane: PaneState): void;
}
