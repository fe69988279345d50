// SPDX-License-Identifier: MIT
// Comparing the output of one pane with that of another.

import { recall, remember } from "../state/settings";
import { announce, openDialog } from "../ui/dialog";
import { freshId, h } from "../ui/dom";
import { loadDiff, type DiffHandle } from "../viewers/index";
import type { Pane } from "./pane";

/** Opens over the page; both sides go on being what the panes show while it is open. */
export async function openCompare(pane: Pane, others: readonly Pane[]): Promise<void> {
	const place = h("div", { class: "compare-view" });
	const id = freshId("compare");
	const choice = h("select", { class: "input", id });
	for (const [i, other] of others.entries()) choice.append(h("option", { value: i }, `${other.program.title}: ${other.shownName}`));
	const head = h("div", { class: "compare-head" }, h("span", {}, `${pane.program.title}: ${pane.shownName}`), h("label", { for: id }, "compared with"), choice);
	const dialog = openDialog("Compare outputs", [head, place], "wide compare-dialog");

	const diff = await loadDiff();
	let handle: DiffHandle | null = null;
	const draw = () => {
		const left = pane.views.shownFile;
		const right = others[Number(choice.value)]?.views.shownFile;
		if (!left || !right || !dialog.open) return;
		if (handle) handle.update(left, right);
		else handle = diff.mount(place, left, right, { recall, remember, announce });
	};
	choice.addEventListener("change", draw);
	const stops = [pane, ...others].map((p) => p.runner.output.listen(draw));
	dialog.addEventListener("close", () => {
		for (const stop of stops) stop();
		handle?.destroy();
	});
	draw();
}
