/** What a good nexus.yaml becomes: every unit decoded, every default filled in, and nothing else. */
import { describe, expect, test } from "bun:test";
import { decimal } from "../../src/domain/decimal.ts";
import type { Settings } from "../../src/domain/settings.ts";
import { settingsOf, warningLines, yaml } from "./reading.ts";

const token = "0123456789abcdef0123456789abcdef";
const other = "Abcdefghijklmnopqrstu-";

describe("a file that says one thing", () => {
	test("has every default", () => {
		expect(settingsOf("data: ./data\n")).toEqual({
			file: "/etc/nexus/nexus.yaml",
			webhook: {
				host: "0.0.0.0",
				port: 8080,
				path: "/webhook",
				secret_key: "",
				tokens: [],
				sources: [],
				trusted_proxies: [],
				body_max_bytes: 65_536,
				failures: { per_second: 10, burst: 100 },
				public_url: "",
			},
			data: "/etc/nexus/data",
			plugins: "/etc/nexus/plugins",
			plugin_limits: { deadline_ms: 2000, memory_bytes: 134_217_728, start_ms: 5000 },
			accounts: [
				{
					name: "paper",
					broker: "paper",
					currency: "USD",
					balance: decimal("100000"),
					fee: decimal("0.001"),
					slippage: decimal("0.0005"),
					spot: false,
				},
			],
			strategies: [],
			risk: { max_position_size: decimal("0.1"), max_exposure: decimal("0.5"), max_daily_loss: decimal("0.05") },
			pipeline: [
				{ stage: "signature", tolerance_ms: 300_000 },
				{ stage: "dedupe", window_ms: 30_000, id_window_ms: 3_600_000, header_id_window_ms: 604_800_000 },
				{ stage: "rate_limit", per_second: 10, burst: 20, queue_max: 20_000 },
				{ stage: "freshness", max_age_ms: 300_000 },
				{ stage: "sequence", hold_ms: 3000, on_gap: "follow" },
				{ stage: "risk" },
			],
			symbols_map: {},
			journal: { size_max_bytes: 10_737_418_240, keep_ms: 31_536_000_000 },
			admin_token: undefined,
			log: { level: "info", format: "text" },
		} satisfies Settings);
	});
});

