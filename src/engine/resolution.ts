/** Resolution: what became of an order that the broker gave no answer on, by evidence alone. */
import type { Broker, Clock, Log, Lookup } from "../domain/ports.ts";
import type { Order } from "../domain/records.ts";

/** How far the broker's clock and ours may be apart beyond what the adapter measured. */
const clock_skew_ms_max = 500;
/** Between two questions while the broker answers. */
const ask_again_ms = 200;
/** The longest wait between two questions while the broker does not answer. */
const unreachable_ms_max = 2_000;
/** How long a broker whose "not found" proves nothing is asked before a person must look. */
const review_after_ms = 8_000;

/** How long a cancel is tried before the work goes on without its answer. */
const take_back_ms_max = 20_000;

/** What is known in the end. */
export type Resolved =
	| { readonly outcome: "found"; readonly lookup: Extract<Lookup, { outcome: "found" }> }
	/** It was never accepted and never will be: it may be sent again under the same id. */
	| { readonly outcome: "absent" }
	/** The broker can neither tell nor promise anything: a person must look. */
	| { readonly outcome: "review"; readonly reason: string }
	/** nexus is stopping; the journal says that it is unknown. */
	| { readonly outcome: "closed" };

export interface ResolutionParts {
	readonly clock: Clock;
	readonly log: Log;
}

/**
 * Asks until there is evidence. "Found" is conclusive at any time; "not found" only once the request has expired
 * (source: Binance's and Bybit's receive window, OKX's expTime) and the broker's own read lag is over.
 */
export class Resolution {
	readonly #parts: ResolutionParts;
	#closed = false;
	readonly #sleepers = new Set<() => void>();

	constructor(parts: ResolutionParts) {
		this.#parts = parts;
	}

	/** Ends every waiting without an answer. */
	close(): void {
		this.#closed = true;
		for (const wake of this.#sleepers) wake();
	}

	get closed(): boolean {
		return this.#closed;
	}

	/**
	 * Takes an order back, asking until there is an answer, for at most {@link take_back_ms_max}: an exit must not wait longer.
	 * `gone` also where it had been canceled before; `not_open`: it had ended otherwise, and its fills are told.
	 */
	async takeBack(broker: Broker, order: Order): Promise<"gone" | "not_open" | "unanswered"> {
		const { clock, log } = this.#parts;
		const until = clock.monotonic() + take_back_ms_max;
		for (let wait_ms = ask_again_ms; ; wait_ms = Math.min(wait_ms * 2, unreachable_ms_max)) {
			try {
				if (await broker.cancel(order.client_order_id)) return "gone";
				return await ended(broker, order);
			} catch (cause) {
				const reason = cause instanceof Error ? cause.message : String(cause);
				log.warn("an order could not be taken back yet", { order: order.id, reason, wait_ms });
			}
			if (this.#closed || clock.monotonic() + wait_ms > until) return "unanswered";
			await this.#sleep(wait_ms);
		}
	}

	/** @param sent_at when the request may have left, on the monotonic clock: the other one can be set while this waits */
	async settle(broker: Broker, order: Order, sent_at: number): Promise<Resolved> {
		const { request_expiry_ms, read_lag_ms, lookup_by_client_id } = broker.abilities;
		const { clock, log } = this.#parts;
		if (!lookup_by_client_id) {
			return { outcome: "review", reason: "the broker cannot be asked for an order by its client order id" };
		}
		const proves_at =
			request_expiry_ms === undefined ? undefined : sent_at + request_expiry_ms + clock_skew_ms_max + read_lag_ms;
		let first_answer: number | undefined;
		let wait_ms = ask_again_ms;
		for (;;) {
			if (this.#closed) return { outcome: "closed" };
			const asked_at = clock.monotonic();
			const lookup = await broker.lookup(order);
			if (lookup.outcome === "found") return { outcome: "found", lookup };
			if (lookup.outcome === "unreachable") {
				log.warn("an order's fate cannot be asked for", { order: order.id, reason: lookup.reason, wait_ms });
				await this.#sleep(wait_ms);
				wait_ms = Math.min(wait_ms * 2, unreachable_ms_max);
				continue;
			}
			wait_ms = ask_again_ms;
			first_answer ??= asked_at;
			if (proves_at !== undefined && asked_at >= proves_at) return { outcome: "absent" };
			if (proves_at === undefined && asked_at - first_answer >= review_after_ms) {
				return { outcome: "review", reason: "it is not found, and this broker does not promise that it never will be" };
			}
			const until_proof_ms = proves_at === undefined ? ask_again_ms : Math.max(1, proves_at - clock.monotonic());
			await this.#sleep(Math.min(ask_again_ms, until_proof_ms));
		}
	}

	async #sleep(ms: number): Promise<void> {
		await new Promise<void>((resolve) => {
			const wake = (): void => {
				cancel();
				this.#sleepers.delete(wake);
				resolve();
			};
			const cancel = this.#parts.clock.after(ms, wake);
			this.#sleepers.add(wake);
		});
	}
}

/** How an order ended that was not open any more when it was to be taken back. Throws where the broker cannot be asked. */
async function ended(broker: Broker, order: Order): Promise<"gone" | "not_open"> {
	if (!broker.abilities.lookup_by_client_id) return "not_open";
	const lookup = await broker.lookup(order);
	if (lookup.outcome === "unreachable") throw new Error(lookup.reason);
	// An earlier request may have taken it back whose answer was lost.
	const isGone = lookup.outcome === "found" && (lookup.state === "canceled" || lookup.state === "expired");
	return isGone ? "gone" : "not_open";
}
