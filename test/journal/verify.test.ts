/** `verifyJournal`: a journal as the engine leaves it is right; each kind of damage is found, named, and nothing else is. */
import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { clientOrderId } from "../../src/domain/client-id.ts";
import { external } from "../../src/domain/external.ts";
import type { Change } from "../../src/domain/ports.ts";
import { journalFile } from "../../src/journal/journal-file.ts";
import { prune } from "../../src/journal/prune.ts";
import { findings_max, verifyJournal } from "../../src/journal/verify.ts";
import { kindOf, open, tempFolder } from "./support/open.ts";
import { alertId, attempt, order, reception, time } from "./support/samples.ts";
import { type Trade, Trader } from "./support/traded.ts";

/** What TradingView states, as the sequencer keeps it. */
const chain: Change = {
	kind: "stated",
	chain: {
		strategy: "MyRSIStrategy",
		symbol: "BTC/USD",
		timeframe: "1h",
		position: { side: "short", size: "0.27" },
		alert_id: alertId(3),
		updated_at: time(3),
		steps: [
			{
				alert_id: null,
				from: { side: "flat", size: "0" },
				to: { side: "long", size: "1" },
				outcome: "assumed",
				at: 0,
			},
			{
				alert_id: alertId(3),
				from: { side: "long", size: "1" },
				to: { side: "short", size: "0.27" },
				outcome: "followed",
				at: 0,
			},
		],
	},
};

/** Somebody else's order, under the id that its exchange has for it. */
const adopted = order("external-by hand", {
	client_order_id: "by hand",
	alert_id: null,
	account: "second",
	strategy: external,
	status: "accepted",
});

/**
 * Trades on two symbols and two accounts, with partial fills, a reduction that does not divide evenly, a turn and some that
 * no strategy asked for; an order that somebody else sent and a stated position.
 */
async function traded(): Promise<string> {
	const folder = tempFolder();
	const { journal } = await open(folder);
	const trader = new Trader(journal);
	await trader.trade(
		{ alert: 0, side: "buy", quantity: "0.1", price: "42000.5" },
		{ alert: 0, side: "buy", quantity: "0.2", price: "42001.7" },
		{ alert: 1, side: "buy", quantity: "3", price: "7.31", symbol: "ETH/USD" },
		{ alert: 2, side: "sell", quantity: "0.07", price: "41000.3" },
		{ alert: 3, side: "sell", quantity: "0.5", price: "43000.9" },
		{ alert: 4, side: "sell", quantity: "1", price: "7.77", symbol: "ETH/USD" },
		{ alert: 4, side: "sell", quantity: "1", price: "7.77", symbol: "ETH/USD", account: "second" },
		{ alert: 5, side: "buy", quantity: "0.1", price: "42500", resting: true },
		{ alert: 6, side: "buy", quantity: "0.13", price: "42500", loose: true },
		{ alert: 8, side: "buy", quantity: "2", price: "7", symbol: "ETH/USD", account: "second", external: true },
		{ alert: 9, side: "sell", quantity: "0.5", price: "9", symbol: "ETH/USD", account: "second", external: true },
	);
	await journal.commit([chain, { kind: "order", order: adopted }]);
	await trader.end(0, 1, 2, 3, 4);
	await journal.accept(reception(7));
	await journal.commit([attempt(7, 2, 1)]);
	await journal.close();
	return journalFile(folder);
}

function change(file: string, ...statements: readonly string[]): void {
	const db = new Database(file);
	for (const sql of statements) db.run(sql);
	db.close();
}

const told = (file: string) =>
	verifyJournal(file).findings.map(({ check, subject, detail }) => `${check}: ${subject}: ${detail}`);

test("a journal as the engine leaves it is right, and what was looked at is counted", async () => {
	const file = await traded();
	const { findings, found, counts } = verifyJournal(file);
	expect({ findings, found }).toEqual({ findings: [], found: 0 });
	expect(counts).toMatchObject({
		alerts: 7,
		open_alerts: 2,
		endings: 5,
		orders: 11,
		fills: 11,
		positions: 4,
		accounts: 2,
		stated: 1,
	});
});

