/** Tables of what alerts mean: a row is a strategy's settings, the messages it is sent, and everything that must come of them, through the whole engine. */
import { expect, test } from "bun:test";
import { readBody } from "../../src/alert/read.ts";
import type { PaperBroker } from "../../src/broker/paper.ts";
import { parseSize } from "../../src/config/size.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { idOf, SequenceMaker } from "../../src/domain/id.ts";
import type { StrategyContext } from "../../src/domain/ports.ts";
import type { Alert, Order, Position, Signal } from "../../src/domain/records.ts";
import type { AccountSettings, RiskSettings, Size, StrategySettings } from "../../src/domain/settings.ts";
import { describeStated } from "../../src/domain/stated-change.ts";
import { resolveSymbol } from "../../src/domain/symbol.ts";
import {
	accountSettings,
	engineWith,
	noLimits,
	startOfTest,
	strategyOf,
	WatchedBroker,
	type World,
	type WorldOptions,
} from "../engine/support.ts";

/** The one strategy and account of a row that names no others. */
const mine = "Mine";
const symbol = "BTC/USD";

/** A message, or something that happens between two of them. */
export interface Step {
	/** What TradingView posts. */
	readonly body?: Readonly<Record<string, unknown>>;
	/** It was recorded so long ago, as after an outage. */
	readonly received_ago_ms?: number;
	readonly wait_ms?: number;
	readonly does?: (world: World) => void | Promise<void>;
}

export interface Row {
	/** One sentence of the rule. */
	readonly name: string;
	/** Of the one strategy. */
	readonly strategy?: Partial<StrategySettings>;
	/** Several of them instead. */
	readonly strategies?: readonly Partial<StrategySettings>[];
	/** Decides in the place of following the alert. */
	readonly plugin?: (alert: Alert, context: StrategyContext) => readonly Signal[];
	readonly accounts?: readonly Partial<AccountSettings>[];
	readonly limits?: Partial<RiskSettings>;
	readonly sequence?: WorldOptions["sequence"];
	readonly max_age_ms?: number;
	/** Orders of this side and leg the broker refuses; with `#2` behind only the second of them. */
	readonly refuses?: string;
	readonly steps: readonly Step[];
	/** Every order sent, in order: `sell 0.5 exit`; what is not the one strategy's, account's or symbol's stands in front. */
	readonly orders: readonly string[];
	/** Everything that is held at the end: `long 0.5`. */
	readonly held: readonly string[];
	/** How each message ended, in the order of sending: `executed`, `skipped nothing_to_close`. */
	readonly ends: readonly string[];
	/** Which message the following is about, counted from 1; the last one where left out. */
	readonly of?: number;
	readonly type?: string;
	/** Words in its reason. */
	readonly reason?: string;
	/** The codes of all notices on it; none where left out. */
	readonly notices?: readonly string[];
	/** `STAGE VERDICT` that must stand in its trace; with `!` in front it must not. */
	readonly trace?: readonly string[];
	/** Words in the detail of one of its trace entries. */
	readonly detail?: string;
	/** Stated positions at the end, where they matter. */
	readonly stated?: readonly string[];
	/** Whether each order was told to the broker as reduce-only. */
	readonly reduce_only?: readonly boolean[];
	/** Orders that rest at the end; none where left out. */
	readonly standing?: readonly string[];
	/** Gaps that were reported; none where left out. */
	readonly gaps?: number;
}

/** A message without position fields. */
export function says(action: string, more: Readonly<Record<string, unknown>> = {}): Step {
	return { body: { action, symbol: "BTCUSD", price: 40_000, ...more } };
}

/**
 * A message with position fields, in the words of TradingView's placeholders.
 * @param change `flat > long 1`; without `>` only the position after the order is stated
 */
