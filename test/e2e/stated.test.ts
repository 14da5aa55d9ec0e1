/** Stated and ours on the compiled binary: what waits, what is out of step, `resume --follow`, and alerts that stay away. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { AlertView, StatedView, StrategyView } from "../../src/domain/records.ts";
import { openReader } from "../../src/journal/reader.ts";
import { type Ran, RunningNexus, removeLeftovers } from "./support/running-nexus.ts";

afterAll(removeLeftovers);

const columns = 80;

const yaml = (strategies: string): string => `
webhook: { host: 127.0.0.1, port: 0 }
data: ./data
plugins: ./plugins
accounts:
  paper: { broker: paper, currency: USD, balance: 1000000, fee: 0%, slippage: 0% }
strategies:
${strategies}
risk: { unlimited_position_size: true, unlimited_exposure: true, no_daily_loss_limit: true }
pipeline:
  - signature
  - dedupe
  - sequence: { hold: 2s }
  - risk
`;

interface Step {
	readonly id: string;
	readonly from: string;
	readonly to: string;
	readonly strategy?: string;
	readonly symbol?: string;
}

/** As TradingView sends it with the position fields of the template. */
function body({ id, from, to, strategy = "Mirror", symbol = "BTCUSD" }: Step): string {
	const [before = "", before_size = "0"] = from.split(" ");
	const [after = "", size = "0"] = to.split(" ");
	const signed = (side: string, units: string): number => (side === "short" ? -Number(units) : Number(units));
	return JSON.stringify({
		alert_id: id,
		action: signed(after, size) > signed(before, before_size) ? "buy" : "sell",
		symbol,
		price: 42000,
		strategy,
		market_position: after,
		market_position_size: Number(size),
		prev_market_position: before,
		prev_market_position_size: Number(before_size),
	});
}

/** A command that must end well; its words fit on a screen of 80 columns. */
function ok({ exit, out, err }: Ran): string {
	expect({ exit, err }).toEqual({ exit: 0, err: "" });
	expect(out.split("\n").filter((line) => line.length > columns)).toEqual([]);
	return out;
}

/** Wrapped lines as one, so that a sentence can be looked for. */
const unwrapped = (text: string): string => text.replace(/\s+/g, " ");

describe("a stranger reads the traces", () => {
	let nexus: RunningNexus;
	const explain = async (id: string): Promise<string> => unwrapped(ok(await nexus.ask("explain", id)));
	beforeAll(async () => {
		nexus = await RunningNexus.start({
			yaml: yaml("  - { name: Mirror, account: paper, size: alert, pyramiding: 5 }"),
		});
	});

	test("held: while it waits the trace says for what, and afterwards for whom it has waited", async () => {
		await nexus.post(body({ id: "in", from: "flat", to: "long 0.5" }), { tail: "?wait=2s" });
		await nexus.post(body({ id: "early", from: "flat", to: "short 0.5" }));
		const waiting = await explain("early");
		expect(waiting).toContain(
			"Waiting: TradingView's strategy was last known to be long 0.5, but this alert states flat",
		);
		expect(waiting).toContain("sequence hold");
		expect(waiting).toContain("at most 2000 ms (pipeline.sequence.hold)");
		const { json } = await nexus.post(body({ id: "between", from: "long 0.5", to: "flat" }), { tail: "?wait=2s" });
		await nexus.settled();
		const ended = await explain("early");
		expect(ended).toContain("Executed: sold 0.5 BTC/USD at 42000");
		expect(ended).toMatch(/flat → short 0\.5: it came before the alert that leads to it \(\S+\) and waited \d+ ms/);
		expect(ended).toContain(`(${json.id})`);
		expect(ended).not.toContain("Waiting:");
		const alert: AlertView = JSON.parse((await nexus.ask("explain", "early", "--json")).out);
		expect(alert.trace?.filter(({ stage }) => stage === "sequence")).toHaveLength(1);
	});

	test("duplicated: the trace of the first one counts the others", async () => {
		for (let n = 0; n < 2; n++) await nexus.post(body({ id: "in", from: "flat", to: "long 0.5" }));
		const text = await explain("in");
		expect(text).toContain("the same alert came 2 more times, the last one at");
		expect(text).toContain("answered as a duplicate, and nothing was done for it");
	});

	test("gap: what is missing, how long it was waited for and what was done instead", async () => {
		await nexus.post(body({ id: "add", from: "short 1", to: "short 2" }), { tail: "?wait=2s" });
		await nexus.settled();
		const text = await explain("add");
		expect(text).toContain("TradingView's strategy was last known to be short 0.5, but this alert states short 1");
		expect(text).toMatch(/the alert that led from short 0\.5 to short 1 never came \(waited 2\d\d\d ms\)/);
		expect(text).toContain("what it states now is followed: short 2 (on_gap: follow)");
		expect(await nexus.positions()).toMatchObject([{ side: "short", quantity: "2" }]);
		const [view] = await nexus.list<StatedView>("stated");
		expect(view).toMatchObject({ side: "short", size: "2", gaps: [{ from: "short 0.5", to: "short 1" }] });
	});

	test("late: what it wanted, and that nothing was done for it", async () => {
		await nexus.post(body({ id: "late", from: "short 0.5", to: "short 1" }), { tail: "?wait=2s" });
		const text = await explain("late");
		expect(text).toContain("Skipped: it leads short 0.5 → short 1, but it came too late");
		expect(text).toContain("its outcome has been passed, and nothing is done for it");
		expect(await nexus.positions()).toMatchObject([{ side: "short", quantity: "2" }]);
	});
});

