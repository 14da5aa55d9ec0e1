/** Stage `read`: bytes become alerts; the strategy is found, and a secret inside the body is checked right after. */
import { bodyText } from "../domain/body-text.ts";
import type { Refusal } from "../domain/codes.ts";
import { idOf, type SequenceMaker } from "../domain/id.ts";
import type { Clock, StrategyDirectory } from "../domain/ports.ts";
import type { Alert } from "../domain/records.ts";
import type { StrategySettings } from "../domain/settings.ts";
import type { Check, StageVerdict } from "./compose.ts";
import { digestOf, isAmong, notAuthentic } from "./credential.ts";
import { type Command, type CommandNote, type Proof, type ReceptionContext, refuse } from "./reception-context.ts";

/** One command of a body as `alert/` reads it: an alert without what only the reception knows. */
export type Reading = Omit<Alert, "id" | "symbol" | "source" | "received_at" | "strategy"> & {
	/** As the sender wrote it. */
	readonly strategy?: string | undefined;
	/** Credentials found in the body. Secret. */
	readonly secrets: readonly string[];
};

export type BodyReading =
	| {
			readonly ok: true;
			readonly items: readonly (
				| { readonly ok: true; readonly reading: Reading; readonly notes?: readonly CommandNote[] }
				| { readonly ok: false; readonly refusal: Refusal }
			)[];
			/** The body with its secrets taken out. */
			readonly raw: string;
	  }
	| { readonly ok: false; readonly refusal: Refusal };

/** What is known of a body before it is read. */
export interface BodyContext {
	readonly received_at: number;
	/** The format that the sender names; it goes before every other. */
	readonly dialect?: string;
	/** The dialect of the strategy that a command is for, by the name in it (undefined: none is named); undefined where it has none. */
	dialectOf(strategy: string | undefined): string | undefined;
	/** Asked before a plugin reads a message: why its credentials prove nothing; undefined where they may prove something. */
	admits(secrets: readonly string[]): Refusal | undefined;
}

/** What the stage needs from `alert/` and `domain/symbol.ts`; it imports neither itself. */
export interface Reader {
	/** A promise only where a plugin has to be asked. */
	readBody(text: string, context: BodyContext): BodyReading | Promise<BodyReading>;
	/** 32 hex: two readings with the same one ask for the same thing. */
	meaningKey(reading: Reading, strategy: string, symbol: string): string;
	resolveSymbol(
		sent: string,
		allowed: readonly string[],
		map: Readonly<Record<string, string>>,
	): { readonly ok: true; readonly symbol: string } | { readonly ok: false; readonly candidates: readonly string[] };
}

export interface ReadOptions {
	readonly reader: Reader;
	readonly strategies: StrategyDirectory;
	readonly symbols_map: Readonly<Record<string, string>>;
	readonly sequences: SequenceMaker;
	readonly clock: Pick<Clock, "now">;
	/** For the hint of a 401. */
	readonly public_url: string;
}

/** What it leaves in the context: one command for each alert in the body, with its id, strategy and market. */
export function read(options: ReadOptions): Check<ReceptionContext> {
	const verifySecrets = secretCheck();
	return {
		name: "read",
		check(context) {
			const { proof } = context;
			if (proof === undefined) throw new Error("stage read came before stage signature");
			const text = bodyText(context.raw);
			if (typeof text !== "string") return refuse(context, text);
			const now = options.clock.now();
			const surroundings = { context, proof, options, verifySecrets, now, received_at: isoTime(now) };
			const body = options.reader.readBody(text, bodyContext(surroundings));
			return body instanceof Promise
				? body.then((waited) => takeCommands(waited, surroundings))
				: takeCommands(body, surroundings);
		},
	};
}

function bodyContext({ context, proof, options, now }: Surroundings): BodyContext {
	const { dialect } = context.arrival;
	return {
		received_at: now,
		...(dialect === undefined ? {} : { dialect }),
		dialectOf: (written) => strategyOf(written, proof, options.strategies)?.dialect,
		admits: (secrets) => strangerToAll(secrets, proof, options),
	};
}

function takeCommands(body: BodyReading, surroundings: Surroundings): StageVerdict | undefined {
	const { context } = surroundings;
	if (!body.ok) return refuse(context, body.refusal);
	context.redacted = body.raw;
	context.commands = body.items.map((item, index): Command => {
		if (!item.ok) return { ok: false, index, refusal: item.refusal };
		return commandOf(item.reading, index, item.notes ?? [], surroundings);
	});
	const [only] = context.commands;
	if (only !== undefined && !only.ok && context.commands.length === 1) return refuse(context, only.refusal);
	return undefined;
}

/** Where only a secret in the body can prove anything, a message without a known one must not keep a plugin busy. */
function strangerToAll(sent: readonly string[], proof: Proof, options: ReadOptions): Refusal | undefined {
	if (proof.by !== "body") return undefined;
	const known = options.strategies.all().flatMap(({ secrets }) => secrets.map(digestOf));
	if (sent.some((secret) => isAmong(digestOf(secret), known))) return undefined;
	return notAuthentic(sent.length > 0 ? belongsToNone : carriesNone, options);
}

const belongsToNone = "the secret in the message belongs to no strategy that the message names";
const carriesNone = "the request carries no credential, neither in its URL nor in its headers nor in the message";

interface Surroundings {
	readonly context: ReceptionContext;
	readonly proof: Proof;
	readonly options: ReadOptions;
	readonly verifySecrets: ReturnType<typeof secretCheck>;
	readonly now: number;
	readonly received_at: string;
}

