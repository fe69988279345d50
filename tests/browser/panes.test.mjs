// SPDX-License-Identifier: MIT
// Any number of runs over the same files: programs, forms, command lines, places.
import { assert } from "./world.mjs";

const both = { "a.py": "print('from python')\n", "a.sh": "echo from bash; cat a.py\n" };
const boxes = (p) => p.page.locator(".pane").evaluateAll((panes) => panes.map((e) => ({ title: e.dataset.program, x: e.getBoundingClientRect().x, y: e.getBoundingClientRect().y, w: e.getBoundingClientRect().width, h: e.getBoundingClientRect().height })));
const titles = async (p) => (await boxes(p)).map((b) => b.title);

export default [
	["two panes run over the same files, side by side", async (w) => {
		const p = await w.person();
		await p.session(both, ["python3", { program: "bash", column: 1 }]);
		await p.sees(/from python/, 0);
		await p.sees(/from bash\s+print/, 1);
		const [one, two] = await boxes(p);
		assert.ok(two.x >= one.x + one.w && Math.abs(one.y - two.y) < 2);
		await p.write("print('changed')");
		await p.sees(/^changed/, 0);
		await p.sees(/from bash\s+print\('changed'\)/, 1);
	}],

	["a program is found by search, those for the open file first", async (w) => {
		const p = await w.person();
		await p.session(both, ["bash"]);
		await p.page.getByRole("button", { name: "Add program" }).click();
		const options = p.page.locator(".picker-option");
		assert.match(await p.page.locator(".picker-group").first().innerText(), /a\.py/);
		assert.match(await options.first().innerText(), /Python/);
		await p.page.getByRole("combobox", { name: "Search programs" }).fill("c++ compil");
		assert.match(await options.first().innerText(), /C\+\+/);
		await p.page.getByRole("combobox", { name: "Search programs" }).fill("pyth");
		await p.press("Enter");
		await p.sees(/from python/, 1);
		assert.equal(await p.page.locator(".picker").count(), 0);
		await p.pane(1).locator(".pane-program").click();
		await p.page.getByRole("combobox", { name: "Search programs" }).fill("awk");
		await p.press("Enter");
		await p.until(async () => (await titles(p)).includes("awk"));
	}],

	["the form makes the command line; the command line can be edited, and given back", async (w) => {
		const p = await w.person();
		await p.session({ "a.c": "#ifndef N\n#define N 1\n#endif\n#include <stdio.h>\nint main(void) { printf(\"%d\\n\", N); }\n" }, ["gcc"]);
		await p.sees(/^1/);
		const line = p.pane().getByLabel("Command line");
		assert.match(await line.inputValue(), /-O2/);
		await p.pane().getByRole("button", { name: "Options" }).click();
		await p.pane().getByLabel("Optimise").selectOption({ index: 0 });
		await p.until(async () => !(await line.inputValue()).includes("-O2"));
		await p.pane().getByLabel("Macros").fill("N=42");
		await p.sees(/^42/);
		assert.match(await line.inputValue(), /-DN=42/);
		await line.fill("sh -c 'echo by hand'");
		await p.sees(/by hand/);
		assert.equal(await p.pane().getByLabel("Macros").isDisabled(), true);
		await p.pane().getByRole("button", { name: "Use options" }).click();
		await p.sees(/^42/);
	}],

	["environment and standard input", async (w) => {
		const p = await w.person();
		await p.session({ "a.sh": 'echo "[${WORD-}]"; cat; :' }, ["bash"]);
		await p.sees(/\[\]/);
		await p.pane().getByRole("button", { name: "Options" }).click();
		await p.pane().getByLabel("Environment").fill("WORD=ünder=way");
		await p.sees(/\[ünder=way\]/);
		await p.pane().getByLabel("Standard input").fill("line one\nline two");
		await p.sees(/line one\s+line two/);
		await p.pane().getByLabel("Environment").fill("nonsense");
		assert.equal(await p.pane().getByLabel("Environment").evaluate((e) => e.validity.valid), false);
	}],

	["panes are closed, brought back, doubled, moved and resized", async (w) => {
		const p = await w.person();
		await p.session(both, ["python3", { program: "bash", column: 1 }]);
		await p.settled(1);
		const menu = async (index, item) => {
			await p.pane(index).getByRole("button", { name: "More" }).click();
			await p.page.getByRole("menuitem", { name: item }).click();
		};
		await menu(0, "Close");
		assert.deepEqual(await titles(p), ["bash"]);
		await p.page.getByRole("button", { name: "Bring back" }).click();
		assert.deepEqual(await titles(p), ["python3", "bash"]);
		await menu(1, "Move left");
		let [one, two] = await boxes(p);
		assert.ok(two.y >= one.y + one.h && Math.abs(one.x - two.x) < 2, "below it");
		await menu(1, "Move up");
		assert.deepEqual(await titles(p), ["bash", "python3"]);
		await menu(0, "Same again beside it");
		assert.deepEqual(await titles(p), ["bash", "python3", "bash"]);

		const before = (await boxes(p))[0].w;
		const bar = p.page.getByRole("separator", { name: "Width" }).first();
		const box = await bar.boundingBox();
		await p.page.mouse.move(box.x + 4, box.y + 200);
		await p.page.mouse.down();
		await p.page.mouse.move(box.x - 96, box.y + 200, { steps: 4 });
		await p.page.mouse.up();
		assert.ok(Math.abs((await boxes(p))[0].w - before - 100) < 8);
		await p.page.getByRole("separator", { name: "Height of the panes" }).focus();
		const height = (await boxes(p))[0].h;
		await p.press("ArrowDown");
		assert.ok((await boxes(p))[0].h > height + 10);
	}],

	["a pane is dragged to another place", async (w) => {
		const p = await w.person();
		await p.session(both, ["python3", { program: "bash", column: 1 }]);
		await p.settled(1);
		const target = await p.pane(0).boundingBox();
		await p.pane(1).locator(".pane-head").dragTo(p.pane(0), { sourcePosition: { x: 200, y: 18 }, targetPosition: { x: target.width / 2, y: target.height - 20 } });
		const [one, two] = await boxes(p);
		assert.deepEqual([one.title, two.title], ["python3", "bash"]);
		assert.ok(Math.abs(one.x - two.x) < 2 && two.y > one.y);
		await p.sees(/from bash/, 1);
	}],

	["nothing jumps when states change", async (w) => {
		const p = await w.person();
		await p.session({ "a.sh": "echo 0" }, ["bash"]);
		await p.settled();
		await p.page.evaluate(() => {
			globalThis.shift = 0;
			new PerformanceObserver((list) => {
				for (const entry of list.getEntries()) globalThis.shift += entry.value;
			}).observe({ type: "layout-shift" });
		});
		for (const text of ["echo 1; exit 2", "sleep 0.7; echo 2", "echo 3"]) {
			await p.write(text);
			await p.page.waitForTimeout(500);
			await p.settled();
		}
		assert.ok((await p.page.evaluate(() => globalThis.shift)) < 0.002, `shift ${await p.page.evaluate(() => globalThis.shift)}`);
	}],

	["the outputs of two panes are compared", async (w) => {
		const p = await w.person();
		await p.session({ "a.sh": "echo same; echo $0" }, [{ program: "bash", command: "bash -c 'echo same; echo left'" }, { program: "bash", column: 1, command: "bash -c 'echo same; echo right'" }]);
		await p.sees(/left/, 0);
		await p.sees(/right/, 1);
		await p.pane(0).getByRole("button", { name: "More" }).click();
		await p.page.getByRole("menuitem", { name: "Compare" }).click();
		const dialog = p.page.getByRole("dialog", { name: "Compare outputs" });
		await p.until(async () => /left/.test(await dialog.locator(".compare-view").innerText()) && /right/.test(await dialog.locator(".compare-view").innerText()));
		await p.press("Escape");
		assert.equal(await dialog.count(), 0);
	}],

	["a link to a program that this server does not have says so", async (w) => {
		const p = await w.person();
		await p.session({ "a.txt": "x" }, ["nonesuch"]);
		assert.equal(await p.pane().locator(".run-button").isDisabled(), true);
		assert.match(await p.pane().innerText(), /nonesuch/);
	}],
];
