// SPDX-License-Identifier: MIT
// What a form is: one function that knows how one kind of tool complains. It looks at a few lines from where it stands and
// returns the line to go on with, or 0 when this is not its own. Patterns are anchored or bounded, so that no line takes
// more time than its length.
import type { Diagnostic, Options } from "./index";

export type Add = (d: Diagnostic) => void;
export type Form = (lines: readonly string[], i: number, add: Add, options: Options) => number;

export const line = (lines: readonly string[], i: number): string => lines[i] ?? "";

/** Lines that a form looks ahead for what belongs to it. */
export const SEARCH = 40;
