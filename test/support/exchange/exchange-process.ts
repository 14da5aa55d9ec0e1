/**
 * The fake exchange as a program: `bun exchange-process.ts '{"seed":1,"faults":{…},"prices":{"BTC/USD":"42000"}}'` prints
 * `{"port":N}` on one line and serves until its standard input ends, so that it never outlives the test that started it.
 */
import { decimal } from "../../../src/domain/decimal.ts";
import { systemClock } from "../../../src/system-clock.ts";
import { serveExchange } from "./exchange-server.ts";
import { FakeExchange, type FakeExchangeOptions } from "./fake-exchange.ts";
import { marketOf, usualMarkets } from "./matching.ts";

/** What the program takes as its one argument, in JSON. */
export interface ExchangeArguments
	extends Pick<FakeExchangeOptions, "seed" | "faults" | "currency" | "balance" | "fee" | "key"> {
	/** A symbol beside the usual ones gets a market too. */
	readonly prices?: Readonly<Record<string, string>>;
}

if (import.meta.main) {
	const { prices = {}, ...options } = JSON.parse(process.argv[2] ?? "{}") as ExchangeArguments;
	const more = Object.keys(prices).filter((symbol) => !usualMarkets.some((market) => market.symbol === symbol));
	const markets = [...usualMarkets, ...more.map(marketOf)];
	const exchange = new FakeExchange({ ...options, markets, clock: systemClock });
	for (const [symbol, price] of Object.entries(prices)) exchange.matching.setPrice(symbol, decimal(price));
	const { port, close } = await serveExchange(exchange);
	process.stdout.write(`${JSON.stringify({ port })}\n`);
	await new Promise<void>((resolve) => {
		process.stdin.on("end", resolve);
		process.stdin.on("error", resolve);
		process.stdin.resume();
	});
	await close();
	process.exit(0);
}
