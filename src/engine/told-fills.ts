/** Fills that brokers told while a lane was busy, kept until the work in that lane comes to a point where it can take them in. */
import type { BrokerFill } from "../domain/ports.ts";

const keyOf = (account: string, symbol: string): string => `${account}\u0000${symbol}`;

/** A queue of fills for each account and symbol. */
export class ToldFills {
	readonly #waiting = new Map<string, BrokerFill[]>();

	put(account: string, symbol: string, fill: BrokerFill): void {
		const key = keyOf(account, symbol);
		const list = this.#waiting.get(key);
		if (list === undefined) this.#waiting.set(key, [fill]);
		else list.push(fill);
	}

	/** All of one account and symbol, in the order they were told; they are gone afterwards. */
	take(account: string, symbol: string): readonly BrokerFill[] {
		const key = keyOf(account, symbol);
		const list = this.#waiting.get(key) ?? [];
		this.#waiting.delete(key);
		return list;
	}
}
