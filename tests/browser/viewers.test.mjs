// SPDX-License-Identifier: MIT
// Each viewer by itself, in a page built for this (web/dev/viewers.html) and served with the page's own policy. Here no
// program runs: the bytes are made by the tests, so that they can be as hostile as they like.
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { POLICIES } from "../../web/tools/policy.mjs";
import { assert } from "./world.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const dist = join(root, "build/test/viewers-page");
const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css" };

/** Built and served once, when the first test asks. */
let started = null;
/** Paths that were asked for: what a policy forbids never comes here. */
const asked = [];

/** make test-browser builds it beforehand; by hand it is built when something of web/ is newer. */
function isFresh() {
	const newest = (directory) =>
		Math.max(...readdirSync(directory, { withFileTypes: true }).map((e) => (e.isDirectory() ? newest(join(directory, e.name)) : statSync(join(directory, e.name)).mtimeMs)));
	const built = statSync(join(dist, "viewers.html"), { throwIfNoEntry: false })?.mtimeMs ?? 0;
	return built > Math.max(...["src", "dev", "public"].map((name) => newest(join(root, "web", name))));
}

function start() {
	if (!isFresh()) execFileSync(process.execPath, [join(root, "web/node_modules/vite/bin/vite.js"), "build", "--config", "dev/viewers.config.ts", "--outDir", dist], { cwd: join(root, "web"), stdio: "pipe" });
	const http = createServer((request, response) => {
		const path = new URL(request.url, "http://x").pathname;
		const file = join(dist, normalize(path));
		asked.push(path);
		let bytes;
		try {
			bytes = readFileSync(file);
		} catch {
			response.writeHead(path === "/favicon.ico" ? 204 : 404).end();
			return;
		}
		response.writeHead(200, { "Content-Type": types[extname(file)] ?? "application/octet-stream", "Content-Security-Policy": POLICIES[path] ?? POLICIES["/"] });
		response.end(bytes);
	});
	http.unref();
	return new Promise((resolve) => http.listen(0, "127.0.0.1", () => resolve({ origin: `http://127.0.0.1:${http.address().port}` })));
}

/** Somebody at the viewers' page, with it empty or showing a sample. */
async function at(w, query = "empty", options = {}) {
	started ??= start();
	const p = await w.person({ ...options, server: await started });
	await p.go(`/viewers.html?${query}`);
	await p.page.locator("html[data-ready]").waitFor({ state: "attached" });
	return p;
}

const show = (p, name, content, id) =>
	p.page.evaluate(async ([n, c, i]) => {
		globalThis.handle = await globalThis.show(n, typeof c === "string" ? c : Uint8Array.from(c), i);
	}, [name, typeof content === "string" ? content : [...content], id]);

const events = (p, kind) => p.page.evaluate((k) => globalThis.events.filter((e) => e[0] === k).map((e) => e[1]), kind);
const nodes = (p) => p.page.evaluate(() => document.querySelectorAll("main *").length);
const textOf = (p, selector = "main") => p.page.locator(selector).first().innerText();

/** How many pixels of an element are within @by of a colour; counted in the browser. */
async function count(p, locator, color, by = 12) {
	const png = await locator.screenshot();
	const reader = await p.world.browser.chromium.newPage();
	try {
		return await reader.evaluate(async ([base64, [r, g, b], range]) => {
			const image = new Image();
			image.src = `data:image/png;base64,${base64}`;
			await image.decode();
			const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
			context.drawImage(image, 0, 0);
			const { data } = context.getImageData(0, 0, image.width, image.height);
			let n = 0;
			for (let i = 0; i < data.length; i += 4) if (Math.abs(data[i] - r) <= range && Math.abs(data[i + 1] - g) <= range && Math.abs(data[i + 2] - b) <= range) n++;
			return n;
		}, [png.toString("base64"), color, by]);
	} finally {
		await reader.close();
	}
}

