/** The contract of brokers, on each of them: paper, REST in one process, REST over real sockets. */
import { PaperBroker } from "../../src/broker/paper.ts";
import { RestBroker } from "../../src/broker/rest.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { systemClock } from "../../src/system-clock.ts";
import { accountSettings, ManualClock, MemoryLog } from "../engine/support.ts";
import { serveExchange } from "../support/exchange/exchange-server.ts";
import { FakeExchange } from "../support/exchange/fake-exchange.ts";
import { restSettings, started } from "./bridged.ts";
import { brokerContract } from "./contract.ts";

brokerContract("the paper broker", async () => {
	const clock = new ManualClock();
	const broker = new PaperBroker(accountSettings(), clock);
	const setPrice = async (symbol: string, price: string) => broker.observe(symbol, decimal(price), clock.now());
	await setPrice("BTC/USD", "42000");
	return { broker, setPrice, settle: () => clock.advance(1_000), close: () => Promise.resolve() };
});

brokerContract("the REST broker", async () => {
	const { broker, clock, exchange } = await started();
	return {
		broker,
		async setPrice(symbol, price) {
			exchange.matching.setPrice(symbol, decimal(price));
			await clock.advance(1_100);
		},
		settle: () => clock.advance(1_100),
		close: () => broker.stop(),
	};
});

brokerContract(
	"the REST broker, with a feed that doubles and reorders fills and an exchange that sees late",
	async () => {
		const { broker, clock, exchange } = await started({
			rest: { read_lag_ms: 700 },
			faults: { feed: { duplicate: 0.7, reorder: 0.7 }, read_lag_ms: 700 },
		});
		// What was asked for has become visible before anybody looks.
		const submit: typeof broker.submit = async (order) => {
			const submission = await RestBroker.prototype.submit.call(broker, order);
			await clock.advance(700);
			return submission;
		};
		broker.submit = submit;
		return {
			broker,
			async setPrice(symbol, price) {
				exchange.matching.setPrice(symbol, decimal(price));
				await clock.advance(2_500);
			},
			settle: () => clock.advance(2_500),
			close: () => broker.stop(),
		};
	},
);

brokerContract("the REST broker over sockets", async () => {
	const exchange = new FakeExchange({ clock: systemClock, fee: "0" });
	exchange.matching.setPrice("BTC/USD", decimal("42000"));
	const { url, close } = await serveExchange(exchange);
	const broker = new RestBroker({
		account: { name: "live", currency: "USD", spot: false },
		rest: { ...restSettings, url, poll_ms: 10 },
		clock: systemClock,
		log: new MemoryLog(),
		symbols: ["BTC/USD"],
	});
	await broker.start();
	const polled = async () => {
		const of = (what: string) => exchange.requests.get(what) ?? 0;
		const before = [of("GET /fills"), of("GET /quotes")];
		// Two more questions of each: the first may have been under way already.
		while (of("GET /fills") < (before[0] ?? 0) + 3 || of("GET /quotes") < (before[1] ?? 0) + 3) await Bun.sleep(2);
	};
	return {
		broker,
		async setPrice(symbol, price) {
			exchange.matching.setPrice(symbol, decimal(price));
			await polled();
		},
		settle: polled,
		async close() {
			await broker.stop();
			await close();
		},
	};
});
