// SPDX-License-Identifier: MIT
// The tabs of the files: open, new, rename, delete, reorder.

import { nameComplaint } from "../core/names";
import type { SourceFile } from "../state/session";
import type { Workspace } from "../state/workspace";
import { toast } from "../ui/dialog";
import { fill, h } from "../ui/dom";
import { icon } from "../ui/icon";
import { openMenu } from "../ui/popover";

export interface TabsHost {
	upload(): void;
	download(file: SourceFile): void;
	/** Number of errors that are known of @file. */
	errorsOf(file: SourceFile): number;
}

export class Tabs {
	readonly element = h("div", { class: "file-tabs" });
	#list = h("div", { class: "file-list", role: "tablist", "aria-label": "Files" });
	#renaming: SourceFile | null = null;

	constructor(
		readonly workspace: Workspace,
		readonly host: TabsHost,
		readonly readOnly: boolean,
		readonly panelId: string,
	) {
		const add = h(
			"button",
			{ type: "button", class: "icon-button", "aria-label": "New file", title: "New file", onclick: () => this.create() },
			icon("plus"),
		);
		const more = h(
			"button",
			{ type: "button", class: "icon-button", "aria-label": "File", title: "Rename, delete, upload", "aria-haspopup": "menu", "aria-expanded": "false" },
			icon("more"),
		);
		more.addEventListener("click", () => this.#menu(more));
		this.element.append(this.#list);
		if (!readOnly) this.element.append(add, more);
		workspace.files.watch(() => this.draw());
		this.#list.addEventListener("keydown", (event) => this.#key(event));
	}

	create(): void {
		const { active } = this.workspace;
		const dot = active.name.lastIndexOf(".");
		const name = `new${dot > 0 ? active.name.slice(dot) : ".txt"}`;
		this.rename(this.workspace.add({ name, text: "", bytes: null }));
	}

	remove(file: SourceFile): void {
		const restore = this.workspace.remove(file);
		toast(`'${file.name}' is deleted.`, { title: "Bring back", run: restore });
	}

	/** Opens the field in which a name is edited. */
	rename(file: SourceFile): void {
		this.#renaming = file;
		this.draw();
	}

	draw(): void {
		const hadFocus = this.#list.contains(document.activeElement);
		const { files } = this.workspace.session;
		fill(this.#list, ...files.map((file) => (file === this.#renaming ? this.#field(file) : this.#tab(file))));
		const selected = this.#list.querySelector<HTMLElement>('[aria-selected="true"]');
		if (hadFocus && !this.#renaming) selected?.focus();
		const shown = this.#list.querySelector<HTMLElement>("input") ?? selected;
		shown?.scrollIntoView({ block: "nearest", inline: "nearest" });
	}

	#tab(file: SourceFile): HTMLElement {
		const selected = file === this.workspace.active;
		const errors = this.host.errorsOf(file);
		const tab = h(
			"button",
			{
				type: "button",
				class: "file-tab",
				role: "tab",
				"aria-selected": String(selected),
				"aria-controls": this.panelId,
				tabindex: selected ? 0 : -1,
				title: this.readOnly ? file.name : `${file.name} (double click or F2 renames)`,
				draggable: !this.readOnly,
				onclick: () => this.workspace.activate(file),
				ondblclick: () => !this.readOnly && this.rename(file),
			},
			h("bdi", { class: "file-name" }, file.name),
			errors > 0 ? h("span", { class: "file-errors", "aria-label": `${errors} errors` }, String(errors)) : null,
		);
		this.#drag(tab, file);
		return tab;
	}

	#drag(tab: HTMLElement, file: SourceFile): void {
		tab.addEventListener("dragstart", (event) => {
			event.dataTransfer?.setData("application/x-pe-file", file.name);
			if (event.dataTransfer) event.dataTransfer.effectAllowed = "move";
		});
		tab.addEventListener("dragover", (event) => {
			if (event.dataTransfer?.types.includes("application/x-pe-file")) event.preventDefault();
		});
		tab.addEventListener("drop", (event) => {
			const name = event.dataTransfer?.getData("application/x-pe-file");
			const dragged = this.workspace.session.files.find((f) => f.name === name);
			if (!dragged) return;
			event.preventDefault();
			event.stopPropagation();
			this.workspace.moveFile(dragged, this.workspace.session.files.indexOf(file));
		});
	}

	#field(file: SourceFile): HTMLElement {
		const input = h("input", { class: "file-rename", type: "text", "aria-label": `New name of ${file.name}`, spellcheck: "false", dir: "auto" });
		input.value = file.name;
		const others = this.workspace.names.filter((n) => n !== file.name);
		let over = false;
		const end = (keep: boolean) => {
			if (over) return;
			const complaint = keep ? nameComplaint(input.value, others) : null;
			if (complaint) {
				input.setCustomValidity(complaint);
				input.reportValidity();
				return;
			}
			over = true;
			this.#renaming = null;
			if (keep && input.value !== file.name) this.workspace.rename(file, input.value);
			else this.draw();
			this.#list.querySelector<HTMLElement>('[aria-selected="true"]')?.focus();
		};
		input.addEventListener("input", () => input.setCustomValidity(""));
		input.addEventListener("keydown", (event) => {
			event.stopPropagation();
			if (event.key === "Enter") end(true);
			else if (event.key === "Escape") end(false);
		});
		input.addEventListener("blur", () => end(nameComplaint(input.value, others) === null));
		queueMicrotask(() => {
			input.focus();
			const dot = file.name.lastIndexOf(".");
			input.setSelectionRange(file.name.lastIndexOf("/") + 1, dot > 0 ? dot : file.name.length);
		});
		return input;
	}

	#key(event: KeyboardEvent): void {
		const { session, active } = this.workspace;
		const { files } = session;
		const at = files.indexOf(active);
		const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: files.length - 1 }[event.key];
		if (to !== undefined) {
			const next = files[(to + files.length) % files.length] as SourceFile;
			if (event.altKey && !this.readOnly) this.workspace.moveFile(active, to);
			else this.workspace.activate(next);
		} else if (event.key === "F2" && !this.readOnly) this.rename(active);
		else if (event.key === "Delete" && !this.readOnly) this.remove(active);
		else return;
		event.preventDefault();
	}

	#menu(anchor: HTMLElement): void {
		const file = this.workspace.active;
		openMenu(anchor, "File", [
			{ title: "New file", icon: "plus", run: () => this.create() },
			{ title: "Upload files", icon: "upload", run: () => this.host.upload() },
			{ title: `Rename '${file.name}'`, icon: "edit", keys: "F2", apart: true, run: () => this.rename(file) },
			{ title: `Download '${file.name}'`, icon: "download", run: () => this.host.download(file) },
			{ title: `Delete '${file.name}'`, icon: "close", run: () => this.remove(file) },
		]);
	}
}