export default [
	["text: colours, overwriting, links, jumps, spoilt bytes", async (w) => {
		const p = await at(w);
		await show(p, "stdout", [...Buffer.from("\x1b[1;31mmain.c:3:5: error:\x1b[0m bad\n10 %\r100 %\nhttps://a.example/x javascript:alert(1)\nx\u202Ey\n"), 0xff, 0x0a]);
		const lines = await p.page.locator(".v-line").allInnerTexts();
		assert.deepEqual(lines, ["main.c:3:5: error: bad", "100 %", "https://a.example/x javascript:alert(1)", "xU+202Ey", "\\xFF"]);
		assert.equal(await p.page.locator(".a-f1.a-b").first().evaluate((e) => getComputedStyle(e).fontWeight), "700");
		const links = await p.page.locator("a.v-link").evaluateAll((all) => all.map((a) => [a.href, a.rel, a.target]));
		assert.deepEqual(links, [["https://a.example/x", "noopener noreferrer nofollow", "_blank"]]);
		await p.page.locator(".v-text").hover();
		await p.page.getByRole("button", { name: "Copy" }).click();
		assert.equal(await p.page.evaluate(() => navigator.clipboard.readText()), lines.join("\n"));
		await p.page.locator(".v-jump").click();
		assert.deepEqual(await events(p, "jump"), [{ file: "main.c", line: 3, col: 5 }]);
	}],

	["text: live output grows and is followed", async (w) => {
		const p = await at(w);
		await show(p, "stdout", "start\n");
		await p.page.evaluate(() => {
			for (let i = 0; i < 300; i++) globalThis.handle.append(new TextEncoder().encode(`line ${i}\n\x1b[3`.slice(0, i === 299 ? -3 : undefined) + (i === 299 ? "" : "2m")));
		});
		assert.equal(await p.page.locator(".v-line").count(), 301);
		await p.page.locator(".v-scroll").evaluate((e) => (e.scrollTop = e.scrollHeight));
		await p.page.evaluate(() => globalThis.handle.append(new TextEncoder().encode("the end\n")));
		const gap = await p.page.locator(".v-scroll").evaluate((e) => e.scrollHeight - e.scrollTop - e.clientHeight);
		assert.ok(gap < 4, `the end is ${gap} px below what is seen`);
	}],

	["text: 10 MB in one line, and a million lines, in few elements and without a stop", async (w) => {
		const p = await at(w);
		const cases = ["10 MB of x", "4 million ü in one line", "a million lines", "a flood of colours and returns", "10 million empty lines"];
		for (const make of cases) {
			const pause = await p.page.evaluate(async (which) => {
				const texts = [() => "x".repeat(10_000_000), () => `é\x1b[31m${"ü".repeat(4_000_000)}`, () => "a line of text\n".repeat(1_000_000), () => "\x1b[38;5;9mé\x1b[0m\r".repeat(500_000), () => "\n".repeat(10_000_000)];
				const bytes = new TextEncoder().encode(texts[which]());
				let worst = 0;
				let last = performance.now();
				const beat = setInterval(() => {
					worst = Math.max(worst, performance.now() - last);
					last = performance.now();
				}, 10);
				globalThis.handle = await globalThis.show("stdout", bytes);
				await new Promise((done) => setTimeout(done, 1200));
				document.querySelector(".v-scroll").scrollTop = 1e9;
				await new Promise((done) => setTimeout(done, 300));
				clearInterval(beat);
				return worst;
			}, cases.indexOf(make));
			const n = await nodes(p);
			assert.ok(n < 2500, `${make}: ${n} elements`);
			// Some tenths of a second here; the bound is for a machine that does much else.
			if (process.env.PE_TEST_VERBOSE) console.log(`     ${make}: longest pause ${Math.round(pause)} ms, ${n} elements`);
			assert.ok(pause < 3000, `${make}: the page stood still for ${Math.round(pause)} ms`);
		}
	}],

	["text: finds in what is not in the document", async (w) => {
		const p = await at(w);
		await p.page.evaluate(async () => {
			const lines = Array.from({ length: 30_000 }, (_, i) => `line ${i}`);
			globalThis.handle = await globalThis.show("stdout", `${lines.join("\n")}\n`);
		});
		await p.page.locator(".v-scroll").focus();
		await p.press("Control+f");
		await p.page.keyboard.type("LINE 27123");
		await p.until(async () => (await p.page.locator(".v-found").allInnerTexts())[0] === "line 27123");
		await p.press("Escape");
		assert.equal(await p.page.locator(".v-find").isVisible(), false);
		await p.page.locator(".v-scroll").evaluate((e) => (e.scrollTop = 0));
		await p.until(async () => (await p.page.locator(".v-row").first().innerText()) === "line 0");
		await p.press("End");
		await p.until(async () => (await p.page.locator(".v-row").last().innerText()) === "line 29999");
	}],

	["pictures and SVG are really drawn; zoom; SVG runs nothing", async (w) => {
		const p = await at(w, "sample=plot.png");
		await p.page.locator(".v-stage img").waitFor();
		assert.match(await textOf(p, ".v-bar"), /120 × 80 · PNG/);
		const before = await count(p, p.page.locator(".v-stage"), [120, 120, 128], 90);
		assert.ok(before > 2000, `${before} pixels of the disc`);
		await p.page.locator(".v-stage").focus();
		await p.press("+", "+", "+");
		assert.equal(await p.page.locator(".v-stage img").evaluate((e) => e.width), 360);
		assert.equal(await p.page.locator(".v-stage img.v-pixels").count(), 1);
		await show(p, "x.svg", `<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100" onload="canary=1"><script>parent.canary=1;top.canary=1</script><rect width="100" height="100" fill="#00ff00"/><image href="/canary.png"/><foreignObject><iframe xmlns="http://www.w3.org/1999/xhtml" src="/canary.html"/></foreignObject></svg>`);
		await p.page.locator(".v-stage img").waitFor();
		assert.ok((await count(p, p.page.locator(".v-stage"), [0, 255, 0])) > 9000);
		assert.equal(await p.page.evaluate(() => globalThis.canary), 0);
		await show(p, "bare.svg", `<svg width="50" height="50"><rect width="50" height="50" fill="#0000ff"/></svg>`);
		await p.page.locator(".v-stage img").waitFor();
		assert.ok((await count(p, p.page.locator(".v-stage"), [0, 0, 255])) > 2000);
		await show(p, "bad.png", [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 1, 2, 3]);
		await p.until(async () => /cannot be shown/.test(await textOf(p)));
	}],

	["pictures of each kind, and a film", async (w) => {
		const p = await at(w);
		const gif = Buffer.from("R0lGODlhAgACAIAAAP8AAAAAACwAAAAAAgACAAACAoRRADs=", "base64");
		const bmp = Buffer.from("Qk06AAAAAAAAADYAAAAoAAAAAQAAAAEAAAABABgAAAAAAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAD/AA==", "base64");
		const made = await p.page.evaluate(async () => {
			const canvas = new OffscreenCanvas(32, 32);
			const context = canvas.getContext("2d");
			context.fillStyle = "#f00";
			context.fillRect(0, 0, 32, 32);
			const bytes = async (type) => [...new Uint8Array(await (await canvas.convertToBlob({ type, quality: 1 })).arrayBuffer())];
			return { jpeg: await bytes("image/jpeg"), webp: await bytes("image/webp") };
		});
		for (const [kind, bytes] of [["GIF", gif], ["BMP", bmp], ["JPEG", made.jpeg], ["WEBP", made.webp]]) {
			await show(p, "without-a-telling-name", bytes);
			await p.until(async () => (await textOf(p, ".v-bar")).includes(` · ${kind} · `), () => `a picture of kind ${kind}`);
			assert.ok((await count(p, p.page.locator(".v-stage"), [255, 0, 0], 6)) > 100, kind);
		}
		const film = await p.page.evaluate(async () => {
			const canvas = document.createElement("canvas");
			canvas.width = canvas.height = 64;
			const context = canvas.getContext("2d");
			const recorder = new MediaRecorder(canvas.captureStream(20), { mimeType: "video/webm" });
			const parts = [];
			recorder.ondataavailable = (e) => parts.push(e.data);
			const stopped = new Promise((done) => (recorder.onstop = done));
			recorder.start();
			for (let i = 0; i < 12; i++) {
				context.fillStyle = "#0c0";
				context.fillRect(0, 0, 64, 64 - i);
				await new Promise((done) => setTimeout(done, 40));
			}
			recorder.stop();
			await stopped;
			return [...new Uint8Array(await new Blob(parts).arrayBuffer())];
		});
		await show(p, "film.webm", film);
		await p.until(async () => /video\/webm · .* · 64 × 64/.test(await textOf(p, ".v-bar")), () => textOf(p, ".v-bar"));
		await show(p, "noise.mp4", [0, 0, 0, 32, ...Buffer.from("ftypisom"), 0, 0, 2, 0]);
		await p.until(async () => /cannot play/.test(await textOf(p)));
	}],

	["HTML runs in an origin of its own and reaches nothing", async (w) => {
		const p = await at(w);
		const evil = `<!doctype html><style>body{background:#12ab34}</style><p id=p>text</p><script>
			try { parent.canary = 1 } catch {} try { top.canary = 1 } catch {} try { localStorage.x = 1 } catch (e) { p.textContent = "kept out: " + e.name }
			try { top.location = "/canary" } catch {} try { open("/canary") } catch {} fetch("/canary").catch(() => {});
			new Image().src = "/canary.png"; document.body.append(" and ran")</script>`;
		await show(p, "evil.html", evil);
		const frame = p.page.frameLocator("iframe");
		await p.until(async () => /kept out: SecurityError/.test(await frame.locator("body").innerText().catch(() => "")), () => "the frame's text");
		assert.equal(await p.page.evaluate(() => globalThis.canary), 0);
		await new Promise((done) => setTimeout(done, 400));
		assert.deepEqual(asked.filter((path) => /canary/.test(path)), []);
		assert.equal(await p.page.locator("iframe").getAttribute("sandbox"), "allow-scripts");
		w.checkConduct();
		// Leading the frame elsewhere is what the page's frame-src forbids; that it tells so is no misdeed.
		await show(p, "away.html", `<script>location = "http://canary.invalid/away"</script>`);
		await p.until(async () => w.misdeeds.length > 0, () => "the policy to forbid it");
		assert.match(w.misdeeds.join(), /^the policy forbade frame-src http:\/\/canary\.invalid/);
		assert.deepEqual(asked.filter((path) => /canary/.test(path)), []);
		w.misdeeds = [];
	}],

	["the frame page does nothing by itself", async (w) => {
		const p = await at(w);
		await p.go("/frame.html");
		await p.page.evaluate(() => postMessage("<p id=fed>fed</p>", "*"));
		await new Promise((done) => setTimeout(done, 200));
		assert.equal(await p.page.locator("#fed").count(), 0);
	}],

	["PDF: pages are drawn under the page's policy", async (w) => {
		const p = await at(w, "sample=page.pdf");
		await p.page.locator(".v-page canvas").first().waitFor({ state: "attached" });
		assert.match(await textOf(p, ".v-bar"), /2 pages/);
		assert.ok((await count(p, p.page.locator(".v-page").first(), [15, 107, 97])) > 20_000);
		await p.until(async () => /Page 1 of a document/.test(await p.page.locator(".v-textlayer").first().textContent()));
		await show(p, "bad.pdf", "%PDF-1.4 and nothing more");
		await p.until(async () => /cannot be shown/.test(await textOf(p)));
	}],

	["models are really drawn, as wires too; light and dark", async (w) => {
		for (const colorScheme of ["light", "dark"]) {
			const p = await at(w, "sample=cube.stl", { colorScheme });
			await p.until(async () => /12 triangles · 20 × 20 × 10/.test(await textOf(p, ".v-bar")));
			await p.page.getByRole("button", { name: "Grid" }).click();
			const stage = p.page.locator(".v-model canvas");
			const ground = colorScheme === "light" ? [241, 241, 238] : [24, 25, 28];
			const drawn = async () => 1280 * 764 - (await count(p, stage, ground, 3));
			await p.until(async () => (await drawn()) > 50_000, async () => `a box of more than ${await drawn()} pixels`);
			const filled = await drawn();
			await p.page.getByRole("button", { name: "Wireframe" }).click();
			await p.until(async () => (await drawn()) < filled / 4, async () => `less than ${await drawn()} pixels of ${filled}`);
			const before = await stage.screenshot();
			await stage.focus();
			await p.press("ArrowLeft", "ArrowLeft");
			await p.until(async () => !before.equals(await stage.screenshot()));
		}
	}],

	["models: points, a damaged one, and no WebGL: sentences, not crashes", async (w) => {
		const p = await at(w, "sample=cloud.ply");
		await p.until(async () => /4,000 points/.test(await textOf(p, ".v-bar")));
		await show(p, "bad.glb", [0x67, 0x6c, 0x54, 0x46, 2, 0, 0, 0, 255, 255, 255, 255]);
		await p.until(async () => /cannot be shown/.test(await textOf(p)));
		await p.page.evaluate(() => (HTMLCanvasElement.prototype.getContext = () => null));
		await show(p, "a.obj", "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n");
		await p.until(async () => /no WebGL/.test(await textOf(p)) && /1 triangles/.test(await textOf(p, ".v-bar")));
	}],

	["assembly: filters, names, source lines both ways", async (w) => {
		const p = await at(w, "sample=main.s");
		const lines = () => p.page.locator(".v-asmline").allInnerTexts();
		await p.until(async () => (await lines()).length > 10);
		assert.ok((await lines()).includes("square(int):"));
		assert.ok(!(await lines()).some((l) => /\.cfi|\.globl/.test(l)));
		await p.page.getByRole("button", { name: "Directives" }).click();
		await p.until(async () => (await lines()).some((l) => /\.cfi_startproc/.test(l)));
		await p.page.getByRole("button", { name: "Demangle" }).click();
		await p.until(async () => (await lines()).includes("_Z6squarei:"));
		await p.page.locator(".v-asmline", { hasText: "imull" }).hover();
		assert.deepEqual((await events(p, "hover")).at(-1), { file: "main.c", line: 5 });
		const bands = (await events(p, "bands")).at(-1).map(([line]) => line);
		assert.deepEqual(bands, [5, 6, 8, 10, 11, 12, 13]);
		await p.page.goto(p.page.url());
		await show(p, "main.s", '\t.file 1 "main.c"\nf:\n\t.loc 1 7 1\n\tnop\n\t.loc 1 8 1\n\tret\n');
		await p.page.evaluate(() => globalThis.handle.highlightSource({ file: "main.c", line: 8 }));
		await p.until(async () => (await p.page.locator(".v-marked").allInnerTexts()).join() === "\tret");
	}],

	["tables sort by number and by word, with the keyboard", async (w) => {
		const p = await at(w, "sample=cities.csv");
		const column = async (n) => (await p.page.locator('.v-tr[aria-rowindex]:not(.v-th)').evaluateAll((rows, k) => rows.map((r) => r.children[k].textContent), n));
		await p.until(async () => (await column(1)).length === 5);
		await p.page.getByRole("button", { name: "population" }).focus();
		await p.press("Enter");
		await p.until(async () => (await column(3))[0] === "20296000");
		await p.press("Enter");
		await p.until(async () => (await column(3))[0] === "37732000");
		assert.equal(await p.page.locator('[role=columnheader][aria-sort="descending"]').count(), 1);
		await p.page.evaluate(async () => globalThis.show("big.csv", `n,sq\n${Array.from({ length: 200_000 }, (_, i) => `${i},${i * i}`).join("\n")}\n`));
		assert.ok((await nodes(p)) < 1000);
		await p.page.locator(".v-scroll").evaluate((e) => (e.scrollTop = 1e9));
		await p.until(async () => (await column(1)).at(-1) === "199999");
	}],

	["JSON opens and closes, keeps big numbers, says what is wrong", async (w) => {
		const p = await at(w, "sample=package.json");
		await p.until(async () => /123456789012345678901234567890/.test(await textOf(p)));
		const rows = await p.page.locator(".v-node").count();
		await p.page.getByRole("button", { name: "Close all" }).click();
		await p.until(async () => (await p.page.locator(".v-node").count()) === 1);
		await p.page.locator(".v-scroll").focus();
		await p.press("ArrowRight", "ArrowDown");
		assert.equal(await p.page.locator(".v-node[aria-selected]").innerText(), 'name: "program-explorer"');
		assert.ok(rows > 12);
		await show(p, "bad.json", '{"a": [1, 2,, 3]}');
		await p.until(async () => /Line 1, column 13: expected a value/.test(await textOf(p)));
		await p.page.evaluate(async () => globalThis.show("deep.json", "[".repeat(100_000) + "]".repeat(100_000)));
		assert.ok((await nodes(p)) < 1500);
	}],

	["Markdown is a document without raw HTML or foreign pictures", async (w) => {
		const p = await at(w, "sample=report.md");
		await p.page.locator(".v-prose h1").waitFor();
		assert.equal(await p.page.locator(".v-prose img").evaluate((e) => e.decode().then(() => e.naturalWidth)), 300);
		assert.equal(await p.page.locator(".v-prose b").count(), 0);
		assert.deepEqual(await p.page.locator(".v-prose a").evaluateAll((all) => all.map((a) => a.href)), ["https://example.org/", "https://example.org/bare"]);
		await show(p, "evil.md", "<img src=x onerror=canary=1>\n\n![x](https://canary.invalid/x.png) ![y](javascript:canary=1)\n\n[z](data:text/html,x)\n");
		assert.equal(await p.page.locator(".v-prose img, .v-prose a").count(), 0);
		assert.equal(await p.page.evaluate(() => globalThis.canary), 0);
	}],

	["sound plays, bytes are listed, archives are looked into, other files are offered", async (w) => {
		const p = await at(w, "sample=tone.wav");
		await p.until(async () => /audio\/wav · 16 KiB · 0:01/.test(await textOf(p, ".v-bar")));
		await show(p, "data.bin", Uint8Array.from({ length: 100_000 }, (_, i) => i & 255));
		await p.until(async () => /00000000\s+00 01 02/.test(await textOf(p, ".v-hex")));
		assert.ok((await nodes(p)) < 600);
		await p.page.getByLabel(/Go to offset/).fill("0x10000");
		await p.press("Enter");
		await p.until(async () => /00010000/.test(await p.page.locator(".v-hexrow").nth(6).innerText()));
		const zip = Buffer.from("UEsDBAoAAAAAAAAAIQBMRmm8AQAAAAEAAAABAAAAYXhQSwECHgMKAAAAAAAAACEATEZpvAEAAAABAAAAAQAAAAAAAAAAAAAApIEAAAAAYVBLBQYAAAAAAQABAC8AAAAgAAAAAAA=", "base64");
		await show(p, "x.zip", zip);
		await p.until(async () => /ZIP · 1 entries/.test(await textOf(p, ".v-bar")));
		const download = p.page.waitForEvent("download");
		await show(p, "<img src=x onerror=canary=1>.mid", "MThd\0\0\0\x06");
		await p.page.getByRole("button", { name: "Download" }).click();
		assert.equal((await download).suggestedFilename(), "_img src=x onerror=canary=1_.mid");
		assert.equal(await p.page.evaluate(() => globalThis.canary), 0);
	}],

	["hostile names and contents stay text in every viewer", async (w) => {
		const p = await at(w);
		const bad = '"><img src=x onerror=canary=1><script>canary=1</script>';
		const files = [["stdout", bad], ["a.csv", `${bad},b\n1,2\n`], ["a.json", JSON.stringify({ [bad]: bad })], ["a.md", `# ${bad}\n\n|${bad}|\n|-|\n|${bad}|\n`], ["a.s", `${bad}:\n\tcall ${bad}\n\t.file 1 "${bad}"\n`], ["a.bin", `\0${bad}`]];
		for (const [name, content] of files) {
			await show(p, `${bad}${name}`, content);
			await new Promise((done) => setTimeout(done, 60));
			assert.equal(await p.page.locator("main img[src=x], main script").count(), 0, name);
		}
		assert.equal(await p.page.evaluate(() => globalThis.canary), 0);
	}],

	["comparisons: lines, words, pictures", async (w) => {
		const p = await at(w, "diff=1");
		await p.until(async () => /4 removed, 3 added/.test(await textOf(p, ".v-bar")));
		assert.deepEqual(await p.page.locator("mark").allInnerTexts(), ["900", "901"]);
		await p.page.getByRole("button", { name: "9 equal lines" }).first().click();
		await p.until(async () => (await p.page.locator(".v-diffrow").first().innerText()).includes("line 0"));
		await p.page.getByRole("button", { name: "Side by side" }).click();
		await p.until(async () => (await p.page.locator(".v-split").count()) === 0);
		const q = await at(w, "diff=images");
		await q.until(async () => /9,600 pixels differ/.test(await textOf(q, ".v-bar")));
	}],

	...["light", "dark"].map((colorScheme) => [`each is in order for a screen reader, ${colorScheme}`, async (w) => {
		const p = await at(w, "empty", { colorScheme, bypassCSP: true });
		await p.page.evaluate(readFileSync(join(root, "web/node_modules/axe-core/axe.min.js"), "utf8"));
		for (const sample of ["stdout", "main.s", "cities.csv", "package.json", "report.md", "data.bin", "plot.png", "tone.wav", "page.pdf", "cube.stl"]) {
			await p.page.evaluate((name) => globalThis.sample(name), sample);
			await p.page.locator(".v-view, .v-text").first().waitFor();
			const found = await p.page.evaluate(async () => (await globalThis.axe.run("main", { runOnly: ["wcag2a", "wcag2aa"] })).violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 120)).join(" | ")}`));
			assert.deepEqual(found, [], sample);
		}
	}]),
];
