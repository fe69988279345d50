// SPDX-License-Identifier: MIT
// What stays: reloads, links, history, embedding; and a server that goes away.
import { createServer } from "node:http";
import { assert, Server } from "./world.mjs";

const wild = "echo 'ß 日本 🙂 שלום \u202e'; od -An -tx1 data.bin | head -n 1; echo \"$K\"; cat\n";
const files = { "wild name.sh": wild, "data.bin": Uint8Array.from([0, 1, 254, 255]) };
const panes = [{ program: "bash", env: { K: "vä=l" }, stdin: "in\n", command: "bash 'wild name.sh'", unfolded: true }, { program: "python3", column: 1, command: "python3 -c 'print(6*7)'" }];
const expected = /ß 日本 🙂 שלום[\s\S]*00 01 fe ff\s+vä=l\s+in/;

// What would turn the text around is shown as a mark.
const seen = wild.replace("\u202e", "•");

async function same(p) {
	await p.sees(expected, 0);
	await p.sees(/42/, 1);
	assert.deepEqual(await p.page.locator(".file-tab .file-name").allInnerTexts(), ["wild name.sh", "data.bin"]);
	assert.equal(await p.text(), seen);
	assert.equal(await p.pane(0).getByLabel("Environment").inputValue(), "K=vä=l");
}

