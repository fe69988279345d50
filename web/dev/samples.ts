// SPDX-License-Identifier: MIT
// Small files of every kind, made here.
import type { OutputFile } from "../src/viewers/index";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const file = (name: string, content: string | Uint8Array): OutputFile => ({ name, bytes: typeof content === "string" ? utf8(content) : content });

const E = "\x1b[";

const terminal = `${E}1mmain.c:${E}0m In function '${E}1mmain${E}0m':
${E}1mmain.c:7:9:${E}0m ${E}1;31merror: ${E}0m'${E}1mcount${E}0m' undeclared (first use in this function)
    7 |         ${E}31mcount${E}0m += 1;
      |         ${E}31m^~~~~${E}0m
${E}1mmain.c:9:5:${E}0m ${E}1;35mwarning: ${E}0munused variable 'x' [${E}35m${E}]8;;https://gcc.gnu.org/onlinedocs/gcc/Warning-Options.html\x07-Wunused-variable${E}]8;;\x07${E}0m]
`.replaceAll(`${E}]`, "\x1b]") + `
The sixteen: ${Array.from({ length: 8 }, (_, i) => `${E}3${i}m${["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"][i]}${E}0m`).join(" ")}
 and ground: ${Array.from({ length: 8 }, (_, i) => `${E}4${i}m ${i} ${E}0m`).join("")}${Array.from({ length: 8 }, (_, i) => `${E}10${i}m ${i} ${E}0m`).join("")}
${E}1mbold${E}0m ${E}2mdim${E}0m ${E}3mitalic${E}0m ${E}4munderline${E}0m ${E}7minverse${E}0m ${E}9mstruck${E}0m
256: ${Array.from({ length: 36 }, (_, i) => `${E}38;5;${16 + i * 6}m█${E}0m`).join("")}
direct: ${Array.from({ length: 60 }, (_, i) => `${E}38;2;${255 - i * 4};${i * 4};128m▀${E}0m`).join("")}
progress:  10 %\rprogress:  60 %\rprogress: 100 %
See https://www.gnu.org/software/gcc/bugs/ for instructions.
東京タワー 333 m   مرحبا بالعالم   emoji 👩‍🚀 ok
direction: user\u202Etxt.exe   not UTF-8: `;

function svg(): string {
	const bars = [34, 72, 51, 90, 63, 40].map((h, i) => `<rect x="${20 + i * 44}" y="${110 - h}" width="30" height="${h}" rx="4" fill="hsl(${170 + i * 14} 55% 45%)"/>`);
	return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 130" width="300" height="130">${bars.join("")}<path d="M10 110H290" stroke="#888"/></svg>`;
}

/** A PNG with stored (not compressed) rows. */
function png(width: number, height: number, color: (x: number, y: number) => [number, number, number, number]): Uint8Array {
	const raw = new Uint8Array((width * 4 + 1) * height);
	for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) raw.set(color(x, y), y * (width * 4 + 1) + 1 + x * 4);
	const blocks: number[] = [0x78, 1];
	for (let at = 0; at < raw.length; at += 65535) {
		const part = raw.subarray(at, at + 65535);
		blocks.push(at + 65535 >= raw.length ? 1 : 0, part.length & 255, part.length >> 8, ~part.length & 255, (~part.length >> 8) & 255, ...part);
	}
	let a = 1;
	let b = 0;
	for (const v of raw) {
		a = (a + v) % 65521;
		b = (b + a) % 65521;
	}
	blocks.push(b >> 8, b & 255, a >> 8, a & 255);
	const u32 = (v: number): number[] => [(v >>> 24) & 255, (v >>> 16) & 255, (v >>> 8) & 255, v & 255];
	const crc = (bytes: number[]): number => {
		let c = 0xffffffff;
		for (const v of bytes) {
			c ^= v;
			for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
		}
		return (c ^ 0xffffffff) >>> 0;
	};
	const chunk = (type: string, data: number[]): number[] => {
		const body = [...utf8(type), ...data];
		return [...u32(data.length), ...body, ...u32(crc(body))];
	};
	return Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, ...chunk("IHDR", [...u32(width), ...u32(height), 8, 6, 0, 0, 0]), ...chunk("IDAT", blocks), ...chunk("IEND", [])]);
}

