/** `verifyJournal`: a journal as the engine leaves it is right; each kind of damage is found, named, and nothing else is. */
import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { journalFile } from "../../src/journal/journal-file.ts";
import { findings_max, verifyJournal } from "../../src/journal/verify.ts";
import { kindOf, open, tempFolder } from "./support/open.ts";
import { alertId, attempt, reception } from "./support/samples.ts";
import { Trader } from "./support/traded.ts";

/** Ten trades on two symbols and two accounts, with partial fills, a reduction that does not divide evenly and a turn. */
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
	);
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
		orders: 8,
		fills: 9,
		positions: 3,
		accounts: 2,
	});
});

const first = alertId(0);
const of_first = `alert_seq = (SELECT min(seq) FROM alerts)`;
const seq_first = `seq = (SELECT min(seq) FROM alerts)`;

const damages: readonly (readonly [string, readonly string[], readonly RegExp[]])[] = [
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
		["DELETE FROM positions WHERE account = 'second'"],
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
			/^orders: flatten-.+ filled_quantity 0\.13 is stored, its 0 fills come to 0/,
		],
	],
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
	for (let looks = 0; looks < 20; looks++) {
		await Bun.sleep(5);
		expect(verifyJournal(journalFile(folder)).findings).toEqual([]);
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
