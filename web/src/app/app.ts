// SPDX-License-Identifier: MIT
// The page as a whole: which screen an address means, and the bar above it.
//
//   /            the gallery, or what this tab had before it was reloaded
//   /#1...       the session that the fragment holds
//   /l/ID        the session that the server keeps under ID
//   /embed...    either of them, to stand in somebody else's page: ?l=ID or a fragment, &readonly

import { getCatalog, getLink, Refused } from "../api/server";
import type { Catalog, Example, Program } from "../api/types";
import { makeGallery } from "../gallery/gallery";
import { all, type Kept } from "../state/database";
import { fromFragment } from "../state/fragment";
import { emptySession, fromExample, fromJson, newPane, type Session } from "../state/session";
import { settings } from "../state/settings";
import { isMadeFor } from "../run/template";
import { toast } from "../ui/dialog";
import { fill, h, keyName, type Child } from "../ui/dom";
import { icon, type IconName } from "../ui/icon";
import { openHistory, openKeys, openSettings } from "./dialogs";
import { leaveSession, sessionOf } from "./keeper";
import { Table } from "./table";

interface Found {
	session: Session;
	undo: Record<string, unknown>;
	id: string | null;
}

const RETRY_MS = 3000;

export class App {
	#root: HTMLElement;
	#catalog: Catalog = { kinds: [], programs: [] };
	#table: Table | null = null;
	#embedded = location.pathname === "/embed";
	#readOnly = this.#embedded && new URLSearchParams(location.search).has("readonly");

	constructor(root: HTMLElement) {
		this.#root = root;
		settings.watch(({ theme }) => {
			document.documentElement.dataset["theme"] = theme;
		});
		addEventListener("popstate", () => void this.#route());
	}

	async start(): Promise<void> {
		await this.#loadCatalog();
		await this.#route();
	}

	/** The server may be away when the page is opened from a cache: then it says so and waits for it. */
	async #loadCatalog(): Promise<void> {
		for (;;) {
			try {
				this.#catalog = await getCatalog();
				return;
			} catch (error) {
				const why = error instanceof Refused ? `The server has no catalog: ${error.message}` : "The server does not answer.";
				this.#screen(h("main", { class: "notice", role: "alert" }, h("h1", {}, "No connection"), h("p", {}, `${why} It is asked again by itself.`)));
				await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
			}
		}
	}

	async #route(): Promise<void> {
		let found: Found | null = null;
		try {
			found = await this.#find();
		} catch (error) {
			toast(`The link cannot be read: ${(error as Error).message}.`);
			if (this.#embedded) return this.#screen(h("main", { class: "notice", role: "alert" }, h("p", {}, `The link cannot be read: ${(error as Error).message}.`)));
		}
		if (found) this.#open(found);
		else await this.#showGallery();
	}

	async #find(): Promise<Found | null> {
		const fragment = location.hash.slice(1);
		const linkId = /^\/l\/([^/]+)$/.exec(location.pathname)?.[1] ?? (this.#embedded ? new URLSearchParams(location.search).get("l") : null);
		// A reload, or the way back: what the browser kept is newer than what the address says, and it has undo.
		const id = (history.state as { session?: string } | null)?.session;
		const kept = id && !this.#embedded ? await sessionOf(id) : null;
		if (kept) return kept;
		if (linkId) return { session: fromJson(await getLink(linkId)), undo: {}, id: null };
		if (fragment !== "") return { session: await fromFragment(fragment), undo: {}, id: null };
		return this.#embedded ? { session: emptySession(), undo: {}, id: null } : null;
	}

	#open(found: Found): void {
		this.#close();
		const table = new Table({ ...found, catalog: this.#catalog, readOnly: this.#readOnly, embedded: this.#embedded });
		this.#table = table;
		if (table.keeper) history.replaceState({ session: table.keeper.id }, "");
		this.#screen(table.board.element, table.board.nav);
		const drawTitle = () => {
			document.title = `${table.title} · Program Explorer`;
		};
		table.workspace.files.listen(drawTitle);
		table.workspace.layout.listen(drawTitle);
		drawTitle();
		if (!this.#embedded && matchMedia("(pointer: fine)").matches) table.focusEditor();
	}

	#close(): void {
		this.#table?.end();
		this.#table = null;
	}

	/** A session that is another entry of the tab's history, so that Back leads to where one was. */
	#go(found: Found): void {
		this.#close();
		history.pushState(null, "", "/");
		this.#open(found);
		void this.#table?.keeper?.save();
	}

