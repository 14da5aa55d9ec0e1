/** The API under /api/v1: what is known, as lists, the four switches, and a person's word on an order in review. One table, from which /openapi.json is made as well. */
import { type Static, type TSchema, Type } from "@sinclair/typebox";
import type { Clock, Desk, JournalReader, Page, Scope } from "../domain/ports.ts";
import {
	Account,
	AlertStatus,
	AlertView,
	Event,
	Fill,
	FollowView,
	Order,
	PositionView,
	RiskView,
	StatedView,
	StrategyView,
	Time,
	type TraceEntry,
	type TradingState,
	TradingStateEntry,
} from "../domain/records.ts";
import { resolveSymbol } from "../domain/symbol.ts";
import type { Duplicates } from "./duplicates.ts";
import { EventStreams } from "./event-stream.ts";
import { type Refusals, RefusedRequest } from "./refusals.ts";
import { type Call, type Refused, type Route, refused } from "./route.ts";

export interface ApiOptions {
	/** The bearer token. Secret. */
	readonly token: string;
	readonly reader: JournalReader;
	readonly desk: Desk;
	readonly version: string;
	/** Milliseconds since 1970. */
	readonly started_at: number;
	/** Bytes of the journal's files; absent where it is not known. */
	readonly journal_bytes?: () => number;
	/** SSE streams open at a time; default 32. */
	readonly streams_max?: number;
}

/** What the server itself adds to {@link ApiOptions}. */
export interface ApiSurroundings {
	readonly clock: Clock;
	readonly refusals: Refusals;
	readonly duplicates: Duplicates;
	readonly readiness: () => Readiness;
	/** nexus.yaml `symbols_map`: what is halted under a name is what an alert under that name trades. */
	readonly symbols_map: Readonly<Record<string, string>>;
}

/** Whether alerts can be taken now, and why not. */
export interface Readiness {
	readonly ready: boolean;
	readonly reason?: string;
}

const record = <T extends Record<string, TSchema>>(properties: T) =>
	Type.Object(properties, { additionalProperties: false });
const listOf = (item: TSchema) => record({ items: Type.Array(item), next: Type.Union([Type.String(), Type.Null()]) });
const pageQuery = {
	limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 50 })),
	cursor: Type.Optional(Type.String()),
};
const text = Type.Optional(Type.String());
const counts = Type.Record(Type.String(), Type.Integer());

const StatusView = record({
	version: Type.String(),
	pid: Type.Integer(),
	started_at: Time,
	uptime_s: Type.Integer(),
	ready: Type.Boolean(),
	/** Why it is not; null when it is. */
	not_ready_reason: Type.Union([Type.String(), Type.Null()]),
	alerts: counts,
	orders: Type.Integer(),
	fills: Type.Integer(),
	/** Alerts accepted and not yet ended. */
	waiting: Type.Integer(),
	/** Requests refused since the start, by code. */
	refusals: counts,
	trading_states: Type.Array(TradingStateEntry),
	/** Null where it is not known. */
	journal_bytes: Type.Union([Type.Integer(), Type.Null()]),
});

const scopes = ["account", "strategy", "symbol"] as const;
const name = Type.Optional(Type.String({ minLength: 1, maxLength: 128 }));
const scopeFields = {
	account: name,
	strategy: name,
	symbol: name,
	reason: Type.Optional(Type.String({ maxLength: 500 })),
};
const ScopeBody = record(scopeFields);
const HaltBody = record({ ...scopeFields, freeze: Type.Optional(Type.Boolean()) });
const ResumeBody = record({ ...scopeFields, follow: Type.Optional(Type.Boolean()) });
const SettleBody = record({
	filled: Type.String({ minLength: 1, maxLength: 100, description: "Units filled in all; 0 for none" }),
	price: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: "Their average price" })),
	reason: scopeFields.reason,
});
const StatesAnswer = { trading_states: Type.Array(TradingStateEntry) };
const ResumeAnswer = record({
	...StatesAnswer,
	/** What TradingView holds in scope and we do not, after what `follow` did about it. */
	out_of_step: Type.Array(StatedView),
	/** With `follow`: what closing each difference came to. */
	followed: Type.Optional(Type.Array(FollowView)),
});
interface SwitchBody {
	readonly account?: string;
	readonly strategy?: string;
	readonly symbol?: string;
	readonly reason?: string;
	readonly freeze?: boolean;
	readonly follow?: boolean;
}

