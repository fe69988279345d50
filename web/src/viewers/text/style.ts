// SPDX-License-Identifier: MIT
// How a terminal character looks: colours and attributes as SGR sequences set them (ECMA-48, and xterm's 256 and direct
// colours), and the elements that show it.

export const BOLD = 1;
export const DIM = 2;
export const ITALIC = 4;
export const UNDERLINE = 8;
export const INVERSE = 16;
export const HIDDEN = 32;
export const STRIKE = 64;

/** Colours: -1 the page's own, 0 to 255 a palette entry, RGB | 0xrrggbb. */
export const RGB = 0x1000000;

export interface Style {
	readonly fg: number;
	readonly bg: number;
	readonly flags: number;
}

export const plain: Style = { fg: -1, bg: -1, flags: 0 };

const on: Record<number, number> = { 1: BOLD, 2: DIM, 3: ITALIC, 4: UNDERLINE, 7: INVERSE, 8: HIDDEN, 9: STRIKE, 21: UNDERLINE };
const off: Record<number, number> = { 22: BOLD | DIM, 23: ITALIC, 24: UNDERLINE, 27: INVERSE, 28: HIDDEN, 29: STRIKE };

/** The colour that begins at parameter @i (38 or 48), and where the next parameter is. */
function direct(p: readonly number[], i: number): [color: number | null, next: number] {
	if (p[i + 1] === 5) {
		const n = p[i + 2] ?? 0;
		return [n >= 0 && n < 256 ? n : null, i + 3];
	}
	if (p[i + 1] === 2) {
		const [r, g, b] = [p[i + 2] ?? 0, p[i + 3] ?? 0, p[i + 4] ?? 0];
		const fits = r < 256 && g < 256 && b < 256;
		return [fits ? RGB | (r << 16) | (g << 8) | b : null, i + 5];
	}
	return [null, i + 2];
}

/** What sequences made of styles: programs use few of them, again and again. */
let known = new Map<string, Style>();
const MAX_KNOWN = 4096;

/** The style after the SGR sequence whose parameters are @text ("1;31", "38:2::255:0:0", ""). */
export function applySgr(style: Style, text: string): Style {
	if (text === "" || text === "0") return plain;
	const key = `${style.fg} ${style.bg} ${style.flags} ${text}`;
	let next = known.get(key);
	if (!next) {
		next = work(style, text);
		if (known.size >= MAX_KNOWN) known = new Map();
		known.set(key, next);
	}
	return next;
}

function work(style: Style, text: string): Style {
	let { fg, bg, flags } = style;
	// The colon form of direct colour has an (empty) colour space before red.
	const p = text.replace(/([34]8:2):[^:;]*:(\d+:\d+:\d+)/g, "$1:$2").split(/[;:]/, 64).map((s) => (s === "" ? 0 : Number(s)));
	if (/^4:0$/.test(text)) return { fg, bg, flags: flags & ~UNDERLINE };
	for (let i = 0; i < p.length; ) {
		const n = p[i]!;
		if (n === 38 || n === 48) {
			const [color, next] = direct(p, i);
			if (color !== null && n === 38) fg = color;
			if (color !== null && n === 48) bg = color;
			i = next;
			continue;
		}
		if (n === 0) [fg, bg, flags] = [-1, -1, 0];
		else if (on[n]) flags |= on[n]!;
		else if (off[n]) flags &= ~off[n]!;
		else if (n >= 30 && n <= 37) fg = n - 30;
		else if (n >= 90 && n <= 97) fg = n - 82;
		else if (n === 39) fg = -1;
		else if (n >= 40 && n <= 47) bg = n - 40;
		else if (n >= 100 && n <= 107) bg = n - 92;
		else if (n === 49) bg = -1;
		i++;
	}
	return { fg, bg, flags };
}

type Rgb = [number, number, number];

/** Palette entries 16 to 255 and direct colours as numbers; null for the sixteen that the theme defines. */
export function rgbOf(color: number): Rgb | null {
	if (color >= RGB) return [(color >> 16) & 255, (color >> 8) & 255, color & 255];
	if (color < 16) return null;
	if (color >= 232) {
		const v = 8 + (color - 232) * 10;
		return [v, v, v];
	}
	const step = (v: number): number => (v === 0 ? 0 : 55 + v * 40);
	const n = color - 16;
	return [step(Math.floor(n / 36)), step(Math.floor(n / 6) % 6), step(n % 6)];
}

export function luminance([r, g, b]: Rgb): number {
	const f = (v: number): number => (v <= 10 ? v / 3294.6 : ((v / 255 + 0.055) / 1.055) ** 2.4);
	return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b);
}

export function contrast(a: Rgb, b: Rgb): number {
	const [x, y] = [luminance(a), luminance(b)];
	return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

/** The colour, moved towards black or white just so far that it can be read on @ground. */
export function legible(color: Rgb, ground: Rgb): Rgb {
	const goal = luminance(ground) > 0.18 ? 0 : 255;
	for (let t = 0; t <= 10; t++) {
		const mixed = color.map((v) => Math.round(v + ((goal - v) * t) / 10)) as Rgb;
		if (contrast(mixed, ground) >= 4.5) return mixed;
	}
	return [goal, goal, goal];
}

const css = ([r, g, b]: Rgb): string => `rgb(${r} ${g} ${b})`;
const LIGHT: Rgb = [255, 255, 255];
const DARK: Rgb = [29, 30, 34];

/** Gives @node the classes and colours of @style. */
export function dress(node: HTMLElement, style: Style): void {
	let { fg, bg } = style;
	const { flags } = style;
	const names: string[] = [];
	if (flags & INVERSE) {
		[fg, bg] = [bg, fg];
		if (bg === -1) names.push("a-inv");
	}
	if (flags & BOLD) names.push("a-b");
	if (flags & DIM) names.push("a-dim");
	if (flags & ITALIC) names.push("a-i");
	if (flags & UNDERLINE) names.push("a-u");
	if (flags & STRIKE) names.push("a-s");
	if (flags & HIDDEN) names.push("a-hide");
	const ground = rgbOf(bg);
	const ink = rgbOf(fg);
	if (ground) {
		node.style.backgroundColor = css(ground);
		node.style.color = css(legible(ink ?? (luminance(ground) > 0.18 ? [0, 0, 0] : [255, 255, 255]), ground));
	} else if (bg >= 0) {
		// On a palette ground the ink is the page's surface: the theme promises that contrast.
		names.push(`a-g${bg & 7}`);
	} else if (ink) {
		node.style.color = `light-dark(${css(legible(ink, LIGHT))}, ${css(legible(ink, DARK))})`;
	} else if (fg >= 0) {
		names.push(fg === 8 ? "a-quiet" : `a-f${fg & 7}`);
	}
	if (names.length) node.className = names.join(" ");
}
