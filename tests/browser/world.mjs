// SPDX-License-Identifier: MIT
// What a test of the page has: a server, a browser, and a person at a page.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const { chromium } = require("playwright-core");

const PE = process.env.PE ?? "build/pe";
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const SWITCHES = [
	"--no-sandbox",
	"--disable-gpu",
	"--disable-quic",
	"--no-first-run",
	"--disable-background-networking",
	"--disable-component-update",
	"--disable-sync",
	// A machine without a graphics card draws WebGL by itself.
	"--enable-unsafe-swiftshader",
];

/** pe serve, on a port of its own choice. */
export class Server {
	static async start(port = 0) {
		const server = new Server();
		server.state = mkdtempSync(join(tmpdir(), "pe-browser-"));
		await server.begin(port);
		return server;
	}

	/** Starts it, again on the same port if it had one. */
	async begin(port = this.port ?? 0) {
		const args = ["serve", "--listen", `127.0.0.1:${port}`, "--catalog", "catalog", "--state", this.state, "--rate", "0"];
		this.process = spawn(PE, args, { stdio: ["ignore", "pipe", "pipe"] });
		let said = "";
		this.origin = await new Promise((resolve, reject) => {
			const hear = (chunk) => {
				said += chunk;
				const found = /http:\/\/127\.0\.0\.1:(\d+)/.exec(said);
				if (found) resolve(found[0]);
			};
			this.process.stdout.on("data", hear);
			this.process.stderr.on("data", hear);
			this.process.on("exit", (code) => reject(new Error(`pe serve ended with ${code}: ${said}`)));
		});
		this.port = Number(new URL(this.origin).port);
	}

	async kill() {
		const gone = new Promise((resolve) => this.process.once("exit", resolve));
		this.process.kill("SIGTERM");
		const hard = setTimeout(() => this.process.kill("SIGKILL"), 8000);
		await gone;
		clearTimeout(hard);
	}

	async stop() {
		await this.kill();
		rmSync(this.state, { recursive: true, force: true });
	}
}

export class Browser {
	static async start(more = []) {
		const browser = new Browser();
		browser.chromium = await chromium.launch({ executablePath: CHROMIUM, args: [...SWITCHES, ...more] });
		return browser;
	}

	end() {
		return this.chromium.close();
	}
}

const DESKTOP = { viewport: { width: 1280, height: 800 }, colorScheme: "light" };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

export class World {
	contexts = [];
	misdeeds = [];

	constructor(server, browser) {
		this.server = server;
		this.browser = browser;
	}

	/** Somebody with a fresh profile. */
	async person(options = {}) {
		const { phone = false, server = this.server, ...rest } = options;
		const context = await this.browser.chromium.newContext({ ...DESKTOP, ...rest, ...(phone ? PHONE : {}) });
		this.contexts.push(context);
		await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: server.origin });
		const person = new Person(await this.#watched(context, server), server, this);
		person.phone = phone;
		return person;
	}

	async #watched(context, server) {
		const page = await context.newPage();
		page.setDefaultTimeout(30_000);
		page.on("pageerror", (error) => this.misdeeds.push(`an uncaught error: ${error.stack ?? error}`));
		await page.exposeFunction("peViolation", (what) => this.misdeeds.push(`the policy forbade ${what}`));
		// An inline style that no script set is the browser's own: it keeps the colours of what one types over.
		await page.addInitScript(() => {
			document.addEventListener("securitypolicyviolation", (e) => {
				if (e.effectiveDirective === "style-src-attr" && !e.sourceFile) return;
				globalThis.peViolation(`${e.effectiveDirective} ${e.blockedURI} at ${e.sourceFile}:${e.lineNumber}`);
			});
		});
		page.on("request", (request) => {
			const { protocol, origin } = new URL(request.url());
			if (/^https?:$/.test(protocol) && origin !== server.origin) this.misdeeds.push(`asked somebody else: ${request.url()}`);
		});
		return page;
	}

	checkConduct() {
		assert.deepEqual(this.misdeeds, []);
	}

	async picture(name) {
		const page = this.contexts.at(-1)?.pages()[0];
		const path = `build/test/browser/${name.replace(/[^a-z0-9]+/gi, "-")}.png`;
		await page?.screenshot({ path, timeout: 5000 }).catch(() => {});
	}

	async end() {
		for (const context of this.contexts) await context.close().catch(() => {});
	}
}

