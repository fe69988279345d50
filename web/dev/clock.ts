// SPDX-License-Identifier: MIT
// Time for tests that bound it: milliseconds of CPU that this process has used, as other work on the machine does not
// lengthen them.

export function cpuNow(): number {
	const { user, system } = process.cpuUsage();
	return (user + system) / 1000;
}