describe("what TradingView holds and we do not", () => {
	let nexus: RunningNexus;
	beforeAll(async () => {
		nexus = await RunningNexus.start({
			yaml: yaml("  - { name: Mirror, account: paper, size: alert }\n  - { name: Ours, account: paper, size: alert }"),
			plugins: {
				"ours.ts": `import { defineStrategy } from "nexus";
export default defineStrategy({ name: "Ours", onAlert: (alert, { skip }) => skip("not today") });`,
			},
		});
	});

	test("it moves on while trading is halted, and positions shows both and the difference", async () => {
		ok(await nexus.ask("halt"));
		for (const strategy of ["Mirror", "Ours"]) {
			const step = { id: `${strategy}-1`, from: "flat", to: "long 0.7", strategy };
			const { json } = await nexus.post(body(step), { tail: "?wait=2s" });
			expect(json).toMatchObject({ status: "rejected", code: "halted" });
		}
		const out = ok(await nexus.ask("positions"));
		expect(out).toStartWith("No open positions.\n");
		expect(out).toMatch(/^Mirror +paper +BTC\/USD +long 0\.7 +flat +buy 0\.7$/m);
	});

	test("resume lists it, also after kill -9, and trades nothing", async () => {
		await nexus.kill9();
		await nexus.launch();
		const out = ok(await nexus.ask("resume"));
		expect(out).toContain("TradingView holds what we do not:");
		expect(out).toMatch(/^ +Mirror +paper +BTC\/USD +long 0\.7 +flat +buy 0\.7$/m);
		expect(unwrapped(out)).toContain("Ours BTC/USD is not followed by --follow: its plugin decides what it holds.");
		expect(await nexus.orders()).toEqual([]);
	});

	test("--follow under a halt that still holds is denied, and says so", async () => {
		ok(await nexus.ask("halt", "--symbol", "BTC/USD"));
		const out = ok(await nexus.ask("resume", "--strategy", "Mirror", "--follow"));
		expect(out).toContain("Mirror BTC/USD on paper: rejected halted");
		expect(await nexus.orders()).toEqual([]);
	});

	test("--follow buys the difference, and afterwards it is in step over a restart", async () => {
		const out = ok(await nexus.ask("resume", "--follow"));
		expect(out).toContain("Mirror BTC/USD on paper: executed: bought 0.7 BTC/USD at 42000");
		expect(await nexus.positions()).toMatchObject([{ strategy: "Mirror", quantity: "0.7", in_step: true }]);
		await nexus.kill9();
		await nexus.launch();
		expect(ok(await nexus.ask("resume", "--follow", "--strategy", "Mirror"))).not.toContain("Followed");
		expect(await nexus.orders()).toHaveLength(1);
	});

	test("the next alert goes on from there", async () => {
		const { json } = await nexus.post(body({ id: "Mirror-2", from: "long 0.7", to: "flat" }), { tail: "?wait=2s" });
		expect(json.status).toBe("executed");
		expect(await nexus.positions()).toEqual([]);
	});
});

describe("expect_every", () => {
	test("silence is shown, survives a restart without being told twice, and the next alert ends it", async () => {
		const strategies = "  - { name: Mirror, account: paper, size: alert, expect_every: 1s }";
		await using nexus = await RunningNexus.start({ yaml: yaml(strategies) });
		await nexus.post(body({ id: "1", from: "flat", to: "long 1" }), { tail: "?wait=2s" });
		const strategy = async (): Promise<StrategyView | undefined> => (await nexus.list<StrategyView>("strategies"))[0];
		const before = await strategy();
		expect(before).toMatchObject({ expect_every_s: 1, silent: false });
		await until(async () => (await strategy())?.silent === true);
		expect(ok(await nexus.ask("status"))).toMatch(/^Silent +Mirror: no alert comes \(the last one /m);
		expect(nexus.log).toContain("no alert came");
		await nexus.kill9();
		await nexus.launch();
		expect(await strategy()).toMatchObject({ silent: true, last_alert_at: before?.last_alert_at });
		await nexus.post(body({ id: "2", from: "long 1", to: "flat" }), { tail: "?wait=2s" });
		expect((await strategy())?.silent).toBe(false);
		expect(await silences(nexus)).toEqual(["SilenceFound", "SilenceEnded"]);
	});
});

/** Until it holds, at most ten seconds. */
async function until(holds: () => Promise<boolean>): Promise<void> {
	for (let n = 0; n < 200; n++) {
		if (await holds()) return;
		await Bun.sleep(50);
	}
	throw new Error("it never came to hold");
}

/** The events about silence so far, oldest first. */
async function silences(nexus: RunningNexus): Promise<string[]> {
	const journal = openReader(join(nexus.path, "data"));
	try {
		const events = await journal.events(0, 1000);
		return events.flatMap(({ kind }) => (kind.startsWith("Silence") ? [kind] : []));
	} finally {
		journal.close();
	}
}
