// SPDX-License-Identifier: MIT
// The forms that complaints come in, tried in order at every line: the particular ones before the general ones.
import { cmake, fortran, ghc, latex, ocaml, rustc } from "./blocks";
import type { Form } from "./form";
import { generic, sentence } from "./sentences";
import { goPanic, java, node, python, pythonWarning, rustPanic } from "./stacks";

export const forms: readonly Form[] = [rustc, rustPanic, ocaml, python, node, java, goPanic, ghc, fortran, latex, cmake, pythonWarning, sentence, generic];