describe("a file that says everything", () => {
	const settings = settingsOf(
		yaml(`
			webhook:
			  host: 127.0.0.1
			  port: 443
			  path: /hooks/tv/
			  secret_key: ${token}
			  token: [${token}, ${other}]
			  sources: [tradingview, 10.0.0.0/8, "2001:db8::/32", 52.89.214.238]
			  trusted_proxies: [127.0.0.1, "::1"]
			  body_max: 1MB
			  failures: { rate: 60/m, burst: 5 }
			  public_url: https://nexus.example.com/
			data: /var/lib/nexus
			plugins: ../strategies
			plugin_limits: { deadline: 500ms, memory: 1GB, start: 10s }
			accounts:
			  main: { currency: USD, balance: 1000.50, fee: 0%, slippage: 0%, spot: true }
			  euro: { currency: EUR }
			strategies:
			  - name: Full
			    description: says it all
			    aliases: [full-bot, "17"]
			    symbols: [BTCUSD, ETH/USD, BTC/USD, BTCUSDT.P]
			    timeframes: [60, 4h, 1h]
			    enabled: false
			    risk_multiplier: 2.5
			    max_positions: 3
			    accounts: { main: 250 USD, euro: ~ }
			    direction: long
			    on_opposite: close
			    pyramiding: 2
			    size: 100 EUR
			    token: ${"f".repeat(32)}
			    secrets: [one long secret, ""]
			    settings: { length: 14, levels: [30, 70], on: true, none: null, label: 0x1F }
			  - { name: Short, account: euro, secrets: a secret of my own, token: "" }
			risk: { unlimited_exposure: true, max_daily_loss: 2.5% }
			symbols_map: { XBTUSD: BTC/USD, "COINBASE:BTCUSD": BTCUSD }
			journal: { size_max: 1GB, keep: 30d }
			admin: { token: ${"e".repeat(32)} }
			log: { level: debug, format: json }
		`),
	);

	test("the webhook's units, words and slashes are decoded", () => {
		expect(settings.webhook).toEqual({
			host: "127.0.0.1",
			port: 443,
			path: "/hooks/tv",
			secret_key: token,
			tokens: [token, other],
			sources: ["52.89.214.238", "34.212.75.30", "54.218.53.128", "52.32.178.7", "10.0.0.0/8", "2001:db8::/32"],
			trusted_proxies: ["127.0.0.1", "::1"],
			body_max_bytes: 1_048_576,
			failures: { per_second: 1, burst: 5 },
			public_url: "https://nexus.example.com",
		});
	});

	test("folders are taken from the file's own", () => {
		expect(settings.data).toBe("/var/lib/nexus");
		expect(settings.plugins).toBe("/etc/strategies");
	});

	test("accounts are in the order written, with exact money", () => {
		expect(settings.accounts.map(({ name }) => name)).toEqual(["main", "euro"]);
		expect(settings.accounts[0]).toEqual({
			name: "main",
			broker: "paper",
			currency: "USD",
			balance: decimal("1000.5"),
			fee: decimal("0"),
			slippage: decimal("0"),
			spot: true,
		});
	});

	test("a strategy keeps what was written, symbols and timeframes canonical and each once", () => {
		expect(settings.strategies[0]).toEqual({
			name: "Full",
			description: "says it all",
			aliases: ["full-bot", "17"],
			symbols: ["BTC/USD", "ETH/USD", "BTC/USDT:USDT"],
			timeframes: ["1h", "4h"],
			enabled: false,
			risk_multiplier: decimal("2.5"),
			max_positions: 3,
			accounts: [
				{ account: "main", size: { kind: "money", amount: decimal("250"), currency: "USD" } },
				{ account: "euro" },
			],
			direction: "long",
			on_opposite: "close",
			pyramiding: 2,
			size: { kind: "units", quantity: decimal("100"), currency: "EUR" },
			tokens: ["f".repeat(32)],
			secrets: ["one long secret"],
			settings: { length: 14, levels: [30, 70], on: true, none: null, label: 31 },
		});
	});

	test("what a strategy leaves out stays undefined, so that its plugin may say it", () => {
		expect(settings.strategies[1]).toEqual({
			name: "Short",
			accounts: [{ account: "euro" }],
			secrets: ["a secret of my own"],
			tokens: [],
		});
	});

	test("a rail is loosened only by its own flag, the others keep their limits", () => {
		expect(settings.risk).toEqual({
			max_position_size: decimal("0.1"),
			max_exposure: undefined,
			max_daily_loss: decimal("0.025"),
		});
	});

	test("the rest", () => {
		expect(settings.plugin_limits).toEqual({ deadline_ms: 500, memory_bytes: 1_073_741_824, start_ms: 10_000 });
		expect(settings.symbols_map).toEqual({ XBTUSD: "BTC/USD", "COINBASE:BTCUSD": "BTC/USD" });
		expect(settings.journal).toEqual({ size_max_bytes: 1_073_741_824, keep_ms: 2_592_000_000 });
		expect(settings.admin_token).toBe("e".repeat(32));
		expect(settings.log).toEqual({ level: "debug", format: "json" });
	});
});

