/** The messages of a run: what TradingView's strategies would send, some stating positions, some twice, some out of order. */
import type { Chance } from "../support/exchange/chance.ts";
import type { Message } from "./sender.ts";
import { symbols } from "./strategies.ts";

export interface Sending {
	readonly message: Message;
	/** How many of its answers never reach TradingView, which sends again. */
	readonly answers_lost: number;
}

const closing = ["exit", "close_long", "close_short", "stop_loss", "take_profit"] as const;
/** Tenths of a unit that one change of a stated position is at most. */
const tenths_max = 4;

/** Draws messages; keeps the prices and the positions that its imagined strategies hold. */
export class MessageDrawer {
	readonly #chance: Chance;
	readonly #prices = new Map<string, number>([
		["BTC/USD", 42_000],
		["ETH/USD", 2_500],
	]);
	/** Tenths of a unit by symbol, as the strategy Chain states them. */
	readonly #stated = new Map<string, number>();
	readonly #sent: Message[] = [];
	#count = 0;

	constructor(chance: Chance) {
		this.#chance = chance;
	}

	/** A new price, up to 1% away. */
	price(): { readonly do: "price"; readonly symbol: string; readonly price: number } {
		const symbol = this.#symbol();
		const price = Math.round(this.#price(symbol) * (1 + (this.#chance.number() - 0.5) * 0.02));
		this.#prices.set(symbol, price);
		return { do: "price", symbol, price };
	}

	/** One alert of a strategy that states nothing, or one of the last again. */
	single(): Sending {
		const chance = this.#chance;
		const again = this.#sent.at(-chance.whole(1, 3));
		const message = again !== undefined && chance.number() < 0.12 ? again : this.#plain();
		return { message, answers_lost: this.#lost() };
	}

	/** Up to four alerts of one bar, in any order, one perhaps twice and one perhaps missing. */
	burst(): readonly Sending[] {
		const chance = this.#chance;
		const symbol = this.#symbol();
		const messages = Array.from({ length: chance.whole(1, 4) }, () => this.#change(symbol));
		const shuffled: Message[] = [];
		for (const message of messages) shuffled.splice(chance.whole(0, shuffled.length), 0, message);
		const [first] = shuffled;
		if (first !== undefined && chance.number() < 0.2) shuffled.push(first);
		if (shuffled.length > 1 && chance.number() < 0.1) shuffled.shift();
		return shuffled.map((message) => ({ message, answers_lost: this.#lost() }));
	}

	#lost(): number {
		return this.#chance.number() < 0.05 ? this.#chance.whole(1, 2) : 0;
	}

	#symbol(): string {
		return this.#chance.number() < 0.7 ? symbols[0] : symbols[1];
	}

	#price(symbol: string): number {
		return this.#prices.get(symbol) ?? 0;
	}

	#plain(): Message {
		const chance = this.#chance;
		const symbol = this.#symbol();
		const strategy = chance.number() < 0.6 ? "One" : "Two";
		const closes = chance.number() < 0.4;
		const action = closes
			? (closing[chance.whole(0, closing.length - 1)] ?? "exit")
			: chance.number() < 0.5
				? "buy"
				: "sell";
		const more: Record<string, string | number> = {};
		if (!closes && strategy === "One" && chance.number() < 0.35) more["stop_loss"] = `${chance.whole(1, 4) / 2}%`;
		if (!closes && strategy === "One" && chance.number() < 0.35) more["take_profit"] = `${chance.whole(1, 4) / 2}%`;
		if (!closes && strategy === "One" && chance.number() < 0.15) {
			more["limit"] = Math.round(this.#price(symbol) * (1 + (chance.number() - 0.5) * 0.02));
		}
		if (closes && chance.number() < 0.15) more["quantity"] = "50%";
		return this.#message({ strategy, action, symbol, more, closes });
	}

	/** The next change of the position that the strategy Chain states on this symbol. */
	#change(symbol: string): Message {
		const chance = this.#chance;
		const before = this.#stated.get(symbol) ?? 0;
		let after = before;
		while (after === before) after = chance.number() < 0.3 ? 0 : chance.whole(-tenths_max, tenths_max);
		this.#stated.set(symbol, after);
		const more = {
			market_position: sideOf(after),
			market_position_size: Math.abs(after) / 10,
			prev_market_position: sideOf(before),
			prev_market_position_size: Math.abs(before) / 10,
		};
		const action = after > before ? "buy" : "sell";
		return this.#message({ strategy: "Chain", action, symbol, more, closes: false });
	}

	#message(parts: {
		readonly strategy: string;
		readonly action: string;
		readonly symbol: string;
		readonly more: Readonly<Record<string, string | number>>;
		readonly closes: boolean;
	}): Message {
		const { strategy, action, symbol, more, closes } = parts;
		this.#count += 1;
		const id = `m${this.#count}`;
		// Some have no id of their own: then the body is what makes them known again.
		const named = this.#chance.number() < 0.6 ? { alert_id: id } : { comment: id };
		const sent = { ...named, strategy, action, symbol: symbol.replace("/", ""), price: this.#price(symbol), ...more };
		const asked = Object.entries(more).map(([key, value]) => `${key} ${value}`);
		const words = [`${id}: ${strategy} ${action} ${symbol}`, ...asked].join(", ");
		const message = { text: JSON.stringify(sent), words, closes };
		// A body without an id is only known again for 30 s, whoever sends it after that means it.
		if ("alert_id" in named) this.#sent.push(message);
		return message;
	}
}

function sideOf(tenths: number): string {
	return tenths === 0 ? "flat" : tenths > 0 ? "long" : "short";
}
