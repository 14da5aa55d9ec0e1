/** A run as a list that is drawn from its seed before anything happens, so that parts of it can be left out. */
import type { Scope } from "../../src/domain/ports.ts";
import { Chance } from "../support/exchange/chance.ts";
import { type OrderFault, orderFaults } from "../support/exchange/faults.ts";
import { type Trouble, troubles } from "./disk.ts";
import { MessageDrawer, type Sending } from "./messages.ts";
import { settingOf, settingWords } from "./setting.ts";
import { type HandDeed, handDeeds, handWords } from "./stranger.ts";
import { symbols } from "./strategies.ts";

/** One thing the exchange does wrong, in some runs and not in others. */
export type FaultKind =
	| { readonly of: "orders"; readonly fault: OrderFault; readonly rate: number }
	| { readonly of: "cancels"; readonly fault: "lost_before" | "lost_after"; readonly rate: number }
	| { readonly of: "reads"; readonly fault: "cut" | "error" | "slow"; readonly rate: number }
	| { readonly of: "feed"; readonly fault: "duplicate" | "reorder"; readonly rate: number }
	| { readonly of: "partial"; readonly rate: number }
	| { readonly of: "read_lag_ms" | "skew_ms"; readonly ms: number };

/** What happens, without the time that passes after it. */
export type Deed =
	| { readonly do: "fault"; readonly kind: FaultKind }
	| ({ readonly do: "send" } & Sending)
	| { readonly do: "price"; readonly symbol: string; readonly price: number }
	| { readonly do: "pause" }
	/** After so many steps of the process, or commits; the process starts again `down_ms` later on a clock that is `ahead_ms` off. */
	| {
			readonly do: "crash";
			readonly steps: number;
			readonly chance: number;
			readonly commits_only: boolean;
			readonly down_ms: number;
			readonly ahead_ms: number;
	  }
	| { readonly do: "stop"; readonly down_ms: number }
	| { readonly do: "disk"; readonly trouble: Trouble; readonly for_ms: number }
	| { readonly do: "away"; readonly how: "refused" | "cut"; readonly for_ms: number }
	| { readonly do: "drift"; readonly by_ms: number }
	| { readonly do: "desk"; readonly what: DeskDeed; readonly scope: Scope }
	| { readonly do: "hand"; readonly deed: HandDeed };

export type DeskDeed = "halt" | "freeze" | "reduce" | "resume" | "flatten";

export interface Action {
	/** Its place in the whole story, from 0; it keeps it when others are left out. */
	readonly number: number;
	readonly deed: Deed;
	/** Time that passes after it. */
	readonly then_ms: number;
}

export interface Story {
	readonly seed: number;
	readonly actions: readonly Action[];
}

/** Things that happen in one run, faults not counted. */
const deeds_in_run = 40;

/** The whole story of a seed. */
export function storyOf(seed: number): Story {
	const chance = new Chance(seed);
	const deeds: { deed: Deed; then_ms: number }[] = faultsOf(chance).map((kind) => ({
		deed: { do: "fault", kind },
		then_ms: 0,
	}));
	const messages = new MessageDrawer(chance);
	// How busy a run is with alerts of the same moment differs from run to run.
	const pause_ms = oneOf([60, 400, 1_500], chance);
	for (let count = 0; count < deeds_in_run; count++) {
		for (const deed of deedsOf(chance, messages)) {
			const then_ms = deed.do === "pause" ? chance.whole(500, 6_000) : chance.whole(0, pause_ms);
			deeds.push({ deed, then_ms });
		}
	}
	// At most once, and less than what a measured clock may be off by.
	if (chance.number() < 0.2) {
		const drift: Deed = { do: "drift", by_ms: chance.whole(-300, 300) };
		deeds.splice(chance.whole(0, deeds.length), 0, { deed: drift, then_ms: 0 });
	}
	if (settingOf(seed).kind === "by_hand") putHands(deeds, new Chance(seed ^ 0x4a4d));
	return { seed, actions: deeds.map((one, number) => ({ number, ...one })) };
}

/** Drawn apart, so that everything else of the story stays as it is. */
function putHands(deeds: { deed: Deed; then_ms: number }[], chance: Chance): void {
	const first = deeds.findIndex(({ deed }) => deed.do !== "fault");
	for (const deed of handDeeds(chance)) {
		// Now and then in the same moment as what follows, now and then with time to be noticed.
		const place = chance.whole(first, deeds.length);
		// A message without an id of its own is only known again for 30 s.
		const long = chance.number() < 0.2 && deeds[place]?.deed.do !== "send";
		const then_ms = chance.number() < 0.4 ? 0 : chance.whole(0, long ? 90_000 : 3_000);
		deeds.splice(place, 0, { deed: { do: "hand", deed }, then_ms });
	}
}

function deedsOf(chance: Chance, messages: MessageDrawer): readonly Deed[] {
	const roll = chance.number();
	if (roll < 0.4) return [{ do: "send", ...messages.single() }];
	if (roll < 0.46) return messages.burst().map((sending) => ({ do: "send", ...sending }));
	if (roll < 0.62) return [messages.price()];
	if (roll < 0.7) return [{ do: "pause" }];
	if (roll < 0.84) return [crash(chance)];
	if (roll < 0.87) return [{ do: "stop", down_ms: chance.whole(0, 2_000) }];
	if (roll < 0.92) return [disk(chance)];
	if (roll < 0.95) return [{ do: "away", how: oneOf(["refused", "cut"], chance), for_ms: away_ms(chance) }];
	return [{ do: "desk", what: deskDeed(chance), scope: scope(chance) }];
}

