// SPDX-License-Identifier: MIT
// What a person set once for all sessions; kept in this browser.

import { Signal } from "../core/signal";

export interface Settings {
	keys: "default" | "vim" | "emacs";
	theme: "system" | "light" | "dark";
	autoRun: boolean;
	delayMs: number;
	wrap: boolean;
	fontSize: number;
}

export const DEFAULT_SETTINGS: Settings = {
	keys: "default",
	theme: "system",
	autoRun: true,
	delayMs: 400,
	wrap: false,
	fontSize: 13,
};

const PLACE = "pe-settings";

function read(): Settings {
	try {
		const kept = JSON.parse(localStorage.getItem(PLACE) ?? "{}") as Partial<Settings>;
		const fits = Object.entries(DEFAULT_SETTINGS).map(([key, value]) => {
			const mine = kept[key as keyof Settings];
			return [key, typeof mine === typeof value ? mine : value];
		});
		return Object.fromEntries(fits) as Settings;
	} catch {
		return { ...DEFAULT_SETTINGS };
	}
}

export const settings = new Signal<Settings>(read());

export function change(some: Partial<Settings>): void {
	settings.value = { ...settings.value, ...some };
	try {
		localStorage.setItem(PLACE, JSON.stringify(settings.value));
	} catch {
		// A browser that keeps nothing: the setting holds until the page is closed.
	}
}

/** Small things that viewers want remembered. */
export function recall(key: string): string | null {
	try {
		return localStorage.getItem(`pe-viewer-${key}`);
	} catch {
		return null;
	}
}

export function remember(key: string, value: string): void {
	try {
		localStorage.setItem(`pe-viewer-${key}`, value);
	} catch {
		// As above.
	}
}
