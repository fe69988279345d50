// SPDX-License-Identifier: MIT
// Files: tabs, names, uploads, binary ones.
import { assert } from "./world.mjs";

const tabs = (p) => p.page.locator(".file-tab .file-name").allInnerTexts();
const show = { "a.sh": "for f in *; do echo \"$f $(wc -c <\"$f\")\"; done\n" };

async function drop(p, files) {
	const transfer = await p.page.evaluateHandle((list) => {
		const data = new DataTransfer();
		for (const [name, bytes] of list) data.items.add(new File([new Uint8Array(bytes)], name));
		return data;
	}, files);
	for (const type of ["dragenter", "dragover", "drop"]) await p.page.locator(".desk").dispatchEvent(type, { dataTransfer: transfer });
}

export default [
	["new, rename, delete, bring back", async (w) => {
		const p = await w.person();
		await p.session(show, ["bash"]);
		await p.sees(/a\.sh/);
		await p.page.getByRole("button", { name: "New file" }).click();
		const name = p.page.locator(".file-rename");
		await name.fill("../etc/passwd");
		await p.press("Enter");
		assert.equal(await name.evaluate((e) => e.validity.valid), false);
		await name.fill("dir/größe 日本.txt");
		await p.press("Enter");
		assert.deepEqual(await tabs(p), ["a.sh", "dir/größe 日本.txt"]);
		await p.write("12345");
		await p.sees(/dir/);
		await p.page.getByRole("tab", { name: "größe" }).focus();
		await p.press("F2");
		await name.fill("b.txt");
		await p.press("Enter");
		await p.sees(/b\.txt 5/);
		await p.page.getByRole("tab", { name: "b.txt" }).focus();
		await p.press("Delete");
		assert.deepEqual(await tabs(p), ["a.sh"]);
		await p.until(async () => !/b\.txt/.test(await p.printed()));
		await p.page.getByRole("button", { name: "Bring back" }).click();
		await p.sees(/b\.txt 5/);
	}],

	["files are dropped in, binary ones too; they run, and come back as they went", async (w) => {
		const p = await w.person();
		await p.session(show, ["bash"]);
		const bytes = Array.from({ length: 3000 }, (_, i) => (i * 31) & 255);
		await drop(p, [["data.bin", bytes], ["text.txt", [...Buffer.from("grüße\n")]]]);
		await p.sees(/data\.bin 3000/);
		await p.sees(/text\.txt 8/);
		await p.page.getByRole("tab", { name: "data.bin" }).click();
		await p.until(async () => (await p.page.locator(".binary").innerText()).length > 50);
		const download = p.page.waitForEvent("download");
		await p.page.getByRole("button", { name: "File", exact: true }).click();
		await p.page.getByRole("menuitem", { name: "Download 'data.bin'" }).click();
		const stream = await (await download).createReadStream();
		const chunks = [];
		for await (const chunk of stream) chunks.push(chunk);
		assert.deepEqual([...Buffer.concat(chunks)], bytes);
		await drop(p, [["huge.bin", []]]);
		await p.until(async () => (await tabs(p)).includes("huge.bin"));
	}],

	["what is too large is refused with words", async (w) => {
		const p = await w.person();
		await p.session(show, ["bash"]);
		const transfer = await p.page.evaluateHandle(() => {
			const data = new DataTransfer();
			data.items.add(new File([new Uint8Array(17 << 20)], "big.bin"));
			return data;
		});
		for (const type of ["dragenter", "dragover", "drop"]) await p.page.locator(".desk").dispatchEvent(type, { dataTransfer: transfer });
		await p.page.getByText("all files together are at most 16").first().waitFor();
		assert.deepEqual(await tabs(p), ["a.sh"]);
	}],

	["output files have tabs, and all come as one archive", async (w) => {
		const p = await w.person();
		await p.session({ "a.sh": "echo printed; echo one >/output/one.txt; mkdir /output/d; echo two >/output/d/two.txt" }, ["bash"]);
		await p.sees(/printed/);
		const output = p.pane().getByRole("tablist", { name: "Output" });
		assert.deepEqual(await output.getByRole("tab").allInnerTexts(), ["Output", "d/two.txt", "one.txt"].sort((a, b) => (a === "Output" ? -1 : a < b ? -1 : b === "Output" ? 1 : 0)));
		await output.getByRole("tab", { name: "one.txt" }).click();
		await p.sees(/^one/);
		const download = p.page.waitForEvent("download");
		await p.pane().getByRole("button", { name: "More" }).click();
		await p.page.getByRole("menuitem", { name: "Download all files" }).click();
		const chunks = [];
		for await (const chunk of await (await download).createReadStream()) chunks.push(chunk);
		const zip = Buffer.concat(chunks);
		assert.equal(zip.subarray(0, 2).toString(), "PK");
		assert.ok(zip.includes("d/two.txt") && zip.includes("one.txt"));
	}],
];
