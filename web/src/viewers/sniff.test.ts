// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { scoreKinds } from "./sniff";

const kinds = (name: string, content: string | number[]): string[] =>
	scoreKinds({ name, bytes: typeof content === "string" ? Uint8Array.from(content, (c) => c.charCodeAt(0)) : Uint8Array.from(content) });

describe("kinds", () => {
	it.each([
		["a", "\x89PNG\r\n\x1a\n\0\0", "image"],
		["a.txt", "\xff\xd8\xff\xe0", "image"],
		["a", "RIFF\x10\0\0\0WEBPVP8 ", "image"],
		["a", "\0\0\0\x1cftypavif", "image"],
		["a.bmp", "BM" + "\0".repeat(30), "image"],
		["a", "RIFF\x10\0\0\0WAVEfmt ", "audio"],
		["a", "OggS\0\0", "audio"],
		["a.ogv", "OggS\0\0", "video"],
		["a", "ID3\x03\0", "audio"],
		["a", "\0\0\0\x20ftypisom\0\0", "video"],
		["a", "\x1a\x45\xdf\xa3\0", "video"],
		["a", "\0\0\0\x1cftypmif1", "image"],
		["a.ico", "\0\0\x01\0\x01\0", "image"],
		["a", "\0\0\x01\0\x01\0", "hex"],
		["a.aac", "\xff\xf1\x50\x80\0\0", "audio"],
		["a", "%PDF-1.5\n", "pdf"],
		["a", "PK\x03\x04\0", "archive"],
		["a", "glTF\x02\0\0\0", "model"],
		["a", "ply\nformat ascii 1.0\n", "model"],
		["a.stl", "solid x\n facet normal 0 0 1\n", "model"],
		["a.obj", "v 0 0 0\n", "model"],
		["a.gltf", '{"asset":{}}', "model"],
		["a", "MThd\0\0", "download"],
		["plot.svg", "<svg xmlns='x'/>", "svg"],
		["stdout", "<?xml version='1.0'?>\n<svg/>", "svg"],
		["stdout", "<!DOCTYPE html><p>", "html"],
		["a.csv", "a,b\n1,2\n", "table"],
		["a.json", "[1]", "json"],
		["a.md", "# hi", "markdown"],
		["a.s", "\t.text\nmain:\n", "asm"],
		["stdout", '\t.file\t"a.c"\n\t.text\n', "asm"],
		["stdout", "hello\n", "text"],
		["stdout", "", "text"],
		["a.png", "hello\n", "text"],
		["a", "\0\x01\x02", "hex"],
		["a.csv", "\0\0\0", "hex"],
		["BM", "BM is how this begins, and it is a sentence.", "text"],
	])("of %s %j: %s first", (name, content, first) => {
		expect(kinds(name, content)[0]).toBe(first);
	});
	it("always end with ways that fit anything", () => {
		for (const k of [kinds("x", [1, 2, 0]), kinds("x.svg", "<svg/>"), kinds("x", "")]) expect(k).toEqual(expect.arrayContaining(["text", "hex"]));
	});
	it("keep a program's printed JSON as text first", () => {
		expect(kinds("stdout", '{"a": 1}').slice(0, 2)).toEqual(["text", "json"]);
	});
	it("show text of another encoding as text with a few spoilt bytes", () => {
		expect(kinds("a", "caf\xe9 is what this says in Latin 1, and more of it")[0]).toBe("text");
	});
	it("take a hostile name for a name", () => {
		expect(kinds("<img src=x onerror=alert(1)>.png", "\x89PNG\r\n\x1a\n")[0]).toBe("image");
		expect(kinds("__proto__", "x")[0]).toBe("text");
		expect(kinds("a.constructor", "x")[0]).toBe("text");
	});
});