const first = alertId(0);
const of_first = `alert_seq = (SELECT min(seq) FROM alerts)`;
const seq_first = `seq = (SELECT min(seq) FROM alerts)`;

type Damage = readonly [name: string, statements: readonly string[], expected: readonly RegExp[]];

const put = (table: string, where: string, ...to: readonly (string | number)[]): string => {
	const values = to.map((value, index) => (index % 2 === 0 || typeof value === "number" ? value : `'${value}'`));
	const quoted = values.map((value, index) => (index % 2 === 0 ? `'$.${value}'` : value));
	return `UPDATE ${table} SET record = json_set(record, ${quoted.join(", ")}) WHERE ${where}`;
};
const ether = "symbol = 'ETH/USD' AND account = 'paper'";

/** What a restart would go on from, or ask an exchange with. */
const more_damages: readonly Damage[] = [
	[
		"a position with other additions",
		[put("positions", ether, "additions", 2)],
		[/^positions: MyRSIStrategy ETH\/USD on paper: additions 2 is stored, its fills come to 0: /],
	],
	[
		"a position whose exact cost is another one than its average shows",
		[put("positions", ether, "exact.cost", "14.6200000000000000001")],
		[
			/^positions: MyRSIStrategy ETH\/USD on paper: exact cost 14\.6200000000000000001 is stored, its fills come to 14\.62: /,
		],
	],
	[
		"a position with other fees",
		[put("positions", ether, "exact.fees", "0")],
		[/^positions: MyRSIStrategy ETH\/USD on paper: fees 0 is stored, its fills come to 0\.02: /],
	],
	[
		"a position that shows another unrealised profit than its price makes",
		[put("positions", ether, "unrealized_pnl", "1")],
		[/^positions: MyRSIStrategy ETH\/USD on paper: unrealized_pnl 1 is stored, its fills come to 83986\.38: /],
	],
	[
		"a position on an account that is gone",
		["DELETE FROM accounts WHERE name = 'second'"],
		[
			/^positions: MyRSIStrategy ETH\/USD on second: it is open on an account that is not kept: /,
			/^positions: EXTERNAL ETH\/USD on second: it is open on an account that is not kept: /,
		],
	],
	[
		"a balance that no fill and no correction led to",
		[put("accounts", "name = 'second'", "balance", "99999")],
		[
			/^accounts: second: balance 99999 is stored, the 100000 from outside and what its positions realised come to 99999\.99: /,
		],
	],
	[
		"money from outside that is in no balance",
		[put("accounts", "name = 'paper'", "funded", "100001")],
		[/^accounts: paper: balance .+ is stored, the 100001 from outside and what its positions realised come to .+$/],
	],
	[
		"an order with another average",
		[put("orders", "n = 1", "average_price", "42001")],
		[
			/^orders: .+: average_price 42001 is stored, its fills come to 42001\.3: what was paid was changed without a fill$/,
		],
	],
	[
		"an order with another cost",
		[put("orders", "n = 1", "filled_cost", "12600.4")],
		[/^orders: .+: filled_cost 12600\.4 is stored, its fills come to 12600\.39: /],
	],
	[
		"an order with an average and no fill",
		[put("orders", "id = 'external-by hand'", "average_price", "1")],
		[/^orders: external-by hand: average_price 1 is stored, and nothing of it is filled$/],
	],
	[
		"an order of an old version whose average lies outside its fills",
		[
			"UPDATE orders SET record = json_set(json_remove(record, '$.filled_cost'), '$.average_price', '42002') WHERE n = 1",
		],
		[/^orders: .+: average_price 42002 is stored, its fills are at 42000\.5 to 42001\.7$/],
	],
	[
		"a filled order of which a cancel is pending",
		[put("orders", "n = 1", "pending", "cancel")],
		[/^orders: .+: it is filled, and a cancel of it is pending all the same: /],
	],
	[
		"an order under another client order id",
		[put("orders", "n = 1", "client_order_id", "0".repeat(32))],
		[/^orders: .+: client_order_id 0{32} is stored, its cause comes to [0-9a-f]{32}: asked for again, /],
	],
	[
		"an order that EXTERNAL is said to have sent, under an id that is none of its exchange",
		[put("orders", "id = 'external-by hand'", "client_order_id", "another")],
		[/^orders: external-by hand: client_order_id another is stored, its cause comes to /],
	],
	[
		"an order for a leg that its plan does not have",
		[`UPDATE intents SET plan = '{"legs":[]}' WHERE ${of_first}`],
		[new RegExp(`^orders: ${first}-1: it is for leg 1 of a plan that has 0$`)],
	],
	[
		"an exit in the place of an entry",
		[put("orders", "n = 2", "leg", "exit")],
		[new RegExp(`^orders: ${alertId(1)}-1: it is exit, its id and its plan come to entry$`)],
	],
	[
		"a target in the place of a stop",
		[
			`INSERT INTO orders SELECT 99, id || '-sl2', alert_seq, strategy, symbol, 1, updated_at, json_set(record,
				'$.id', id || '-sl2', '$.leg', 'take_profit', '$.status', 'accepted', '$.filled_quantity', '0', '$.average_price', null,
				'$.client_order_id', '${clientIdOf(`${first}-1-sl2`)}') FROM orders WHERE n = 1`,
			"UPDATE orders SET record = json_remove(record, '$.filled_cost') WHERE n = 99",
		],
		[new RegExp(`^orders: ${first}-1-sl2: it is take_profit, its id and its plan come to stop_loss$`)],
	],
	[
		"an order whose id says nothing of its alert",
		[
			`UPDATE orders SET id = 'stray', record = json_set(record, '$.id', 'stray', '$.client_order_id', '${clientIdOf("stray")}') WHERE n = 1`,
			`UPDATE fills SET order_id = 'stray', record = json_set(record, '$.order_id', 'stray') WHERE order_id = '${first}-1'`,
		],
		[new RegExp(`^orders: stray: its id is none of an order of alert ${first}: a restart would make it again$`)],
	],
	[
		"an order kept with another alert than its own",
		[put("orders", "n = 2", "alert_id", first)],
		[new RegExp(`^orders: ${alertId(1)}-1: its record names alert ${first}, but it is kept with alert ${alertId(1)}$`)],
	],
	[
		"an order found under another strategy",
		["UPDATE orders SET strategy = 'Other' WHERE n = 1"],
		[/^orders: .+: its row names another id, strategy or symbol than its record$/],
	],
	[
		"an alert found under another symbol",
		[`UPDATE alerts SET symbol = 'ETH/USD' WHERE ${seq_first}`],
		[new RegExp(`^alerts: alert ${first}: its row names another strategy or symbol than its record: `)],
	],
	[
		"an account found under another name",
		["UPDATE accounts SET record = json_set(record, '$.name', 'third') WHERE name = 'second'"],
		[
			/^accounts: second: its row names another account than its record$/,
			/^accounts: third: realized_pnl -0\.01 is stored, its positions come to 0: /,
		],
	],
	[
		"a stated position that no step leads to",
		["UPDATE stated SET record = json_set(record, '$.position.size', '0.3')"],
		[
			/^stated: MyRSIStrategy BTC\/USD 1h: short 0\.3 is stored, its last step leads to short 0\.27: the next alert would look like a gap$/,
		],
	],
	[
		"a stated position of another alert",
		[put("stated", "true", "alert_id", first)],
		[
			new RegExp(
				`^stated: MyRSIStrategy BTC/USD 1h: alert ${first} is stored as the one that stated it, its last step is of ${alertId(3)}$`,
			),
		],
	],
	[
		"a stated position without its steps",
		["UPDATE stated SET record = json_set(record, '$.steps', json('[]'))"],
		[/^stated: MyRSIStrategy BTC\/USD 1h: no step is kept that led to it$/],
	],
];

