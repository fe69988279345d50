// SPDX-License-Identifier: MIT
// The server computes the same keys: both are held to tests/vectors/key.json.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { toBase64 } from "../core/bytes";
import type { Job } from "../api/types";
import { canonical, keyOf } from "./key";

interface Vector {
	what: string;
	image_digest: string;
	job: Job & { cwd?: string; user?: string; hostname?: string; files?: (Job["files"][number] & { directory?: boolean })[] };
	canonical_base64: string;
	key: string;
}

const vectors = JSON.parse(readFileSync(new URL("../../../tests/vectors/key.json", import.meta.url), "utf8")) as Vector[];

// The page never asks for these: such vectors are the server's alone.
const ours = vectors.filter(
	({ job }) => !job.cwd && !job.user && !job.hostname && !job.files?.some((f) => f.text === undefined && f.base64 === undefined),
);

describe("key", () => {
	it("has vectors to be held to", () => expect(ours.length).toBeGreaterThan(8));

	it.each(ours)("$what", async ({ job, image_digest, canonical_base64, key }) => {
		const whole: Job = { ...job, argv: job.argv ?? [], files: job.files ?? [] };
		expect(toBase64(await canonical(whole, image_digest))).toBe(canonical_base64);
		expect(await keyOf(whole, image_digest)).toBe(key);
	});
});
