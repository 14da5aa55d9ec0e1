/** Dialects on the compiled binary: a strategy's own, a plugin's, and what the sender is told when a plugin cannot read. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Answer } from "./support/running-nexus.ts";
import { NexusFolder, RunningNexus, removeLeftovers } from "./support/running-nexus.ts";

afterAll(removeLeftovers);

const secret = "body-secret-of-lots-0123456789";

const token = "webhook-token-of-all-0123456789";
const tail = `/${token}`;

const yaml = `
webhook: { host: 127.0.0.1, port: 0, token: ${token} }
accounts:
  paper: { broker: paper, currency: USD, balance: 1000000, fee: 0%, slippage: 0% }
risk: { unlimited_position_size: true, unlimited_exposure: true, no_daily_loss_limit: true }
strategies:
  - { name: Plain, size: 0.01 BTC }
  - { name: Posted, size: 0.01 BTC, dialect: traderspost }
  - { name: Lots, size: 0.01 BTC, dialect: lotbot, secrets: [${secret}] }
`;

const lotbot = `import { defineDialect } from "nexus";

export default defineDialect({
	name: "lotbot",
	recognises: { keys: ["dir", "lots"] },
	async read(message) {
		console.log("read", JSON.stringify(message));
		if (typeof message === "string") return { action: "buy", symbol: "BTC/USD", price: 40000, strategy: "Plain" };
		const { dir, lots, bot, market, ...rest } = message;
		if (lots === "0") return { refuse: "no lots" };
		if (dir === "throw") throw new Error("boom");
		if (dir === "loop") for (;;);
		if (dir === "end") process.exit(3);
		return { action: dir === "B" ? "buy" : "exit", symbol: market, price: 40000, strategy: bot, lots, ...rest };
	},
});
`;

let count = 0;
const lots = (fields: object = {}): object => ({
	id: `lot-${++count}`,
	dir: "B",
	lots: 1.0,
	market: "BTCUSD",
	bot: "Plain",
	...fields,
});

let nexus: RunningNexus;
beforeAll(async () => {
	nexus = await RunningNexus.start({ alone: true, yaml, plugins: { "lotbot.ts": lotbot } });
});

/** Sends until it is taken: a process that was lost is started again. */
async function untilTaken(body: () => object): Promise<Answer> {
	for (;;) {
		const answer = await nexus.post(body(), { tail });
		if (answer.status !== 503) return answer;
		await Bun.sleep(50);
	}
}

describe("a strategy's dialect", () => {
	/** By its shape Nexus's own; TradersPost reads it too. */
	const own = (strategy: string): object => ({
		...{ alert_id: `own-${++count}`, ticker: "BTC/USD", action: "exit", price: 40_000, strategy },
	});

	test("has the messages that name it read in it; others are read by their shape, in one body too", async () => {
		const { status, json } = await nexus.post([own("Posted"), own("Plain"), { ...own("Plain"), sentiment: "flat" }], {
			tail,
		});
		expect(status).toBe(202);
		const alerts = await Promise.all((json.items ?? []).map(({ id = "" }) => nexus.ended(id)));
		expect(alerts.map(({ dialect, strategy }) => [dialect, strategy])).toEqual([
			["traderspost", "Posted"],
			["nexus", "Plain"],
			["traderspost", "Plain"],
		]);
	});

	test("gives way to ?dialect= in the URL", async () => {
		const { dialect, strategy } = await nexus.send(own("Posted"), { tail: `${tail}?dialect=nexus` });
		expect([dialect, strategy]).toEqual(["nexus", "Posted"]);
	});
});

describe("a plugin's dialect", () => {
	test("reads by its shape and by its name, and what it says is traded", async () => {
		const entered = await nexus.send(lots(), { tail });
		expect(entered).toMatchObject({ status: "executed", dialect: "lotbot", type: "LONG_ENTRY", strategy: "Plain" });
		const left = await nexus.send(lots({ dir: "S" }), { tail: `${tail}?dialect=lotbot` });
		expect(left).toMatchObject({ status: "executed", dialect: "lotbot", strategy: "Plain" });
		expect((await nexus.send("*** a text of its own", { tail: `${tail}?dialect=lotbot` })).dialect).toBe("lotbot");
	});

	test("never sees the credential, which is checked all the same", async () => {
		expect((await nexus.send(lots({ bot: "Lots", secret }))).dialect).toBe("lotbot");
		const wrong = await nexus.post(lots({ bot: "Lots", secret: "not-the-secret-0123456789" }));
		expect([wrong.status, wrong.json.code]).toEqual([401, "not_authentic"]);
		expect(nexus.log).toContain('read {\\"id\\":');
		for (const hidden of [secret, "not-the-secret"]) expect(nexus.log).not.toContain(hidden);
	});

	test.each([
		[{ lots: 0 }, "dialect_refused", "plugins/lotbot.ts: no lots"],
		[{ dir: "throw" }, "dialect_failed", "boom"],
		[{ dir: "loop" }, "dialect_failed", "no answer within 1000 ms"],
		[{ market: "" }, "missing_field", "in what the dialect lotbot made of the message: symbol is missing"],
	])("that cannot read %j says so, and reads the next message", async (fields, code, detail) => {
		const { status, json } = await nexus.post(lots(fields), { tail });
		expect([status, json.code]).toEqual([422, code]);
		expect(json.detail).toContain(detail);
		expect((await untilTaken(lots)).status).toBe(202);
	});

	test("whose process ends has the message sent again, and reads it then", async () => {
		const { status, json, headers } = await nexus.post(lots({ dir: "end" }), { tail });
		expect([status, json.code, headers.get("retry-after")]).toEqual([503, "not_recorded", "1"]);
		expect((await untilTaken(lots)).status).toBe(202);
	});

	test("does not hold up messages of other formats while it loops", async () => {
		const looping = nexus.post(lots({ dir: "loop" }), { tail });
		const order: string[] = [];
		await Promise.all([
			looping.then(() => order.push("looped")),
			nexus
				.post({ alert_id: `p-${++count}`, action: "exit", symbol: "BTC/USD", strategy: "Plain" }, { tail })
				.then(({ status }) => order.push(`plain ${status}`)),
		]);
		expect(order).toEqual(["plain 202", "looped"]);
	});
});

test("a strategy whose dialect nothing defines keeps nexus from starting, and nexus check says the same", async () => {
	await using folder = await NexusFolder.make({
		yaml: yaml.replace("dialect: traderspost", "dialect: traderpost"),
		plugins: { "lotbot.ts": lotbot },
	});
	for (const words of [["run"], ["check"]]) {
		const { exit, out, err } = await folder.command(...words);
		expect(exit).toBe(78);
		expect(out + err).toContain('nothing defines the dialect traderpost; did you mean "traderspost"?');
	}
});
