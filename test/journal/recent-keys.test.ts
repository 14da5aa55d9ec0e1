/** The key store against the plainest store there is, through runs, crashes at any step and rollbacks. */
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { addTo, emptyFilter, mayHold, positionsOf } from "../../src/journal/key-filter.ts";
import { migrate } from "../../src/journal/migrations.ts";
import { type Keys, RecentKeys } from "../../src/journal/recent-keys.ts";
import { atEnd } from "./support/open.ts";
import { key } from "./support/samples.ts";

/** The least that may be held: a run is finished just when the next one is due. */
const held_max = 340;

interface Known {
	readonly meaning: string;
	readonly seq: number;
	readonly expires_at: number;
}

/** The duplicate check in its plainest form. */
class Oracle {
	readonly keys = new Map<string, Known[]>();
	readonly replays = new Map<string, number>();

	find({ key: of, meaning, by_id }: Keys, now: number): unknown {
		const live = (this.keys.get(of) ?? []).filter(({ expires_at }) => expires_at > now);
		const same = live.find((known) => known.meaning === meaning);
		if (same !== undefined) return { kind: "duplicate", seq: same.seq };
		if (live.length === 0) return { kind: "new" };
		return by_id ? { kind: "reused" } : "a duplicate";
	}

	add({ key: of, meaning, expires_at, replay_key }: Keys, seq: number): void {
		const others = (this.keys.get(of) ?? []).filter((known) => known.meaning !== meaning);
		this.keys.set(of, [...others, { meaning, seq, expires_at }]);
		if (replay_key !== null) this.replays.set(replay_key, seq);
	}
}

/** Numbers that are the same for the same seed. */
function random(seed: number): (below: number) => number {
	let state = seed;
	return (below) => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return Math.floor((state / 2 ** 32) * below);
	};
}

function newDatabase(): Database {
	const db = new Database(":memory:");
	atEnd(() => db.close());
	migrate(db, ":memory:", { now: 0 });
	return db;
}

function compare(store: RecentKeys, oracle: Oracle, keys: Keys, now: number): boolean {
	const found = store.find(keys, now);
	const expected = oracle.find(keys, now);
	if (expected === "a duplicate") expect(found.kind).toBe("duplicate");
	else expect(found).toEqual(expected as typeof found);
	if (keys.replay_key !== null) expect(store.findReplay(keys.replay_key)).toEqual(oracle.replays.get(keys.replay_key));
	return found.kind !== "duplicate";
}

test.each([1, 2, 3, 4])("seed %d: 6,000 arrivals with restarts and rollbacks are judged as by a plain list", (seed) => {
	const next = random(seed);
	const db = newDatabase();
	const oracle = new Oracle();
	let store = new RecentKeys(db, held_max);
	let now = 0;
	for (let seq = 1; seq <= 6000; ) {
		const group = 1 + next(40);
		const fails = next(8) === 0;
		const added: [Keys, number][] = [];
		db.run("BEGIN");
		for (let n = 0; n < group; n++, seq++) {
			const id = next(4000);
			const keys: Keys = {
				key: key(`key ${id}`),
				meaning: key(`meaning ${next(4) === 0 ? next(3) : 0}`),
				by_id: id % 5 !== 0,
				expires_at: now + 100 + next(3000),
				replay_key: next(3) === 0 ? key(`replay ${next(3000)}`) : null,
			};
			// What this group added is known to it already, so the plain list is asked only about what was known before.
			if (added.some(([{ key: other, replay_key }]) => other === keys.key || replay_key === keys.replay_key)) continue;
			const isNew = compare(store, oracle, keys, now);
			const replayed = keys.replay_key !== null && oracle.replays.has(keys.replay_key);
			if (!isNew || replayed) continue;
			store.add(keys, seq);
			added.push([keys, seq]);
		}
		store.pay();
		if (fails) {
			db.run("ROLLBACK");
			store.undo();
		} else {
			db.run("COMMIT");
			store.settle(now);
			for (const [keys, of] of added) oracle.add(keys, of);
		}
		now += next(60);
		if (next(120) === 0) store = new RecentKeys(db, held_max);
	}
	const rows = (sql: string) => Number(db.query(sql).values()[0]?.[0]);
	// The runs were really used, and `recent_keys` does not grow.
	expect(rows("SELECT count(*) FROM runs")).toBeGreaterThan(0);
	expect(rows("SELECT count(*) FROM recent_keys")).toBeLessThan(4 * held_max);
});

