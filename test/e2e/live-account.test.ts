/** `broker: rest` with the compiled binary: an alert becomes one order at an exchange in another process, and what must not start does not. */
import { afterAll, expect, test } from "bun:test";
import { freePort } from "../../scripts/free-port.ts";
import { type RunningExchange, startExchange } from "../support/exchange/running-exchange.ts";
import { NexusFolder, RunningNexus, removeLeftovers } from "./support/running-nexus.ts";

afterAll(removeLeftovers);

const token = "c0ffee0123456789c0ffee0123456789";
const key = "the-key-of-the-bridge";
const configuration = 78;
const rails = "risk: { max_position_size: 50%, max_exposure: 90%, max_daily_loss: 20% }";

interface Written {
	readonly url: string;
	readonly webhook?: string;
	readonly risk?: string;
	readonly accounts?: string;
	readonly strategies?: string;
}

const yaml = ({
	url,
	webhook = `, token: ${token}`,
	risk = rails,
	accounts = "",
	strategies = "",
}: Written): string => `
webhook: { host: 127.0.0.1, port: 0${webhook} }
accounts:
  live: { broker: rest, url: "${url}", key: ${key}, currency: USD, request_expiry: 1s, read_lag: 0ms, timeout: 1s, poll: 200ms }
${accounts}
${risk}
strategies:
  - { name: Live, account: live, symbols: [BTC/USD], size: 0.5 BTC }
${strategies}
`;

const alertOf = (alert_id: string, action: string, strategy = "Live") => ({
	alert_id,
	action,
	symbol: "BTCUSD",
	price: 42_000,
	strategy,
});

async function exchangeOf(): Promise<RunningExchange & AsyncDisposable> {
	const exchange = await startExchange({ prices: { "BTC/USD": "42000" }, balance: "100000", key });
	return { ...exchange, [Symbol.asyncDispose]: () => exchange.stop() };
}

test("an alert becomes one order at the exchange, its fill is in positions, and the exit closes what is there", async () => {
	await using exchange = await exchangeOf();
	await using nexus = await RunningNexus.start({ yaml: yaml({ url: exchange.url }) });
	const entry = await nexus.send(alertOf("in", "buy"), { tail: `/${token}` });
	expect(entry).toMatchObject({ status: "executed", code: null });
	expect((await exchange.counts()).orders).toMatchObject([
		{ symbol: "BTC/USD", side: "buy", type: "market", quantity: "0.5", filled_quantity: "0.5", status: "filled" },
	]);
	const [order, ...others] = await nexus.orders();
	expect(others).toEqual([]);
	expect(order).toMatchObject({ account: "live", alert_id: entry.id, side: "buy", status: "filled" });
	expect((await exchange.counts()).made).toEqual({ [order?.client_order_id ?? ""]: 1 });
	expect(await nexus.fills()).toMatchObject([{ order_id: order?.id, quantity: "0.5", price: "42000", fee: "21" }]);
	expect(await nexus.positions()).toMatchObject([
		{ account: "live", symbol: "BTC/USD", side: "long", quantity: "0.5" },
	]);

	// The same alert again is known and asks for nothing.
	const again = await nexus.post(alertOf("in", "buy"), { tail: `/${token}` });
	expect({ status: again.status, json: again.json }).toEqual({
		status: 200,
		json: { id: entry.id, status: "duplicate" },
	});
	expect((await exchange.counts()).orders).toHaveLength(1);

	const exit = await nexus.send(alertOf("out", "close_long"), { tail: `/${token}` });
	expect(exit).toMatchObject({ status: "executed", code: null });
	expect(await nexus.positions()).toEqual([]);
	const after = await exchange.counts();
	expect(after.orders).toHaveLength(2);
	expect(after.positions).toEqual({});
	expect((await nexus.command("verify-journal")).exit).toBe(0);
	expect(nexus.log).not.toContain(key);
});

test("what the exchange refuses is told with its words, and nothing is held", async () => {
	await using exchange = await exchangeOf();
	await using nexus = await RunningNexus.start({ yaml: yaml({ url: exchange.url }) });
	await exchange.control({ next: ["reject"] });
	expect(await nexus.send(alertOf("in", "buy"), { tail: `/${token}` })).toMatchObject({
		status: "failed",
		code: "broker_rejected",
		reason: expect.stringContaining("not enough money"),
	});
	expect(await nexus.positions()).toEqual([]);
	expect((await exchange.counts()).orders).toEqual([]);
});