/** The API's rows; `close` ends the streams. */
export function apiRoutes(
	options: ApiOptions,
	surroundings: ApiSurroundings,
): { routes: readonly Route[]; close(): void } {
	const { reader, desk } = options;
	const symbolOf = symbolReader(desk, surroundings.symbols_map);
	const streams = new EventStreams({
		reader,
		clock: surroundings.clock,
		...(options.streams_max === undefined ? {} : { streams_max: options.streams_max }),
	});
	const routes: readonly Route[] = [
		...recordRoutes(reader, symbolOf, (alert) => withWhatIsLive(alert, desk, surroundings)),
		...deskRoutes(desk),
		...switchRoutes(desk, symbolOf),
		settleRoute(desk),
		eventsRoute(streams),
		refusalsRoute(surroundings.refusals),
		statusRoute(options, surroundings),
	];
	return { routes, close: () => streams.close() };
}

function recordRoutes(
	reader: JournalReader,
	symbolOf: SymbolReader,
	live: (alert: AlertView) => AlertView,
): readonly Route[] {
	const bySymbol = (query: Call["query"]) =>
		typeof query["symbol"] === "string" ? { ...query, symbol: symbolOf(query["symbol"]) ?? query["symbol"] } : query;
	return [
		{
			method: "GET",
			path: "/api/v1/alerts",
			summary: "Alerts, newest first",
			query: record({
				strategy: text,
				symbol: text,
				status: Type.Optional(AlertStatus),
				since: Type.Optional(Type.String({ format: "date-time", description: "Received at or after this time" })),
				...pageQuery,
			}),
			answer: listOf(AlertView),
			handle: ({ query }) => reader.alerts(bySymbol(query)),
		},
		{
			method: "GET",
			path: "/api/v1/alerts/:id",
			summary: "One alert with its trace, orders and fills: by its id, or the newest with this alert_id",
			answer: AlertView,
			refusals: ["not_found"],
			async handle({ params }) {
				const id = params["id"] ?? "";
				const alert = await reader.alert(id);
				if (alert !== undefined) return live(alert);
				return refused(
					"not_found",
					`no alert ${JSON.stringify(id.slice(0, 64))}`,
					"`nexus alerts` lists the newest ones.",
				);
			},
		},
		{
			method: "GET",
			path: "/api/v1/orders",
			summary: "Orders, newest first",
			query: record({ strategy: text, symbol: text, open: Type.Optional(Type.Boolean()), ...pageQuery }),
			answer: listOf(Order),
			handle: ({ query }) => reader.orders(bySymbol(query)),
		},
		{
			method: "GET",
			path: "/api/v1/fills",
			summary: "Fills, newest first",
			query: record({ order_id: text, ...pageQuery }),
			answer: listOf(Fill),
			handle: ({ query }) => reader.fills(query),
		},
	];
}

/** What the journal does not say: for whom an alert waits at this moment, and how often it came again. */
function withWhatIsLive(
	alert: AlertView,
	desk: Desk,
	{ clock, duplicates }: Pick<ApiSurroundings, "clock" | "duplicates">,
): AlertView {
	const more: TraceEntry[] = [];
	const waits = alert.status === "accepted" ? desk.waitsFor(alert.id) : undefined;
	if (waits !== undefined) {
		const ms = Math.max(0, clock.now() - Date.parse(alert.received_at));
		more.push({ stage: "sequence", verdict: "hold", detail: waits, ms });
	}
	const copies = duplicates.of(alert.id);
	if (copies !== undefined) {
		const often = copies.count === 1 ? "once more, at" : `${copies.count} more times, the last one at`;
		const when = new Date(copies.at).toISOString();
		const detail = `the same alert came ${often} ${when} from ${copies.source}: answered as a duplicate, and nothing was done for it`;
		more.push({ stage: "dedupe", verdict: "notice", code: "duplicate", detail, ms: 0 });
	}
	return more.length === 0 ? alert : { ...alert, trace: [...(alert.trace ?? []), ...more] };
}

