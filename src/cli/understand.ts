/** What a body would mean: each command read, given to its strategy and judged, without a running nexus. */
import type { ReadItem, Reading } from "../alert/dialect.ts";
import { bodyReader, type ReadOptions, readBody } from "../alert/read.ts";
import { bodyText } from "../domain/body-text.ts";
import { type Code, codes } from "../domain/codes.ts";
import type { PluginDialects } from "../domain/plugin-dialects.ts";
import type { Alert } from "../domain/records.ts";
import type { Settings, StrategySettings } from "../domain/settings.ts";
import { resolveSymbol } from "../domain/symbol.ts";
import { notAllowed } from "../strategy/allowed.ts";
import type { Checked } from "./plugin-findings.ts";
import { strategyNamed } from "./strategy-named.ts";

/** What is configured; undefined where there is no configuration. */
export interface Surroundings {
	readonly settings: Settings;
	readonly strategies: readonly Checked[];
	/** The dialects of plugins that run. */
	readonly plugins: PluginDialects;
}

/** Why a command would not be traded, and what to do about it. */
export interface Refused {
	readonly code: Code;
	readonly detail: string;
	readonly cure: string;
}

/** What is known of the strategy that a command is for; `unchecked` without a configuration. */
export type StrategyState = "known" | "disabled" | "unknown" | "unchecked";

/** One command as far as it was understood. */
export interface Understood extends Partial<Omit<Reading, "secrets" | "strategy">> {
	readonly ok: boolean;
	/** Canonical; absent where it could not be told. */
	readonly symbol?: string;
	readonly strategy?: { readonly name: string; readonly state: StrategyState };
	readonly notes: readonly { readonly code?: Code; readonly detail: string }[];
	readonly refused?: Refused;
}

/** Every command of a body, in order; one refused one where the body as a whole is refused. */
export async function understand(
	raw: Uint8Array,
	dialect: string | undefined,
	surroundings: Surroundings | undefined,
): Promise<readonly Understood[]> {
	const bytes_max = surroundings?.settings.webhook.body_max_bytes ?? Number.POSITIVE_INFINITY;
	if (raw.length > bytes_max) {
		return [refusedAs("body_too_large", `the body has ${raw.length} bytes, and webhook.body_max is ${bytes_max}`)];
	}
	const text = bodyText(raw);
	const body = typeof text === "string" ? await readBy(surroundings, text, dialect) : undefined;
	const items: readonly ReadItem[] =
		typeof text !== "string" ? [{ ok: false, refusal: text }] : body?.ok === true ? body.items : body ? [body] : [];
	return items.map((item) => {
		if (item.ok) return judged(item.reading, item.notes, surroundings);
		return refusedAs(item.refusal.code, item.refusal.detail, item.refusal.hint);
	});
}

function readBy(surroundings: Surroundings | undefined, text: string, dialect: string | undefined) {
	const named: ReadOptions = dialect === undefined ? {} : { dialect };
	if (surroundings === undefined) return readBody(text, named);
	const { strategies, plugins } = surroundings;
	return bodyReader(plugins)(text, {
		...named,
		dialectOf: (written = "") => strategyOf(written, strategies)?.settings.dialect,
	});
}

function refusedAs(code: Code, detail: string, cure: string = codes[code].cure): Understood {
	return { ok: false, notes: [], refused: { code, detail, cure } };
}

function judged(
	{ secrets, strategy: written = "", ...reading }: Reading,
	notes: Understood["notes"],
	surroundings: Surroundings | undefined,
): Understood {
	const settings = surroundings?.settings;
	const found = surroundings === undefined ? undefined : strategyOf(written, surroundings.strategies);
	const resolved = resolveSymbol(reading.symbol_sent, found?.settings.symbols ?? [], settings?.symbols_map ?? {});
	const strategy = { name: found?.settings.name ?? written, state: stateOf(found, surroundings) };
	const symbol = resolved.ok ? resolved.symbol : reading.symbol_sent;
	const alert: Alert = { ...reading, id: "", symbol, strategy: strategy.name, source: "read", received_at: "" };
	const refused =
		(resolved.ok ? undefined : ambiguity(reading.symbol_sent, resolved.candidates)) ??
		notItsSecret(secrets, found) ??
		(surroundings === undefined ? undefined : notTaken(alert, written, found, surroundings));
	const unnamed = surroundings !== undefined && found === undefined && refused === undefined;
	const all = [
		...notes,
		...(unnamed ? [{ detail: "the token of the URL that it is sent to says which strategy it is for" }] : []),
		...(surroundings === undefined || found === undefined ? [] : remarks(alert, found, surroundings.settings)),
	];
	return {
		...reading,
		ok: refused === undefined,
		...(resolved.ok ? { symbol } : {}),
		strategy,
		notes: all,
		...(refused === undefined ? {} : { refused }),
	};
}

