// SPDX-License-Identifier: MIT
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { safeName } from "../download";
import { listArchive } from "./list";
import { crc32, entryNames, makeZip } from "./zip";

const bytes = (s: string): Uint8Array => new TextEncoder().encode(s);

describe("a ZIP archive", () => {
	it("is what other programs read", async () => {
		const files = [
			{ name: "a.txt", bytes: bytes("hello ".repeat(1000)), mode: 0o755 },
			{ name: "dir/日本.bin", bytes: Uint8Array.from({ length: 300 }, (_, i) => (i * 97) & 255) },
			{ name: "../../etc/passwd", bytes: bytes("no") },
			{ name: "empty", bytes: new Uint8Array(0) },
		];
		const zip = new Uint8Array(await (await makeZip(files)).arrayBuffer());
		expect(zip.length).toBeLessThan(2000);
		const dir = mkdtempSync(join(tmpdir(), "zip-"));
		try {
			writeFileSync(join(dir, "a.zip"), zip);
			const script = "import zipfile,sys,json; z=zipfile.ZipFile(sys.argv[1]); print(json.dumps([z.testzip(), [[i.filename, i.file_size, i.external_attr >> 16, z.read(i)[:5].hex()] for i in z.infolist()]]))";
			const [bad, entries] = JSON.parse(execFileSync("python3", ["-c", script, join(dir, "a.zip")], { encoding: "utf8" })) as [null, [string, number, number, string][]];
			expect(bad).toBeNull();
			expect(entries).toEqual([["a.txt", 6000, 0o100755, "68656c6c6f"], ["dir/日本.bin", 300, 0o100644, "0061c22384"], ["etc/passwd", 2, 0o100644, "6e6f"], ["empty", 0, 0o100644, ""]]);
		} finally {
			rmSync(dir, { recursive: true });
		}
		expect(listArchive(zip).entries.map((e) => [e.name, e.bytes])).toEqual([["a.txt", 6000], ["dir/日本.bin", 300], ["etc/passwd", 2], ["empty", 0]]);
	});
	it("checks with CRC-32", () => {
		expect(crc32(bytes("123456789"))).toBe(0xcbf43926);
	});
	it("has every name once, and none that leads out", () => {
		expect(entryNames(["a", "a", "/a", "../..", "x/../y", "c:\\d"])).toEqual(["a", "a~2", "a~3", "output", "x/y", "c:_d"]);
	});
});

describe("a list of contents", () => {
	it("is read from tar as well", () => {
		const tar = new Uint8Array(2048);
		tar.set(bytes("dir/file.txt"), 0);
		tar.set(bytes("00000000005\0"), 124);
		tar[156] = 48;
		tar.set(bytes("ustar"), 257);
		tar.set(bytes("hello"), 512);
		expect(listArchive(tar)).toEqual({ format: "tar", entries: [{ name: "dir/file.txt", bytes: 5, kind: "file" }] });
	});
	it("says what is damaged", () => {
		expect(listArchive(bytes("PK\x03\x04 nothing more")).problem).toContain("missing");
		const tar = new Uint8Array(1024).fill(65);
		expect(listArchive(tar).problem).toContain("damaged");
		const zip = new Uint8Array(22);
		zip.set([0x50, 0x4b, 5, 6]);
		zip[10] = 3;
		zip[16] = 255;
		expect(listArchive(zip).problem).toContain("entry 1");
	});
});

describe("a name to save under", () => {
	it.each([
		["a/b/plot.png", "plot.png"], ["<img src=x onerror=alert(1)>", "_img src=x onerror=alert(1)_"], ["..", "output"], [".bashrc", "bashrc"], ["a\u202Egnp.exe", "a_gnp.exe"], ["", "output"], ['con"|?*', "con____"],
	])("%j: %j", (name, want) => {
		expect(safeName(name)).toBe(want);
	});
});