function crash(chance: Chance): Deed {
	const commits_only = chance.number() < 0.4;
	const soon = chance.number() < 0.2;
	return {
		do: "crash",
		steps: soon ? 0 : chance.whole(0, commits_only ? 8 : 40),
		chance: chance.number(),
		commits_only,
		down_ms: chance.number() < 0.7 ? chance.whole(0, 500) : chance.whole(500, 6_000),
		ahead_ms: chance.number() < 0.8 ? 0 : chance.whole(-1_500, 1_500),
	};
}

function disk(chance: Chance): Deed {
	const trouble = oneOf(Object.keys(troubles) as Trouble[], chance);
	return { do: "disk", trouble, for_ms: chance.whole(10, 4_000) };
}

function away_ms(chance: Chance): number {
	return chance.number() < 0.7 ? chance.whole(1_000, 8_000) : chance.whole(8_000, 60_000);
}

function deskDeed(chance: Chance): DeskDeed {
	const roll = chance.number();
	if (roll < 0.45) return "resume";
	return oneOf(["halt", "freeze", "reduce", "reduce", "flatten"], chance);
}

function scope(chance: Chance): Scope {
	const roll = chance.number();
	if (roll < 0.4) return { scope: "all", name: "" };
	if (roll < 0.6) return { scope: "account", name: oneOf(["live", "paper"], chance) };
	if (roll < 0.8) return { scope: "strategy", name: oneOf(["One", "Two", "Chain"], chance) };
	return { scope: "symbol", name: oneOf(symbols, chance) };
}

/** One of a list. */
export function oneOf<T>(items: readonly T[], chance: Chance): T {
	const item = items[chance.whole(0, items.length - 1)];
	if (item === undefined) throw new Error("nothing to choose from");
	return item;
}

const orderRates: Readonly<Record<OrderFault, number>> = {
	lost_before: 0.1,
	lost_after: 0.15,
	late: 0.1,
	slow_accept: 0.05,
	slow_answer: 0.1,
	error_before: 0.1,
	error_after: 0.1,
	garbled: 0.05,
	reject: 0.05,
	proxy: 0.05,
};

/** Each kind in some runs and not in others, so that they meet in every combination. */
function faultsOf(chance: Chance): readonly FaultKind[] {
	const half = (): boolean => chance.number() < 0.5;
	const kinds: FaultKind[] = orderFaults
		.filter(half)
		.map((fault) => ({ of: "orders", fault, rate: orderRates[fault] }));
	for (const fault of ["cut", "error", "slow"] as const) if (half()) kinds.push({ of: "reads", fault, rate: 0.08 });
	for (const fault of ["duplicate", "reorder"] as const) if (half()) kinds.push({ of: "feed", fault, rate: 0.2 });
	for (const fault of ["lost_before", "lost_after"] as const)
		if (chance.number() < 0.3) kinds.push({ of: "cancels", fault, rate: 0.1 });
	if (half()) kinds.push({ of: "partial", rate: 0.4 });
	if (chance.number() < 0.3) kinds.push({ of: "read_lag_ms", ms: 150 });
	if (chance.number() < 0.3) kinds.push({ of: "skew_ms", ms: chance.whole(-2_000, 2_000) });
	return kinds;
}

/** The story as a numbered list, one line for each thing that happens. */
export function told({ seed, actions }: Story): readonly string[] {
	const lines = actions.map(
		({ number, deed, then_ms }) => `${number}. ${wordsOf(deed)}${then_ms === 0 ? "" : `, then ${then_ms} ms`}`,
	);
	return [settingWords(settingOf(seed)), ...lines];
}

function wordsOf(deed: Deed): string {
	switch (deed.do) {
		case "fault":
			return faultWords(deed.kind);
		case "send":
			return `TradingView sends ${deed.message.words}${deed.answers_lost === 0 ? "" : `; ${deed.answers_lost} of its answers are lost`}`;
		case "price":
			return `${deed.symbol} is at ${deed.price}`;
		case "pause":
			return "nothing happens";
		case "crash": {
			const clock = deed.ahead_ms === 0 ? "" : ` on a clock that is ${deed.ahead_ms} ms off`;
			const where = deed.commits_only ? `in commit ${deed.steps + 1} from now` : `${deed.steps} steps from now`;
			return `the process is killed ${where} (${deed.chance.toFixed(3)}) and starts again ${deed.down_ms} ms later${clock}`;
		}
		case "stop":
			return `the process is stopped with SIGTERM and starts again ${deed.down_ms} ms later`;
		case "disk":
			return `the disk ${troubles[deed.trouble]} for ${deed.for_ms} ms`;
		case "away":
			return `the exchange is away for ${deed.for_ms} ms (${deed.how})`;
		case "drift":
			return `the exchange's clock jumps by ${deed.by_ms} ms`;
		case "desk":
			return `a person says ${deed.what} ${deed.scope.scope} ${deed.scope.name}`.trim();
		case "hand":
			return handWords(deed.deed);
		default:
			return deed satisfies never;
	}
}

function faultWords(kind: FaultKind): string {
	switch (kind.of) {
		case "read_lag_ms":
			return `the exchange shows what happened ${kind.ms} ms late`;
		case "skew_ms":
			return `the exchange's clock is ${kind.ms} ms off`;
		case "partial":
			return `the exchange fills in parts at a rate of ${kind.rate}`;
		default:
			return `the exchange does wrong with ${kind.of}: ${kind.fault} at a rate of ${kind.rate}`;
	}
}