/** Adds keys numbered from..to, each group of ten one transaction. */
function fill(
	db: Database,
	store: RecentKeys,
	from: number,
	to: number,
	over: (n: number) => Partial<Keys>,
	now = 0,
): void {
	for (let n = from; n < to; n += 10) {
		db.run("BEGIN");
		for (let one = n; one < Math.min(to, n + 10); one++) {
			const keys = { key: key(one), meaning: key("m"), by_id: true, expires_at: 1e9, replay_key: null };
			store.add({ ...keys, ...over(one) }, one);
		}
		store.pay();
		db.run("COMMIT");
		store.settle(now);
	}
}

test("runs of the duplicate check go when all their keys have expired; replay keys stay and are found", () => {
	const db = newDatabase();
	const store = new RecentKeys(db, held_max);
	fill(db, store, 0, 2000, (n) => ({ expires_at: 1000, replay_key: key(`r${n}`) }));
	const count = (table: string) => Number(db.query(`SELECT count(*) FROM ${table}`).values()[0]?.[0]);
	const before = count("dedupe");
	expect(before).toBeGreaterThan(1000);
	fill(db, store, 2000, 4000, () => ({ expires_at: 9000 }), 2000);
	const inDeadRuns = `SELECT count(*) FROM dedupe d WHERE expires_at = 1000
		AND NOT EXISTS (SELECT 1 FROM dedupe live WHERE live.run = d.run AND live.expires_at = 9000)`;
	expect(Number(db.query(inDeadRuns).values()[0]?.[0])).toBe(0);
	expect(count("dedupe")).toBeLessThan(2000 + held_max);
	const reopened = new RecentKeys(db, held_max);
	for (const one of [store, reopened]) {
		for (let n = 0; n < 2000; n++) expect(one.findReplay(key(`r${n}`))).toBe(n);
	}
});

test("runs without replay keys leave nothing behind", () => {
	const db = newDatabase();
	const store = new RecentKeys(db, held_max);
	fill(db, store, 0, 2000, () => ({ expires_at: 1000 }));
	const lowest = () => Number(db.query("SELECT min(run) FROM runs").values()[0]?.[0]);
	const before = lowest();
	fill(db, store, 2000, 4000, () => ({ expires_at: 9000 }), 2000);
	expect(lowest()).toBeGreaterThan(before);
});

test("one id used with thousands of meanings knows each of them", () => {
	const db = newDatabase();
	const store = new RecentKeys(db, held_max);
	fill(db, store, 0, 3000, (n) => ({ key: key("constant"), meaning: key(`meaning ${n}`) }));
	const ask = (meaning: string) =>
		store.find({ key: key("constant"), meaning: key(meaning), by_id: true, expires_at: 0, replay_key: null }, 0);
	for (let n = 0; n < 3000; n += 7) expect(ask(`meaning ${n}`)).toEqual({ kind: "duplicate", seq: n });
	expect(ask("another")).toEqual({ kind: "reused" });
});

test("in a run, too, a meaning counts until the millisecond before its end, while another one of the same key lives on", () => {
	const db = newDatabase();
	const store = new RecentKeys(db, held_max);
	const short = { key: key("k"), meaning: key("short"), by_id: true, expires_at: 1000, replay_key: null };
	fill(db, store, 0, 1, () => short);
	fill(db, store, 1, 2, () => ({ ...short, meaning: key("long"), expires_at: 5000 }));
	fill(db, store, 10, 1500, () => ({}));
	expect(db.query("SELECT count(*) FROM recent_keys WHERE seq < 10").values()).toEqual([[0]]);
	expect(store.find(short, 999)).toEqual({ kind: "duplicate", seq: 0 });
	expect(store.find(short, 1000)).toEqual({ kind: "reused" });
	expect(store.find(short, 5000)).toEqual({ kind: "new" });
	expect(store.find({ ...short, by_id: false }, 1000)).toEqual({ kind: "duplicate", seq: 1 });
});

test("a filter holds what was added and hardly anything else", () => {
	const filter = emptyFilter();
	for (let n = 0; n < 16_384; n++) addTo(filter, positionsOf(key(n)));
	let wrong = 0;
	for (let n = 0; n < 16_384; n++) expect(mayHold(filter, positionsOf(key(n)))).toBe(true);
	for (let n = 0; n < 20_000; n++) if (mayHold(filter, positionsOf(key(`absent ${n}`)))) wrong += 1;
	expect(wrong).toBeLessThan(100);
});
