/** One account as written: the keys of every broker, each saying which broker it belongs to. */
import { type Static, Type } from "@sinclair/typebox";
import { duration, exact, parseDuration, share } from "./amounts.ts";
import { type Leaf, type Notes, scalarLeaf } from "./leaf.ts";
import { bridgeUrl } from "./url.ts";
import { choice, secret, text, yesOrNo } from "./words.ts";

const expiry_ms = { minimum: 500, maximum: 60_000 } as const;

/** A duration, or `none`. */
const durationOrNone = (notes: Notes): Leaf<number | "none"> =>
	scalarLeaf<number | "none">(
		{ type: "string", pattern: "^(none|[0-9]*\\.?[0-9]+ ?(ms|s|m|h|d))$" },
		{ ...notes, unit: "duration, or `none`" },
		(written, shown) => {
			if (written.trim() === "none") return { value: "none" };
			const parsed = parseDuration(written.trim(), shown);
			if (!("value" in parsed)) return { message: `${parsed.message}, or none` };
			if (parsed.value < expiry_ms.minimum) return { message: `${shown} is below 500ms` };
			if (parsed.value > expiry_ms.maximum) return { message: `${shown} is above 1m` };
			return parsed;
		},
	);

/** Keys that only one broker has; anything else stands under every account. */
export const keysOf = {
	paper: ["balance", "slippage"],
	rest: ["reconcile", "url", "key", "request_expiry", "read_lag", "timeout", "poll", "lookup"],
} as const;

export const AccountSchema = Type.Object(
	{
		broker: choice(["paper", "rest"], {
			default: "paper",
			description:
				"`paper` fills orders itself, with play money; `rest` trades for real through a bridge of your own (docs/rest-broker.md).",
		}),
		currency: text(
			{ unit: "currency", default: "USD", description: "What the account is kept in." },
			{ pattern: /^[A-Z][A-Z0-9]{1,14}$/, what: "a currency in capitals such as USD" },
		),
		balance: exact({
			unit: "money",
			range: ["0", "1000000000000"],
			default: 100000,
			description: "`paper`: money at the very first start.",
		}),
		fee: share({
			range: ["0%", "10%"],
			default: "0.1%",
			description: "Fee, as a share of what is traded; on a live account the estimate by which free money is checked.",
		}),
		slippage: share({
			range: ["0%", "10%"],
			default: "0.05%",
			description: "`paper`: by how much a market order's price is worse than the reference price.",
		}),
		spot: yesOrNo({ default: false, description: "`true`: no short positions, as on a spot exchange." }),
		reconcile: choice(["report", "follow_exchange", "halt"], {
			default: "report",
			description:
				"`rest`: what a start does where the exchange holds something else than the journal says: `report` tells it and leaves the strategies' positions alone, `follow_exchange` lets them shrink to what is there, `halt` tells it and halts the account until `nexus resume`.",
		}),
		url: Type.Optional(
			bridgeUrl({ allowed: "http or https", description: "`rest`: where the bridge is; must be written there." }),
		),
		key: secret({ default: "", description: "`rest`: the bridge's key, sent as a bearer token; empty: none is sent." }),
		request_expiry: durationOrNone({
			range: ["500ms", "1m"],
			default: "3s",
			description:
				"`rest`: an order that the bridge has not taken by then, it never takes; `none` where it cannot promise that, then an order whose answer was lost is left to you.",
		}),
		read_lag: duration({
			range: ["0ms", "1m"],
			default: "1s",
			description: "`rest`: how long after taking an order the bridge may not find it yet.",
		}),
		timeout: duration({ range: ["100ms", "1m"], default: "5s", description: "`rest`: time for one answer." }),
		poll: duration({
			range: ["100ms", "1m"],
			default: "1s",
			description: "`rest`: time between two questions for new fills and prices.",
		}),
		lookup: yesOrNo({
			default: true,
			description: "`rest`: `false` where the bridge cannot find ended orders by their client_order_id.",
		}),
	},
	{ additionalProperties: false, description: "One account; its name is yours to choose." },
);

export type WrittenAccount = Static<typeof AccountSchema>;
