// SPDX-License-Identifier: MIT
// For everyone: a phone, a keyboard alone, a screen reader, the dark; and a first load that is small.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { assert } from "./world.mjs";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const FIRST_LOAD_BYTES = 250 * 1024;

/** What axe finds wrong, by the rules of WCAG 2.2 A and AA. */
async function complaints(p) {
	// The policy of the page lets no inline script run, but what the debugger evaluates does.
	await p.page.evaluate(readFileSync(require.resolve("axe-core/axe.min.js"), "utf8"));
	const { violations } = await p.page.evaluate(() =>
		globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"] }),
	);
	return violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(" ")}: ${n.failureSummary}`));
}

const both = { "a.c": '#include <stdio.h>\nint main(void) { puts("hi"); retrun; }\n', "b.sh": "echo out; echo err >&2; echo f >/output/f.txt" };

function accessible(colorScheme) {
	return async (w) => {
		const p = await w.person({ colorScheme });
		await p.go();
		await p.page.locator(".card").first().waitFor();
		assert.deepEqual(await complaints(p), [], "gallery");
		// The check itself can fail.
		await p.page.evaluate(() => {
			const faint = document.createElement("p");
			faint.textContent = "faint";
			faint.style.color = "color-mix(in srgb, var(--text) 20%, var(--ground))";
			document.querySelector(".gallery-head").append(faint);
		});
		assert.match((await complaints(p)).join(), /color-contrast/);
		await p.session(both, [{ program: "gcc", unfolded: true }, { program: "bash", column: 1 }]);
		await p.settled(0);
		await p.settled(1);
		await p.page.locator(".cm-lintRange-error").first().waitFor();
		assert.deepEqual(await complaints(p), [], "session");
		const closed = () => p.page.locator("dialog, [popover]").count().then((n) => n === 0);
		for (const name of ["Share", "Settings", "Keys", "History"]) {
			await p.page.getByRole("button", { name, exact: true }).click();
			await p.page.locator("dialog").waitFor();
			await p.page.waitForTimeout(300);
			assert.deepEqual(await complaints(p), [], name);
			await p.press("Escape");
			await p.until(closed);
		}
		await p.page.getByRole("button", { name: "Add program" }).click();
		assert.deepEqual(await complaints(p), [], "picker");
		await p.press("Escape");
		await p.pane(0).getByRole("button", { name: "More" }).click();
		assert.deepEqual(await complaints(p), [], "menu");
	};
}

export default [
	["no rule of WCAG A and AA is broken, in the light", accessible("light")],
	["no rule of WCAG A and AA is broken, in the dark", accessible("dark")],

	["light and dark follow the system, or a setting", async (w) => {
		const p = await w.person({ colorScheme: "dark" });
		await p.go();
		const ground = () => p.page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number)[0]);
		assert.ok((await ground()) < 60);
		await p.page.emulateMedia({ colorScheme: "light" });
		assert.ok((await ground()) > 200);
		await p.page.getByRole("button", { name: "Settings" }).click();
		await p.page.getByLabel("Colours").selectOption("dark");
		assert.ok((await ground()) < 60);
		await p.page.reload();
		await p.page.locator(".card").first().waitFor();
		assert.ok((await ground()) < 60);
	}],

	["with a keyboard alone: open an example, edit, run, read, add, close, share", async (w) => {
		const p = await w.person();
		const { page } = p;
		await p.go();
		await page.locator(".card").first().waitFor();
		const focused = () => page.evaluate(() => {
			let e = document.activeElement;
			while (e?.shadowRoot?.activeElement) e = e.shadowRoot.activeElement;
			return `${e?.className} ${e?.getAttribute("aria-label") ?? ""} ${e?.dataset?.program ?? ""}`;
		});
		const tabTo = async (pattern, key = "Tab", most = 80) => {
			for (let i = 0; i < most; i++) {
				if (pattern.test(await focused())) return;
				await page.keyboard.press(key);
			}
			throw new Error(`no ${pattern} within ${most} ${key}s; now at ${await focused()}`);
		};
		await tabTo(/gallery-search/);
		await page.keyboard.type("bash");
		await tabTo(/card.*bash/);
		await p.press("Enter");
		await page.locator(".pane").waitFor();
		await p.until(async () => /cm-content/.test(await focused()));
		await p.press("Control+a");
		await page.keyboard.insertText("echo by keyboard");
		await p.press("Control+Enter");
		await p.sees(/by keyboard/);
		// Tab belongs to the editor; Escape gives it back.
		await p.press("Escape", "Tab");
		assert.doesNotMatch(await focused(), /cm-content/);
		await tabTo(/run-button/);
		await p.press("Enter");
		await p.settled();
		await tabTo(/v-lines|v-scroll/);
		await p.press("F6");
		assert.match(await focused(), /cm-content/);
		await p.press("F6");
		assert.match(await focused(), /command/);
		await p.press("Control+k");
		await page.keyboard.type("python");
		await p.press("Enter");
		await p.until(async () => (await page.locator(".pane").count()) === 2);
		await p.until(async () => /command/.test(await focused()));
		await tabTo(/icon-button More/, "Shift+Tab", 20);
		await p.press("Enter", "End", "Enter");
		await p.until(async () => (await page.locator(".pane").count()) === 1);
		await p.press("Control+s");
		await page.getByRole("dialog", { name: "Share" }).waitFor();
		await p.press("Escape");
		await p.until(async () => (await page.locator("dialog").count()) === 0);
	}],

	["a screen reader is told how a run ended", async (w) => {
		const p = await w.person();
		await p.session({ "a.sh": "exit 4" }, ["bash"]);
		await p.until(async () => /Bash: exit 4/.test(await p.page.locator('[role="status"][aria-live]').first().textContent()));
		assert.equal(await p.editor.getAttribute("aria-label"), "Text of a.sh");
	}],

	["on a phone: one part at a time, nothing wider than the screen, room for fingers", async (w) => {
		const p = await w.person({ phone: true });
		await p.go();
		await p.page.locator(".card").first().waitFor();
		const wide = () => p.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
		assert.equal(await wide(), 0);
		await p.page.locator('.card[data-program="python3"]').first().tap();
		await p.page.locator(".board-nav").waitFor();
		assert.equal(await p.editor.isVisible(), true);
		assert.equal(await p.pane().isVisible(), false);
		await p.page.locator(".nav-item").nth(1).tap();
		assert.equal(await p.pane().isVisible(), true);
		assert.equal(await p.editor.isVisible(), false);
		await p.settled();
		assert.equal(await wide(), 0);
		const small = await p.page.evaluate(() =>
			[...document.querySelectorAll("button, select, input")]
				.filter((e) => e.offsetParent && !e.closest(".view"))
				.map((e) => [e.className || e.getAttribute("aria-label"), e.getBoundingClientRect()])
				.filter(([, box]) => box.height < 24 || box.width < 24)
				.map(([name, box]) => `${name} ${box.width}x${box.height}`),
		);
		assert.deepEqual(small, []);
		await p.pane().locator(".run-button").tap();
		await p.settled();
	}],

	["text from right to left stays in its place", async (w) => {
		const p = await w.person();
		await p.session({ "שלום.sh": "echo 'שלום עולם'; echo latin\n" }, ["bash"]);
		await p.sees(/שלום עולם/);
		const right = await p.editor.locator(".cm-line").first().evaluate((line) => getComputedStyle(line).unicodeBidi);
		assert.equal(right, "plaintext");
		await p.page.evaluate(() => document.documentElement.setAttribute("dir", "rtl"));
		const desk = await p.page.locator(".desk").boundingBox();
		const pane = await p.pane().boundingBox();
		assert.ok(desk.x > pane.x, "the desk is at the right");
		assert.equal(await p.page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0);
	}],

	["the first load is at most 250 KiB, and asks nobody else", async (w) => {
		const p = await w.person();
		const client = await p.page.context().newCDPSession(p.page);
		await client.send("Network.enable");
		let bytes = 0;
		const seen = [];
		client.on("Network.responseReceived", ({ response }) => seen.push(response.url));
		client.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
		await p.go();
		await p.page.locator(".card").first().waitFor();
		await p.page.waitForTimeout(500);
		assert.ok(bytes > 50_000 && bytes <= FIRST_LOAD_BYTES, `${bytes} bytes: ${seen.join(" ")}`);
		console.log(`     | first load: ${(bytes / 1024).toFixed(0)} KiB, ${seen.length} answers`);
		const first = await p.page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
		assert.ok(first > 0);
	}],

	["a second visit loads no script again", async (w) => {
		const p = await w.person();
		await p.go();
		await p.page.locator(".card").first().waitFor();
		await p.page.reload();
		await p.page.locator(".card").first().waitFor();
		const sizes = await p.page.evaluate(() => performance.getEntriesByType("resource").filter((e) => /assets/.test(e.name)).map((e) => e.transferSize));
		assert.ok(sizes.length > 0 && sizes.every((size) => size === 0), JSON.stringify(sizes));
	}],
];
