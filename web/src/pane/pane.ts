// SPDX-License-Identifier: MIT
// One run over the files: program, options, command line, and what came of it.

import type { Page } from "../app/page";
import * as server from "../api/server";
import type { Program } from "../api/types";
import { Scope } from "../core/signal";
import { commandOf, jobOf } from "../run/job";
import { Runner, type RunState } from "../run/runner";
import { joinWords } from "../run/words";
import { settings } from "../state/settings";
import type { PaneState } from "../state/session";
import { announce, toast } from "../ui/dialog";
import { append, fill, freshId, h, keyName } from "../ui/dom";
import { icon } from "../ui/icon";
import { openMenu, type MenuItem } from "../ui/popover";
import { makeForm } from "./form";
import { openPicker } from "./picker";
import { messageOf, statusOf } from "./status";
import { openCompare } from "./compare";
import { remarksOf } from "./remarks";
import { Views } from "./views";
import { downloadAll } from "../viewers/index";

/** A run that is over sooner shows no sign of being under way: nothing flickers. */
const CALM_MS = 180;

export class Pane {
	readonly element: HTMLElement;
	readonly runner: Runner;
	readonly views: Views;

	#page: Page;
	#state: PaneState;
	#program: Program;
	#scope = new Scope();
	#ticker: ReturnType<typeof setInterval> | null = null;
	#signature = "";
	/** Which file a viewer of assembly speaks of. */
	#source = "";

	#programButton = h("button", { type: "button", class: "pane-program", "aria-haspopup": "listbox", "aria-expanded": "false" });
	#runButton = h("button", { type: "button", class: "run-button" });
	#formButton = h("button", { type: "button", class: "icon-button", "aria-label": "Options", title: "Options, environment, input" }, icon("sliders"));
	#menuButton = h("button", { type: "button", class: "icon-button", "aria-label": "More", title: "More", "aria-haspopup": "menu", "aria-expanded": "false" }, icon("more"));
	#command = h("input", { class: "command", type: "text", "aria-label": "Command line", spellcheck: "false", autocapitalize: "off", autocomplete: "off", dir: "ltr" });
	#reset = h("button", { type: "button", class: "text-button command-reset", title: "Back to what the options say" }, "Use options");
	#form = h("div", { class: "form", id: freshId("form") });
	#message = h("div", { class: "message" });
	#status = h("span", { class: "status-text" });
	#old = h("span", { class: "status-old", title: "Made from an earlier text" }, "old output");
	#again = h("button", { type: "button", class: "text-button" }, "Try now");
	#measures = h("span", { class: "measures" });

