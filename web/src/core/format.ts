// SPDX-License-Identifier: MIT
// Numbers as people read them.

export function formatMs(ms: number): string {
	if (ms < 10) return `${ms.toFixed(1)} ms`;
	if (ms < 1000) return `${Math.round(ms)} ms`;
	if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
	return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

export function formatBytes(bytes: number): string {
	const units = ["B", "KiB", "MiB", "GiB"];
	let value = bytes;
	let unit = 0;
	while (value >= 1024 && unit < units.length - 1) {
		value /= 1024;
		unit++;
	}
	return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** "just now", "5 minutes ago", "3 days ago". */
export function formatAgo(then: number, now: number): string {
	const seconds = Math.max(0, Math.round((now - then) / 1000));
	const steps: [number, string][] = [
		[86_400, "day"],
		[3600, "hour"],
		[60, "minute"],
	];
	for (const [size, word] of steps) {
		const n = Math.floor(seconds / size);
		if (n >= 1) return `${n} ${word}${n === 1 ? "" : "s"} ago`;
	}
	return "just now";
}
