// SPDX-License-Identifier: MIT
// Sessions of this browser, in IndexedDB: to go on where one left, with undo, and to find what one had a week ago.
// Where the browser keeps nothing (private windows), everything here answers "nothing" and the page works on.

import type { SessionJson } from "./session";

export interface Kept {
	id: string;
	title: string;
	savedAt: number;
	json: SessionJson;
	/** Undo history by file name, as CodeMirror writes it. */
	undo: Record<string, unknown>;
}

const NAME = "program-explorer";
const STORE = "sessions";
/** Older ones make room. */
const MOST = 100;

let opened: Promise<IDBDatabase | null> | null = null;

function open(): Promise<IDBDatabase | null> {
	opened ??= new Promise((resolve) => {
		let request: IDBOpenDBRequest;
		try {
			request = indexedDB.open(NAME, 1);
		} catch {
			return resolve(null);
		}
		request.onupgradeneeded = () => {
			request.result.createObjectStore(STORE, { keyPath: "id" }).createIndex("savedAt", "savedAt");
		};
		request.onsuccess = () => resolve(request.result);
		request.onerror = () => resolve(null);
		request.onblocked = () => resolve(null);
	});
	return opened;
}

async function ask<T>(mode: IDBTransactionMode, what: (store: IDBObjectStore) => IDBRequest<T>): Promise<T | null> {
	const db = await open();
	if (!db) return null;
	return new Promise((resolve) => {
		try {
			const request = what(db.transaction(STORE, mode).objectStore(STORE));
			request.onsuccess = () => resolve(request.result);
			request.onerror = () => resolve(null);
		} catch {
			resolve(null);
		}
	});
}

export async function keep(session: Kept): Promise<void> {
	await ask("readwrite", (store) => store.put(session));
}

export async function find(id: string): Promise<Kept | null> {
	return (await ask<Kept | undefined>("readonly", (store) => store.get(id) as IDBRequest<Kept | undefined>)) ?? null;
}

export async function forget(id: string): Promise<void> {
	await ask("readwrite", (store) => store.delete(id));
}

/** All of them, the latest first. */
export async function all(): Promise<Kept[]> {
	const kept = (await ask<Kept[]>("readonly", (store) => store.getAll() as IDBRequest<Kept[]>)) ?? [];
	kept.sort((a, b) => b.savedAt - a.savedAt);
	for (const old of kept.slice(MOST)) void forget(old.id);
	return kept.slice(0, MOST);
}
