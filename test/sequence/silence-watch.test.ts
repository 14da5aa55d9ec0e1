/** Silence: alerts that stay away are told once, their return too, and a restart tells nothing twice. */
import { describe, expect, test } from "bun:test";
import type { Change } from "../../src/domain/ports.ts";
import type { StrategySettings } from "../../src/domain/settings.ts";
import { SilenceWatch } from "../../src/sequence/silence-watch.ts";
import { ManualClock, MemoryLog, startOfTest, strategySettings } from "../engine/support.ts";

const hour = 3_600_000;
const minute = 60_000;
const iso = (at: number): string => new Date(at).toISOString();

interface Start {
	readonly strategies?: StrategySettings[];
	readonly last?: Readonly<Record<string, number>>;
	readonly silences?: Readonly<Record<string, number>>;
	readonly clock?: ManualClock;
}

function watched({ strategies = [expecting("A", hour)], last = {}, silences = {}, clock = new ManualClock() }: Start) {
	const changes: Change[] = [];
	const log = new MemoryLog();
	const watch = new SilenceWatch({
		clock,
		log,
		list: () => strategies,
		find: (name) => strategies.find((one) => one.name === name),
		last: new Map(Object.entries(last)),
		silences: Object.entries(silences).map(([strategy, since]) => ({ strategy, since: iso(since) })),
		record: (some) => void changes.push(...some),
	});
	watch.start();
	const told = () => changes.flatMap((change) => (change.kind === "event" ? [change.event.kind] : []));
	const details = () => changes.flatMap((change) => (change.kind === "event" ? [change.event.detail] : []));
	/** What the journal holds at the end. */
	const kept = () => {
		const silent = new Map<string, string | null>();
		for (const change of changes) if (change.kind === "silence") silent.set(change.strategy, change.since);
		return Object.fromEntries(silent);
	};
	return { watch, clock, log, strategies, changes, told, details, kept };
}

function expecting(name: string, expect_every_ms?: number, more: Partial<StrategySettings> = {}): StrategySettings {
	return strategySettings({ name, ...(expect_every_ms === undefined ? {} : { expect_every_ms }), ...more });
}

describe("while it runs", () => {
	test("silence is told when the time is up, not before, and only once", async () => {
		const { clock, told, log, details } = watched({ last: { A: startOfTest } });
		await clock.advance(hour - 1);
		expect(told()).toEqual([]);
		await clock.advance(1);
		expect(told()).toEqual(["SilenceFound"]);
		expect(details()).toEqual([
			"A: no alert for 1h (since the last one, 2026-03-02T12:00:00.000Z); one is expected every 1h",
		]);
		expect(log.lines).toMatchObject([
			{ level: "warn", fields: { strategy: "A", last_alert_at: "2026-03-02T12:00:00.000Z", expect_every_s: 3600 } },
		]);
		await clock.advance(10 * hour);
		expect(told()).toEqual(["SilenceFound"]);
	});

	test("where no alert ever came it counts from the start", async () => {
		const { clock, told, details, watch } = watched({});
		await clock.advance(hour);
		expect(told()).toEqual(["SilenceFound"]);
		expect(details()[0]).toContain("since it is watched");
		expect(watch.view("A")).toEqual({ last_alert_at: null, silent: true });
	});

	test("an alert in time begins the time anew", async () => {
		const { clock, told, watch } = watched({ last: { A: startOfTest } });
		for (let n = 0; n < 5; n++) {
			await clock.advance(hour - minute);
			watch.heard("A", iso(clock.now()));
		}
		expect(told()).toEqual([]);
		await clock.advance(hour);
		expect(told()).toEqual(["SilenceFound"]);
	});

	test("the next alert ends it, and the next silence is told again", async () => {
		const { clock, told, watch, details, kept } = watched({ last: { A: startOfTest } });
		await clock.advance(3 * hour + 12 * minute);
		watch.heard("A", iso(clock.now()));
		expect(told()).toEqual(["SilenceFound", "SilenceEnded"]);
		expect(details()[1]).toBe("A: an alert came again, after 3h 12m");
		expect(kept()).toEqual({ A: null });
		expect(watch.view("A")).toEqual({ last_alert_at: iso(clock.now()), silent: false });
		await clock.advance(hour + minute);
		expect(told()).toEqual(["SilenceFound", "SilenceEnded", "SilenceFound"]);
	});

	test("each strategy by its own time, and the alerts of another are no sign of life", async () => {
		const strategies = [expecting("A", hour), expecting("B", 2 * hour), expecting("C")];
		const { clock, told, watch } = watched({ strategies });
		await clock.advance(hour);
		watch.heard("B", iso(clock.now()));
		watch.heard("C", iso(clock.now()));
		await clock.advance(1);
		expect(told()).toEqual(["SilenceFound"]);
		expect([watch.view("A").silent, watch.view("B").silent, watch.view("C").silent]).toEqual([true, false, false]);
	});

	test.each([
		["a strategy without expect_every", expecting("A")],
		["a disabled one", expecting("A", hour, { enabled: false })],
	])("%s is never silent", async (_name, settings) => {
		const { clock, changes, watch } = watched({ strategies: [settings] });
		await clock.advance(100 * hour);
		expect(changes).toEqual([]);
		expect(watch.view("A")).toEqual({ last_alert_at: null, silent: false });
	});

	test("an alert of a strategy that nobody knows is kept nowhere", () => {
		const { watch, changes } = watched({});
		watch.heard("Nobody", iso(startOfTest));
		expect(watch.view("Nobody")).toEqual({ last_alert_at: null, silent: false });
		expect(changes).toEqual([]);
	});

	test("a strategy that is loaded later is watched from then on", async () => {
		const { clock, strategies, told } = watched({ strategies: [] });
		await clock.advance(10 * hour);
		strategies.push(expecting("A", hour));
		await clock.advance(minute);
		expect(told()).toEqual([]);
		await clock.advance(hour);
		expect(told()).toEqual(["SilenceFound"]);
	});

	test("a strategy that is not to be waited for any more is not silent either, and nothing is told about it", async () => {
		const { clock, strategies, told, kept, watch } = watched({});
		await clock.advance(hour);
		strategies[0] = expecting("A");
		await clock.advance(minute);
		expect(watch.view("A").silent).toBe(false);
		expect(kept()).toEqual({ A: null });
		expect(told()).toEqual(["SilenceFound"]);
	});

	test("after it is closed nothing is told", async () => {
		const { clock, watch, changes } = watched({});
		watch.close();
		await clock.advance(10 * hour);
		expect(changes).toEqual([]);
		expect(clock.waiting).toBe(0);
	});
});