async function openShare(p) {
	await p.page.getByRole("button", { name: "Share" }).click();
	await p.until(async () => /\/l\//.test(await p.page.getByLabel("Short link").inputValue()));
}

export default [
	["a reload restores everything, and undo", async (w) => {
		const p = await w.person();
		await p.session(files, panes);
		await same(p);
		await p.editor.click();
		await p.press("Control+Home");
		await p.page.keyboard.type("# typed\n");
		await p.page.reload();
		await p.sees(expected, 0);
		assert.match(await p.text(), /^# typed\n/);
		await p.page.waitForTimeout(1000);
		await p.page.reload();
		await p.sees(expected, 0);
		assert.match(await p.text(), /^# typed\n/);
		await p.editor.click();
		await p.press("Control+z", "Control+z");
		await p.until(async () => (await p.text()) === seen);
	}],

	["the address holds the whole state: any Unicode, binary files", async (w) => {
		const one = await w.person();
		await one.session(files, panes);
		await same(one);
		await one.editor.click();
		await one.press("Control+End");
		await one.page.keyboard.type(" ");
		await one.press("Backspace");
		await one.until(async () => /#1/.test(one.page.url()));
		const two = await w.person();
		await two.go(one.page.url());
		await same(two);
	}],

	["a short link opens in a fresh profile; so does the long one", async (w) => {
		const one = await w.person();
		await one.session(files, panes);
		await same(one);
		await openShare(one);
		const short = await one.page.getByLabel("Short link").inputValue();
		const long = await one.page.getByLabel("Link that holds everything").inputValue();
		await one.page.locator(".share-row").first().getByRole("button").click();
		await one.until(async () => (await one.page.evaluate(() => navigator.clipboard.readText())) === short);
		for (const link of [short, long]) {
			const two = await w.person();
			await two.go(link);
			await same(two);
		}
	}],

	["what is too large for an address stays in the browser, and comes back", async (w) => {
		const p = await w.person();
		await p.session({ "a.sh": "wc -c <b.bin" }, ["bash"]);
		const noise = await p.page.evaluateHandle(() => {
			const data = new DataTransfer();
			data.items.add(new File([crypto.getRandomValues(new Uint8Array(60_000))], "b.bin"));
			return data;
		});
		for (const type of ["dragenter", "dragover", "drop"]) await p.page.locator(".desk").dispatchEvent(type, { dataTransfer: noise });
		await p.sees(/60000/);
		await p.until(async () => new URL(p.page.url()).pathname === "/" && new URL(p.page.url()).hash === "");
		await p.page.reload();
		await p.sees(/60000/);
		await p.page.goto("about:blank");
		await p.page.goBack();
		await p.sees(/60000/);
	}],

	["without a server the page says so at once, and begins when there is one", async (w) => {
		const p = await w.person();
		await p.page.route("**/api/v1/catalog", (route) => route.abort());
		await p.go();
		await p.page.getByText("The server does not answer").waitFor();
		await p.page.unroute("**/api/v1/catalog");
		await p.page.locator(".card").first().waitFor();
	}],

	["a damaged link says so and leads to the gallery", async (w) => {
		const p = await w.person();
		await p.go("/#1garbage");
		await p.page.getByText("The link cannot be read").first().waitFor();
		await p.page.locator(".card").first().waitFor();
		await p.go("/l/nonesuch1234");
		await p.page.getByText("The link cannot be read").first().waitFor();
	}],

	["embedded in another page: editable, or read only", async (w) => {
		const one = await w.person();
		await one.session({ "a.sh": "echo embedded" }, ["bash"]);
		await openShare(one);
		const snippet = () => one.page.getByLabel("Embed in a page").inputValue();
		const editable = await snippet();
		await one.page.getByLabel("Readers can edit and run").uncheck();
		const readOnly = await snippet();
		assert.match(readOnly, /readonly/);

		const host = createServer((_, response) => response.setHeader("content-type", "text/html").end(`<!doctype html>${editable}${readOnly}`)).listen(0, "127.0.0.1");
		await new Promise((resolve) => host.once("listening", resolve));
		const context = await w.browser.chromium.newContext();
		w.contexts.push(context);
		const page = await context.newPage();
		await page.goto(`http://127.0.0.1:${host.address().port}/`);
		const frames = [page.frameLocator("iframe >> nth=0"), page.frameLocator("iframe >> nth=1")];
		for (const frame of frames) await frame.locator(".v-line", { hasText: "embedded" }).first().waitFor();
		await frames[0].locator(".cm-content").click();
		await page.keyboard.press("Control+a");
		await page.keyboard.insertText("echo edited");
		await frames[0].locator(".v-line", { hasText: "edited" }).first().waitFor();
		await frames[1].locator(".cm-content").click();
		await page.keyboard.press("Control+a");
		await page.keyboard.insertText("echo edited");
		assert.match(await frames[1].locator(".cm-content").innerText(), /echo embedded/);
		host.close();
	}],

	["one goes on where one left, and finds older sessions", async (w) => {
		const p = await w.person();
		await p.session({ "first.sh": "echo first session" }, ["bash"]);
		await p.write("echo first session, edited");
		await p.sees(/edited/);
		await p.page.waitForTimeout(600);
		await p.session({ "second.sh": "echo second session" }, ["bash"]);
		await p.write("echo second session, edited");
		await p.sees(/second session, edited/);
		await p.page.waitForTimeout(600);
		await p.page.getByRole("link", { name: "Program Explorer" }).click();
		await p.page.locator(".card.resume").click();
		await p.sees(/second session, edited/);
		await p.page.getByRole("button", { name: "History" }).click();
		await p.page.getByRole("button", { name: /^first\.sh in Bash/ }).click();
		await p.sees(/first session, edited/);
		await p.page.goBack();
		await p.page.locator(".card, .pane").first().waitFor();
	}],

	["a server that is away is told plainly, and found again", async (w) => {
		const server = await Server.start();
		try {
			const p = await w.person({ server });
			await p.session({ "a.sh": "echo before" }, ["bash"]);
			await p.sees(/before/);
			await server.kill();
			await p.write("echo after");
			await p.saysStatus(/server unreachable/);
			assert.match(await p.pane().locator(".message").innerText(), /safe in this browser/);
			assert.equal(await p.pane().locator(".status-old").isVisible(), true);
			await server.begin();
			await p.sees(/after/);
			await p.settled();
			assert.equal(await p.pane().locator(".message").innerText(), "");
		} finally {
			await server.stop();
		}
	}],
];