function deskRoutes(desk: Desk): readonly Route[] {
	const rows = [
		[
			"positions",
			"Each strategy's positions with their last known mark, and what TradingView states",
			PositionView,
			() => desk.positions(),
		],
		[
			"stated",
			"What TradingView states for each strategy, symbol and timeframe, beside what we hold, and the difference",
			StatedView,
			() => desk.stated(),
		],
		["accounts", "Accounts", Account, () => desk.accounts()],
		["strategies", "Strategies as configured, and what is loaded", StrategyView, () => desk.strategies()],
		["risk", "Each account's limits and how much of each is used", RiskView, () => desk.risk()],
	] as const;
	return rows.map(([path, summary, item, all]) => ({
		method: "GET",
		path: `/api/v1/${path}`,
		summary,
		answer: listOf(item),
		handle: () => ({ items: all(), next: null }) satisfies Page<unknown>,
	}));
}

function switchRoutes(desk: Desk, symbolOf: SymbolReader): readonly Route[] {
	const rows = [
		["halt", "halted", "Nothing new goes out; standing stops keep protecting, unless `freeze`"],
		["reduce", "reducing", "Only exits go out"],
	] as const;
	const set = ([path, state, summary]: (typeof rows)[number]): Route => ({
		method: "POST",
		path: `/api/v1/${path}`,
		summary,
		body: path === "halt" ? HaltBody : ScopeBody,
		answer: record(StatesAnswer),
		refusals: ["not_found"],
		handle: (call) => switchTo(state, call, desk, symbolOf),
	});
	return [
		...rows.map(set),
		resumeRoute(desk, symbolOf),
		{
			method: "POST",
			path: "/api/v1/flatten",
			summary: "Cancels every open order and closes every position in scope, then halts it; the orders it sent",
			body: ScopeBody,
			answer: listOf(Order),
			refusals: ["not_found"],
			async handle(call) {
				const body = call.body as SwitchBody;
				const scope = scopeOf(body, desk, symbolOf);
				if ("refusal" in scope) return scope;
				return { items: await desk.flatten(scope, { actor: actorOf(call.request), ...reasonOf(body) }), next: null };
			},
		},
	];
}

function resumeRoute(desk: Desk, symbolOf: SymbolReader): Route {
	return {
		method: "POST",
		path: "/api/v1/resume",
		summary:
			"Trade again; without a scope every entry is cleared. Lists where we do not hold what TradingView does; `follow` trades that difference",
		body: ResumeBody,
		answer: ResumeAnswer,
		refusals: ["not_found"],
		async handle(call) {
			const body = call.body as SwitchBody;
			const scope = scopeOf(body, desk, symbolOf);
			if ("refusal" in scope) return scope;
			const actor = actorOf(call.request);
			await desk.setTradingState(scope, "active", { actor, ...reasonOf(body) });
			const followed = body.follow === true ? await desk.follow(scope, { actor }) : undefined;
			return {
				trading_states: desk.trading_states(),
				out_of_step: desk.outOfStep(scope),
				...(followed === undefined ? {} : { followed }),
			};
		},
	};
}

function settleRoute(desk: Desk): Route {
	return {
		method: "POST",
		path: "/api/v1/orders/:id/settle",
		summary: "Ends an order in review with what a person found out about it at the exchange; the order",
		body: SettleBody,
		answer: Order,
		refusals: ["not_found", "not_in_review", "missing_field", "bad_price", "contradictory_fields"],
		async handle({ params, body, request }) {
			const { filled, price, reason } = body as Static<typeof SettleBody>;
			const said = price === undefined ? { filled } : { filled, price };
			const by = { actor: actorOf(request), ...(reason === undefined ? {} : { reason }) };
			const settled = await desk.settle(params["id"] ?? "", said, by);
			return "refusal" in settled ? settled : settled.order;
		},
	};
}

async function switchTo(state: TradingState, call: Call, desk: Desk, symbolOf: SymbolReader): Promise<object> {
	const body = call.body as SwitchBody;
	const scope = scopeOf(body, desk, symbolOf);
	if ("refusal" in scope) return scope;
	const freeze = body.freeze === undefined ? {} : { freeze: body.freeze };
	await desk.setTradingState(scope, state, { actor: actorOf(call.request), ...reasonOf(body), ...freeze });
	return { trading_states: desk.trading_states() };
}

const reasonOf = (body: SwitchBody) => (body.reason === undefined ? {} : { reason: body.reason });

/** `cli`, `mcp` and `dashboard` say who they are; everyone else is `api`. */
function actorOf(request: Request): string {
	const actor = request.headers.get("x-nexus-actor") ?? "";
	return /^(cli|mcp|dashboard)$/.test(actor) ? actor : "api";
}

