// SPDX-License-Identifier: MIT
// Keeps the session: in the address, in this browser's database, and, for a reload in the very next moment, in the tab.

import type { Catalog } from "../api/types";
import type { Desk } from "../editor/desk";
import { find, keep } from "../state/database";
import { ADDRESS_CHARS, toFragment } from "../state/fragment";
import { fromJson, titleOf, toJson, type Session } from "../state/session";
import type { Workspace } from "../state/workspace";

const SAVE_MS = 400;
const TAB_ID = "pe-session";
const TAB_LATEST = "pe-latest";
/** sessionStorage has about 5 MiB, counted in UTF-16. */
const TAB_CHARS = 1 << 20;

function tabGet(name: string): string | null {
	try {
		return sessionStorage.getItem(name);
	} catch {
		return null;
	}
}

function tabSet(name: string, value: string | null): void {
	try {
		if (value === null) sessionStorage.removeItem(name);
		else sessionStorage.setItem(name, value);
	} catch {
		// A browser that keeps nothing.
	}
}

/** A random name, also where crypto.randomUUID() is missing (plain HTTP). */
function freshSessionId(): string {
	return Array.from(crypto.getRandomValues(new Uint8Array(12)), (b) => b.toString(16).padStart(2, "0")).join("");
}

/** The session @id: as this tab had it a moment ago, before it was reloaded, or as the browser kept it. */
export async function sessionOf(id: string): Promise<{ session: Session; undo: Record<string, unknown>; id: string } | null> {
	const kept = await find(id);
	const latest = tabGet(TAB_ID) === id ? tabGet(TAB_LATEST) : null;
	try {
		if (latest) {
			const { json, undo } = JSON.parse(latest) as { json: unknown; undo: Record<string, unknown> };
			return { session: fromJson(json), undo, id };
		}
		if (kept) return { session: fromJson(kept.json), undo: kept.undo, id };
	} catch {
		// Of another version of the page: as if there were none.
	}
	return null;
}

/** This tab is at no session any more (it shows the gallery). */
export function leaveSession(): void {
	tabSet(TAB_ID, null);
	tabSet(TAB_LATEST, null);
}

export class Keeper {
	id: string;
	#release: () => void = () => {};
	#workspace: Workspace;
	#desk: Desk;
	#catalog: Catalog;
	#timer: ReturnType<typeof setTimeout> | null = null;
	#stop: () => void;
	#changed = false;
	#leave = () => this.#hurry();

	/** @id: the session is one that was kept; else it gets an id of its own. */
	constructor(workspace: Workspace, desk: Desk, catalog: Catalog, id: string | null) {
		this.id = id ?? freshSessionId();
		this.#workspace = workspace;
		this.#desk = desk;
		this.#catalog = catalog;
		tabSet(TAB_ID, this.id);
		tabSet(TAB_LATEST, null);
		this.#claim();
		this.#stop = workspace.any.listen(() => this.#later());
		addEventListener("pagehide", this.#leave);
		document.addEventListener("visibilitychange", this.#leave);
		// What only the tab had until now.
		if (id !== null) this.#later();
	}

	/** A tab that was doubled has the id of the other one: then this is a session of its own from here on. */
	#claim(): void {
		void navigator.locks?.request(`pe-session-${this.id}`, { ifAvailable: true }, (lock) => {
			if (lock) return new Promise<void>((resolve) => (this.#release = resolve));
			this.id = freshSessionId();
			tabSet(TAB_ID, this.id);
			return undefined;
		});
	}

	end(): void {
		this.#release();
		this.#stop();
		removeEventListener("pagehide", this.#leave);
		document.removeEventListener("visibilitychange", this.#leave);
		this.#hurry();
	}

	#later(): void {
		this.#changed = true;
		if (this.#timer !== null) clearTimeout(this.#timer);
		this.#timer = setTimeout(() => void this.save(), SAVE_MS);
	}

	/** The page may be gone in a moment: what can be written at once, is. */
	#hurry(): void {
		if (!this.#changed) return;
		const json = toJson(this.#workspace.session);
		const texts = [this.#desk.undo(), {}].map((undo) => JSON.stringify({ json, undo }));
		tabSet(TAB_LATEST, texts.find((text) => text.length <= TAB_CHARS) ?? null);
		void this.#keep();
	}

	async save(): Promise<void> {
		this.#timer = null;
		void this.#keep();
		const fragment = await toFragment(this.#workspace.session);
		if (this.#timer !== null) return;
		const address = fragment.length <= ADDRESS_CHARS ? `/#${fragment}` : "/";
		history.replaceState({ session: this.id }, "", address);
	}

	#keep(): Promise<void> {
		const { session } = this.#workspace;
		return keep({
			id: this.id,
			title: titleOf(session, this.#catalog),
			savedAt: Date.now(),
			json: toJson(session),
			undo: this.#desk.undo(),
		});
	}
}
