// SPDX-License-Identifier: MIT
// Cuts a line of assembly into coloured parts.

export interface Token {
	text: string;
	/** "op", "reg", "num", "str", "com", "dir", "lab", "name" or "" for the rest. */
	kind: string;
}

const scan = new RegExp(
	[
		/(?<str>"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)')/,
		/(?<com>\/\/.*|\/\*.*|;.*|(?<=\s)#(?![\dA-Fa-f-]|:).*|(?<=\s|^)# .*|(?<=\s)@ .*)/,
		/(?<reg>%[a-z][a-z0-9]*(?:\(\d\))?)/,
		/(?<num>[$#]?-?\b(?:0x[0-9a-fA-F]+|\d[0-9a-fA-F]*h\b|\d+(?:\.\d+)?(?:e[-+]?\d+)?)\b|[$#]-?(?:0x[0-9a-fA-F]+|\d+))/,
		/(?<name>[A-Za-z_.$?@][\w.$?@]*)/,
		/(?<space>\s+)/,
		/(?<rest>.)/,
	].map((r) => r.source).join("|"),
	"gy",
);

const register =
	/^(?:[re]?[abcd]x|[abcd][lh]|[re]?[sd]il?|[re]?[sb]pl?|[re]ip|r(?:[89]|1[0-5])[dwb]?|[xyzt]mm(?:[12]?\d|3[01])|k[0-7]|st(?:\(\d\))?|[cdefgs]s|cr\d|[wxvqdshb](?:[12]?\d|3[01])|[wx]zr|sp|lr|pc|fp|ra|gp|tp|[ast]\d{1,2}|f[ast]?\d{1,2}|zero|r\d{1,2})$/i;

/** @label: a name at the start of the line is a label. */
export function tokenize(text: string): Token[] {
	const out: Token[] = [];
	const body = /^(\s*[0-9a-f]+:)(\s+(?:[0-9a-f]{2,8} )+)?/.exec(text);
	let from = 0;
	if (body && /^\s*[0-9a-f]+:\s/.test(text)) {
		out.push({ text: body[0], kind: "com" });
		from = body[0].length;
	}
	let first = true;
	scan.lastIndex = from;
	for (let hit = scan.exec(text); hit && hit[0] !== ""; hit = scan.exec(text)) {
		const g = hit.groups!;
		let kind = g["str"] ? "str" : g["com"] ? "com" : g["reg"] ? "reg" : g["num"] ? "num" : "";
		if (g["name"]) {
			if (register.test(hit[0])) kind = first ? "op" : "reg";
			else if (/^\s*:(?!:)/.test(text.slice(scan.lastIndex, scan.lastIndex + 40)) && first && !/^\s/.test(text)) kind = "lab";
			else if (first) kind = hit[0].startsWith(".") ? "dir" : "op";
			else kind = /^(?:[dqxyz]?word|byte|tbyte|ptr|offset|flat|short|lock|rep[nz]?e?)$/i.test(hit[0]) ? "dir" : "name";
			if (!/^(?:lock|rep\w*)$/i.test(hit[0])) first = false;
		} else if (!g["space"]) first = false;
		out.push({ text: hit[0], kind });
		if (scan.lastIndex >= text.length) break;
	}
	return out;
}
