// SPDX-License-Identifier: MIT
// screenshots.mjs [WORD]: the pictures of README.md and doc/, from the real server and real runs (make screenshots).
import { mkdirSync, statSync } from "node:fs";
import { Browser, Server, World } from "../../tests/browser/world.mjs";

const OUT = "doc/screenshots";
const MOST_BYTES = 200 * 1024;
const DESKTOP = { viewport: { width: 1280, height: 800 } };

/** Waits until all panes have settled, and the pointer is out of the way. */
async function calm(p) {
	const count = await p.page.locator(".pane").count();
	for (let i = 0; i < count; i++) await p.settled(i);
	await p.page.mouse.move(2, 2);
	await p.page.waitForTimeout(900);
}

const ASM = `unsigned tenth(unsigned n)
{
	return n / 10;
}

unsigned bits(unsigned long n)
{
	unsigned count = 0;

	for (; n; n &= n - 1)
		count++;
	return count;
}
`;

const shots = {
	async gallery(p) {
		await p.go();
		await p.page.locator(".card").first().waitFor();
	},

	/** One file, two programs: what it prints, and what the compiler makes of it. */
	async code(p) {
		await p.session({ "bits.c": ASM + '\n#include <stdio.h>\n\nint main(void)\n{\n\tfor (unsigned n = 0; n < 8; n++)\n\t\tprintf("%u: %u bits\\n", n, bits(n));\n}\n' }, [
			{ program: "gcc-assembly", weight: 1.7 },
			{ program: "gcc", weight: 1 },
		]);
		await calm(p);
		if (!p.phone) await p.editor.locator(".cm-line").nth(2).hover();
		await p.page.waitForTimeout(400);
	},

	async error(p) {
		await p.session({ "hello.c": '#include <stdio.h>\n\nint main(void)\n{\n\tint unused = 7;\n\n\tprintf("hello %s\\n", 42);\n\tretrun 0;\n}\n' }, ["gcc"]);
		await calm(p);
		await p.page.locator(".cm-lintRange-error").first().hover();
		await p.page.waitForTimeout(700);
	},

	async image(p) {
		await p.example("graphviz");
		await calm(p);
	},

	async model(p) {
		await p.example("openscad");
		await p.pane().locator(".run-button").click();
		await calm(p);
	},
};

/** Picture name: [what, options]. */
const plan = {
	"gallery-light": ["gallery", { colorScheme: "light" }],
	"gallery-dark": ["gallery", { colorScheme: "dark" }],
	"code-light": ["code", { colorScheme: "light" }],
	"code-dark": ["code", { colorScheme: "dark" }],
	"error-light": ["error", { colorScheme: "light" }],
	"image-light": ["image", { colorScheme: "light" }],
	"image-dark": ["image", { colorScheme: "dark" }],
	"model-dark": ["model", { colorScheme: "dark" }],
	"phone-code-light": ["code", { phone: true, colorScheme: "light" }, async (p) => p.page.mouse.move(2, 2)],
	"phone-image-dark": ["image", { phone: true, colorScheme: "dark" }, async (p) => p.page.locator(".nav-item").nth(1).tap()],
};

mkdirSync(OUT, { recursive: true });
const server = await Server.start();
const browser = await Browser.start();
let bad = 0;
for (const [name, [what, options, then]] of Object.entries(plan)) {
	if (!name.includes(process.argv[2] ?? "")) continue;
	const world = new World(server, browser);
	const person = await world.person({ ...DESKTOP, ...options });
	await shots[what](person);
	await then?.(person);
	await person.page.waitForTimeout(500);
	const path = `${OUT}/${name}.png`;
	await person.page.screenshot({ path, animations: "disabled" });
	const { size } = statSync(path);
	console.log(`${path}: ${Math.round(size / 1024)} KiB`);
	if (size > MOST_BYTES) bad++;
	await world.end();
}
await browser.end();
await server.stop();
if (bad > 0) {
	console.error(`${bad} pictures are larger than ${MOST_BYTES / 1024} KiB`);
	process.exit(1);
}
