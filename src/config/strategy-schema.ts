/** The keys of one entry under `strategies:`, most of which a plugin file may set as well. */
import { type Static, Type } from "@sinclair/typebox";
import type { Size } from "../domain/settings.ts";
import { duration, exact, integer } from "./amounts.ts";
import { free, oneOrSome } from "./collections.ts";
import { dialect } from "./dialect-name.ts";
import { type Leaf, leaf } from "./leaf.ts";
import { symbol, timeframe } from "./market-words.ts";
import { read, wrongKind } from "./read.ts";
import { size } from "./size.ts";
import { token } from "./token.ts";
import { choice, secret, text, yesOrNo } from "./words.ts";

/** What names of accounts look like. */
export const accountName = {
	pattern: /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/,
	what: "1 to 64 letters, digits, dots, - and _, the first a letter or a digit",
};

const strategyName = { pattern: /^[^\p{C}]{1,64}$/u, what: "a name of 1 to 64 characters" };
const line = { pattern: /^[^\p{C}]{0,500}$/u, what: "one line of at most 500 characters" };

/** Path tokens at once: the old one and the new one while rotating. */
export const tokens_max = 2;

/** One account of a strategy, with a size of its own where one is written. */
export interface StrategyAccount {
	readonly account: string;
	readonly size?: Size;
}

const ownSize = size({ description: "Size of an entry on this account." });

/** `[a, b]` or `{ a: 1%, b: 250 USD }`. */
const accountList: Leaf<readonly StrategyAccount[]> = leaf<readonly StrategyAccount[]>(
	{
		anyOf: [
			{ type: "array", items: { type: "string" } },
			{ type: "object", additionalProperties: { anyOf: [ownSize, { type: "null" }] } },
		],
	},
	{
		unit: "list, or map of account to size",
		allowed: "names under accounts",
		description:
			"Several accounts instead of one; each gets an order of its own, with its own size where one is written.",
	},
	(node, path, findings) => {
		if (node.kind === "broken") return undefined;
		if (node.kind === "list") {
			const unit = "account";
			const names = read(Type.Array(text({ unit, description: "An account." })), node, path, findings) ?? [];
			return names.flatMap((account) => (account === undefined ? [] : [{ account }]));
		}
		if (node.kind !== "map") {
			return wrongKind("a list ([a, b]) or a map ({ a: 1%, b: 250 USD })", node, path, findings);
		}
		return [...node.entries].map(([account, written]) => {
			const own = read(Type.Optional(ownSize), written, [...path, account], findings);
			return own === undefined ? { account } : { account, size: own };
		});
	},
);

/** What both nexus.yaml and a plugin file may say about a strategy. */
export const declarationKeys = {
	name: text(
		{ unit: "text", allowed: "1 to 64 characters", description: "The name that alerts carry in `strategy`." },
		strategyName,
	),
	description: Type.Optional(
		text({ unit: "text", allowed: "one line", description: "What the strategy does, for people." }, line),
	),
	aliases: Type.Optional(
		Type.Array(text({ unit: "text", description: "Another name." }, strategyName), {
			unit: "list of names",
			default: [],
			description: "Other names under which alerts may call the strategy, such as another vendor's bot id.",
		}),
	),
	symbols: Type.Optional(
		Type.Array(symbol({ description: "A symbol." }), {
			unit: "list of symbols",
			default: [],
			description: "Symbols it may trade, in any usual spelling (BTC/USD, BTCUSD); an empty list allows all.",
		}),
	),
	timeframes: Type.Optional(
		Type.Array(timeframe({ description: "A timeframe." }), {
			unit: "list of timeframes",
			default: [],
			description: "Timeframes it listens to, in any usual spelling (1h, 60); an empty list allows all.",
		}),
	),
	enabled: Type.Optional(
		yesOrNo({ default: true, description: "`false` rejects its alerts; what it holds stays as it is." }),
	),
	risk_multiplier: Type.Optional(
		exact({
			unit: "factor",
			range: ["0.1", "3.0"],
			default: 1,
			description: "Every size of the strategy is multiplied by this.",
		}),
	),
	max_positions: Type.Optional(
		integer({
			unit: "positions",
			range: ["1", "1000"],
			default: 5,
			description: "Symbols on which it may hold a position at the same time, for each account.",
		}),
	),
	direction: Type.Optional(
		choice(["both", "long", "short"], {
			default: "both",
			description: "`long`: a sell only ever closes; `short`: a buy only ever closes.",
		}),
	),
	on_opposite: Type.Optional(
		choice(["reverse", "close", "ignore"], {
			default: "reverse",
			description: "What an opposite entry does while a position is open: close it and enter, only close it, nothing.",
		}),
	),
	pyramiding: Type.Optional(
		integer({
			unit: "additions",
			range: ["0", "100"],
			default: 0,
			description: "How often a position may be added to by further entries on its own side.",
		}),
	),
	size: Type.Optional(
		size({
			default: "1%",
			allowed: "`1%`, `250 USD`, `0.01 BTC`, `risk 1%`, `alert`",
			description:
				"Size of an entry: a share of equity, money, units of the coin, as much as loses the share at the stop, or the message's own quantity.",
		}),
	),
	dialect: Type.Optional(
		dialect({
			description:
				"The format its messages are read in, whatever their shape; `?dialect=` in the URL goes before it. By its shape, each message by itself, where left out.",
		}),
	),
	expect_every: Type.Optional(
		duration({
			range: ["1s", "31d"],
			description:
				"Where no alert of the strategy comes for this long, nexus says so once (log, event, `nexus status`); left out, nobody waits for one.",
		}),
	),
	settings: Type.Optional(
		free({ unit: "map", default: {}, description: "Settings of the strategy's own plugin, which checks them." }),
	),
};

/** What only nexus.yaml may say: where the money is and who may ask for it. */
export const ownerKeys = {
	account: Type.Optional(
		text({
			unit: "account",
			allowed: "a name under accounts",
			description: "The account it trades on; may be left out where there is only one.",
		}),
	),
	accounts: Type.Optional(accountList),
	token: Type.Optional(
		oneOrSome(token({ description: "A path token." }), tokens_max, {
			unit: "secret, or list of them",
			allowed: "at least 32 hex digits or 22 other characters, at most 2 tokens",
			description: "Secret end of the strategy's own webhook URL (/webhook/TOKEN); two at once while rotating.",
		}),
	),
	secrets: Type.Optional(
		oneOrSome(secret({ description: "A secret." }), 10, {
			unit: "secret, or list of them",
			allowed: "at most 10",
			description: "Secrets that the alert message itself may carry, in its format's field for it.",
		}),
	),
};

export const PluginStrategySchema = Type.Object(declarationKeys, { additionalProperties: false });
export const StrategySchema = Type.Object({ ...declarationKeys, ...ownerKeys }, { additionalProperties: false });
export type WrittenStrategy = Static<typeof StrategySchema>;