describe("single rules", () => {
	test("a strategy without account trades on the only one, and its amounts are in that one's currency", () => {
		const [strategy] = settingsOf("strategies: [{ name: A, size: 250 USD }]\n").strategies;
		expect(strategy?.accounts).toEqual([{ account: "paper" }]);
		expect(strategy?.size).toEqual({ kind: "money", amount: decimal("250"), currency: "USD" });
	});

	test("units of a coin are allowed where at least one symbol has that base", () => {
		const text = "strategies: [{ name: A, symbols: [BTC/USD, ETH/USD], size: 0.5 BTC }]\n";
		expect(settingsOf(text).strategies[0]?.size).toMatchObject({ kind: "units", currency: "BTC" });
	});

	test("without symbols any coin may be meant", () => {
		expect(settingsOf("strategies: [{ name: A, size: 5 SOL }]\n").strategies).toHaveLength(1);
	});

	test("a flag that says false takes nothing away and needs no limit", () => {
		const { risk } = settingsOf("risk: { max_exposure: 30%, unlimited_exposure: false }\n");
		expect(risk.max_exposure).toBe(decimal("0.3"));
	});

	test("NEXUS_ADMIN_TOKEN goes before the file, empty counts as none", () => {
		const text = "admin: { token: from-the-file-0123456789 }\n";
		expect(settingsOf(text, { NEXUS_ADMIN_TOKEN: "from-the-environment" }).admin_token).toBe("from-the-environment");
		expect(settingsOf(text, { NEXUS_ADMIN_TOKEN: "" }).admin_token).toBe("from-the-file-0123456789");
		expect(settingsOf('admin: { token: "" }\n').admin_token).toBeUndefined();
	});

	test("an empty token or secret is none: it can never be matched", () => {
		const settings = settingsOf('webhook: { token: "" }\nstrategies: [{ name: A, token: ["", ""], secrets: "" }]\n');
		expect(settings.webhook.tokens).toEqual([]);
		expect(settings.strategies[0]?.tokens).toEqual([]);
		expect(settings.strategies[0]?.secrets).toEqual([]);
	});

	test("keys that JavaScript knows are ordinary ones in free maps", () => {
		const text =
			"strategies: [{ name: A, settings: { __proto__: { polluted: true }, constructor: 1 } }]\nsymbols_map: { __proto__: BTC/USD }\n";
		const settings = settingsOf(text);
		expect(Object.keys(settings.strategies[0]?.settings ?? {})).toEqual(["__proto__", "constructor"]);
		expect(Object.keys(settings.symbols_map)).toEqual(["__proto__"]);
		expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
	});
});

describe("warnings", () => {
	const rows: readonly (readonly [name: string, text: string, lines: readonly string[]])[] = [
		["nothing to say", "webhook: { host: 127.0.0.1 }\n", []],
		[
			"no credential on a public address",
			"webhook: { port: 80 }\n",
			[
				"nexus.yaml:1:1 webhook: no token, secret or secret_key is set, so whoever reaches it can post alerts; set webhook.token (make one with `openssl rand -hex 16`) before real money is near",
			],
		],
		["a strategy's token is a credential", `strategies: [{ name: A, token: ${token} }]\n`, []],
		["a strategy's secret is one too", "strategies: [{ name: A, secrets: sixteen characters }]\n", []],
		[
			"short secrets",
			"webhook: { secret_key: short }\nadmin: { token: short }\nstrategies: [{ name: A, secrets: [tiny] }]\n",
			[
				"nexus.yaml:1:12 webhook.secret_key: shorter than 16 characters; make one with `openssl rand -hex 16`",
				"nexus.yaml:2:10 admin.token: shorter than 16 characters; make one with `openssl rand -hex 16`",
				"nexus.yaml:3:25 strategies[0].secrets: shorter than 16 characters; make one with `openssl rand -hex 16`",
			],
		],
		[
			"a size that the rail would always deny",
			"webhook: { host: 127.0.0.1 }\nrisk: { max_position_size: 4% }\nstrategies: [{ name: A, size: 2%, risk_multiplier: 2.5 }]\n",
			[
				"nexus.yaml:3:25 strategies[0].size: 2% × risk_multiplier 2.5 is more than risk.max_position_size 4%: every entry would be denied",
			],
		],
		[
			"a symbol in a list that symbols_map sends elsewhere",
			"webhook: { host: 127.0.0.1 }\nsymbols_map: { GOLD: XAU/USD, btcusd: BTC/USDC }\nstrategies: [{ name: A, symbols: [GOLD, BTCUSD, ETHUSD] }]\n",
			[
				'nexus.yaml:3:35 strategies[0].symbols[0]: an alert on "GOLD" means XAU/USD (symbols_map); write XAU/USD here',
				'nexus.yaml:3:41 strategies[0].symbols[1]: an alert on "BTCUSD" means BTC/USDC (symbols_map); write BTC/USDC here',
			],
		],
		[
			"a symbol in a list together with what symbols_map makes of it",
			"webhook: { host: 127.0.0.1 }\nsymbols_map: { GOLD: XAU/USD }\nstrategies: [{ name: A, symbols: [GOLD, XAUUSD] }]\n",
			[],
		],
		[
			"a size just at the rail",
			"webhook: { host: 127.0.0.1 }\nrisk: { max_position_size: 5% }\nstrategies: [{ name: A, size: 2%, risk_multiplier: 2.5 }]\n",
			[],
		],
	];
	for (const [name, text, lines] of rows) {
		test(name, () => {
			expect(warningLines(text)).toEqual(lines);
		});
	}
});