test("an answer that is lost is found out: one order, executed", async () => {
	await using exchange = await exchangeOf();
	await using nexus = await RunningNexus.start({ yaml: yaml({ url: exchange.url }) });
	await exchange.control({ next: ["lost_after"] });
	expect(await nexus.send(alertOf("in", "buy"), { tail: `/${token}` })).toMatchObject({ status: "executed" });
	const { orders, sent } = await exchange.counts();
	expect(orders).toHaveLength(1);
	expect(sent).toMatchObject([{ fault: "lost_after", outcome: "made" }]);
	expect(await nexus.positions()).toMatchObject([{ side: "long", quantity: "0.5" }]);
});

const refusals = [
	{
		name: "without a credential on the webhook",
		written: { webhook: "" },
		says: /^nexus\.yaml:\d+:\d+ webhook: account live trades real money and whoever reaches the webhook could trade; set webhook\.token \(make one with `openssl rand -hex 16`\), a strategy's token or secrets, or webhook\.secret_key$/m,
	},
	{
		name: "with a rail that nobody wrote",
		written: { risk: "risk: { max_position_size: 50%, max_exposure: 90% }" },
		says: /^nexus\.yaml:\d+:\d+ risk\.max_daily_loss: account live trades real money and this rail is not set; write risk\.max_daily_loss, or loosen it with risk\.no_daily_loss_limit: true$/m,
	},
] as const;

for (const { name, written, says } of refusals) {
	test(`a live account ${name} does not start, and the message names cause and cure`, async () => {
		await using exchange = await exchangeOf();
		await using folder = await NexusFolder.make({ yaml: yaml({ url: exchange.url, ...written }) });
		const { exit, out, err } = await folder.command("run");
		expect({ exit, out }).toEqual({ exit: configuration, out: "" });
		expect(err).toMatch(says);
		expect(err).not.toContain(key);
		// Nothing was asked of the exchange by a program that may not trade there.
		expect((await exchange.counts()).requests).toEqual({});
	});
}

test("an exchange that cannot be reached at the start halts its account and nothing else", async () => {
	const nowhere = `http://127.0.0.1:${await freePort()}`;
	await using nexus = await RunningNexus.start({
		yaml: yaml({
			url: nowhere,
			accounts: "  paper: { broker: paper, currency: USD, balance: 100000 }",
			strategies: "  - { name: Paper, account: paper, symbols: [BTC/USD], size: 0.5 BTC }",
		}),
	});
	expect(await nexus.send(alertOf("paper", "buy", "Paper"), { tail: `/${token}` })).toMatchObject({
		status: "executed",
	});
	expect(await nexus.send(alertOf("live", "buy", "Live"), { tail: `/${token}` })).toMatchObject({
		status: "rejected",
		code: "halted",
		reason: expect.stringContaining("live"),
	});
	expect(await nexus.positions()).toMatchObject([{ account: "paper", side: "long", quantity: "0.5" }]);
	expect(await nexus.orders()).toMatchObject([{ account: "paper" }]);
	expect(nexus.log).toContain("cannot be reached");
	expect(nexus.log).not.toContain(key);
});

test("SIGTERM while an order is in doubt: the port stays open until it is known, and what comes meanwhile is recorded", async () => {
	await using exchange = await exchangeOf();
	await using nexus = await RunningNexus.start({ yaml: yaml({ url: exchange.url }) });
	await exchange.control({ next: ["lost_before"] });
	const tail = `/${token}`;
	const first = await nexus.post(alertOf("in", "buy"), { tail });
	expect(first.status).toBe(202);
	while ((await exchange.counts()).sent.length === 0) await Bun.sleep(5);
	nexus.signal("SIGTERM");
	while (!nexus.log.includes("stopping")) await Bun.sleep(2);
	const meanwhile = await nexus.post(alertOf("out", "close_long"), { tail });
	expect(meanwhile.status).toBe(202);
	expect(await nexus.exited()).toBe(0);
	await nexus.launch();
	expect((await nexus.ended(String(first.json.id))).status).toBe("executed");
	expect((await nexus.ended(String(meanwhile.json.id))).status).toBe("executed");
	expect((await exchange.counts()).orders.map(({ side, filled_quantity }) => `${side} ${filled_quantity}`)).toEqual([
		"buy 0.5",
		"sell 0.5",
	]);
}, 40_000);
