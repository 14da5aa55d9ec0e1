/** Events as server-sent events: from where the client left off, then each new one, with a heartbeat. */
import type { Clock, JournalReader } from "../domain/ports.ts";
import type { Event } from "../domain/records.ts";

export interface EventStreamOptions {
	readonly reader: Pick<JournalReader, "events">;
	readonly clock: Pick<Clock, "sleep" | "monotonic">;
	/** Streams open at a time; default 32. */
	readonly streams_max?: number;
	/** Milliseconds between two looks into the journal; default 250. */
	readonly poll_ms?: number;
	/** Milliseconds after which a comment is sent where there is no event; default 15,000. */
	readonly heartbeat_ms?: number;
}

const events_max = 200;

/** Opens streams, so many at a time, and ends them all when the server stops. */
export class EventStreams {
	readonly #options: Required<EventStreamOptions>;
	readonly #open = new Set<{ ended: boolean }>();

	constructor(options: EventStreamOptions) {
		this.#options = { streams_max: 32, poll_ms: 250, heartbeat_ms: 15_000, ...options };
	}

	get full(): boolean {
		return this.#open.size >= this.#options.streams_max;
	}

	/** Every event after this sequence; undefined: only those that are yet to come. */
	async open(after: number | undefined): Promise<ReadableStream<Uint8Array>> {
		const { reader } = this.#options;
		const stream = { ended: false };
		this.#open.add(stream);
		let last: number;
		try {
			last = after ?? (await newest(reader));
		} catch (error) {
			this.#open.delete(stream);
			throw error;
		}
		const encoder = new TextEncoder();
		let greeted = false;
		return new ReadableStream({
			pull: async (controller) => {
				try {
					// At once, so that the client sees that the stream stands.
					const text = greeted ? await this.#next(last, stream) : ": nexus events\n\n";
					greeted = true;
					if (stream.ended) return this.#end(stream, controller);
					if (typeof text === "string") return controller.enqueue(encoder.encode(text));
					last = text.at(-1)?.sequence ?? last;
					controller.enqueue(encoder.encode(text.map(line).join("")));
				} catch (error) {
					this.#open.delete(stream);
					throw error;
				}
			},
			cancel: () => {
				stream.ended = true;
				this.#open.delete(stream);
			},
		});
	}

	/** Ends every stream; their clients come back with Last-Event-ID. */
	close(): void {
		for (const stream of this.#open) stream.ended = true;
		this.#open.clear();
	}

	#end(stream: { ended: boolean }, controller: ReadableStreamDefaultController<Uint8Array>): void {
		this.#open.delete(stream);
		controller.close();
	}

	/** The next events, or a heartbeat where there are none for so long. */
	async #next(after: number, stream: { ended: boolean }): Promise<readonly Event[] | string> {
		const { reader, clock, poll_ms, heartbeat_ms } = this.#options;
		const start = clock.monotonic();
		while (!stream.ended) {
			const events = await reader.events(after, events_max);
			if (events.length > 0) return events;
			if (clock.monotonic() - start >= heartbeat_ms) break;
			await clock.sleep(poll_ms);
		}
		return ": still here\n\n";
	}
}

function line(event: Event): string {
	return `id: ${event.sequence}\nevent: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** The newest event's sequence, found by doubling and halving: about 2 × log2(n) questions, one row each. */
async function newest(reader: Pick<JournalReader, "events">): Promise<number> {
	const anyAfter = async (sequence: number) => (await reader.events(sequence, 1)).length > 0;
	if (!(await anyAfter(0))) return 0;
	let below = 0;
	let above = 1;
	while (await anyAfter(above)) [below, above] = [above, above * 2];
	while (above - below > 1) {
		const middle = below + Math.floor((above - below) / 2);
		if (await anyAfter(middle)) below = middle;
		else above = middle;
	}
	return above;
}
