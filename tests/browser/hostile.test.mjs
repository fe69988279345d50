// SPDX-License-Identifier: MIT
// Output of programs that mean harm: it runs no script in our origin, and does not freeze the page.
import { assert } from "./world.mjs";

const EVIL = `try { parent.pwned = 1 } catch {} try { top.pwned = 1 } catch {} try { document.cookie = "pwned=1" } catch {}
try { top.location = "/pwned-top" } catch {} try { localStorage.pwned = 1 } catch {}
fetch("/api/v1/pwned").catch(() => {}); new Image().src = "/pwned.png"; try { window.open("/pwned-open") } catch {}
navigator.sendBeacon && navigator.sendBeacon("/pwned-beacon");`;

/** Nothing of ours was touched. */
async function unharmed(p, requests) {
	assert.equal(await p.page.evaluate(() => globalThis.pwned), undefined);
	assert.equal(await p.page.evaluate(() => localStorage.getItem("pwned")), null);
	assert.deepEqual(requests.filter((url) => /pwned/.test(url)), []);
	assert.equal(p.page.context().pages().length, 1);
}

function watch(p) {
	const requests = [];
	// What was answered: a request that the policy forbade is announced as well, but never made. A frame may send itself
	// elsewhere, within this server and without any credentials: it gets a page that refuses to be framed, or nothing.
	p.page.context().on("response", (r) => r.request().isNavigationRequest() || requests.push(r.url()));
	p.page.on("dialog", (dialog) => (requests.push(`pwned dialog ${dialog.message()}`), dialog.dismiss()));
	return requests;
}

/** How long the page does not answer, at worst, while @during goes on. */
async function longestPause(p, during) {
	await p.page.evaluate(() => {
		globalThis.pause = 0;
		let last = performance.now();
		globalThis.beat = setInterval(() => {
			const now = performance.now();
			globalThis.pause = Math.max(globalThis.pause, now - last - 20);
			last = now;
		}, 20);
	});
	await during();
	return p.page.evaluate(() => (clearInterval(globalThis.beat), globalThis.pause));
}

export default [
	["HTML with scripts is in an origin of its own, without a network", async (w) => {
		const p = await w.person();
		const requests = watch(p);
		const html = `<!doctype html><h1>shown</h1><script>${EVIL} document.body.append("script ran")</script><img src=x onerror="${EVIL.replaceAll('"', "'")}"><form action="/pwned-form"><button>go</button></form><meta http-equiv=refresh content="1;url=/pwned-meta">`;
		await p.session({ "a.sh": "cp page.html /output/", "page.html": html }, ["bash"]);
		await p.settled();
		const frame = p.pane().frameLocator("iframe");
		await frame.locator("h1", { hasText: "shown" }).waitFor();
		await p.page.waitForTimeout(1500);
		await unharmed(p, requests);
		w.misdeeds.length = 0; // what the frame's policy forbade is what it is for
	}],

	["SVG with scripts is a picture", async (w) => {
		const p = await w.person();
		const requests = watch(p);
		const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="200" height="200" onload="${EVIL.replaceAll('"', "'").replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll("=>", "=&gt;")}"><script>${EVIL.replaceAll("&", "&amp;").replaceAll("=>", "=&gt;")}</script><rect width="200" height="200" fill="#ff0000"/><image href="/pwned.png"/><foreignObject width="9" height="9"><body xmlns="http://www.w3.org/1999/xhtml"><iframe src="/pwned-frame"/></body></foreignObject></svg>`;
		await p.session({ "a.sh": "cp x.svg /output/", "x.svg": svg }, ["bash"]);
		await p.settled();
		await p.page.waitForTimeout(800);
		const { data } = await p.pixels(p.pane().locator(".view"));
		assert.ok(data.filter((v) => v === 0xff0000ff).length > 5000, "the red square is drawn");
		await unharmed(p, requests);
	}],

	["names of files are text: <img onerror>, directions, controls", async (w) => {
		const p = await w.person();
		const requests = watch(p);
		const name = "<img src=x onerror=globalThis.pwned=1>.txt";
		await p.session({ "a.sh": `echo content >"/output/${name}"; printf 'rtl' >"$(printf '/output/\\342\\200\\256cod.exe')"` }, ["bash"]);
		await p.settled();
		const tab = p.pane().getByRole("tab", { name: "<img" });
		assert.equal(await tab.innerText(), name);
		await tab.click();
		await p.sees(/content/);
		await unharmed(p, requests);
	}],

	["stdout with markup and terminal tricks is text", async (w) => {
		const p = await w.person();
		const requests = watch(p);
		await p.session({ "a.sh": `echo '<script>globalThis.pwned=1</script><img src=x onerror=globalThis.pwned=1>'; printf '\\033]8;;javascript:globalThis.pwned=1\\033\\\\click\\033]8;;\\033\\\\\\n\\033[999999999;999999999H\\033[38;5;999;;;;m end\\n'` }, ["bash"]);
		await p.sees(/<script>globalThis\.pwned=1<\/script>/);
		const link = p.pane().locator(".view a", { hasText: "click" });
		if (await link.count()) assert.doesNotMatch((await link.getAttribute("href")) ?? "", /^javascript/i);
		await unharmed(p, requests);
	}],

	["a flood of colours, ten megabytes in one line, bytes that are no text: the page answers", async (w) => {
		const p = await w.person();
		watch(p);
		await p.session({ "a.sh": "echo ready" }, ["bash"]);
		await p.sees(/ready/);
		const floods = [
			["colours", `yes "$(printf '\\033[1;3%dm%s\\033[0m' 1 x 2 y 3 z)" | head -c 4000000`],
			["one line", "head -c 10000000 /dev/zero | tr '\\0' x"],
			["no text", "head -c 3000000 /dev/urandom"],
			["empty lines", "yes '' | head -c 2000000"],
		];
		for (const [what, command] of floods) {
			const pause = await longestPause(p, async () => {
				await p.write(`# ${what}\n{ ${command}; } || :`);
				await p.page.waitForTimeout(500);
				await p.settled();
				await p.page.waitForTimeout(500);
			});
			// A machine that does much else stands still as well; drawing all of it would take minutes.
			assert.ok(pause < 8000, `${what}: the page stood still for ${Math.round(pause)} ms`);
			assert.match(await p.status(), /exit 0/, what);
		}
		await p.write("echo still here");
		await p.sees(/still here/);
	}],

	["hundreds of output files, deep names, huge pictures", async (w) => {
		const p = await w.person();
		await p.session({ "a.sh": "for i in $(seq 300); do echo $i >/output/f$i; done; mkdir -p /output/$(printf 'd/%.0s' $(seq 30)); printf 'P6 60000 60000 255\\n' >/output/big.ppm; printf '\\211PNG\\r\\n\\032\\n\\0\\0\\0\\rIHDR\\0\\1\\0\\0\\0\\1\\0\\0\\10\\2\\0\\0\\0' >/output/big.png; echo done" }, ["bash"]);
		await p.settled();
		await p.pane().getByRole("tab", { name: "big.png" }).click();
		await p.pane().getByRole("tab", { name: "f299" }).click();
		await p.sees(/299/);
	}],
];