/** The one that is named; where none is named, the only one there is. */
function strategyOf(written: string, strategies: readonly Checked[]): Checked | undefined {
	if (written !== "") return strategyNamed(written, strategies);
	return strategies.length === 1 ? strategies[0] : undefined;
}

function stateOf(found: Checked | undefined, surroundings: Surroundings | undefined): StrategyState {
	if (surroundings === undefined) return "unchecked";
	if (found === undefined) return "unknown";
	return found.settings.enabled ? "known" : "disabled";
}

const because = (code: Code, detail: string): Refused => ({ code, detail, cure: codes[code].cure });

function ambiguity(sent: string, candidates: readonly string[]): Refused {
	const shown = JSON.stringify(sent.slice(0, 64));
	return candidates.length === 0
		? because("bad_field", `symbol: ${shown} is not a symbol`)
		: because("ambiguous_symbol", `${sent} could be ${candidates.join(" or ")}`);
}

/** A strategy without secrets ignores what another vendor's message carries. */
function notItsSecret(sent: readonly string[], found: Checked | undefined): Refused | undefined {
	const own = found?.settings.secrets ?? [];
	if (own.length === 0 || sent.every((secret) => own.includes(secret))) return undefined;
	return because("not_authentic", "the secret in the message is not one of the strategy's");
}

function notTaken(
	alert: Alert,
	written: string,
	found: Checked | undefined,
	{ settings, strategies }: Surroundings,
): Refused | undefined {
	if (found !== undefined) {
		const ending = notAllowed(alert, found.settings, strategies.indexOf(found));
		return ending === undefined ? undefined : because(ending.code, ending.detail);
	}
	// The token in the URL says which strategy is meant.
	if (settings.webhook.tokens.length === 0 && strategies.some((one) => one.settings.tokens.length > 0))
		return undefined;
	const said = written === "" ? "the message names no strategy" : `no strategy is called "${written}"`;
	const names = strategies.map((one) => one.settings.name).join(", ") || "none";
	return because("unknown_strategy", `${said}; there is ${names}`);
}

/** What a reader of the message alone would not expect. */
function remarks(alert: Alert, found: Checked, settings: Settings): Understood["notes"] {
	const strategy = found.settings;
	const notes: { readonly code?: Code; readonly detail: string }[] = [];
	const entry = { LONG_ENTRY: "long", SHORT_ENTRY: "short" }[alert.type as string];
	const barred = entry === undefined ? undefined : barredBy(entry, strategy, settings);
	if (barred !== undefined) {
		const detail = `${barred} opens no ${entry} position: it only closes the other side`;
		notes.push({ code: "direction_makes_exit", detail });
	}
	const sized = alert.quantity !== undefined || alert.size !== undefined;
	if (entry !== undefined && sized && strategy.size.kind !== "alert") {
		notes.push({ detail: `the size under ${strategy.name} counts, not the message's; with size: alert it would` });
	}
	const ownMeaning = alert.relative !== undefined || alert.cancel === true;
	if (alert.type === "CUSTOM" && found.plugin === null && !ownMeaning) {
		notes.push({ code: "custom_needs_plugin", detail: `${strategy.name} has no plugin that could act on it: skipped` });
	}
	return notes;
}

function barredBy(entry: string, strategy: StrategySettings, { accounts }: Settings): string | undefined {
	if (strategy.direction !== "both" && strategy.direction !== entry) return `direction: ${strategy.direction}`;
	const own = accounts.filter(({ name }) => strategy.accounts.some(({ account }) => account === name));
	return entry === "short" && own.length > 0 && own.every(({ spot }) => spot) ? "a spot account" : undefined;
}
