/** A crash after any commit: what the next start makes of the journal is what would have come without the crash. */
import { describe, expect, test } from "bun:test";
import { decimal } from "../../src/domain/decimal.ts";
import type { Alert } from "../../src/domain/records.ts";
import {
	accountSettings,
	alertOf,
	engineWith,
	enter,
	ManualClock,
	MemoryJournal,
	strategyOf,
	World,
	type WorldOptions,
} from "./support.ts";

type Step = { readonly alert: Alert } | { readonly price: string };

interface Story {
	readonly name: string;
	readonly options: Pick<WorldOptions, "accounts" | "strategies" | "limits">;
	readonly steps: readonly Step[];
	/** What must be held at the end, so that the comparison is not one of two wrongs. */
	readonly held: readonly string[];
	readonly standing: readonly string[];
}

const costly = (name: string) =>
	accountSettings({ name, fee: decimal("0.001"), slippage: decimal("0.0005"), balance: decimal("100000") });

/** Enters with stop and target on entries, follows exits. */
const guarded = (accounts: readonly string[], name = "MyRSIStrategy") =>
	strategyOf({ name, accounts: accounts.map((account) => ({ account })) }, (alert) => {
		if (alert.type === "LONG_ENTRY") return [enter("long", { stop_loss: "2%", take_profit: "10%" })];
		if (alert.type === "SHORT_ENTRY") return [enter("short", { stop_loss: "2%", take_profit: "10%" })];
		return [{ kind: "exit", side: "any", ...(alert.quantity === undefined ? {} : { quantity: alert.quantity }) }];
	});

const alert = (action: string, changes: Partial<Alert> = {}): Step => ({ alert: alertOf(action, changes) });

const stories: readonly Story[] = [
	{
		name: "a reversal with stop and target",
		options: { accounts: [costly("paper")], strategies: [guarded(["paper"])] },
		steps: [alert("buy"), alert("sell", { price: "43000" })],
		held: ["paper MyRSIStrategy BTC/USD short 0.5"],
		standing: ["stop_loss buy 0.5 BTC/USD at 43838.07", "take_profit buy 0.5 BTC/USD at 38680.65"],
	},
	{
		name: "a partial exit, then the stop is reached",
		options: { accounts: [costly("paper")], strategies: [guarded(["paper"])] },
		steps: [alert("buy"), alert("exit", { price: "42100", quantity: "50%" }), { price: "41000" }],
		held: [],
		standing: [],
	},
	{
		name: "a full exit leaves no stop behind",
		options: { accounts: [costly("paper")], strategies: [guarded(["paper"])] },
		steps: [alert("buy"), alert("close_long", { price: "42100" }), { price: "30000" }, { price: "60000" }],
		held: [],
		standing: [],
	},
	{
		name: "a reversal on two accounts",
		options: { accounts: [costly("a"), costly("b")], strategies: [guarded(["a", "b"])] },
		steps: [alert("buy"), alert("sell", { price: "43000" })],
		held: ["a MyRSIStrategy BTC/USD short 0.5", "b MyRSIStrategy BTC/USD short 0.5"],
		standing: [
			"stop_loss buy 0.5 BTC/USD at 43838.07",
			"stop_loss buy 0.5 BTC/USD at 43838.07",
			"take_profit buy 0.5 BTC/USD at 38680.65",
			"take_profit buy 0.5 BTC/USD at 38680.65",
		],
	},
	{
		name: "two strategies that oppose each other, and the first one's stop",
		options: {
			accounts: [costly("paper")],
			strategies: [guarded(["paper"]), strategyOf({ name: "Other" })],
		},
		steps: [alert("buy"), alert("sell", { strategy: "Other", price: "42010" }), { price: "41000" }],
		held: ["paper Other BTC/USD short 0.5"],
		standing: [],
	},
	{
		name: "a target that is reached cancels the stop, and the next entry stands alone",
		options: { accounts: [costly("paper")], strategies: [guarded(["paper"])] },
		steps: [alert("buy"), { price: "47000" }, alert("sell", { price: "47000" })],
		held: ["paper MyRSIStrategy BTC/USD short 0.5"],
		standing: ["stop_loss buy 0.5 BTC/USD at 47916.03", "take_profit buy 0.5 BTC/USD at 42278.85"],
	},
];

/** A stop that is cut to a smaller position gets a new id while running, and keeps its own when it is put back after a start. */
const family = (id: string): string => id.replace(/-(sl|tp)\d+$/, "-$1");

