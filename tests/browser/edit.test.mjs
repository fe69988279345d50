// SPDX-License-Identifier: MIT
// Typing and what comes of it.
import { assert } from "./world.mjs";

const hello = (words) => `#include <stdio.h>\nint main(void)\n{\n\tputs("${words}");\n}\n`;

export default [
	["the first screen is a gallery of examples; one click runs one", async (w) => {
		const p = await w.person();
		await p.go();
		await p.page.locator(".card").first().waitFor();
		assert.ok((await p.page.locator(".card").count()) >= 5);
		await p.page.fill(".gallery-search", "graphviz svg");
		await p.until(async () => (await p.page.locator(".card").count()) > 0 && (await p.page.locator('.card[data-program="gcc"]').count()) === 0);
		await p.page.fill(".gallery-search", "");
		await p.page.locator('.card[data-program="python3"]').first().click();
		await p.settled();
		assert.match(await p.status(), /^exit 0/);
	}],

	["a user edits C and sees the output change, by itself", async (w) => {
		const p = await w.person();
		await p.session({ "hello.c": hello("one") }, ["gcc"]);
		await p.sees(/^one/);
		await p.write(hello("two"));
		await p.sees(/^two/);
		await p.settled();
		assert.match(await p.pane().locator(".measures").innerText(), /ms/);
		assert.match(await p.pane().locator(".measures").innerText(), /MiB/);
	}],

	["it waits for a pause of typing; off, it waits for Ctrl+Enter", async (w) => {
		const p = await w.person();
		await p.session({ "a.py": "print('start')" }, ["python3"]);
		await p.sees(/start/);
		const posts = [];
		p.page.on("request", (r) => r.method() === "POST" && r.url().endsWith("/runs") && posts.push(Date.now()));
		await p.write("print('")
		for (const c of "abcdefghij") {
			await p.page.keyboard.type(c);
			await p.page.waitForTimeout(60);
		}
		await p.page.keyboard.type("')");
		const end = Date.now();
		await p.until(async () => posts.length > 0);
		assert.ok(posts[0] - end >= 380, `after ${posts[0] - end} ms`);
		await p.sees(/abcdefghij/);

		await p.page.getByRole("button", { name: "Settings" }).click();
		await p.page.getByLabel("Run by itself when typing stops").uncheck();
		await p.press("Escape");
		await p.write("print('by hand')");
		await p.page.waitForTimeout(900);
		await p.saysStatus(/Edited/);
		assert.equal(posts.length, 1);
		await p.press("Control+Enter");
		await p.sees(/by hand/);
	}],

	["a newer edit cancels the older run", async (w) => {
		const p = await w.person();
		await p.session({ "a.sh": "echo first; sleep 8; echo late" }, ["bash"]);
		await p.saysStatus(/Running/);
		const cancelled = p.page.waitForRequest((r) => r.method() === "DELETE");
		const begin = Date.now();
		await p.write("echo second");
		await cancelled;
		await p.sees(/^second/);
		assert.ok(Date.now() - begin < 6000);
		assert.doesNotMatch(await p.printed(), /first|late/);
	}],

	["the key is asked first: what the server knows is not sent again", async (w) => {
		const text = hello(`known ${Math.random()}`);
		const one = await w.person();
		await one.session({ "a.c": text }, ["gcc"]);
		await one.sees(/^known/);
		const two = await w.person();
		const posts = [];
		two.page.on("request", (r) => r.method() === "POST" && r.url().endsWith("/runs") && posts.push(r.url()));
		await two.session({ "a.c": text }, ["gcc"]);
		await two.sees(/^known/);
		assert.deepEqual(posts, []);
		assert.match(await two.pane().locator(".measures").innerText(), /cached/);
		await two.press("Control+Enter");
		await two.until(async () => posts.length === 1);
	}],

	["output comes as it is made", async (w) => {
		const p = await w.person();
		await p.session({ "a.sh": "echo early; sleep 4; echo done" }, ["bash"]);
		await p.sees(/early/);
		assert.match(await p.status(), /Running/);
		assert.doesNotMatch(await p.printed(), /done/);
		await p.sees(/early\s+done/);
		await p.settled();
	}],

	["old output is visibly old until the new one is there", async (w) => {
		const p = await w.person();
		await p.session({ "a.sh": "echo one" }, ["bash"]);
		await p.sees(/one/);
		const view = p.pane().locator(".view");
		const opacity = () => view.evaluate((e) => Number(getComputedStyle(e).opacity));
		assert.equal(await opacity(), 1);
		await p.write("sleep 2; echo two");
		await p.until(async () => (await opacity()) < 0.7);
		assert.equal(await p.pane().locator(".status-old").isVisible(), true);
		assert.match(await p.printed(), /one/);
		await p.sees(/two/);
		await p.until(async () => (await opacity()) === 1);
		assert.equal(await p.pane().locator(".status-old").isVisible(), false);
	}],

	["how it ended is told: exit status, signal, time, memory, no such command", async (w) => {
		const p = await w.person();
		await p.session({ "a.sh": "exit 3" }, [{ program: "bash", timeoutMs: 1500 }]);
		await p.saysStatus(/^exit 3/);
		await p.write("kill -SEGV $$");
		await p.saysStatus(/SIGSEGV/);
		await p.write("echo before; sleep 9");
		await p.saysStatus(/stopped after/);
		assert.match(await p.pane().locator(".message").innerText(), /time limit/);
		await p.sees(/before/);
		await p.pane().getByLabel("Command line").fill("nonesuch --help");
		await p.saysStatus(/no such command/);
		assert.match(await p.pane().locator(".message").innerText(), /first word of the command line/);
		await p.pane().getByLabel("Command line").fill("bash 'a.sh");
		await p.saysStatus(/cannot run/);
		assert.match(await p.pane().locator(".message").innerText(), /not closed/);
	}],

	["a compile error becomes a squiggle at its word, a mark on the tab, and a link that leads there", async (w) => {
		const p = await w.person();
		await p.session({ "a.c": "#include <stdio.h>\nint main(void)\n{\n\tint ünused = 1;\n\tretrun 0;\n}\n" }, ["gcc"]);
		await p.saysStatus(/^exit 1/);
		const error = p.page.locator(".cm-lintRange-error").first();
		await error.waitFor();
		assert.equal(await error.innerText(), "retrun");
		assert.equal(await p.page.locator(".cm-lintRange-warning").first().innerText(), "ünused");
		assert.match(await p.page.locator(".file-errors").innerText(), /^[1-9]/);
		assert.match(await p.page.locator(".problems").innerText(), /error/);
		await error.hover();
		assert.match(await p.page.locator(".cm-tooltip").innerText(), /undeclared/);
		await p.pane().locator(".view").getByText("a.c:5:9").first().click();
		await p.until(async () => /Line 5, column 2/.test(await p.page.locator(".place").innerText()), () => p.page.locator(".place").innerText());
		await p.write("#include <stdio.h>\nint main(void) { puts(\"good\"); }\n");
		await p.sees(/^good/);
		await p.until(async () => (await p.page.locator(".cm-lintRange-error").count()) === 0);
		assert.equal(await p.page.locator(".file-errors").count(), 0);
	}],

	["an exception of Python is marked in the editor", async (w) => {
		const p = await w.person();
		await p.session({ "a.py": "def f(n):\n    return 1 / n\n\nf(0)\n" }, ["python3"]);
		await p.saysStatus(/^exit 1/);
		await p.page.locator(".cm-lintRange-error").first().waitFor();
		assert.match(await p.page.locator(".problems").getAttribute("title"), /a\.py:2.*ZeroDivisionError/);
	}],

	["the editor finds, and has several cursors", async (w) => {
		const p = await w.person();
		await p.session({ "a.txt": "needle one\nhay\nneedle two\n", "a.sh": "cat a.txt" }, ["bash"]);
		await p.editor.click();
		await p.press("Control+Home", "Control+f");
		await p.page.locator(".cm-search [name=search]").fill("needle");
		await p.press("Enter", "Escape");
		await p.press("Control+Home", "Control+Shift+ArrowRight", "Control+d", "Control+d");
		await p.page.keyboard.type("pin");
		assert.equal((await p.text()).split("\n").filter((l) => l.startsWith("pin ")).length, 2);
		await p.sees(/pin one\s+hay\s+pin two/);
	}],

	["vim and emacs keys", async (w) => {
		const p = await w.person();
		await p.session({ "a.sh": "echo one\necho two\n" }, ["bash"]);
		const choose = async (keys) => {
			await p.page.getByRole("button", { name: "Settings" }).click();
			await p.page.getByLabel("Keys of the editor").selectOption(keys);
			await p.press("Escape");
		};
		await choose("vim");
		await p.until(async () => (await p.page.locator(".cm-vimMode").count()) > 0 || (await p.page.locator(".cm-vim-panel").count()) > 0);
		await p.editor.click();
		await p.press("Escape", "g", "g", "d", "d");
		await p.until(async () => (await p.text()).startsWith("echo two"));
		await choose("emacs");
		await p.page.waitForTimeout(500);
		await p.editor.click();
		await p.press("Control+Home", "Control+e");
		await p.page.keyboard.type(" end");
		await p.until(async () => (await p.text()).startsWith("echo two end"));
		await p.press("Control+a", "Control+k");
		await p.until(async () => (await p.text()).startsWith("\n") || (await p.text()) === "");
	}],

	["colours by kind, fetched when needed", async (w) => {
		const p = await w.person();
		await p.session({ "a.py": "def f():\n    return 'x'\n", "b.rs": "fn main() {}\n" }, []);
		const colour = (text) => p.editor.locator("span", { hasText: text }).first().evaluate((e) => getComputedStyle(e).color);
		await p.until(async () => (await p.editor.locator("span").count()) > 2);
		assert.notEqual(await colour("def"), await p.editor.evaluate((e) => getComputedStyle(e).color));
		await p.page.getByRole("tab", { name: "b.rs" }).click();
		await p.until(async () => (await p.editor.locator("span", { hasText: "fn" }).count()) > 0);
	}],
];
