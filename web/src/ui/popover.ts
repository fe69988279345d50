// SPDX-License-Identifier: MIT
// What opens beside a button and closes when somebody looks elsewhere: menus and pickers.

import { h, type Child } from "./dom";
import { icon, type IconName } from "./icon";

export interface Popover {
	element: HTMLElement;
	close(): void;
}

const GAP = 4;

function place(element: HTMLElement, anchor: HTMLElement): void {
	const a = anchor.getBoundingClientRect();
	const width = element.offsetWidth;
	const height = element.offsetHeight;
	const { innerWidth, innerHeight } = window;
	const rightToLeft = getComputedStyle(anchor).direction === "rtl";
	const wanted = rightToLeft ? a.right - width : a.left;
	const left = Math.max(8, Math.min(wanted, innerWidth - width - 8));
	const below = a.bottom + GAP + height <= innerHeight - 8 || a.top < innerHeight - a.bottom;
	const top = below ? a.bottom + GAP : Math.max(8, a.top - GAP - height);
	element.style.left = `${left}px`;
	element.style.top = `${top}px`;
	element.style.maxHeight = `${below ? innerHeight - top - 8 : a.top - GAP - 8}px`;
}

/** Shows @element beside @anchor; focus comes back to the anchor when it closes. */
export function openPopover(anchor: HTMLElement, element: HTMLElement, closed?: () => void): Popover {
	element.classList.add("popover");
	element.setAttribute("popover", "auto");
	document.body.append(element);
	anchor.setAttribute("aria-expanded", "true");
	element.addEventListener("toggle", (event) => {
		if ((event as ToggleEvent).newState !== "closed") return;
		anchor.setAttribute("aria-expanded", "false");
		const hadFocus = element.contains(document.activeElement) || document.activeElement === document.body;
		element.remove();
		if (hadFocus && anchor.isConnected) anchor.focus();
		closed?.();
	});
	element.showPopover();
	place(element, anchor);
	return { element, close: () => element.isConnected && element.hidePopover() };
}

export interface MenuItem {
	title: string;
	icon?: IconName;
	keys?: string;
	checked?: boolean;
	disabled?: boolean;
	/** A line above. */
	apart?: boolean;
	run(): void;
}

function menuButton(item: MenuItem, close: () => void): HTMLElement {
	const inner: Child[] = [
		h("span", { class: "menu-mark" }, item.icon ? icon(item.icon) : item.checked ? "✓" : ""),
		h("span", { class: "menu-title" }, item.title),
		item.keys ? h("kbd", {}, item.keys) : null,
	];
	return h(
		"button",
		{
			class: item.apart ? "menu-item apart" : "menu-item",
			role: item.checked === undefined ? "menuitem" : "menuitemcheckbox",
			"aria-checked": item.checked === undefined ? null : String(item.checked),
			type: "button",
			tabindex: -1,
			disabled: item.disabled,
			onclick: () => {
				close();
				item.run();
			},
		},
		...inner,
	);
}

/** A menu below @anchor: arrow keys move, a letter jumps, Escape closes. */
export function openMenu(anchor: HTMLElement, label: string, items: readonly MenuItem[]): void {
	const element = h("div", { class: "menu", role: "menu", "aria-label": label });
	const popover = openPopover(anchor, element);
	element.append(...items.map((item) => menuButton(item, popover.close)));
	place(element, anchor);
	const buttons = [...element.querySelectorAll<HTMLButtonElement>("button:not(:disabled)")];
	const focus = (i: number) => buttons[(i + buttons.length) % buttons.length]?.focus();
	element.addEventListener("keydown", (event) => {
		const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
		if (event.key === "ArrowDown") focus(at + 1);
		else if (event.key === "ArrowUp") focus(at - 1);
		else if (event.key === "Home") focus(0);
		else if (event.key === "End") focus(-1);
		else if (event.key === "Tab") popover.close();
		else if (event.key.length === 1 && event.key !== " ") {
			const letter = event.key.toLowerCase();
			const next = [...buttons.keys()].map((i) => (at + 1 + i) % buttons.length);
			const found = next.find((i) => buttons[i]?.textContent?.trim().toLowerCase().startsWith(letter));
			if (found !== undefined) focus(found);
			return;
		} else return;
		event.preventDefault();
	});
	focus(0);
}