function commandOf(
	reading: Reading,
	index: number,
	notes: readonly CommandNote[],
	surroundings: Surroundings,
): Command {
	const { context, proof, options, verifySecrets, now, received_at } = surroundings;
	const { strategy: written, symbol_sent } = reading;
	const strategy = strategyOf(written, proof, options.strategies);
	const denied = verifySecrets(reading.secrets, strategy, proof) ?? otherStrategy(strategy, proof);
	if (denied !== undefined) return { ok: false, index, refusal: notAuthentic(denied, options) };
	const resolved = options.reader.resolveSymbol(symbol_sent, strategy?.symbols ?? [], options.symbols_map);
	if (!resolved.ok && resolved.candidates.length === 0) {
		const detail = `symbol: ${JSON.stringify(symbol_sent.slice(0, 64))} is not a symbol`;
		return { ok: false, index, refusal: { code: "bad_field", detail } };
	}
	const name = strategy?.name ?? written ?? "";
	// Where the spelling fits several of the strategy's markets, the strategy stage says so (ambiguous_symbol).
	const symbol = resolved.ok ? resolved.symbol : symbol_sent;
	const id = idOf(options.sequences.next(now));
	const alert = alertOf(reading, { id, symbol, strategy: name, source: context.source, received_at });
	const meaning = options.reader.meaningKey(reading, name, symbol);
	return { ok: true, index, alert, meaning, scope: proof.scope, notes };
}

type Open<T> = { -readonly [K in keyof T]: T[K] };

/** Field by field, because a copy "without secrets" costs three times as much; what is not named here does not reach the alert. */
function alertOf(reading: Reading, known: Pick<Alert, "id" | "symbol" | "strategy" | "source" | "received_at">): Alert {
	const { type, action, symbol_sent, dialect, fields } = reading;
	const { id, symbol, strategy, source, received_at } = known;
	const alert: Open<Alert> = { id, type, action, symbol, symbol_sent, strategy, dialect, source, received_at, fields };
	if (reading.alert_id !== undefined) alert.alert_id = reading.alert_id;
	if (reading.closes !== undefined) alert.closes = reading.closes;
	if (reading.exchange !== undefined) alert.exchange = reading.exchange;
	if (reading.price !== undefined) alert.price = reading.price;
	if (reading.timeframe !== undefined) alert.timeframe = reading.timeframe;
	if (reading.message !== undefined) alert.message = reading.message;
	if (reading.time !== undefined) alert.time = reading.time;
	if (reading.quantity !== undefined) alert.quantity = reading.quantity;
	if (reading.stated !== undefined) alert.stated = reading.stated;
	if (reading.size !== undefined) alert.size = reading.size;
	if (reading.limit !== undefined) alert.limit = reading.limit;
	if (reading.stop_loss !== undefined) alert.stop_loss = reading.stop_loss;
	if (reading.take_profit !== undefined) alert.take_profit = reading.take_profit;
	if (reading.cancel !== undefined) alert.cancel = reading.cancel;
	if (reading.relative !== undefined) alert.relative = reading.relative;
	if (reading.max_age_s !== undefined) alert.max_age_s = reading.max_age_s;
	return alert;
}

/**
 * The strategy a command is for: the one it names; else the one whose token is in the URL; else, where it names none, the only one there is.
 * A name that nobody has never falls through to the only strategy: it may be that of one which was removed.
 */
function strategyOf(
	written: string | undefined,
	proof: Proof,
	directory: StrategyDirectory,
): StrategySettings | undefined {
	const named = written === undefined || written === "" ? undefined : directory.find(written);
	if (named !== undefined) return named;
	const tokened = proof.strategies?.[0];
	if (tokened !== undefined) return directory.find(tokened);
	const [only, ...others] = directory.all();
	return (written === undefined || written === "") && others.length === 0 ? only : undefined;
}

/** Why the URL's token does not hold for this strategy; undefined where it does. */
function otherStrategy(strategy: StrategySettings | undefined, proof: Proof): string | undefined {
	if (proof.strategies === undefined || (strategy !== undefined && proof.strategies.includes(strategy.name))) {
		return undefined;
	}
	const owner = proof.strategies.join(", ");
	return `the token in the URL is that of ${owner}, but the message names ${strategy?.name ?? "another strategy"}`;
}

/** Checks the secrets in a body against those of its strategy. A strategy without secrets ignores what another vendor's message carries. */
function secretCheck() {
	const known = new WeakMap<StrategySettings, readonly Uint8Array[]>();
	const digestsOf = (strategy: StrategySettings): readonly Uint8Array[] => {
		if (strategy.secrets.length === 0) return [];
		const digests = known.get(strategy) ?? strategy.secrets.map(digestOf);
		known.set(strategy, digests);
		return digests;
	};
	return (sent: readonly string[], strategy: StrategySettings | undefined, proof: Proof): string | undefined => {
		const digests = strategy === undefined ? [] : digestsOf(strategy);
		let wrong = false;
		for (const secret of sent) wrong = !isAmong(digestOf(secret), digests) || wrong;
		if (digests.length > 0 && sent.length > 0) {
			return wrong ? "the secret in the message is not one of the strategy's" : undefined;
		}
		if (proof.by !== "body") return undefined;
		return sent.length > 0 ? belongsToNone : carriesNone;
	};
}

let lastTime = { ms: Number.NaN, text: "" };

/** ISO 8601; alerts that arrive in the same millisecond share the text. */
function isoTime(ms: number): string {
	if (ms !== lastTime.ms) lastTime = { ms, text: new Date(ms).toISOString() };
	return lastTime.text;
}
