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

interface OpenStream {
	ended: boolean;
	/** Resolves when it has ended. */
	readonly ending: Promise<void>;
	/** Ends it from our side. */
	end: () => void;
}

/** Opens streams, so many at a time, and ends them all when the server stops. */
export class EventStreams {
	readonly #options: Required<EventStreamOptions>;
	readonly #open = new Set<OpenStream>();

	constructor(options: EventStreamOptions) {
		this.#options = { streams_max: 32, poll_ms: 250, heartbeat_ms: 15_000, ...options };
	}

	get full(): boolean {
		return this.#open.size >= this.#options.streams_max;
	}

	/** Every event after this sequence; undefined: only those that are yet to come. */
	async open(after: number | undefined): Promise<ReadableStream<Uint8Array>> {
		const ending = Promise.withResolvers<void>();
		const stream: OpenStream = { ended: false, ending: ending.promise, end: () => undefined };
		this.#open.add(stream);
		const leave = () => {
			stream.ended = true;
			this.#open.delete(stream);
			ending.resolve();
		};
		const { reader } = this.#options;
		let last = after ?? (await newest(reader).catch(leaving(leave)));
		const encoder = new TextEncoder();
		return new ReadableStream({
			start: (controller) => {
				stream.end = () => {
					leave();
					controller.close();
				};
				// At once, so that the client sees that the stream stands.
				controller.enqueue(encoder.encode(": nexus events\n\n"));
			},
			pull: async (controller) => {
				const events = await this.#next(last, stream).catch(leaving(leave));
				if (stream.ended) return;
				last = events.at(-1)?.sequence ?? last;
				const text = events.length === 0 ? ": still here\n\n" : events.map(line).join("");
				controller.enqueue(encoder.encode(text));
			},
			cancel: leave,
		});
	}

	/** Ends every stream; their clients come back with Last-Event-ID. */
	close(): void {
		for (const stream of [...this.#open]) stream.end();
	}

	/** The next events; none where there are none for the heartbeat's time, or the stream has ended. */
	async #next(after: number, stream: OpenStream): Promise<readonly Event[]> {
		const { reader, clock, poll_ms, heartbeat_ms } = this.#options;
		const start = clock.monotonic();
		while (!stream.ended && clock.monotonic() - start < heartbeat_ms) {
			const events = await reader.events(after, events_max);
			if (events.length > 0) return events;
			await Promise.race([clock.sleep(poll_ms), stream.ending]);
		}
		return [];
	}
}

/** Makes room again before an error goes on its way. */
const leaving = (leave: () => void) => (error: unknown) => {
	leave();
	throw error;
};

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