	async #showGallery(): Promise<void> {
		this.#close();
		leaveSession();
		document.title = "Program Explorer";
		const latest = (await all())[0] ?? null;
		this.#screen(
			makeGallery(this.#catalog, latest, {
				open: (program, example) => this.#openExample(program, example),
				resume: (kept) => this.#resume(kept),
				blank: () => this.#openBlank(),
			}),
		);
	}

	#openExample(program: Program, example: Example): void {
		this.#go({ session: fromExample(program, example), undo: {}, id: null });
	}

	#openBlank(): void {
		const session = emptySession();
		const first = this.#catalog.programs.find((p) => p.available && isMadeFor(p, "main.py", this.#catalog.kinds)) ?? this.#catalog.programs.find((p) => p.available);
		if (first) session.panes.push(newPane(first.id));
		const kind = this.#catalog.kinds.find((k) => first?.inputs.includes(k.id));
		const end = kind?.extensions.find((e) => e.startsWith(".")) ?? ".txt";
		session.files = [{ name: `main${end}`, text: "", bytes: null }];
		this.#go({ session, undo: {}, id: null });
	}

	#resume(kept: Kept): void {
		try {
			this.#go({ session: fromJson(kept.json), undo: kept.undo, id: kept.id });
		} catch (error) {
			toast(`That session cannot be read: ${(error as Error).message}.`);
		}
	}

	#home(): void {
		if (!this.#table && location.pathname === "/") return;
		this.#close();
		history.pushState(null, "", "/");
		void this.#showGallery();
	}

	#screen(...content: Child[]): void {
		fill(this.#root, this.#embedded ? this.#embedBar() : this.#bar(), ...content);
	}

	#bar(): HTMLElement {
		const button = (name: IconName, title: string, run: (element: HTMLElement) => void, className = "", keys = "") => {
			const element = h(
				"button",
				{ type: "button", class: `bar-button ${className}`, title: keys ? `${title} (${keyName(keys)})` : title, onclick: () => run(element) },
				icon(name),
				h("span", {}, title),
			);
			return element;
		};
		const table = this.#table;
		const add = table ? button("plus", "Add program", (element) => table.addProgram(element), "add-program", "Ctrl+K") : null;
		add?.setAttribute("aria-haspopup", "listbox");
		return h(
			"header",
			{ class: "bar" },
			h("a", { class: "brand", href: "/", onclick: (event: MouseEvent) => {
				if (event.ctrlKey || event.metaKey || event.shiftKey) return;
				event.preventDefault();
				this.#home();
			} }, icon("terminal"), h("span", {}, "Program Explorer")),
			h("span", { class: "spacer" }),
			add,
			table ? button("grid", "Examples", () => this.#home(), "quiet") : null,
			button("history", "History", () => void openHistory(table?.keeper?.id ?? null, (kept) => this.#resume(kept)), "quiet"),
			button("gear", "Settings", openSettings, "quiet small"),
			button("help", "Keys", openKeys, "quiet small"),
			table ? button("share", "Share", () => void table.share(), "share-button", "Ctrl+S") : null,
		);
	}

	/** Somebody else's page has its own head: one thin line with the way to the whole page. */
	#embedBar(): HTMLElement {
		const open = h("a", { class: "brand", href: "/", target: "_blank", rel: "noopener" }, icon("terminal"), h("span", {}, "Open in Program Explorer"));
		open.addEventListener("click", () => {
			const id = new URLSearchParams(location.search).get("l");
			open.href = id ? `/l/${encodeURIComponent(id)}` : `/${location.hash}`;
		});
		return h("header", { class: "bar embed" }, open, h("span", { class: "spacer" }), this.#readOnly ? h("span", { class: "embed-note" }, "read only") : null);
	}
}
