#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// bench/page/run.mjs [-n ROUNDS]: from a key press to new output on the screen, as the browser itself sees it.
//
// In each round one more digit is typed into a program, so that no result is known anywhere. Time begins with the key
// event and ends in the frame after the one in which the new output is in the document. Of it the page waits 400 ms for
// more typing; the server's share is its two answers, to the question for the key and to the run. Rows take turns; the
// first rounds warm up and are not counted. Prints a table in Markdown: medians in milliseconds, 95th percentile in
// brackets.
import { Browser, Server, World } from "../../tests/browser/world.mjs";

const rounds = Number(process.argv[process.argv.indexOf("-n") + 1]) || 20;
const WARM = 3;
const PAUSE_MS = 400;

const rows = [
	{ name: "python3 print", file: "a.py", text: "print(1)", program: "python3", left: 1 },
	{ name: "gcc hello.c, run", file: "hello.c", text: '#include <stdio.h>\nint main(void)\n{\n\tputs("hello 1");\n}', program: "gcc", left: 5 },
];

/** In the page: the next digit is typed; resolves when the output that ends in @digits is on the screen. */
function watch(digits) {
	return new Promise((resolve) => {
		let pressed = 0;
		addEventListener("keydown", (event) => (pressed ||= event.timeStamp), { capture: true, once: true });
		performance.clearResourceTimings();
		const view = document.querySelector(".view");
		const look = () => {
			const fresh = !document.querySelector(".pane").classList.contains("stale") && view.textContent.includes(digits);
			if (!fresh) return requestAnimationFrame(look);
			requestAnimationFrame(() => {
				const answers = performance.getEntriesByType("resource").filter((e) => /\/api\/v1\/(results|runs)/.test(e.name));
				const server = answers.reduce((sum, e) => sum + e.responseEnd - e.requestStart, 0);
				const said = document.querySelector(".measures span")?.title ?? "";
				const number = (word) => {
					const [, figure, unit] = new RegExp(`${word} ([\\d.]+) (ms|s)`).exec(said) ?? [];
					return Number(figure) * (unit === "s" ? 1000 : 1);
				};
				resolve({ total: performance.now() - pressed, server, wall: number("wall"), start: number("machine") });
			});
		};
		requestAnimationFrame(look);
	});
}

async function prepare(world, row) {
	const person = await world.person();
	await person.session({ [row.file]: row.text }, [row.program]);
	await person.settled();
	await person.editor.click();
	await person.press("Control+End", ...Array(row.left).fill("ArrowLeft"));
	return { row, person, digits: "1", times: [] };
}

async function round(one, count) {
	const digit = String((one.digits.length * 7) % 10);
	one.digits += digit;
	const seen = one.person.page.evaluate(watch, one.digits);
	await one.person.page.waitForTimeout(30);
	await one.person.page.keyboard.press(digit);
	const times = await seen;
	if (count) one.times.push(times);
	await one.person.settled();
}

function figure(times, of) {
	const sorted = times.map(of).sort((a, b) => a - b);
	const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
	return `${at(0.5).toFixed(0)} (${at(0.95).toFixed(0)})`;
}

const server = await Server.start();
const browser = await Browser.start();
try {
	const world = new World(server, browser);
	const all = [];
	for (const row of rows) all.push(await prepare(world, row));
	for (let i = 0; i < rounds + WARM; i++)
		for (const one of all) {
			await one.person.page.bringToFront();
			await round(one, i >= WARM);
		}
	console.log("| program | key to screen | after the pause | server's answers | of it start of the VM | of it the program | page |");
	console.log("|---|---|---|---|---|---|---|");
	for (const { row, times } of all) {
		const cells = [
			(t) => t.total,
			(t) => t.total - PAUSE_MS,
			(t) => t.server,
			(t) => t.start,
			(t) => t.wall,
			(t) => t.total - PAUSE_MS - t.server,
		].map((of) => figure(times, of));
		console.log(`| ${row.name} | ${cells.join(" | ")} |`);
	}
	await world.end();
} finally {
	await browser.end();
	await server.stop();
}