	constructor(page: Page, state: PaneState, program: Program) {
		this.#page = page;
		this.#state = state;
		this.#program = program;
		this.runner = new Runner({
			server,
			memory: page.memory,
			prepare: () => ({ job: jobOf(program, state, page.workspace.session, page.catalog), digest: program.image_digest ?? null }),
			delayMs: () => this.#delay(),
		});
		const asked = () => (this.#source = page.workspace.active.name);
		this.views = new Views({
			onJump: (place) => page.jump(place),
			isSource: (name) => page.sourceName(name) !== null,
			onSourceHover: (place) => page.setOrigin(place),
			onSourceBands: (bands) => page.setBands(state, this.#source, bands),
			get sourceName() {
				return asked();
			},
		});
		this.element = this.#build();
		this.#listen();
		this.#drawForm();
		this.#drawCommand();
		this.#signature = this.#jobSignature();
		this.#draw(this.runner.state.value);
	}

	get state(): PaneState {
		return this.#state;
	}

	/** What is in view, in words. */
	get shownName(): string {
		return this.views.shownFile?.name ?? "no output yet";
	}

	get program(): Program {
		return this.#program;
	}

	/** At the opening of a session: what runs by itself does. */
	begin(): void {
		if (this.#delay() !== null) this.runner.run();
	}

	end(): void {
		if (this.#ticker !== null) clearInterval(this.#ticker);
		this.#page.setRemarks(this.#state, new Map());
		this.#page.setBands(this.#state, "", new Map());
		this.runner.end();
		this.views.end();
		this.#scope.end();
		this.element.remove();
	}

	openPrograms(): void {
		const { workspace, catalog } = this.#page;
		openPicker(this.#programButton, catalog, workspace.active.name, this.#program.id, (program) => {
			if (program.id === this.#program.id) return;
			Object.assign(this.#state, { program: program.id, options: {}, command: null, auto: null, timeoutMs: null });
			workspace.layout.tell();
		});
	}

	#delay(): number | null {
		const { autoRun, delayMs } = settings.value;
		const wanted = this.#state.auto ?? this.#program.auto !== false;
		return autoRun && wanted && this.#program.available ? delayMs : null;
	}

	#build(): HTMLElement {
		append(this.#programButton, [h("span", { class: "pane-title" }, this.#program.title), icon("down")]);
		this.#formButton.setAttribute("aria-controls", this.#form.id);
		const head = h("header", { class: "pane-head" }, this.#programButton, h("span", { class: "spacer" }), this.#formButton, this.#menuButton, this.#runButton);
		const commandRow = h("div", { class: "command-row" }, h("span", { class: "prompt", "aria-hidden": "true" }, "$"), this.#command, this.#reset);
		const viewRow = h("div", { class: "view-row" }, this.views.tabs, this.views.tools);
		const output = h("div", { class: "output" }, h("div", { class: "progress" }), this.#message, this.views.element);
		const foot = h("footer", { class: "pane-status" }, this.#status, this.#again, this.#old, h("span", { class: "spacer" }), this.#measures);
		if (this.#page.readOnly) this.#command.readOnly = true;
		return h("section", { class: "pane", "aria-label": this.#program.title, "data-program": this.#program.id }, head, commandRow, this.#form, viewRow, output, foot);
	}

	#listen(): void {
		const { workspace } = this.#page;
		this.#scope.on(this.#programButton, "click", () => this.openPrograms());
		this.#scope.on(this.#runButton, "click", () => (this.runner.isBusy ? this.runner.stop() : this.runner.run()));
		this.#scope.on(this.#again, "click", () => this.runner.retry());
		this.#scope.on(this.#menuButton, "click", () => openMenu(this.#menuButton, `More for ${this.#program.title}`, this.#menu()));
		this.#scope.on(this.#formButton, "click", () => {
			this.#state.unfolded = !this.#state.unfolded;
			this.#drawForm();
			workspace.touch();
		});
		this.#scope.on(this.#command, "input", () => this.#commandEdited());
		this.#scope.on(this.#command, "blur", () => this.#drawCommand());
		this.#scope.on(this.#reset, "click", () => {
			this.#state.command = null;
			this.#drawForm();
			this.#drawCommand();
			this.changed();
		});
		this.#scope.on(this.element, "focusin", () => this.#page.focused(this.#state));
		this.#scope.on(this.element, "keydown", (event) => {
			if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
			event.preventDefault();
			event.stopPropagation();
			this.runner.run();
		});
		this.#scope.add(workspace.text.listen((file) => file && this.runner.edited()));
		this.#scope.add(workspace.files.listen(() => this.#filesChanged()));
		this.#scope.add(this.runner.state.listen((state) => this.#draw(state)));
		this.#scope.add(this.runner.stale.watch((stale) => this.element.classList.toggle("stale", stale)));
		this.#scope.add(this.runner.output.listen((output) => this.views.show(output)));
		this.#scope.on(window, "online", () => this.runner.retry());
	}

	/** Something in this pane makes it another job. */
	changed(): void {
		this.#drawCommand();
		this.#signature = this.#jobSignature();
		this.#page.workspace.touch();
		this.runner.edited();
	}

	/** Another file in front is often the same job: then nothing is old. */
	#filesChanged(): void {
		this.#drawCommand();
		const now = this.#jobSignature();
		if (now === this.#signature) return;
		this.#signature = now;
		this.runner.edited();
	}

	#jobSignature(): string {
		const { files } = this.#page.workspace.session;
		const names = files.map((f) => [f.name, f.bytes ? f.bytes.length : -1]);
		return JSON.stringify([this.#words(), names.sort()]);
	}

	#words(): string[] | string {
		try {
			return commandOf(this.#program, this.#state, this.#page.workspace.session, this.#page.catalog);
		} catch (error) {
			return (error as Error).message;
		}
	}

	#commandEdited(): void {
		const own = { ...this.#state, command: null };
		let formed = "";
		try {
			formed = joinWords(commandOf(this.#program, own, this.#page.workspace.session, this.#page.catalog));
		} catch {
			// The form alone makes no command: then any text is somebody's own.
		}
		const wasOwn = this.#state.command !== null;
		this.#state.command = this.#command.value === formed ? null : this.#command.value;
		if (wasOwn !== (this.#state.command !== null)) this.#drawForm();
		this.changed();
	}

	#drawCommand(): void {
		const own = this.#state.command;
		this.#reset.hidden = own === null;
		if (document.activeElement === this.#command) return;
		const words = this.#words();
		this.#command.value = own ?? (Array.isArray(words) ? joinWords(words) : "");
		this.#command.placeholder = Array.isArray(words) ? "the image's own command" : words;
		this.#command.title = this.#command.value;
	}

	#drawForm(): void {
		const open = this.#state.unfolded;
		this.#formButton.setAttribute("aria-expanded", String(open));
		this.#form.hidden = !open;
		if (open) fill(this.#form, ...makeForm(this.#program, this.#state, () => this.changed()));
		else fill(this.#form);
	}

	#menu(): MenuItem[] {
		const { workspace } = this.#page;
		const pane = this.#state;
		const columns = workspace.columns();
		const column = columns.find((c) => c.includes(pane)) ?? [];
		const move = (where: "left" | "right" | "up" | "down") => () => workspace.movePane(pane, where);
		const at = columns.indexOf(column);
		const alone = column.length === 1;
		return [
			{ title: "Run again", icon: "play", keys: keyName("Ctrl+Enter"), run: () => this.runner.run() },
			{ title: "Download all files", icon: "download", disabled: (this.views.output?.files.length ?? 0) === 0, run: () => void this.#downloadAll() },
			{ title: "Compare with another pane", icon: "columns", disabled: this.#page.othersOf(pane).length === 0, run: () => void openCompare(this, this.#page.othersOf(pane)) },
			{ title: "Same again beside it", icon: "copy", apart: true, run: () => workspace.addPane(pane.program, true, pane) },
			{ title: "Move left", disabled: alone && at === 0, run: move("left") },
			{ title: "Move right", disabled: alone && at === columns.length - 1, run: move("right") },
			{ title: "Move up", disabled: column[0] === pane, run: move("up") },
			{ title: "Move down", disabled: column.at(-1) === pane, run: move("down") },
			{ title: "Close", icon: "close", apart: true, run: () => this.#close() },
		];
	}

	async #downloadAll(): Promise<void> {
		const { output } = this.views;
		if (!output) return;
		const printed = [{ name: "stdout.txt", bytes: output.stdout }, { name: "stderr.txt", bytes: output.stderr }];
		await downloadAll([...output.files, ...printed.filter((f) => f.bytes.length > 0)], `${this.#program.id.replaceAll("/", "-")}.zip`);
	}

	#close(): void {
		const restore = this.#page.workspace.removePane(this.#state);
		toast(`${this.#program.title} is closed.`, { title: "Bring back", run: restore });
	}

	#draw(state: RunState): void {
		this.element.dataset["phase"] = state.phase;
		this.#drawStatus();
		this.#drawRunButton();
		const message = messageOf(state, this.runner.job?.limits);
		// What was wrong stays readable until the next result is there.
		if (message || state.phase === "done" || state.phase === "stopped") {
			this.#message.textContent = message?.text ?? "";
			this.#message.dataset["tone"] = message?.tone ?? "";
		}
		this.#again.hidden = !(state.phase === "failed" && state.retryAt !== null);
		if (state.phase === "done" || state.phase === "failed") this.#settled();
	}

	#settled(): void {
		const { spoken } = statusOf(this.runner.state.value, this.runner.job?.limits, performance.now());
		announce(`${this.#program.title}: ${spoken}`);
		const { output } = this.views;
		if (this.runner.state.value.phase !== "done" || !output) return;
		void remarksOf(output, this.#page.workspace.session.files, (name) => this.#page.sourceName(name)).then((remarks) => {
			if (this.views.output === output && !this.runner.stale.value) this.#page.setRemarks(this.#state, remarks);
		});
	}

	#drawStatus(): void {
		const status = statusOf(this.runner.state.value, this.runner.job?.limits, performance.now());
		this.#status.textContent = status.text;
		this.#status.dataset["tone"] = status.tone;
		this.#drawMeasures(status.measures);
		if (status.ticking && this.#ticker === null) this.#ticker = setInterval(() => this.#drawStatus(), 100);
		if (!status.ticking && this.#ticker !== null) {
			clearInterval(this.#ticker);
			this.#ticker = null;
		}
	}

	#drawMeasures(measures: readonly { title: string; text: string }[]): void {
		fill(this.#measures, ...measures.map((m) => h("span", { title: m.title }, m.text)));
	}

	#drawRunButton(): void {
		const busy = this.runner.isBusy;
		const show = () => {
			const now = this.runner.isBusy;
			this.element.classList.toggle("busy", now);
			this.#runButton.classList.toggle("stops", now);
			this.#runButton.title = now ? "Stop this run" : `Run now (${keyName("Ctrl+Enter")})`;
			this.#runButton.disabled = !this.#program.available;
			fill(this.#runButton, icon(now ? "stop" : "play"), h("span", {}, now ? "Stop" : "Run"));
		};
		if (busy && !this.element.classList.contains("busy") && this.#runButton.childElementCount > 0) setTimeout(show, CALM_MS);
		else show();
	}
}
