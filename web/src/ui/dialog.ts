// SPDX-License-Identifier: MIT
// Dialogs, and the two ways in which the page speaks up by itself: a toast, and a sentence for screen readers.

import { fill, freshId, h, type Child } from "./dom";
import { icon } from "./icon";

/** A modal dialog with a title and a button that closes it. Focus comes back to where it was. */
export function openDialog(title: string, content: Child[], className = ""): HTMLDialogElement {
	const id = freshId("dialog");
	const before = document.activeElement as HTMLElement | null;
	const close = h("button", { type: "button", class: "icon-button", "aria-label": "Close", onclick: () => dialog.close() }, icon("close"));
	const dialog = h(
		"dialog",
		{ class: `dialog ${className}`, "aria-labelledby": id },
		h("header", { class: "dialog-head" }, h("h2", { id }, title), close),
		h("div", { class: "dialog-body" }, ...content),
	);
	dialog.addEventListener("close", () => {
		dialog.remove();
		before?.focus?.();
	});
	dialog.addEventListener("click", (event) => {
		if (event.target === dialog) dialog.close();
	});
	document.body.append(dialog);
	dialog.showModal();
	return dialog;
}

const live = h("div", { class: "visually-hidden", role: "status", "aria-live": "polite" });
const toasts = h("div", { class: "toasts" });

/** A sentence for whoever cannot see the page. */
export function announce(text: string): void {
	if (!live.isConnected) document.body.append(live);
	live.textContent = text;
}

export interface ToastAction {
	title: string;
	run(): void;
}

const TOAST_MS = 8000;

/** Says something in the corner for some seconds, perhaps with one thing to do about it. */
export function toast(text: string, action?: ToastAction): void {
	if (!toasts.isConnected) document.body.append(toasts);
	const element = h("div", { class: "toast" }, h("span", {}, text));
	const end = () => element.remove();
	if (action)
		element.append(
			h("button", { type: "button", class: "text-button", onclick: () => { end(); action.run(); } }, action.title),
		);
	element.append(h("button", { type: "button", class: "icon-button", "aria-label": "Dismiss", onclick: end }, icon("close")));
	fill(toasts, element);
	announce(text);
	setTimeout(end, TOAST_MS);
}