function wav(): Uint8Array {
	const n = 8000;
	const out = new Uint8Array(44 + n * 2);
	const view = new DataView(out.buffer);
	out.set(utf8("RIFF"), 0);
	view.setUint32(4, 36 + n * 2, true);
	out.set(utf8("WAVEfmt "), 8);
	for (const [at, size, value] of [[16, 4, 16], [20, 2, 1], [22, 2, 1], [24, 4, 8000], [28, 4, 16000], [32, 2, 2], [34, 2, 16]] as const)
		if (size === 4) view.setUint32(at, value, true);
		else view.setUint16(at, value, true);
	out.set(utf8("data"), 36);
	view.setUint32(40, n * 2, true);
	for (let i = 0; i < n; i++) view.setInt16(44 + i * 2, Math.sin((i / 8000) * 440 * 2 * Math.PI) * 12000 * (1 - i / n), true);
	return out;
}

const assembly = `	.file	"main.c"
	.text
	.file 1 "main.c"
	.section	.rodata
.LC0:
	.string	"sum of squares: %d\\n"
	.text
	.globl	_Z6squarei
	.type	_Z6squarei, @function
_Z6squarei:
.LFB0:
	.loc 1 4 23
	.cfi_startproc
	.loc 1 5 2
	imull	%edi, %edi	# n, n
	.loc 1 6 1
	movl	%edi, %eax
	ret
	.cfi_endproc
	.globl	main
	.type	main, @function
main:
	.loc 1 8 16
	pushq	%rbx
	xorl	%ebx, %ebx
	.loc 1 10 2
	movl	$10, %ecx
.L3:
	.loc 1 11 3
	movl	%ecx, %edi
	call	_Z6squarei
	addl	%eax, %ebx
	.loc 1 10 30
	decl	%ecx
	jne	.L3
	.loc 1 12 2
	movl	%ebx, %esi
	leaq	.LC0(%rip), %rdi
	xorl	%eax, %eax
	call	printf@PLT
	.loc 1 13 9
	xorl	%eax, %eax
	popq	%rbx
	ret
	.cfi_endproc
`;

/** A trefoil tube. */
function knot(): string {
	const [n, m] = [160, 16];
	const at = (t: number): [number, number, number] => [Math.sin(t) + 2 * Math.sin(2 * t), Math.cos(t) - 2 * Math.cos(2 * t), -Math.sin(3 * t)];
	const lines: string[] = [];
	for (let i = 0; i < n; i++) {
		const t = (i / n) * 2 * Math.PI;
		const p = at(t);
		const q = at(t + 0.01);
		const d = [q[0] - p[0], q[1] - p[1], q[2] - p[2]] as const;
		const len = Math.hypot(...d);
		const u = [-d[1] / len, d[0] / len, 0] as const;
		const v = [(d[1] * u[2] - d[2] * u[1]) / len, (d[2] * u[0] - d[0] * u[2]) / len, (d[0] * u[1] - d[1] * u[0]) / len] as const;
		for (let j = 0; j < m; j++) {
			const [c, s] = [0.45 * Math.cos((j / m) * 2 * Math.PI), 0.45 * Math.sin((j / m) * 2 * Math.PI)];
			lines.push(`v ${p[0] + c * u[0] + s * v[0]} ${p[1] + c * u[1] + s * v[1]} ${p[2] + c * u[2] + s * v[2]}`);
		}
	}
	for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) {
		const a = i * m + j + 1;
		const b = i * m + ((j + 1) % m) + 1;
		const k = ((i + 1) % n) * m;
		lines.push(`f ${a} ${b} ${k + ((j + 1) % m) + 1} ${k + j + 1}`);
	}
	return lines.join("\n");
}

/** A binary STL of a 20 by 20 by 10 box. */
function cube(): Uint8Array {
	const p = (k: number): [number, number, number] => [k & 1 ? 20 : 0, k & 2 ? 20 : 0, k & 4 ? 10 : 0];
	const quads = [[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5]];
	const triangles = quads.flatMap(([a, b, c, d]) => [[a!, b!, c!], [a!, c!, d!]]);
	const out = new Uint8Array(84 + 50 * triangles.length);
	const view = new DataView(out.buffer);
	view.setUint32(80, triangles.length, true);
	triangles.forEach((t, i) => t.flatMap(p).forEach((x, k) => view.setFloat32(84 + i * 50 + 12 + k * 4, x, true)));
	return out;
}

function cloud(): string {
	const points = Array.from({ length: 4000 }, (_, i) => {
		const [a, z] = [i * 2.399963, 1 - (2 * i) / 3999];
		const r = Math.sqrt(1 - z * z);
		return `${r * Math.cos(a)} ${r * Math.sin(a)} ${z} ${Math.round(127 + 127 * z)} ${Math.round(127 + 127 * Math.cos(a))} 160`;
	});
	const header = ["ply", "format ascii 1.0", `element vertex ${points.length}`, ...["x", "y", "z"].map((c) => `property float ${c}`), ...["red", "green", "blue"].map((c) => `property uchar ${c}`), "end_header"];
	return [...header, ...points, ""].join("\n");
}