describe("over a restart", () => {
	const at = (ms: number) => new ManualClock(startOfTest + ms);

	test("a silence that was told before is not told again", async () => {
		const before = watched({ last: { A: startOfTest } });
		await before.clock.advance(2 * hour);
		before.watch.close();
		const since = Object.entries(before.kept()).map(([name, time]) => [name, Date.parse(time ?? "")]);
		const silences = Object.fromEntries(since) as Record<string, number>;
		expect(silences).toEqual({ A: startOfTest });
		const { clock, told, watch } = watched({ last: { A: startOfTest }, silences, clock: at(5 * hour) });
		expect(watch.view("A")).toEqual({ last_alert_at: iso(startOfTest), silent: true });
		await clock.advance(10 * hour);
		expect(told()).toEqual([]);
		watch.heard("A", iso(clock.now()));
		expect(told()).toEqual(["SilenceEnded"]);
	});

	test("a silence that began while nexus did not run is told once, at the start", async () => {
		const { told, clock } = watched({ last: { A: startOfTest }, clock: at(3 * hour) });
		expect(told()).toEqual(["SilenceFound"]);
		await clock.advance(10 * hour);
		expect(told()).toEqual(["SilenceFound"]);
	});

	test("time that is left goes on where it was", async () => {
		const { told, clock } = watched({ last: { A: startOfTest }, clock: at(hour - minute) });
		expect(told()).toEqual([]);
		await clock.advance(minute);
		expect(told()).toEqual(["SilenceFound"]);
	});

	test("an alert that came just before nexus died ends the silence that was told", () => {
		const { told, kept, watch } = watched({
			last: { A: startOfTest + 2 * hour },
			silences: { A: startOfTest },
			clock: at(2 * hour + minute),
		});
		expect(told()).toEqual(["SilenceEnded"]);
		expect(kept()).toEqual({ A: null });
		expect(watch.view("A").silent).toBe(false);
	});

	test("an alert from before, taken up again, is no new sign of life", () => {
		const { told, watch } = watched({ last: { A: startOfTest }, silences: { A: startOfTest }, clock: at(2 * hour) });
		watch.heard("A", iso(startOfTest));
		watch.heard("A", iso(startOfTest - minute));
		expect(told()).toEqual([]);
		expect(watch.view("A")).toEqual({ last_alert_at: iso(startOfTest), silent: true });
	});

	test("a longer time in the configuration takes the silence back until that is up", async () => {
		const { told, kept, clock } = watched({
			strategies: [expecting("A", 24 * hour)],
			last: { A: startOfTest },
			silences: { A: startOfTest },
			clock: at(2 * hour),
		});
		expect(kept()).toEqual({ A: null });
		expect(told()).toEqual([]);
		await clock.advance(22 * hour);
		expect(told()).toEqual(["SilenceFound"]);
	});
});