/** What a switch is for. A name that nothing has is refused: a halt that halts nothing would be worse than an error. */
function scopeOf(body: SwitchBody, desk: Desk, symbolOf: SymbolReader): Scope | Refused {
	const given = scopes.filter((scope) => body[scope] !== undefined);
	const [scope, ...others] = given;
	if (scope === undefined) return { scope: "all", name: "" };
	if (others.length > 0)
		return refused("contradictory_fields", `${given.join(" and ")} do not go together`, "Send one of them.");
	const wanted = body[scope] ?? "";
	if (scope === "symbol") {
		const symbol = symbolOf(wanted);
		if (symbol !== undefined) return { scope, name: symbol };
		return refused(
			"bad_field",
			`symbol: ${JSON.stringify(wanted)} is no symbol or could be several`,
			"Write it out as in BTC/USD.",
		);
	}
	const names = (scope === "account" ? desk.accounts() : desk.strategies()).map((entry) => entry.name);
	if (names.includes(wanted)) return { scope, name: wanted };
	return refused(
		"not_found",
		`no ${scope} is named ${JSON.stringify(wanted)}`,
		`There are: ${names.join(", ") || "none"}.`,
	);
}

/** The canonical spelling; undefined where the text is no symbol, or could be several. */
type SymbolReader = (written: string) => string | undefined;

/** Reads a symbol as an alert's is read: `symbols_map` first, then the symbols that are in use. */
function symbolReader(desk: Desk, symbols_map: Readonly<Record<string, string>>): SymbolReader {
	return (written) => {
		const used = new Set([
			...desk.strategies().flatMap((strategy) => strategy.symbols),
			...desk.positions().map((position) => position.symbol),
		]);
		const resolved = resolveSymbol(written, [...used], symbols_map);
		return resolved.ok ? resolved.symbol : undefined;
	};
}

function eventsRoute(streams: EventStreams): Route {
	return {
		method: "GET",
		path: "/api/v1/events",
		summary: "Events as they happen (SSE); from Last-Event-ID or ?after= on, else only new ones",
		query: record({ after: Type.Optional(Type.Integer({ minimum: 0 })) }),
		answer: Event,
		answer_type: "text/event-stream",
		refusals: ["too_many"],
		async handle({ request, query }) {
			const last = request.headers.get("last-event-id");
			if (last !== null && !/^\d{1,15}$/.test(last)) return refused("bad_field", "Last-Event-ID: not a whole number");
			if (streams.full) {
				return {
					refusal: {
						code: "too_many",
						detail: "as many event streams are open as may be",
						hint: "Close one, or ask GET /api/v1/alerts instead.",
						retry_after_s: 10,
					},
				};
			}
			const after = last === null ? query["after"] : Number(last);
			const stream = await streams.open(typeof after === "number" ? after : undefined);
			return new Response(stream, {
				headers: { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" },
			});
		},
	};
}

function refusalsRoute(refusals: Refusals): Route {
	return {
		method: "GET",
		path: "/api/v1/refusals",
		summary: "The last requests refused before they were recorded, newest first, and counts since the start",
		query: record({ limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })) }),
		answer: record({ items: Type.Array(RefusedRequest), next: Type.Null(), counts }),
		handle: ({ query }) => {
			const limit = typeof query["limit"] === "number" ? query["limit"] : 100;
			return { items: refusals.list(limit), next: null, counts: refusals.counts() };
		},
	};
}

function statusRoute(options: ApiOptions, { clock, refusals, readiness }: ApiSurroundings): Route {
	const { desk, reader } = options;
	return {
		method: "GET",
		path: "/api/v1/status",
		summary: "Version, uptime, counts, trading states",
		answer: StatusView,
		async handle() {
			const { ready, reason } = readiness();
			return {
				version: options.version,
				pid: process.pid,
				started_at: new Date(options.started_at).toISOString(),
				uptime_s: Math.max(0, Math.floor((clock.now() - options.started_at) / 1000)),
				ready,
				not_ready_reason: ready ? null : (reason ?? "not ready"),
				...(await reader.counts()),
				waiting: desk.strategies().reduce((sum, strategy) => sum + strategy.waiting, 0),
				refusals: refusals.counts(),
				trading_states: desk.trading_states(),
				journal_bytes: options.journal_bytes?.() ?? null,
			};
		},
	};
}
