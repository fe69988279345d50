// SPDX-License-Identifier: MIT
// A value that tells who asked when it changed. All the reactivity the page needs.

export type Stop = () => void;

export class Signal<T> {
	#value: T;
	#listeners = new Set<(value: T) => void>();

	constructor(value: T) {
		this.#value = value;
	}

	get value(): T {
		return this.#value;
	}

	set value(value: T) {
		if (Object.is(value, this.#value)) return;
		this.#value = value;
		this.tell();
	}

	/** Tells all listeners: for a value that was changed in place. */
	tell(): void {
		for (const listener of [...this.#listeners]) listener(this.#value);
	}

	/** Calls @listener at each change until the returned function is called. */
	listen(listener: (value: T) => void): Stop {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	/** Like listen(), and once at once. */
	watch(listener: (value: T) => void): Stop {
		listener(this.#value);
		return this.listen(listener);
	}
}

/** Collects what must be undone when a part of the page goes away. */
export class Scope {
	#stops: Stop[] = [];

	add(stop: Stop): void {
		this.#stops.push(stop);
	}

	/** An event listener that ends with the scope. */
	on<K extends keyof HTMLElementEventMap>(
		target: EventTarget,
		type: K | string,
		listener: (event: HTMLElementEventMap[K]) => void,
		options?: AddEventListenerOptions,
	): void {
		target.addEventListener(type, listener as EventListener, options);
		this.add(() => target.removeEventListener(type, listener as EventListener, options));
	}

	end(): void {
		for (const stop of this.#stops.splice(0).reverse()) stop();
	}
}
