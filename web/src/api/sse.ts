// SPDX-License-Identifier: MIT
// A parser of text/event-stream for answers of fetch(): EventSource cannot POST.

export interface ServerEvent {
	event: string;
	data: string;
}

/** Nobody sends a line longer than this in good faith: a result is at most some tens of MiB of JSON. */
export const MAX_BUFFER = 256 << 20;

export class EventParser {
	#decoder = new TextDecoder();
	#pieces: string[] = [];
	#size = 0;
	#event = "";
	#data: string[] = [];

	/** Takes the next bytes of the stream, gives the events that they complete. */
	push(chunk: Uint8Array): ServerEvent[] {
		const text = this.#decoder.decode(chunk, { stream: true });
		// A CR at the very end may be half of a CR LF.
		const cut = Math.max(text.lastIndexOf("\n"), text.length > 1 ? text.lastIndexOf("\r", text.length - 2) : -1);
		if (cut < 0) {
			this.#keep(text);
			return [];
		}
		const lines = (this.#pieces.join("") + text.slice(0, cut + 1)).split(/\r\n|\r|\n/);
		lines.pop();
		this.#pieces = [];
		this.#size = 0;
		this.#keep(text.slice(cut + 1));
		return lines.flatMap((line) => this.#field(line) ?? []);
	}

	/** A long line comes in many chunks: they are joined once, at its end. */
	#keep(rest: string): void {
		this.#size += rest.length;
		if (this.#size > MAX_BUFFER) throw new Error("the server sends an endless line");
		if (rest !== "") this.#pieces.push(rest);
	}

	#field(line: string): ServerEvent | null {
		if (line === "") {
			if (this.#data.length === 0) {
				this.#event = "";
				return null;
			}
			const event = { event: this.#event || "message", data: this.#data.join("\n") };
			this.#event = "";
			this.#data = [];
			return event;
		}
		const colon = line.indexOf(":");
		const name = colon < 0 ? line : line.slice(0, colon);
		let value = colon < 0 ? "" : line.slice(colon + 1);
		if (value.startsWith(" ")) value = value.slice(1);
		if (name === "event") this.#event = value;
		else if (name === "data") this.#data.push(value);
		return null;
	}
}