/** Everything that must not depend on a crash; times do, and so does whether a stop was cut or replaced. */
function facts(world: World) {
	const { journal, engine } = world;
	return {
		held: world.held(),
		standing: world.standing().sort(),
		positions: journal
			.positions()
			.map(({ account, strategy, side, quantity, average_price, realized_pnl, additions }) =>
				[account, strategy, side, quantity, average_price, realized_pnl, additions].join(" "),
			)
			.sort(),
		accounts: journal
			.accounts()
			.map(({ name, balance, realized_pnl, day_start_equity }) =>
				[name, balance, realized_pnl, day_start_equity].join(" "),
			)
			.sort(),
		orders: journal
			.orders()
			.filter((order) => order.status !== "canceled")
			.map((order) =>
				[
					family(order.id),
					order.account,
					order.side,
					order.leg,
					order.quantity,
					order.status,
					order.filled_quantity,
					order.average_price,
				].join(" "),
			)
			.sort(),
		fills: journal
			.fills()
			.map((fill) => [family(fill.order_id), fill.side, fill.quantity, fill.price, fill.fee].join(" "))
			.sort(),
		fillsPerOrder: Math.max(
			...journal.orders().map(({ id }) => journal.fills().filter((fill) => fill.order_id === id).length),
		),
		endings: journal.alerts.map(({ id }) => `${id} ${journal.ended(id).status} ${journal.ended(id).code}`),
		bookIsOnDisk: journal
			.positions()
			.every(
				(position) =>
					engine.book.position(position.account, position.strategy, position.symbol)?.quantity ===
					(position.side === "flat" ? undefined : position.quantity),
			),
	};
}

async function take(world: World, step: Step): Promise<void> {
	if ("alert" in step) await world.send(step.alert);
	else await world.price("BTC/USD", step.price);
}

interface Run {
	readonly world: World;
	/** For each commit, the step during which it was made. */
	readonly stepOf: readonly number[];
}

/** Takes the steps from `from` on and notes which step each commit belongs to; those there are already belong to `startedIn`. */
async function play(world: World, story: Story, from: number, startedIn = from): Promise<Run> {
	const stepOf: number[] = world.journal.commits.map(() => startedIn);
	for (let index = from; index < story.steps.length; index++) {
		const step = story.steps[index];
		if (step !== undefined) await take(world, step);
		while (stepOf.length < world.journal.commits.length) stepOf.push(index);
	}
	return { world, stepOf };
}

/** A new start on what is left of a run after `kept` commits, taken to the end of the story. */
async function crashed(story: Story, run: Run, kept: number): Promise<Run> {
	const { commits } = run.world.journal;
	const step = run.stepOf[kept] ?? story.steps.length;
	const recorded = story.steps.slice(0, step + 1).flatMap((one) => ("alert" in one ? [one.alert] : []));
	const journal = MemoryJournal.from(recorded, commits.slice(0, kept));
	const world = await new World({ ...story.options, journal, clock: new ManualClock() }).start();
	// An alert is on disk and comes back from there; a price that was under way is shown again.
	const here = story.steps[step];
	return play(world, story, here !== undefined && "alert" in here ? step + 1 : step, step);
}

describe("a crash after any commit leads to the same end", () => {
	for (const story of stories) {
		test(story.name, async () => {
			const whole = await play(await engineWith({ ...story.options }), story, 0);
			const expected = facts(whole.world);
			expect(expected.held).toEqual([...story.held]);
			expect(expected.standing).toEqual([...story.standing]);
			expect(expected.bookIsOnDisk).toBe(true);
			expect(expected.fillsPerOrder).toBe(1);
			const { length } = whole.world.journal.commits;
			expect(length).toBeGreaterThan(4);
			for (let kept = 0; kept < length; kept++) {
				const again = await crashed(story, whole, kept);
				expect({ kept, ...facts(again.world) }).toEqual({ kept, ...expected });
			}
		});

		test(`${story.name}, also when the recovery crashes in its turn`, async () => {
			const whole = await play(await engineWith({ ...story.options }), story, 0);
			const expected = facts(whole.world);
			for (let kept = 0; kept < whole.world.journal.commits.length; kept++) {
				const first = await crashed(story, whole, kept);
				const { commits } = first.world.journal;
				for (let later = kept + 1; later < commits.length; later++) {
					const second = await crashed(story, first, later);
					expect({ kept, later, ...facts(second.world) }).toEqual({ kept, later, ...expected });
				}
			}
		});
	}
});
