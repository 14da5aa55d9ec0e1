/** The bridge's clock, seen from here: at no moment later than it really is, so that a deadline made from it holds. */
import type { Clock } from "../domain/ports.ts";
import { BadAnswer, timeOf } from "./rest-protocol.ts";
import type { RestTransport } from "./rest-transport.ts";

/** Questions for one measurement; the best of them counts. */
const samples = 3;

/**
 * The bridge read its clock after we asked and before we had the answer. What it said is therefore the earliest that its
 * clock can show at the moment of the answer; from there our own clock, which never goes back, counts on.
 */
export class BridgeClock {
	readonly #transport: RestTransport;
	readonly #clock: Clock;
	/** The bridge's time less our monotonic one; undefined before the first answer. */
	#ahead: number | undefined;

	constructor(transport: RestTransport, clock: Clock) {
		this.#transport = transport;
		this.#clock = clock;
	}

	/** Measures anew. What went wrong, in words, where no question was answered. */
	async measure(): Promise<string | undefined> {
		let best: number | undefined;
		for (let sample = 0; sample < samples; sample++) {
			const answer = await this.#transport.ask("GET", ["time"]);
			const received = this.#clock.monotonic();
			const said = saidTime(answer);
			if (typeof said === "string") return best === undefined ? said : this.#take(best);
			best = Math.max(best ?? Number.NEGATIVE_INFINITY, said - received);
		}
		return best === undefined ? undefined : this.#take(best);
	}

	#take(ahead: number): undefined {
		this.#ahead = ahead;
	}

	/** Milliseconds since 1970 on the bridge's clock, at the earliest; undefined before the first measurement. */
	now(): number | undefined {
		return this.#ahead === undefined ? undefined : Math.floor(this.#ahead + this.#clock.monotonic());
	}

	/** A moment of the bridge's clock on ours, never later than now. */
	toOurs(at: number): number {
		const here = this.#clock.now();
		const there = this.now();
		return there === undefined ? Math.min(at, here) : Math.min(at - there + here, here);
	}
}

function saidTime(answer: Awaited<ReturnType<RestTransport["ask"]>>): number | string {
	if (answer.kind === "none") return answer.reason;
	if (answer.status !== 200) return `GET /time was answered with ${answer.status}`;
	try {
		return timeOf(answer.body);
	} catch (error) {
		if (error instanceof BadAnswer) return `GET /time: ${error.message}`;
		throw error;
	}
}