export function states(action: string, change: string, more: Readonly<Record<string, unknown>> = {}): Step {
	const [first = "", second] = change.split(" > ");
	const [side, size] = (second ?? first).split(" ");
	const [previous, previous_size] = second === undefined ? [] : first.split(" ");
	return says(action, {
		market_position: side,
		...(side === "flat" || size !== undefined ? { market_position_size: size ?? 0 } : {}),
		...(previous === undefined ? {} : { prev_market_position: previous }),
		...(previous === "flat" || previous_size !== undefined ? { prev_market_position_size: previous_size ?? 0 } : {}),
		...more,
	});
}

export const wait = (wait_ms: number): Step => ({ wait_ms });

/** A size as nexus.yaml writes it. */
export function size(text: string): Size {
	const parsed = parseSize(text, "USD");
	if (parsed === undefined) throw new Error(`${text} is no size`);
	return parsed;
}

/** ISO 8601, so many milliseconds before the first message. */
export const ago = (ms: number): string => new Date(startOfTest - ms).toISOString();

/** Sets a trading state, as the command line does. */
export function set(state: "halted" | "reducing"): Step {
	return {
		does: ({ engine }) =>
			engine.states.put({ scope: "all", name: "", state, freeze: false, actor: "cli", since: ago(0) }),
	};
}

const sequences = new SequenceMaker();

interface Told {
	readonly alert: Alert;
	/** Codes that reading it left. */
	readonly notes: readonly string[];
}

/** What the reception makes of a body. */
function understood({ body, received_ago_ms = 0 }: Step, world: World): Told {
	const at = world.clock.now() - received_ago_ms;
	const read = readBody(JSON.stringify(body), { received_at: at });
	const item = read.ok ? read.items[0] : undefined;
	if (item?.ok !== true) throw new Error(`not read: ${JSON.stringify(read)}`);
	const { secrets: _, strategy = world.strategies[0]?.settings.name ?? "", ...reading } = item.reading;
	const allowed = world.strategies.find((one) => one.settings.name === strategy)?.settings.symbols ?? [];
	const resolved = resolveSymbol(reading.symbol_sent, allowed, {});
	const alert: Alert = {
		...reading,
		id: idOf(sequences.next(world.clock.now())),
		symbol: resolved.ok ? resolved.symbol : reading.symbol_sent,
		strategy,
		source: "127.0.0.1",
		received_at: new Date(at).toISOString(),
	};
	return { alert, notes: item.notes.flatMap(({ code }) => (code === undefined ? [] : [code])) };
}

function settingsOf(row: Row): readonly Partial<StrategySettings>[] {
	const given = row.strategies ?? [row.strategy ?? {}];
	return given.map((one) => ({ name: mine, symbols: [], ...one }));
}

async function worldOf(row: Row): Promise<World> {
	const { refuses, plugin } = row;
	return await engineWith({
		strategies: settingsOf(row).map((one) => strategyOf(one, plugin)),
		accounts: (row.accounts ?? [{}]).map((one) => accountSettings(one)),
		limits: { ...noLimits, ...row.limits },
		...(row.sequence === undefined ? {} : { sequence: row.sequence }),
		...(row.max_age_ms === undefined ? {} : { max_age_ms: row.max_age_ms }),
		wrap: (paper) => (refuses === undefined ? paper : refusing(paper, refuses)),
	});
}

function refusing(paper: PaperBroker, refuses: string): WatchedBroker {
	const broker = new WatchedBroker(paper);
	broker.instead = ({ side, leg }) => {
		const words = `${side} ${leg}`;
		const count = broker.asked.filter((order) => `${order.side} ${order.leg}` === words).length;
		if (refuses !== words && refuses !== `${words} #${count}`) return undefined;
		return Promise.resolve({ outcome: "rejected", reason: "refused by the exchange" });
	};
	return broker;
}

/** Names only what is not as in every row. */
function placed(of: Pick<Order | Position, "account" | "strategy" | "symbol">, words: string): string {
	const { account, strategy } = of;
	return [
		...(account === "paper" ? [] : [account]),
		...(strategy === mine ? [] : [strategy]),
		...(of.symbol === symbol ? [] : [of.symbol]),
		words,
	].join(" ");
}

