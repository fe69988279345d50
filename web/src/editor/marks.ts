// SPDX-License-Identifier: MIT
// What a viewer of assembly says about source lines: bands of colour, and the line that the pointer means.

import { RangeSetBuilder, StateEffect, StateField, type EditorState } from "@codemirror/state";
import { Decoration, EditorView, type DecorationSet } from "@codemirror/view";

export interface Marks {
	/** Line (from 1) to number of a colour, 0 to 7. */
	bands: ReadonlyMap<number, number>;
	origin: number | null;
}

export const setMarks = StateEffect.define<Marks>();

const bands = Array.from({ length: 8 }, (_, i) => Decoration.line({ class: `cm-band-${i}` }));
const origin = Decoration.line({ class: "cm-origin" });

function decorate(state: EditorState, marks: Marks): DecorationSet {
	const builder = new RangeSetBuilder<Decoration>();
	const lines = new Set([...marks.bands.keys(), ...(marks.origin === null ? [] : [marks.origin])]);
	for (const line of [...lines].sort((a, b) => a - b)) {
		if (line < 1 || line > state.doc.lines) continue;
		const { from } = state.doc.line(line);
		const band = marks.bands.get(line);
		if (band !== undefined) builder.add(from, from, bands[band & 7] as Decoration);
		if (line === marks.origin) builder.add(from, from, origin);
	}
	return builder.finish();
}

export const marksField = StateField.define<DecorationSet>({
	create: () => Decoration.none,
	update(value, transaction) {
		let next = value.map(transaction.changes);
		for (const effect of transaction.effects) if (effect.is(setMarks)) next = decorate(transaction.state, effect.value);
		return next;
	},
	provide: (field) => EditorView.decorations.from(field),
});