/** Two pages, a coloured box and words. */
function pdf(): string {
	const draw = (n: number): string => `0.06 0.42 0.38 rg 60 560 200 120 re f 0 g BT /F1 24 Tf 60 720 Td (Page ${n} of a document) Tj ET`;
	const objects = [
		"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R 4 0 R]/Count 2>>",
		...[5, 6].map((c) => `<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents ${c} 0 R/Resources<</Font<</F1 7 0 R>>>>>>`),
		...[1, 2].map((n) => `<</Length ${draw(n).length}>>stream\n${draw(n)}\nendstream`),
		"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
	];
	let text = "%PDF-1.4\n";
	const offsets = objects.map((o, i) => {
		const at = text.length;
		text += `${i + 1} 0 obj\n${o}\nendobj\n`;
		return at;
	});
	const start = text.length;
	text += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${offsets.map((o) => `${String(o).padStart(10, "0")} 00000 n \n`).join("")}`;
	return `${text}trailer<</Size ${objects.length + 1}/Root 1 0 R>>\nstartxref\n${start}\n%%EOF\n`;
}

const csv = `city,country,population,area km²,"note, if any"
Tokyo,Japan,37732000,13452,"largest, by far"
Delhi,India,32226000,2344,
Shanghai,China,24073000,6341,"says ""hello"""
São Paulo,Brazil,23086000,3649,
القاهرة,Egypt,20296000,2734,right to left
`;

const json = `{"name":"program-explorer","big":123456789012345678901234567890,"exact":0.10000000000000000555,"ok":true,"none":null,
"list":[1,2,3,[4,5,{"deep":"yes"}]],"text":"line one\\nline two \\u202e and \\"quotes\\"","nested":{"a":{"b":{"c":{"d":[]}}}},"long":"${"x".repeat(600)}"}`;

const markdown = `# A report

Plain words, *emphasis*, **strong**, ~~gone~~, \`code\`, a [link](https://example.org/ "t") and <b onclick="canary()">raw HTML as text</b>.

> A quotation with a list
> 1. one
> 2. two

| file | bytes | share |
|:-----|------:|:-----:|
| a.c | 1,024 | 12 % |
| b.c | 512 | 6 % |

- [x] done
- [ ] open
  - nested

\`\`\`c
int main(void) { return 0; }
\`\`\`

![chart](chart.svg)

---
Setext
------
[js](javascript:alert(1)) is no link; https://example.org/bare is.
`;

const html = `<!doctype html><style>body{font:16px sans-serif;margin:2em}canvas{border:1px solid #ccc}</style>
<h1>Hello from a page</h1><canvas id=c width=200 height=60></canvas><p id=p></p>
<script>const g=c.getContext("2d");g.fillStyle="teal";g.fillRect(10,10,120,40);
try{parent.canary=1;p.textContent="reached the parent"}catch(e){p.textContent="kept apart: "+e.name}</script>`;

export const samples: OutputFile[] = [
	{ name: "stdout", bytes: Uint8Array.from([...utf8(terminal), 0xff, 0xfe, 0xc3, 0x28, 10]) },
	file("chart.svg", svg()),
	{ name: "plot.png", bytes: png(120, 80, (x, y) => [x * 2, y * 3, 128, Math.hypot(x - 60, y - 40) < 36 ? 255 : 0]) },
	{ name: "icon.png", bytes: png(12, 12, (x, y) => ((x ^ y) & 1 ? [15, 106, 96, 255] : [240, 240, 240, 255])) },
	file("main.s", assembly),
	file("knot.obj", knot()),
	{ name: "cube.stl", bytes: cube() },
	file("cloud.ply", cloud()),
	file("page.pdf", pdf()),
	file("cities.csv", csv),
	file("package.json", json),
	file("report.md", markdown),
	file("index.html", html),
	{ name: "tone.wav", bytes: wav() },
	{ name: "data.bin", bytes: Uint8Array.from({ length: 5000 }, (_, i) => (i * 7 + (i >> 3)) & 255) },
	file("<img src=x onerror=canary=1>.txt", "a file with a hostile name\n"),
	{ name: "song.mid", bytes: utf8("MThd\0\0\0\x06\0\x01") },
];
