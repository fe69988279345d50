// SPDX-License-Identifier: MIT
// The editor's look. Colours are the page's, so light and dark need no second theme.

import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags as t } from "@lezer/highlight";

const look = EditorView.theme({
	"&": { height: "100%", color: "var(--text)", backgroundColor: "var(--surface)", fontSize: "var(--editor-size, 13px)" },
	"&.cm-focused": { outline: "none" },
	".cm-scroller": { fontFamily: "var(--font-code)", lineHeight: "1.55", overflow: "auto", scrollbarColor: "var(--line-strong) transparent", scrollbarWidth: "thin" },
	".cm-content": { padding: "8px 0 40vh", caretColor: "var(--accent)" },
	".cm-line": { padding: "0 12px 0 4px", unicodeBidi: "plaintext" },
	".cm-gutters": { backgroundColor: "var(--surface)", color: "var(--text-quiet)", border: "none", paddingInlineStart: "4px" },
	".cm-lineNumbers .cm-gutterElement": { padding: "0 6px 0 4px", minWidth: "30px", fontVariantNumeric: "tabular-nums" },
	".cm-gutter-lint": { width: "12px" },
	".cm-gutter-lint .cm-gutterElement": { padding: "0" },
	".cm-lint-marker": { width: "8px", height: "8px", borderRadius: "50%", content: "''", margin: "calc(0.775em - 4px) 2px 0" },
	".cm-lint-marker-error": { background: "var(--error)" },
	".cm-lint-marker-warning": { background: "var(--warning)" },
	".cm-lint-marker-info": { background: "var(--info)" },
	".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--hover) 45%, transparent)" },
	".cm-activeLineGutter": { backgroundColor: "transparent", color: "var(--text)" },
	"&.cm-focused .cm-cursor, .cm-cursor": { borderLeftColor: "var(--accent)", borderLeftWidth: "2px" },
	".cm-fat-cursor": { background: "var(--accent) !important", color: "var(--accent-ink) !important" },
	"&:not(.cm-focused) .cm-fat-cursor": { background: "none !important", outline: "1px solid var(--accent) !important", color: "inherit !important" },
	"&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { background: "var(--selection)" },
	".cm-selectionMatch": { backgroundColor: "var(--accent-soft)" },
	".cm-searchMatch": { backgroundColor: "var(--warning-soft)", outline: "1px solid var(--warning)" },
	".cm-searchMatch-selected": { backgroundColor: "var(--selection)" },
	"&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--accent-soft)", outline: "1px solid var(--accent)" },
	"&.cm-focused .cm-nonmatchingBracket": { backgroundColor: "var(--error-soft)" },
	".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--error) 1.5px", textDecorationSkipInk: "none", textUnderlineOffset: "3px" },
	".cm-lintRange-warning": { backgroundImage: "none", textDecoration: "underline wavy var(--warning) 1.5px", textDecorationSkipInk: "none", textUnderlineOffset: "3px" },
	".cm-lintRange-info": { backgroundImage: "none", textDecoration: "underline dotted var(--info) 1.5px", textUnderlineOffset: "3px" },
	".cm-tooltip": { background: "var(--raised)", color: "var(--text)", border: "1px solid var(--line)", borderRadius: "var(--radius)", boxShadow: "var(--shadow)", maxWidth: "min(640px, 90vw)" },
	".cm-diagnostic": { padding: "6px 10px", fontFamily: "var(--font-ui)", fontSize: "var(--text-2)", whiteSpace: "pre-wrap", borderLeft: "3px solid transparent" },
	".cm-diagnostic-error": { borderLeftColor: "var(--error)" },
	".cm-diagnostic-warning": { borderLeftColor: "var(--warning)" },
	".cm-diagnostic-info": { borderLeftColor: "var(--info)" },
	".cm-panels": { background: "var(--sunken)", color: "var(--text)", fontFamily: "var(--font-ui)" },
	".cm-panels.cm-panels-top": { borderBottom: "1px solid var(--line)" },
	".cm-panels.cm-panels-bottom": { borderTop: "1px solid var(--line)" },
	".cm-panel.cm-search": { padding: "6px 28px 6px 8px", fontSize: "var(--text-2)" },
	".cm-panel.cm-search label": { fontSize: "var(--text-2)", marginInlineEnd: "8px", whiteSpace: "nowrap" },
	".cm-panel.cm-search [name=close]": { fontSize: "18px", color: "var(--text-quiet)", top: "6px", right: "6px" },
	".cm-textfield": { background: "var(--surface)", color: "var(--text)", border: "1px solid var(--line-strong)", borderRadius: "4px", padding: "3px 6px", fontSize: "var(--text-2)" },
	".cm-textfield:focus-visible, .cm-button:focus-visible": { outline: "2px solid var(--accent)", outlineOffset: "0" },
	".cm-button": { background: "var(--surface)", backgroundImage: "none", color: "var(--text)", border: "1px solid var(--line)", borderRadius: "4px", padding: "3px 8px", fontSize: "var(--text-2)" },
	".cm-vim-panel": { padding: "2px 8px", fontFamily: "var(--font-code)", fontSize: "var(--text-2)" },
	".cm-vim-panel input": { color: "var(--text)" },
	".cm-foldPlaceholder": { background: "var(--hover)", border: "none", color: "var(--text-quiet)" },
	".cm-specialChar": { color: "var(--error)" },
	".cm-placeholder": { color: "var(--text-quiet)" },
	...Object.fromEntries(
		Array.from({ length: 8 }, (_, i) => [`.cm-band-${i}`, { backgroundColor: `var(--band-${i})` }]),
	),
	".cm-origin": { boxShadow: "inset 3px 0 0 var(--accent)" },
});

const colours = HighlightStyle.define([
	{ tag: [t.keyword, t.modifier, t.controlKeyword, t.operatorKeyword, t.definitionKeyword, t.moduleKeyword], color: "var(--code-keyword)" },
	{ tag: [t.string, t.special(t.string), t.character, t.regexp, t.attributeValue], color: "var(--code-string)" },
	{ tag: [t.number, t.bool, t.null, t.atom, t.unit], color: "var(--code-number)" },
	{ tag: [t.comment, t.lineComment, t.blockComment, t.docComment], color: "var(--code-comment)", fontStyle: "italic" },
	{ tag: [t.typeName, t.className, t.namespace, t.tagName, t.standard(t.typeName)], color: "var(--code-type)" },
	{ tag: [t.function(t.variableName), t.function(t.propertyName), t.labelName, t.macroName, t.standard(t.name)], color: "var(--code-function)" },
	{ tag: [t.meta, t.processingInstruction, t.annotation, t.attributeName, t.escape], color: "var(--code-meta)" },
	{ tag: t.heading, fontWeight: "600", color: "var(--code-type)" },
	{ tag: t.link, color: "var(--info)", textDecoration: "underline" },
	{ tag: t.emphasis, fontStyle: "italic" },
	{ tag: t.strong, fontWeight: "600" },
	{ tag: t.strikethrough, textDecoration: "line-through" },
	{ tag: t.inserted, color: "var(--ok)" },
	{ tag: t.deleted, color: "var(--error)" },
	{ tag: t.invalid, color: "var(--error)" },
]);

export const theme = [look, syntaxHighlighting(colours)];
