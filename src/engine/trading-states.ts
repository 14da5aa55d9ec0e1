/** The trading states set for everything, an account, a strategy or a symbol, and which one holds for an order. */
import type { Change, Scope } from "../domain/ports.ts";
import type { TradingState, TradingStateEntry } from "../domain/records.ts";

const severity: Readonly<Record<TradingState, number>> = { active: 0, reducing: 1, halted: 2 };

/** The entries in memory; whoever changes them records the change in the journal. */
export class TradingStates {
	readonly #entries = new Map<string, TradingStateEntry>();

	constructor(entries: readonly TradingStateEntry[]) {
		for (const entry of entries) this.put(entry);
	}

	/** Replaces what was set for the entry's scope; `active` clears it, and for everything clears every entry. */
	put(entry: TradingStateEntry): void {
		const key = `${entry.scope}\u0000${entry.name}`;
		if (entry.state !== "active") this.#entries.set(key, entry);
		else if (entry.scope === "all") this.#entries.clear();
		else this.#entries.delete(key);
	}

	get(scope: Scope): TradingStateEntry | undefined {
		return this.#entries.get(`${scope.scope}\u0000${scope.name}`);
	}

	all(): readonly TradingStateEntry[] {
		return [...this.#entries.values()];
	}

	/** True where a halt that holds here was set with `freeze`: standing stops are held back too. */
	frozen(where: { readonly account: string; readonly strategy: string; readonly symbol: string }): boolean {
		return this.all().some(
			(entry) =>
				entry.freeze && entry.state === "halted" && (entry.scope === "all" || where[entry.scope] === entry.name),
		);
	}

	/** The strictest entry that holds; undefined where trading is active. Leave out what is not known yet. */
	strictest(where: { account?: string; strategy?: string; symbol?: string }): TradingStateEntry | undefined {
		const candidates = [
			this.get({ scope: "all", name: "" }),
			where.account === undefined ? undefined : this.get({ scope: "account", name: where.account }),
			where.strategy === undefined ? undefined : this.get({ scope: "strategy", name: where.strategy }),
			where.symbol === undefined ? undefined : this.get({ scope: "symbol", name: where.symbol }),
		];
		let strictest: TradingStateEntry | undefined;
		for (const entry of candidates) {
			if (entry !== undefined && severity[entry.state] > severity[strictest?.state ?? "active"]) strictest = entry;
		}
		return strictest;
	}
}

/** A trading state that was set, as it is recorded: the entry, and the event that tells it. */
export function stateChanges(entry: TradingStateEntry): readonly Change[] {
	const where = entry.scope === "all" ? "everything" : `${entry.scope} ${entry.name}`;
	const detail = `${where} is ${entry.state} by ${entry.actor}${entry.reason === undefined ? "" : `: ${entry.reason}`}`;
	return [
		{ kind: "trading_state", entry },
		{ kind: "event", event: { kind: "TradingStateChanged", at: entry.since, detail, data: { ...entry } } },
	];
}
