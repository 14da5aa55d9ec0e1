/** What must hold where somebody else trades the account by hand. */
import { formatDecimal } from "../../src/domain/decimal.ts";
import { external } from "../../src/domain/external.ts";
import type { Event, TradingStateEntry } from "../../src/domain/records.ts";
import type { TradingEngine } from "../../src/engine/trading-engine.ts";
import type { Scene } from "./invariants.ts";
import { isByHand } from "./stranger.ts";
import { symbols } from "./strategies.ts";

/** A stranger's order that nexus asked the exchange to take back. */
export function misled({ exchange }: Scene): readonly string[] {
	return exchange.askedBack.filter(isByHand).map((id) => `nexus took ${id} back, which somebody else made`);
}

/** With `follow_exchange` no strategy holds what is not there: against the side of what is nobody's none holds anything. */
export function unfollowed({ setting }: Scene, { book }: TradingEngine): readonly string[] {
	if (setting.kind !== "by_hand" || setting.policy !== "follow_exchange") return [];
	const wrong: string[] = [];
	for (const symbol of symbols) {
		const nobodys = book.quantity("live", external, symbol);
		for (const { strategy, quantity } of book.holders("live", symbol)) {
			if (nobodys === 0n || nobodys > 0n === quantity > 0n) continue;
			wrong.push(
				`${strategy} holds ${formatDecimal(quantity)} ${symbol}, and EXTERNAL is ${formatDecimal(nobodys)} against it`,
			);
		}
	}
	return wrong;
}

/** With `halt` the account is halted from a difference on until a person says otherwise; with another policy never. */
export function unheld({ setting, witness, disk }: Scene, { states }: TradingEngine): readonly string[] {
	const sql = "SELECT record FROM events ORDER BY sequence";
	const events = (witness.look(disk.folder).query(sql).values() as [string][]).map(
		([record]) => JSON.parse(record) as Event,
	);
	const switches = events.filter(({ kind, data }) => kind === "TradingStateChanged" && isForAccount(data));
	const halts = setting.kind === "by_hand" && setting.policy === "halt";
	const wrong = switches.filter(({ data }) => data?.["actor"] === "reconciliation");
	if (!halts) return wrong.map(({ detail }) => `halted although the policy is another: ${detail}`);
	const at = events.findLastIndex(({ kind }) => kind === "PositionDiffers");
	const concluded = events[at];
	if (concluded === undefined) return [];
	const after = switches.filter((event) => events.indexOf(event) > at && event.data?.["actor"] === "test");
	const state = states.get({ scope: "account", name: "live" })?.state;
	if (after.length > 0 || state === "halted") return [];
	return [`the account is ${state ?? "active"} after a difference, and nobody resumed it: ${concluded.detail}`];
}

/** True for a switch that changes what the live account may do. */
function isForAccount(data: Event["data"]): boolean {
	const { scope, name } = (data ?? {}) as Partial<TradingStateEntry>;
	return (scope === "account" && name === "live") || scope === "all";
}
