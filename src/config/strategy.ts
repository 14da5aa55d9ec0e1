/** What a strategy says about itself: decoded from YAML or a plugin, and completed with every default. */
import type { Static } from "@sinclair/typebox";
import type { AccountSettings, Size, StrategyDeclaration, StrategySettings } from "../domain/settings.ts";
import { Findings } from "./findings.ts";
import { defaultOf, read } from "./read.ts";
import { settleSize } from "./size.ts";
import { declarationKeys, ownerKeys, PluginStrategySchema, type WrittenStrategy } from "./strategy-schema.ts";
import { fromValue } from "./written.ts";

/** What a plugin's declaration decodes to. */
export type DecodedStrategy =
	| { readonly ok: true; readonly declaration: StrategyDeclaration }
	| { readonly ok: false; readonly problems: readonly { readonly path: string; readonly message: string }[] };

/**
 * Decodes what a plugin file declares: the keys of a strategy in nexus.yaml, written the same way, except those that say
 * where the money is and who may ask for it. Functions are ignored.
 * @param source the plugin's file, for messages
 */
export function decodeStrategy(written: unknown, source: string): DecodedStrategy {
	const findings = new Findings();
	const node = fromValue(written);
	if (node === undefined)
		return { ok: false, problems: [{ path: "", message: "nested too deeply, or contains itself" }] };
	const owned = Object.keys(ownerKeys).filter((key) => node.kind === "map" && node.entries.has(key));
	for (const key of owned) {
		findings.problem([key], `only nexus.yaml may set this; remove it from ${source}`);
	}
	const rest =
		node.kind === "map"
			? { ...node, entries: new Map([...node.entries].filter(([key]) => !owned.includes(key))) }
			: node;
	const decoded = read(PluginStrategySchema, rest, [], findings);
	if (findings.anyProblem || decoded === undefined) return { ok: false, problems: findings.unplaced() };
	return { ok: true, declaration: declarationOf(decoded as Static<typeof PluginStrategySchema>) };
}

/** The declaration in a strategy as written; what was left out stays undefined. */
export function declarationOf(written: WrittenStrategy): StrategyDeclaration {
	const { account, accounts, token, symbols, timeframes, expect_every, ...rest } = written;
	const named = accounts ?? (account === undefined ? undefined : [{ account }]);
	return {
		...rest,
		...(named === undefined ? {} : { accounts: named }),
		...(expect_every === undefined ? {} : { expect_every_ms: expect_every }),
		...(token === undefined ? {} : { tokens: token }),
		...(symbols === undefined ? {} : { symbols: [...new Set(symbols)] }),
		...(timeframes === undefined ? {} : { timeframes: [...new Set(timeframes)] }),
	};
}

const defaults = {
	aliases: defaultOf(declarationKeys.aliases),
	symbols: defaultOf(declarationKeys.symbols),
	timeframes: defaultOf(declarationKeys.timeframes),
	enabled: defaultOf(declarationKeys.enabled),
	risk_multiplier: defaultOf(declarationKeys.risk_multiplier),
	max_positions: defaultOf(declarationKeys.max_positions),
	direction: defaultOf(declarationKeys.direction),
	on_opposite: defaultOf(declarationKeys.on_opposite),
	pyramiding: defaultOf(declarationKeys.pyramiding),
	size: defaultOf(declarationKeys.size),
	tokens: [] as readonly string[],
	secrets: [] as readonly string[],
	settings: defaultOf(declarationKeys.settings),
} satisfies Omit<StrategySettings, "name" | "description" | "dialect" | "expect_every_ms" | "accounts">;

/**
 * YAML over plugin over default, key by key; `settings` are merged by their own keys.
 * Without an account of its own the strategy trades on the first one. Amounts in an account's currency become money.
 */
export function completeStrategy(
	name: string,
	yaml: StrategyDeclaration | undefined,
	plugin: StrategyDeclaration | undefined,
	accounts: readonly AccountSettings[],
): StrategySettings {
	const merged = { ...defaults, ...defined(plugin), ...defined(yaml) };
	const first = accounts[0];
	const chosen = yaml?.accounts ?? (first === undefined ? [] : [{ account: first.name }]);
	const currencyOf = (account: string) => accounts.find((candidate) => candidate.name === account)?.currency;
	const size = settleSize(merged.size, currencyOf(chosen[0]?.account ?? ""));
	return {
		...merged,
		name,
		settings: { ...plugin?.settings, ...yaml?.settings },
		size,
		accounts: chosen.map((entry) => withSize(entry, size, currencyOf(entry.account))),
	};
}

/** An account gets a size of its own where it was written, or where its currency reads the strategy's size differently. */
function withSize(
	entry: { readonly account: string; readonly size?: Size },
	size: Size,
	currency: string | undefined,
): { readonly account: string; readonly size?: Size } {
	const own = settleSize(entry.size ?? size, currency);
	return entry.size === undefined && own.kind === size.kind
		? { account: entry.account }
		: { account: entry.account, size: own };
}

function defined<T extends object>(declaration: T | undefined): Partial<T> {
	const entries = Object.entries(declaration ?? {}).filter(([, value]) => value !== undefined);
	return Object.fromEntries(entries) as Partial<T>;
}
