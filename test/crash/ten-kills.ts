/** A day of a live account, in a minute: alerts from eight senders to the shipped binary, which is killed or replaced all along. */
import { createServer } from "node:net";
import { Chance } from "../support/exchange/chance.ts";
import type { Faults } from "../support/exchange/faults.ts";
import { alertOf, Bench, token } from "./bench.ts";
import { gather, judge, type Verdict } from "./judge.ts";
import { Senders } from "./senders.ts";

export interface DayOptions {
	readonly alerts: number;
	readonly kills: number;
	/** Of `nexus run --take-over`. */
	readonly take_overs: number;
	readonly seed: number;
	/** Between two kills, milliseconds; 3,500 where undefined: long enough for what one left to be taken up and settled. */
	readonly between_ms?: number;
}

export interface Day extends Verdict {
	readonly acknowledged: number;
	/** Orders that the exchange made. */
	readonly orders: number;
	/** Connections that were refused or cut before an answer. */
	readonly cut: number;
	/** Answers of 500 and above. */
	readonly refused: number;
	/** From the last acknowledgement, and the end of the exchange's bad day, until nothing was open; milliseconds. */
	readonly settled_ms: number;
}

const strategies = ["One", "Two", "Three", "Four"] as const;
const symbols = Array.from({ length: 25 }, (_, index) => `T${index}/USD`);
const side_by_side = 8;
/** What an exchange on a bad day does. */
const faults: Partial<Faults> = {
	orders: {
		lost_after: 0.02,
		lost_before: 0.01,
		error_after: 0.01,
		error_before: 0.01,
		late: 0.01,
		slow_answer: 0.02,
		garbled: 0.01,
		reject: 0.02,
	},
	reads: { cut: 0.01, error: 0.01 },
	feed: { duplicate: 0.05, reorder: 0.05 },
	partial: 0.1,
	late_ms: [200, 1_400],
	slow_ms: [300, 1_500],
	part_ms: [10, 100],
};

/** Plays one. The exchange misbehaves until the last alert was acknowledged. */
export async function playDay(options: DayOptions): Promise<Day> {
	const { alerts, kills, take_overs, seed, between_ms = 3_500 } = options;
	const chance = new Chance(seed);
	const port = await quietPort(chance);
	await using bench = await Bench.make({ symbols, strategies, seed, port, alone: true });
	await bench.setFaults({ faults });
	const breaks = kills + take_overs;
	const senders = new Senders({
		port,
		path: `/webhook/${token}`,
		count: alerts,
		side_by_side,
		pause_ms: (between_ms * (breaks + 1) * side_by_side) / alerts,
		alertOf: (number) => alertNumber(number),
	});
	await bench.nexus.launch();
	const breaking = async (): Promise<void> => {
		for (let broken = 0; broken < breaks; broken++) {
			const after = Math.floor((alerts * (broken + 0.5 + chance.number() * 0.5)) / (breaks + 1));
			while (senders.acknowledged.size < after) await Bun.sleep(1);
			if (broken >= take_overs) await bench.nexus.restart();
			else await takeOverInDoubt(bench);
		}
	};
	await Promise.all([breaking(), senders.run()]);
	await bench.setFaults();
	const over = performance.now();
	await bench.nexus.settled();
	const settled_ms = Math.round(performance.now() - over);
	const exchange = await bench.exchange.counts();
	const verdict = judge(await gather(bench.nexus, exchange, senders.acknowledged));
	return {
		...verdict,
		acknowledged: senders.acknowledged.size,
		orders: exchange.orders.length,
		cut: senders.cut,
		refused: senders.refused,
		settled_ms,
	};
}

/** A successor comes while orders are in doubt: it must not wait for them, since what is sent meanwhile waits for it. */
async function takeOverInDoubt({ exchange, nexus }: Bench): Promise<void> {
	await exchange.control({ next: ["lost_before", "error_before", "late", "lost_before"] });
	while ((await exchange.counts()).sent.at(-1)?.fault !== "lost_before") await Bun.sleep(5);
	if ((await nexus.takeOver()) !== 0) throw new Error("the one that left did not end well");
}

/** Every seventh closes what its strategy holds; never more than one order for an alert. */
function alertNumber(number: number) {
	const symbol = symbols[Math.floor(number / strategies.length) % symbols.length] ?? "T0/USD";
	const strategy = strategies[number % strategies.length] ?? "One";
	return alertOf(`a-${number}`, number % 7 === 6 ? "close_long" : "buy", symbol, strategy);
}

/**
 * A port that is free and none of those that the system gives to connections: while nobody listens there, a sender could
 * otherwise be connected to itself.
 */
async function quietPort(chance: Chance): Promise<number> {
	for (let tries = 0; tries < 100; tries++) {
		const port = chance.whole(20_000, 32_000);
		const free = await new Promise<boolean>((resolve) => {
			const server = createServer();
			server.once("error", () => resolve(false));
			server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
		});
		if (free) return port;
	}
	throw new Error("no port between 20000 and 32000 is free");
}
