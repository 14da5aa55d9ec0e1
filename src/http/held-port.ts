/** The port of a newcomer that takes another nexus's place: opened beside it, its requests held until the newcomer can answer. */
import type { Clock } from "../domain/ports.ts";
import { within } from "../domain/within.ts";
import { type Fetch, listen } from "./listen.ts";
import { problem } from "./problem.ts";
import { type Listener, listenersOf, listenersOn, steer } from "./reuse-port.ts";

export interface HeldPortOptions {
	readonly host: string;
	readonly port: number;
	/** The process whose place is taken. */
	readonly beside: number;
	readonly clock: Pick<Clock, "after" | "sleep">;
	/** Larger bodies are not held; bytes. */
	readonly body_bytes_max: number;
	/** Milliseconds a request is held; default 2,000, since TradingView gives up after 3,000 and sends again after a 503. */
	readonly hold_ms_max?: number;
	/** Requests held at a time; default 1,000. */
	readonly held_max?: number;
}

/** Connections that the system gave us before they were steered back are answered for so long. */
const straggler_ms = 300;

/** The predecessor listens already; a successor comes after it. */
const first = 0;

/** Holds requests from {@link HeldPort.open} on until {@link HeldPort.handTo} or {@link HeldPort.giveBack}; what waits too long, or is too much, gets a 503. */
export class HeldPort {
	readonly server: Bun.Server<undefined>;
	readonly #options: Required<HeldPortOptions>;
	readonly #decided = Promise.withResolvers<void>();
	/** Our own socket, where the predecessor's shares its address. */
	#fd: number | undefined;
	#held = 0;
	#answer: Fetch | undefined;

	private constructor(options: HeldPortOptions, theirs: readonly Listener[]) {
		this.#options = { hold_ms_max: 2_000, held_max: 1_000, ...options };
		const { host, port } = options;
		const fetch: Fetch = (request, peer) => this.#fetch(request, peer);
		this.server = listen({ host, port, fetch, ...(theirs.length > 0 ? { beside: true } : { replaceable: true }) });
	}

	/**
	 * Opens the port and takes all its new connections. A port that the predecessor does not listen on is opened as any other.
	 * @throws Error in one line where the port cannot be had; the predecessor keeps it then
	 */
	static async open(options: HeldPortOptions): Promise<HeldPort> {
		const { port, beside } = options;
		const theirs = port === 0 ? [] : listenersOf(beside, port);
		refuseThirds(port, theirs);
		const held = new HeldPort(options, theirs);
		try {
			held.#takeConnections(theirs);
		} catch (cause) {
			await held.#close();
			throw new Error(`the new connections of port ${port} cannot be steered here`, { cause });
		}
		return held;
	}

	/** Requests that wait at this moment. */
	get held(): number {
		return this.#held;
	}

	/** Has all requests answered by `fetch`, those that wait in the order in which they came. */
	handTo(fetch: Fetch): void {
		this.#answer = fetch;
		this.#decided.resolve();
	}

	/** Gives new connections back to the predecessor, tells those that wait to send again, and closes. Nothing where it was handed over. */
	async giveBack(): Promise<void> {
		if (this.#answer !== undefined) return;
		if (this.#fd !== undefined) steer(this.#fd, first);
		await this.#close();
	}

	#takeConnections(theirs: readonly Listener[]): void {
		const { port } = this.#options;
		const mine = listenersOf("self", port).find(({ address }) => theirs.some((one) => one.address === address));
		// Another address of the machine, or another port: the two share nothing that could be steered.
		if (mine === undefined) return;
		const last = listenersOn(port).filter(({ address }) => address === mine.address).length - 1;
		steer(mine.fd, last);
		this.#fd = mine.fd;
	}

	async #close(): Promise<void> {
		this.handTo(async (request) => notYet(request));
		await this.#options.clock.sleep(straggler_ms);
		await within(this.server.stop(false), straggler_ms, this.#options.clock);
		await this.server.stop(true);
	}

	async #fetch(request: Request, peer: string): Promise<Response> {
		if (this.#answer === undefined) {
			const length = Number(request.headers.get("content-length") ?? 0);
			if (this.#held >= this.#options.held_max || !(length <= this.#options.body_bytes_max)) return notYet(request);
			this.#held += 1;
			await within(this.#decided.promise, this.#options.hold_ms_max, this.#options.clock);
			this.#held -= 1;
		}
		return (await this.#answer?.(request, peer)) ?? notYet(request);
	}
}

/** Whoever else shares the port would go on taking a part of the alerts. */
function refuseThirds(port: number, theirs: readonly Listener[]): void {
	const shared = listenersOn(port).filter(({ address }) => theirs.some((one) => one.address === address));
	if (shared.length <= 1) return;
	throw new Error(
		`port ${port} is shared by ${shared.length} sockets, and not all are of the nexus to be replaced; stop the others`,
	);
}

function notYet(request: Request): Response {
	const code = request.method === "POST" ? "not_recorded" : "journal_unavailable";
	const detail = "nexus is taking the place of another one and was not ready in time";
	return problem({ code, detail, hint: "Send it again in a second.", retry_after_s: 1 }, { connection: "close" });
}
