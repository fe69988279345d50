#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// tests/browser/run.mjs [-k WORD] [-l]: the page in a real Chromium, against the real server and real VMs.
//
// A file *.test.mjs exports a list of [name, function]; the function gets a World. Each test has browser profiles of
// its own. A line per test, then one line of sums. After each test the page must have had no uncaught error, asked
// nobody but its own server, and done nothing that its policy forbids.
import { mkdirSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Browser, Server, World } from "./world.mjs";

const LIMIT_MS = 90_000;
const here = fileURLToPath(new URL(".", import.meta.url));
const args = process.argv.slice(2);
const word = args.includes("-k") ? args[args.indexOf("-k") + 1] : "";

async function testsBelow() {
	const files = readdirSync(here).filter((name) => name.endsWith(".test.mjs")).sort();
	const lists = await Promise.all(
		files.map(async (name) => {
			const { default: tests } = await import(`./${name}`);
			return tests.map(([what, run]) => ({ name: `${name.replace(".test.mjs", "")}: ${what}`, run }));
		}),
	);
	return lists.flat().filter((test) => test.name.includes(word));
}

function within(ms, promise) {
	let timer;
	const late = new Promise((_, reject) => {
		timer = setTimeout(() => reject(new Error(`not over after ${ms / 1000} s`)), ms);
	});
	return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

async function runOne(test, server, browser) {
	const world = new World(server, browser);
	const begin = performance.now();
	let failure = null;
	try {
		await within(LIMIT_MS, test.run(world));
		world.checkConduct();
	} catch (error) {
		failure = error;
		await world.picture(test.name);
	}
	await world.end();
	const seconds = ((performance.now() - begin) / 1000).toFixed(2).padStart(6);
	console.log(`${failure ? "FAIL" : "ok  "} ${seconds} s  ${test.name}`);
	if (failure) console.log(String(failure.stack ?? failure).split("\n").slice(0, 12).map((line) => `     | ${line}`).join("\n"));
	return failure === null;
}

const tests = await testsBelow();
if (args.includes("-l")) {
	for (const test of tests) console.log(test.name);
	process.exit(0);
}

mkdirSync("build/test/browser", { recursive: true });
const server = await Server.start();
const browser = await Browser.start();
let passed = 0;
try {
	for (const test of tests) passed += (await runOne(test, server, browser)) ? 1 : 0;
} finally {
	await browser.end();
	await server.stop();
}
console.log(`${passed} passed, ${tests.length - passed} failed, 0 skipped`);
process.exit(passed === tests.length && tests.length > 0 ? 0 : 1);