function orderWords(order: Order): string {
	const { side, quantity, leg, status } = order;
	return placed(order, `${side} ${quantity} ${leg}${status === "filled" ? "" : ` ${status}`}`);
}

async function tell(world: World, steps: readonly Step[]): Promise<readonly Told[]> {
	const told: Told[] = [];
	for (const step of steps) {
		if (step.wait_ms !== undefined) await world.clock.advance(step.wait_ms);
		await step.does?.(world);
		if (step.body !== undefined) {
			const one = understood(step, world);
			told.push(one);
			world.hand(one.alert);
		}
		await world.idle();
	}
	return told;
}

/** Whatever still waits has waited long enough after this. */
const longest_hold_ms = 10_000;

async function check(row: Row): Promise<void> {
	const world = await worldOf(row);
	const told = await tell(world, row.steps);
	await world.clock.advance(longest_hold_ms);
	await world.idle();
	const { journal, engine } = world;
	// Accounts work beside each other, so theirs stand one account after the other.
	const sent = journal
		.orders()
		.filter(({ status, leg }) => status !== "denied" && (leg === "entry" || leg === "exit"))
		.sort((a, b) => placeOf(row, a) - placeOf(row, b));
	expect({
		orders: sent.map(orderWords),
		held: heldBy(world),
		ends: told.map(({ alert }) => endOf(world, alert)),
	}).toEqual({ orders: [...row.orders], held: [...row.held], ends: [...row.ends] });
	if (row.reduce_only !== undefined) expect(sent.map((one) => one.reduce_only)).toEqual([...row.reduce_only]);
	if (row.stated !== undefined) {
		expect(world.sequencer.chains().map(({ position }) => describeStated(position))).toEqual([...row.stated]);
	}
	expect(world.standing()).toEqual([...(row.standing ?? [])]);
	expect(journal.events().filter(({ kind }) => kind === "GapFound")).toHaveLength(row.gaps ?? 0);
	expect(world.log.troubles()).toEqual([]);
	expect(engine.lanes.size).toBe(0);
	checkOne(row, world, told.at((row.of ?? 0) - 1));
}

function placeOf({ accounts = [] }: Row, { account }: Order): number {
	return accounts.findIndex(({ name = "paper" }) => name === account);
}

function checkOne(row: Row, world: World, one: Told | undefined): void {
	if (one === undefined) throw new Error("a row without a message");
	const { type, reason, trace } = world.journal.ended(one.alert.id);
	const notices = trace.flatMap(({ verdict, code }) => (verdict === "notice" && code !== undefined ? [code] : []));
	expect([...one.notes, ...notices]).toEqual([...(row.notices ?? [])]);
	if (row.type !== undefined) expect(type).toBe(row.type as Alert["type"]);
	if (row.reason !== undefined) expect(reason).toContain(row.reason);
	const passed = trace.map(({ stage, verdict }) => `${stage} ${verdict}`);
	for (const wanted of row.trace ?? []) {
		if (wanted.startsWith("!")) expect(passed).not.toContain(wanted.slice(1));
		else expect(passed).toContain(wanted);
	}
	if (row.detail !== undefined) expect(trace.map(({ detail = "" }) => detail).join("\n")).toContain(row.detail);
}

function heldBy(world: World): readonly string[] {
	return world.engine.book
		.positions()
		.filter(({ side }) => side !== "flat")
		.map((position) => placed(position, `${position.side} ${position.quantity}`))
		.sort();
}

function endOf(world: World, alert: Alert): string {
	if (!world.journal.hasEnded(alert.id)) return "not ended";
	const { status, code } = world.journal.ended(alert.id);
	return code === null ? status : `${status} ${code}`;
}

/** One test for each row. Throws where two rows have one name. */
export function table(rows: readonly Row[]): void {
	const names = new Set(rows.map(({ name }) => name));
	if (names.size !== rows.length) throw new Error("two rows have one name");
	for (const row of rows) test(row.name, () => check(row));
}

/** A decimal share as risk settings have it: `10%`. */
export const percent = (text: string) => decimal(String(Number.parseFloat(text) / 100));