/** A person at a page: what one does and sees. */
export class Person {
	constructor(page, server, world) {
		this.page = page;
		this.server = server;
		this.world = world;
	}

	async go(path = "/") {
		await this.page.goto(path.startsWith("http") ? path : this.server.origin + path);
	}

	/** Opens the first screen and takes an example of it. */
	async example(program, index = 0) {
		await this.go();
		await this.page.locator(`.card[data-program="${program}"]`).nth(index).click();
		await this.page.locator(".pane").first().waitFor({ state: "attached" });
	}

	/** A session with one file and panes, by a link. */
	async session(files, panes) {
		const list = Object.entries(files).map(([name, content]) =>
			typeof content === "string" ? { name, text: content } : { name, base64: Buffer.from(content).toString("base64") },
		);
		const state = { version: 1, files: list, panes: panes.map((p) => (typeof p === "string" ? { program: p } : p)) };
		const response = await fetch(`${this.server.origin}/api/v1/links`, {
			method: "POST",
			headers: { "Content-Type": "application/json" },
			body: JSON.stringify({ state }),
		});
		assert.equal(response.ok, true, await response.clone().text());
		await this.go(`/l/${(await response.json()).id}`);
		await this.page.locator(".desk").waitFor({ state: "attached" });
		await this.until(async () => (await this.page.locator(".pane").count()) === panes.length);
	}

	get editor() {
		return this.page.locator(".editor-host .cm-content");
	}

	/** Replaces the whole text of the open file. */
	async write(text) {
		await this.editor.click();
		await this.page.keyboard.press("Control+a");
		await this.page.keyboard.insertText(text);
	}

	async text() {
		return (await this.editor.locator(".cm-line").allInnerTexts()).map((line) => line.replace(/\n$/, "")).join("\n");
	}

	pane(index = 0) {
		return this.page.locator(".pane").nth(index);
	}

	/** Waits until the pane shows the output of what is in the editor now. */
	async settled(index = 0) {
		await this.pane(index).and(this.page.locator('.pane[data-phase="done"]:not(.stale)')).waitFor({ state: "attached" });
	}

	/** The text of the output, without the buttons of a viewer. */
	async printed(index = 0) {
		return this.pane(index).locator(".view").evaluate((view) => {
			const lines = [...view.querySelectorAll(".v-lines .v-line, .slot-message")];
			return lines.map((line) => line.textContent.replace(/\n$/, "")).join("\n");
		});
	}

	/** Waits until @pattern is among what the pane shows. */
	async sees(pattern, index = 0) {
		await this.until(async () => pattern.test(await this.printed(index)), async () => `${pattern} in: ${await this.printed(index)}`);
	}

	status(index = 0) {
		return this.pane(index).locator(".status-text").innerText();
	}

	async saysStatus(pattern, index = 0) {
		await this.until(async () => pattern.test(await this.status(index)), async () => `${pattern} in the status: ${await this.status(index)}`);
	}

	async until(holds, what = () => "it", ms = 30_000) {
		const end = Date.now() + ms;
		while (!(await holds())) {
			if (Date.now() > end) throw new Error(`waited in vain for ${await what()}`);
			await new Promise((resolve) => setTimeout(resolve, 40));
		}
	}

	press(...keys) {
		return keys.reduce((before, key) => before.then(() => this.page.keyboard.press(key)), Promise.resolve());
	}

	/** What an element looks like: pixels of a screenshot as RGBA, read by a canvas of another page. */
	async pixels(locator) {
		const png = await locator.screenshot();
		const reader = await this.world.browser.chromium.newPage();
		try {
			return await reader.evaluate(async (base64) => {
				const image = new Image();
				image.src = `data:image/png;base64,${base64}`;
				await image.decode();
				const canvas = new OffscreenCanvas(image.width, image.height);
				const context = canvas.getContext("2d");
				context.drawImage(image, 0, 0);
				const { data } = context.getImageData(0, 0, image.width, image.height);
				return { width: image.width, height: image.height, data: [...new Uint32Array(data.buffer)] };
			}, png.toString("base64"));
		} finally {
			await reader.close();
		}
	}
}

export { assert };