function clientIdOf(order_id: string): string {
	return clientOrderId({ order_id, account: "paper", strategy: "MyRSIStrategy", symbol: "BTC/USD", attempt: 1 });
}

const damages: readonly Damage[] = [
	[
		"a fill that is gone",
		["DELETE FROM fills WHERE n = 2"],
		[
			/^orders: .+: filled_quantity 0\.3 is stored, its 1 fills come to 0\.1: a fill is missing, or was counted twice$/,
			/^fills: paper t4: realized_pnl .+ is stored, after the fills before it .+ was realised: .+$/,
			/^fills: paper t5: /,
			/^positions: MyRSIStrategy BTC\/USD on paper: quantity .+; realized_pnl .+ a fill is missing or was counted twice, .+$/,
			/^accounts: paper: realized_pnl .+ is stored, its positions come to .+$/,
		],
	],
	[
		"a fill of another size",
		["UPDATE fills SET record = json_set(record, '$.quantity', '3.5') WHERE n = 3"],
		[
			/^orders: .+ filled_quantity 3 is stored, its 1 fills come to 3\.5/,
			/^positions: MyRSIStrategy ETH\/USD on paper: quantity 2 is stored, its fills come to 2\.5: /,
		],
	],
	[
		"a position of another quantity",
		[
			"UPDATE positions SET record = json_set(record, '$.quantity', '7') WHERE symbol = 'ETH/USD' AND account = 'paper'",
		],
		[/^positions: MyRSIStrategy ETH\/USD on paper: quantity 7 is stored, its fills come to 2: /],
	],
	[
		"an average that is off by the last digit",
		[
			"UPDATE positions SET record = json_set(record, '$.average_price', '7.310000000000000001') WHERE symbol = 'ETH/USD' AND account = 'paper'",
		],
		[
			/^positions: MyRSIStrategy ETH\/USD on paper: average_price 7\.310000000000000001 is stored, its fills come to 7\.31: /,
		],
	],
	[
		"an account of another profit",
		["UPDATE accounts SET record = json_set(record, '$.realized_pnl', '1') WHERE name = 'second'"],
		[/^accounts: second: realized_pnl 1 is stored, its positions come to -0\.01: /],
	],
	[
		"a position that is gone",
		["DELETE FROM positions WHERE account = 'second' AND strategy <> 'EXTERNAL'"],
		[/^fills: second t7: there is no position that it counts in$/],
	],
	[
		"an order that was filled more than told",
		["UPDATE orders SET record = json_set(record, '$.filled_quantity', '9') WHERE n = 2"],
		[/^orders: .+: filled_quantity 9 is stored/],
	],
	[
		"a filled order kept as open",
		["UPDATE orders SET open = 1 WHERE n = 1"],
		[/^orders: .+: it is filled, but kept as open: /],
	],
	[
		"an ended alert without its record",
		[`DELETE FROM alert_records WHERE ${seq_first}`],
		[
			new RegExp(`^alerts: alert ${first}: it has a row but no record: `),
			new RegExp(`^alerts: alert ${first}: it has ended, but was never recorded or its record is gone$`),
		],
	],
	[
		"an alert that is lost",
		[`DELETE FROM endings WHERE ${seq_first}`],
		[new RegExp(`^alerts: alert ${first}: it was accepted, has no end and is not open: it is lost, `)],
	],
	[
		"an ended alert that is open",
		[`INSERT INTO open_alerts SELECT min(seq) FROM alerts`],
		[new RegExp(`^alerts: alert ${first}: it has ended and is open all the same: `)],
	],
	[
		"an open alert without its record",
		["INSERT INTO open_alerts VALUES (1)"],
		[/^alerts: alert .+: it is open, but was never recorded /],
	],
	[
		"tries kept of an alert that has ended",
		[`INSERT INTO attempts SELECT min(seq), 2, 1 FROM alerts`],
		[new RegExp(`^alerts: alert ${first}: it is not open, but how often it was tried is kept as if it were$`)],
	],
	[
		"a plan whose orders are gone",
		[
			`DELETE FROM fills WHERE n IN (SELECT f.n FROM fills f JOIN orders o ON o.id = f.order_id WHERE o.n = 2)`,
			"DELETE FROM orders WHERE n = 2",
		],
		[
			new RegExp(`^intents: alert ${alertId(1)}: it was executed by its plan, but none of its orders is kept$`),
			/^fills: paper t6: /,
			/^positions: MyRSIStrategy ETH\/USD on paper: /,
			/^accounts: paper: /,
		],
	],
	[
		"an order without a plan",
		[`DELETE FROM intents WHERE ${of_first}`],
		[new RegExp(`^orders: ${first}-.+: it was made without a plan of its alert on its account$`)],
	],
	[
		"a fill without its order",
		["UPDATE fills SET order_id = 'nowhere' WHERE n = 9"],
		[
			/^fills: paper t9: its order is not kept$/,
			/^fills: paper t9: its row names another account, trade or order than its record$/,
			/^orders: flatten-.+ filled_quantity 0\.13 is stored, its 0 fills come to 0/,
		],
	],
	...more_damages,
	[
		"a record that is no JSON",
		["UPDATE orders SET record = '{\"id' WHERE n = 1"],
		[/^file: records: a record cannot be read \(.+\): /],
	],
];

