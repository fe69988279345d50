// SPDX-License-Identifier: MIT
// Sharing: a short link that the server keeps, a long one that holds everything itself, and a snippet to embed.

import { createLink } from "../api/server";
import { formatBytes } from "../core/format";
import { LINK_CHARS, toFragment } from "../state/fragment";
import { toJson, type Session } from "../state/session";
import { openDialog } from "../ui/dialog";
import { freshId, h, type Child } from "../ui/dom";
import { icon } from "../ui/icon";

async function copy(text: string, field: HTMLInputElement | HTMLTextAreaElement, button: HTMLButtonElement): Promise<void> {
	try {
		await navigator.clipboard.writeText(text);
	} catch {
		field.select();
		document.execCommand("copy");
	}
	const words = button.querySelector("span") as HTMLElement;
	words.textContent = "Copied";
	setTimeout(() => (words.textContent = "Copy"), 1500);
}

function copyable(label: string, note: string, rows = 0): { element: HTMLElement; set(text: string): void; say(note: string): void } {
	const id = freshId("share");
	const field = rows > 0 ? h("textarea", { id, class: "input code", rows, readonly: true }) : h("input", { id, class: "input code", type: "text", readonly: true });
	const button = h("button", { type: "button", class: "button" }, icon("copy"), h("span", {}, "Copy"));
	const words = h("p", { class: "share-note" }, note);
	button.disabled = true;
	button.addEventListener("click", () => void copy(field.value, field, button));
	field.addEventListener("focus", () => field.select());
	return {
		element: h("div", { class: "share-row" }, h("label", { for: id }, label), h("div", { class: "share-field" }, field, button), words),
		set(text) {
			field.value = text;
			button.disabled = text === "";
		},
		say(text) {
			words.textContent = text;
		},
	};
}

export function embedSnippet(address: string, title: string): string {
	const safe = title.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
	return `<iframe src="${address}" title="${safe}" width="100%" height="480" loading="lazy"></iframe>`;
}

export async function openShare(session: Session, title: string): Promise<void> {
	const short = copyable("Short link", "Making it: the server keeps a copy of the files.");
	const long = copyable("Link that holds everything", "Nothing is stored on the server; the files are in the address itself.");
	const embed = copyable("Embed in a page", "", 3);
	const editable = h("input", { type: "checkbox", class: "checkbox", id: freshId("editable") });
	editable.checked = true;
	const choose: Child = h("div", { class: "field inline" }, editable, h("label", { for: editable.id }, "Readers can edit and run"));
	const body = h("div", { class: "share" }, short.element, long.element, embed.element, choose);
	openDialog("Share", [body], "share-dialog");

	const fragment = await toFragment(session);
	const fits = fragment.length <= LINK_CHARS;
	let id: string | null = null;
	const drawEmbed = () => {
		const query = editable.checked ? "" : "readonly";
		const address = id ? `${location.origin}/embed?${query ? `${query}&` : ""}l=${id}` : fits ? `${location.origin}/embed${query ? `?${query}` : ""}#${fragment}` : "";
		embed.set(address === "" ? "" : embedSnippet(address, title));
		embed.say(id || !fits ? "" : "This one holds everything itself.");
	};
	editable.addEventListener("change", drawEmbed);
	if (fits) long.set(`${location.origin}/#${fragment}`);
	else long.say(`The files are too large for that: a link holds at most ${formatBytes(LINK_CHARS)} after compression, these are ${formatBytes(fragment.length)}.`);
	drawEmbed();
	try {
		const link = await createLink(toJson(session));
		id = link.id;
		short.set(`${location.origin}/l/${link.id}`);
		short.say("The server keeps a copy of the files as they are now.");
		drawEmbed();
	} catch (error) {
		short.say(`There is no short link: ${(error as Error).message}`);
	}
}

