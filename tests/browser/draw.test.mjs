// SPDX-License-Identifier: MIT
// Pictures and models are really drawn: pixels are looked at, not elements.
import { assert } from "./world.mjs";

/** How many pixels are near the colour (r, g, b). */
function near({ data }, [r, g, b], by = 40) {
	return data.filter((v) => Math.abs((v & 255) - r) < by && Math.abs(((v >> 8) & 255) - g) < by && Math.abs(((v >> 16) & 255) - b) < by).length;
}

/** How many colours there are, of 4096. */
function colours({ data }) {
	return new Set(data.map((v) => ((v & 0xf0) >> 4) | ((v & 0xf000) >> 8) | ((v & 0xf00000) >> 12))).size;
}

const GRAPH = (colour) => `digraph g { bgcolor=white; a [shape=box, style=filled, fillcolor="${colour}", width=4, height=3, label=""] }\n`;
const CUBE = "color([1, 0, 0]) cube([20, 20, 20], center = true);\n";

export default [
	["a graph of Graphviz as SVG, and another one after an edit", async (w) => {
		const p = await w.person();
		await p.session({ "g.dot": GRAPH("#ff0000") }, ["graphviz"]);
		await p.settled();
		const view = p.pane().locator(".view");
		await p.until(async () => near(await p.pixels(view), [255, 0, 0]) > 8000, () => "red");
		await p.write(GRAPH("#0000ff"));
		await p.until(async () => near(await p.pixels(view), [0, 0, 255]) > 8000, () => "blue");
		assert.equal(near(await p.pixels(view), [255, 0, 0]), 0);
	}],

	["a model of OpenSCAD as STL, drawn in three dimensions; it turns", async (w) => {
		const p = await w.person();
		await p.session({ "m.scad": CUBE }, ["openscad"]);
		await p.pane().locator(".run-button").click();
		await p.settled();
		const canvas = p.pane().locator(".view canvas").first();
		await canvas.waitFor();
		const seen = async () => p.pixels(canvas);
		await p.until(async () => colours(await seen()) >= 4, () => "more than a plain ground");
		const before = await seen();
		const middle = before.data[Math.floor(before.height / 2) * before.width + Math.floor(before.width / 2)];
		assert.notEqual(middle, before.data[0], "something stands in the middle");
		const box = await canvas.boundingBox();
		await p.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
		await p.page.mouse.down();
		await p.page.mouse.move(box.x + box.width / 2 + 120, box.y + box.height / 2 + 60, { steps: 6 });
		await p.page.mouse.up();
		await p.until(async () => {
			const after = await seen();
			return after.data.filter((v, i) => v !== before.data[i]).length > 2000;
		}, () => "another side of it");
	}],

	["without WebGL there is a message and no crash", async (w) => {
		const p = await w.person();
		await p.page.addInitScript(() => {
			HTMLCanvasElement.prototype.getContext = new Proxy(HTMLCanvasElement.prototype.getContext, {
				apply: (real, canvas, args) => (/webgl/.test(args[0]) ? null : Reflect.apply(real, canvas, args)),
			});
		});
		const stl = "solid c\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\nendloop\nendfacet\nendsolid c\n";
		await p.session({ "a.sh": "cp m.stl /output/", "m.stl": stl }, ["bash"]);
		await p.settled();
		await p.until(async () => /WebGL|3D|three/i.test(await p.pane().locator(".view").innerText()), async () => p.pane().locator(".view").innerText());
		await p.write("echo goes on");
		await p.sees(/goes on/);
	}],

	["a picture that a program wrote: PNG", async (w) => {
		const p = await w.person();
		const png = `import struct, zlib
rows = b"".join(b"\\0" + b"\\x00\\xc8\\x00" * 300 for _ in range(300))
chunk = lambda t, d: struct.pack(">I", len(d)) + t + d + struct.pack(">I", zlib.crc32(t + d))
open("/output/x.png", "wb").write(b"\\x89PNG\\r\\n\\x1a\\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 300, 300, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
`;
		await p.session({ "a.py": png }, ["python3"]);
		await p.settled();
		await p.until(async () => near(await p.pixels(p.pane().locator(".view")), [0, 200, 0], 12) > 60_000, () => "green");
	}],

	["assembly has colours and filters, and is tied to the source", async (w) => {
		const p = await w.person();
		await p.session({ "a.c": "int twice(int x)\n{\n\treturn x * 2;\n}\n\nint thrice(int x)\n{\n\treturn x * 3;\n}\n" }, ["gcc-assembly"]);
		await p.settled();
		await p.until(async () => /ret/.test(await p.pane().locator(".view").innerText()));
		assert.doesNotMatch(await p.pane().locator(".view").innerText(), /\.cfi_startproc/);
		await p.until(async () => (await p.editor.locator('[class*="cm-band-"]').count()) >= 2, () => "bands in the editor");
	}],
];
