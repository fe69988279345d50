// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { utf8 } from "../core/bytes";
import { EventParser } from "./sse";

const stream = 'event: queued\ndata: {"id":"1"}\n\n: a comment\nevent: stdout\r\ndata: {"text":"é🙂"}\r\n\r\ndata: a\ndata:b\n\nevent: lost\n\ndata\n\n';
const events = [
	{ event: "queued", data: '{"id":"1"}' },
	{ event: "stdout", data: '{"text":"é🙂"}' },
	{ event: "message", data: "a\nb" },
	{ event: "message", data: "" },
];

describe("events", () => {
	it("reads a stream in one piece", () => expect(new EventParser().push(utf8(stream))).toEqual(events));

	it.each([1, 2, 3, 5, 7, 11])("reads it in pieces of %i bytes", (size) => {
		const parser = new EventParser();
		const bytes = utf8(stream);
		const got = [];
		for (let i = 0; i < bytes.length; i += size) got.push(...parser.push(bytes.subarray(i, i + size)));
		expect(got).toEqual(events);
	});

	it("joins a long line once", () => {
		const parser = new EventParser();
		const chunk = utf8("x".repeat(1 << 16));
		parser.push(utf8("data: "));
		for (let i = 0; i < 160; i++) expect(parser.push(chunk)).toEqual([]);
		expect(parser.push(utf8("\n\n"))[0]?.data.length).toBe(160 << 16);
	});
});