describe("what is found", () => {
	test.each(damages)("%s", async (_, statements, expected) => {
		const file = await traded();
		change(file, "DROP INDEX fills_by_position", ...statements);
		const lines = told(file).filter((line) => !/^file: records/.test(line) || expected.some((one) => one.test(line)));
		const unexplained = lines.filter((line) => !expected.some((one) => one.test(line)));
		expect(unexplained).toEqual([]);
		for (const one of expected) expect(lines.filter((line) => one.test(line))).not.toEqual([]);
	});

	test("a damaged page", async () => {
		const file = await traded();
		const bytes = readFileSync(file);
		bytes.fill(0xff, 3 * 4096, 9 * 4096);
		writeFileSync(file, bytes);
		expect(told(file).some((line) => line.startsWith("file: pages and indexes: "))).toBe(true);
	});

	test("more than may be listed is counted", async () => {
		const file = await traded();
		const rows = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${findings_max + 5})`;
		change(file, `INSERT INTO open_alerts ${rows} SELECT i FROM n`);
		const { found, findings } = verifyJournal(file);
		expect([found, findings.length]).toEqual([findings_max + 5, findings_max]);
	});
});

describe("what older versions did not keep", () => {
	test("is not compared", async () => {
		const file = await traded();
		change(
			file,
			"UPDATE orders SET record = json_remove(record, '$.filled_cost')",
			"UPDATE accounts SET record = json_remove(record, '$.funded')",
			"UPDATE positions SET record = json_set(json_remove(record, '$.exact'), '$.unrealized_pnl', '1')",
		);
		expect(told(file)).toEqual([]);
	});

	test("and what such a version rounded before the sums were kept is taken as it was", async () => {
		const file = await traded();
		const rounded = put("orders", "n = 1", "filled_cost", "12600.3", "average_price", "42001");
		change(file, rounded);
		expect(told(file)).toHaveLength(1);
		change(file, "INSERT INTO baselines SELECT account, strategy, symbol, 11, record FROM positions");
		expect(told(file)).toEqual([]);
		change(file, put("orders", "n = 1", "average_price", "42001.2"));
		expect(told(file)).toEqual([
			`orders: ${first}-1: average_price 42001.2 is stored, its filled_cost comes to 42001: one was changed without the other`,
		]);
	});
});

describe("additions", () => {
	/** Three entries, the second in two fills, and the exit of a part: two additions. */
	const three: readonly Trade[] = [
		{ alert: 0, side: "buy", quantity: "1", price: "10" },
		{ alert: 1, side: "buy", quantity: "0.5", price: "11", resting: true },
		{ alert: 1, side: "buy", quantity: "0.5", price: "11" },
		{ alert: 2, side: "buy", quantity: "1", price: "12" },
		{ alert: 3, side: "sell", quantity: "0.5", price: "12" },
	];
	const wrong = (additions: number, due: number): readonly string[] => [
		expect.stringContaining(
			`positions: MyRSIStrategy BTC/USD on paper: additions ${additions} is stored, its fills come to ${due}: `,
		),
	];

	/** The file after these trades and, where `cleared`, without the alerts that ended before it and their orders. */
	async function journalOf(cleared: boolean, ...later: readonly Trade[]): Promise<string> {
		const folder = tempFolder();
		const { journal } = await open(folder);
		const trader = new Trader(journal);
		await trader.trade(...three);
		await trader.end(0, 1, 2, 3);
		await journal.close();
		const file = journalFile(folder);
		if (cleared) {
			const db = new Database(file);
			expect(prune(db, Date.parse(time(60_000)), 0)).toBeUndefined();
			expect(Number(db.query("SELECT count(*) FROM orders").values()[0]?.[0])).toBe(0);
			db.close();
		}
		const { journal: again } = await open(folder);
		await trader.go(again).trade(...later);
		await again.close();
		return file;
	}

	test("count entries, not their fills, and no exits", async () => {
		const file = await journalOf(false);
		expect(told(file)).toEqual([]);
		change(file, put("positions", "true", "additions", 3));
		expect(told(file)).toEqual([...wrong(3, 2)]);
	});

	test("are not known once the orders are gone", async () => {
		const file = await journalOf(true, { alert: 4, side: "buy", quantity: "1", price: "12" });
		expect(told(file)).toEqual([]);
		change(file, put("positions", "true", "additions", 7));
		expect(told(file)).toEqual([]);
	});

	test("and are known again after the position was flat, or turned", async () => {
		const flat: readonly Trade[] = [
			{ alert: 4, side: "sell", quantity: "2.5", price: "12" },
			{ alert: 5, side: "buy", quantity: "1", price: "12" },
			{ alert: 6, side: "buy", quantity: "1", price: "12" },
		];
		const turned: readonly Trade[] = [
			{ alert: 4, side: "sell", quantity: "3", price: "12" },
			{ alert: 5, side: "sell", quantity: "1", price: "12" },
		];
		for (const later of [flat, turned]) {
			const file = await journalOf(true, ...later);
			expect(told(file)).toEqual([]);
			change(file, put("positions", "true", "additions", 7));
			expect(told(file)).toEqual([...wrong(7, 1)]);
		}
	});

	test("a baseline that was flat, or says that it knows, is gone on from", async () => {
		const file = await journalOf(false);
		const baseline = (additions: number, known: string): string =>
			`INSERT OR REPLACE INTO baselines SELECT account, strategy, symbol, 4, json_set(record, '$.side', 'long', '$.quantity', '3',
				'$.additions', ${additions}, '$.exact', json('{"cost":"33","gross":"0","fees":"0.04"}'), '$.additions_known', json('${known}')) FROM positions`;
		change(file, baseline(2, "true"));
		expect(told(file)).toEqual([]);
		change(file, baseline(1, "true"));
		expect(told(file)).toEqual([...wrong(2, 1)]);
		change(file, baseline(1, "false"));
		expect(told(file)).toEqual([]);
	});
});

test("it looks at one moment of a journal that is written on, and changes nothing", async () => {
	const folder = tempFolder();
	const { journal } = await open(folder);
	const trader = new Trader(journal);
	let writing = true;
	const write = (async () => {
		for (let n = 0; writing; n++) {
			await trader.trade({ alert: n, side: n % 3 === 0 ? "sell" : "buy", quantity: "0.1", price: `${100 + n}` });
			await trader.end(n);
		}
	})();
	for (let looks = 0, fills = 0; looks < 20 || fills <= 20; looks++) {
		await Bun.sleep(5);
		const { findings, counts } = verifyJournal(journalFile(folder));
		expect(findings).toEqual([]);
		({ fills } = counts);
	}
	writing = false;
	await write;
	expect((await journal.reader.counts()).fills).toBeGreaterThan(20);
});

test("a file that is no journal, or is of an older version, is refused and not called right", async () => {
	const file = `${tempFolder()}/other`;
	writeFileSync(file, "no database at all, ".repeat(400));
	expect(await kindOf((async () => verifyJournal(file))())).toBe("unusable");
	const old = await traded();
	change(old, "PRAGMA user_version = 3");
	expect(await kindOf((async () => verifyJournal(old))())).toBe("unusable");
});
