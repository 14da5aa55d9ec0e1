/** What is wrong in a nexus.yaml is told in whole lines: file, line, column, path, cause and cure; all of it at once. */
import { describe, expect, test } from "bun:test";
import { problemLines, yaml } from "./reading.ts";

interface Row {
	readonly name: string;
	readonly text: string;
	readonly lines: readonly string[];
	readonly env?: Readonly<Record<string, string>>;
}

const token = "0123456789abcdef0123456789abcdef";

const keys: readonly Row[] = [
	{
		name: "the contract's own example",
		text: "strategies:\n  - name: A\n    risk_multiplier: 7\n",
		lines: ["nexus.yaml:3:5 strategies[0].risk_multiplier: 7 is above 3.0"],
	},
	{
		name: "a misspelt key, with the near one",
		text: "strategies:\n  - name: A\n    risk_multipler: 1\n",
		lines: ['nexus.yaml:3:5 strategies[0]: unknown key "risk_multipler"; did you mean "risk_multiplier"?'],
	},
	{
		name: "a dialect's name that no dialect could have",
		text: "strategies:\n  - name: A\n    dialect: Traders Post\n",
		lines: [
			'nexus.yaml:3:5 strategies[0].dialect: "Traders Post" is not a dialect\'s name: 1 to 64 small letters, digits, - and _, the first a letter or a digit',
		],
	},
	{
		name: "a misspelt key at the top",
		text: "webhok: {}\n",
		lines: ['nexus.yaml:1:1 unknown key "webhok"; did you mean "webhook"?'],
	},
	{
		name: "a key that is near to none, with those there are",
		text: "log:\n  colour: red\n",
		lines: ['nexus.yaml:2:3 log: unknown key "colour"; the keys here are level, format'],
	},
	{
		name: "a key in another place than its own",
		text: "size: 1%\n",
		lines: [
			'nexus.yaml:1:1 unknown key "size"; the keys here are webhook, data, plugins, plugin_limits, accounts, strategies, risk, pipeline, symbols_map, journal, admin, log',
		],
	},
	{
		name: "a space missing after a colon, without what follows it",
		text: "webhook: {secret_key:hunter2}\n",
		lines: ['nexus.yaml:1:11 webhook: a space is missing after "secret_key:"'],
	},
	{
		name: "a key that stands twice",
		text: "log:\n  level: info\n  level: warn\n",
		lines: ["nexus.yaml:3:3 log: the key level stands twice in the same map; keep one"],
	},
	{
		name: "a list where a map belongs",
		text: "- webhook\n",
		lines: ["nexus.yaml:1:1 this must be a map (key: value), not a list"],
	},
	{
		name: "a single value where a map belongs",
		text: "webhook: 8080\n",
		lines: ["nexus.yaml:1:1 webhook: this must be a map (key: value), not a single value"],
	},
	{
		name: "a map where a list belongs",
		text: "strategies:\n  A: {}\n",
		lines: ["nexus.yaml:1:1 strategies: this must be a list ([a, b] or lines that begin with -), not a map"],
	},
	{
		name: "a list where one value belongs",
		text: "data: [a]\n",
		lines: ["nexus.yaml:1:1 data: this must be one value (folder), not a list"],
	},
	{
		name: "an empty entry in a list",
		text: "strategies:\n  - name: A\n    symbols:\n      -\n",
		lines: ["nexus.yaml:4:8 strategies[0].symbols[0]: this entry is empty; remove it or give it a value"],
	},
	{
		name: "a strategy without a name",
		text: "strategies:\n  - enabled: true\n",
		lines: ["nexus.yaml:2:5 strategies[0].name: this key is missing"],
	},
	{
		name: "a key that is itself a list",
		text: "? [a]\n: 1\n",
		lines: ["nexus.yaml:1:3 a key must be plain text"],
	},
];

const webhook: readonly Row[] = [
	{
		name: "every key of webhook wrong at once, in the order of the file",
		text: yaml(`
			webhook:
			  host: "a b"
			  port: 70000
			  path: hook
			  token: abc
			  sources: [tradngview, 10.0.0.0/33]
			  trusted_proxies: [tradingview]
			  body_max: 64
			  failures: { rate: 5, burst: 0 }
			  public_url: ftp://x
		`),
		lines: [
			'nexus.yaml:2:3 webhook.host: "a b" is not an address or a host name',
			"nexus.yaml:3:3 webhook.port: 70000 is above 65535",
			'nexus.yaml:4:3 webhook.path: "hook" must begin with /, as in /webhook',
			"nexus.yaml:5:3 webhook.token: this token is too short to be safe (3 characters; 32 hex digits are 128 bits); make one with `openssl rand -hex 16`",
			'nexus.yaml:6:13 webhook.sources[0]: "tradngview" is not an address, a range such as 10.0.0.0/8, or the word tradingview',
			"nexus.yaml:6:25 webhook.sources[1]: 10.0.0.0/33 is not an address, a range such as 10.0.0.0/8, or the word tradingview",
			'nexus.yaml:7:21 webhook.trusted_proxies[0]: "tradingview" is not an address or a range such as 203.0.113.7 or 10.0.0.0/8',
			"nexus.yaml:8:3 webhook.body_max: 64 has no unit; write a size in bytes like 64KB",
			"nexus.yaml:9:15 webhook.failures.rate: 5 is not a rate; write it like 10/s, 600/m or 100/h",
			"nexus.yaml:9:24 webhook.failures.burst: 0 is below 1",
			"nexus.yaml:10:3 webhook.public_url: this is not a URL such as https://nexus.example.com",
		],
	},
	{
		name: "a path that nexus itself answers",
		text: "webhook: { path: /api/v1 }\n",
		lines: ['nexus.yaml:1:12 webhook.path: "/api/v1" is taken by nexus\'s own /api; write another path'],
	},
	{
		name: "the dashboard's path",
		text: "webhook: { path: / }\n",
		lines: ['nexus.yaml:1:12 webhook.path: "/" is the dashboard\'s; write a path such as /webhook'],
	},
	{
		name: "a path with a query",
		text: "webhook: { path: /a?b=c }\n",
		lines: ['nexus.yaml:1:12 webhook.path: "/a?b=c" is not a path of letters, digits, -, _, . and ~ between slashes'],
	},
	{
		name: "a public URL with a password in it",
		text: "webhook: { public_url: https://a:b@example.com }\n",
		lines: ["nexus.yaml:1:12 webhook.public_url: a public URL has no user, password, ? or #; leave them out"],
	},
	{
		name: "a port that is no whole number",
		text: "webhook: { port: http }\n",
		lines: ['nexus.yaml:1:12 webhook.port: "http" is not a whole number'],
	},
	{
		name: "three tokens at once",
		text: `webhook:\n  token: [${token}, ${token.replace("0", "a")}, ${token.replace("0", "b")}]\n`,
		lines: ["nexus.yaml:2:3 webhook.token: this list has 3 entries, but 2 are the most"],
	},
	{
		name: "a token of 21 characters that are not all hex digits",
		text: `webhook: { token: "${"z".repeat(21)}" }\n`,
		lines: [
			"nexus.yaml:1:12 webhook.token: this token is too short to be safe (21 characters; 22 are 128 bits); make one with `openssl rand -hex 16`",
		],
	},
	{
		name: "a token of 31 hex digits in a list",
		text: `webhook: { token: [${token.slice(1)}] }\n`,
		lines: [
			"nexus.yaml:1:20 webhook.token[0]: this token is too short to be safe (31 characters; 32 hex digits are 128 bits); make one with `openssl rand -hex 16`",
		],
	},
	{
		name: "a token that does not fit into a URL",
		text: `webhook: { token: "${token}/x" }\n`,
		lines: [
			"nexus.yaml:1:12 webhook.token: a token consists of letters, digits, - and _ only; make one with `openssl rand -hex 16`",
		],
	},
];

const strategies: readonly Row[] = [
	{
		name: "every key of a strategy wrong at once",
		text: yaml(`
			strategies:
			  - name: "${"n".repeat(65)}"
			    description: "two\\nlines"
			    aliases: x
			    symbols: [BTC/USD, "a b"]
			    timeframes: [1h, 1x]
			    enabled: yes
			    risk_multiplier: 0.05
			    max_positions: 0
			    direction: lng
			    on_opposite: flip
			    pyramiding: 1.5
			    size: 5
			    settings: [a]
		`),
		lines: [
			`nexus.yaml:2:5 strategies[0].name: "${"n".repeat(60)}…" is not a name of 1 to 64 characters`,
			'nexus.yaml:3:5 strategies[0].description: "two\\nlines" is not one line of at most 500 characters',
			"nexus.yaml:4:5 strategies[0].aliases: this must be a list ([a, b] or lines that begin with -), not a single value",
			'nexus.yaml:5:24 strategies[0].symbols[1]: "a b" is not a symbol; write it like BTC/USD, or BTC/USDT:USDT for a perpetual',
			"nexus.yaml:6:22 strategies[0].timeframes[1]: 1x is not a timeframe; write it like 15s, 5m, 1h, 1d, 1w or 1M",
			'nexus.yaml:7:5 strategies[0].enabled: "yes" is not true or false',
			"nexus.yaml:8:5 strategies[0].risk_multiplier: 0.05 is below 0.1",
			"nexus.yaml:9:5 strategies[0].max_positions: 0 is below 1",
			'nexus.yaml:10:5 strategies[0].direction: "lng" is not one of both, long, short; did you mean long?',
			'nexus.yaml:11:5 strategies[0].on_opposite: "flip" is not one of reverse, close, ignore',
			"nexus.yaml:12:5 strategies[0].pyramiding: 1.5 is not a whole number",
			"nexus.yaml:13:5 strategies[0].size: 5 has no unit; write it like 1%, 250 USD, 0.01 BTC, risk 1% or alert",
			"nexus.yaml:14:5 strategies[0].settings: this must be a map (key: value), not a list",
		],
	},
	...(
		[
			["1001%", "1001% is above 1000%"],
			["risk 101%", '"risk 101%" is above 100%'],
			["0%", "0% is nothing; a size must be above 0"],
			["0 USD", "0 USD is nothing; a size must be above 0"],
			["much", '"much" is not a size; write it like 1%, 250 USD, 0.01 BTC, risk 1% or alert'],
			["risk 5", '"risk 5" is not a size; write it like 1%, 250 USD, 0.01 BTC, risk 1% or alert'],
		] as const
	).map(([size, message]) => ({
		name: `the size ${size}`,
		text: `strategies: [{ name: A, size: ${size} }]\n`,
		lines: [`nexus.yaml:1:25 strategies[0].size: ${message}`],
	})),
	{
		name: "a name used twice without regard to case, by a name and by an alias",
		text: yaml(`
			strategies:
			  - { name: Alpha, aliases: [bot-1] }
			  - { name: ALPHA }
			  - { name: Gamma, aliases: [Bot-1, gamma] }
		`),
		lines: [
			'nexus.yaml:3:7 strategies[1].name: "ALPHA" already names strategies[0]; give this name another spelling',
			'nexus.yaml:4:30 strategies[2].aliases[0]: "Bot-1" already names strategies[0]; give this alias another spelling',
			'nexus.yaml:4:37 strategies[2].aliases[1]: "gamma" already names strategies[2]; give this alias another spelling',
		],
	},
	{
		name: "one token in two places",
		text: yaml(`
			webhook: { token: ${token} }
			admin: { token: ${token} }
			strategies:
			  - { name: A, token: ${token} }
			  - { name: B, token: [abcdefghijklmnopqrstuv, abcdefghijklmnopqrstuv] }
		`),
		lines: [
			"nexus.yaml:2:10 admin.token: the same token as in strategies[0].token, which senders know; make another one",
			"nexus.yaml:4:16 strategies[0].token: the same token as in webhook.token; make another one",
			"nexus.yaml:5:16 strategies[1].token: the same token as in strategies[1].token; make another one",
		],
	},
	{
		name: "an amount in a currency that neither account nor symbols know",
		text: "strategies: [{ name: A, symbols: [BTC/USD, ETH/USD], size: 250 EUR }]\n",
		lines: [
			"nexus.yaml:1:54 strategies[0].size: 250 EUR is neither in the account's currency USD nor in the base of its symbols (BTC, ETH)",
		],
	},
];

const accounts: readonly Row[] = [
	{
		name: "every key of an account wrong at once",
		text: yaml(`
			accounts:
			  paper: { broker: papr, currency: usd, balance: -1, fee: 11%, slippage: 0.1, spot: 1 }
			  "bad name": {}
		`),
		lines: [
			'nexus.yaml:2:12 accounts.paper.broker: "papr" is not one of paper, rest; did you mean paper?',
			'nexus.yaml:2:26 accounts.paper.currency: "usd" is not a currency in capitals such as USD',
			"nexus.yaml:2:41 accounts.paper.balance: -1 is below 0",
			"nexus.yaml:2:54 accounts.paper.fee: 11% is above 10%",
			"nexus.yaml:2:64 accounts.paper.slippage: 0.1 has no unit; write a percentage such as 0.1%",
			"nexus.yaml:2:79 accounts.paper.spot: 1 is not true or false",
			'nexus.yaml:3:3 accounts["bad name"]: this name is not 1 to 64 letters, digits, dots, - and _, the first a letter or a digit',
		],
	},
	{
		name: "no account",
		text: "accounts: {}\n",
		lines: ["nexus.yaml:1:1 accounts: there must be at least one account"],
	},
	{
		name: "an account that there is not, near to one that is, and far from all",
		text: "strategies:\n  - { name: A, account: papr }\n  - { name: B, account: binance }\n",
		lines: [
			'nexus.yaml:2:16 strategies[0].account: there is no account "papr"; did you mean "paper"?',
			'nexus.yaml:3:16 strategies[1].account: there is no account "binance"; the accounts are paper',
		],
	},
	{
		name: "no account named although there are several",
		text: "accounts: { a: {}, b: {} }\nstrategies:\n  - name: A\n",
		lines: [
			"nexus.yaml:3:5 strategies[0].account: this key is missing, and there is more than one account; say which with account: (there are a, b)",
		],
	},
	{
		name: "accounts as a list: unknown, twice",
		text: "accounts: { a: {}, b: {} }\nstrategies: [{ name: A, accounts: [a, c, a] }]\n",
		lines: [
			'nexus.yaml:2:39 strategies[0].accounts[1]: there is no account "c"; the accounts are a, b',
			'nexus.yaml:2:42 strategies[0].accounts[2]: "a" stands here twice; keep one',
		],
	},
	{
		name: "accounts as a map: unknown, with a bad size",
		text: "accounts: { a: {}, b: {} }\nstrategies: [{ name: A, accounts: { a: 5, c: 1% } }]\n",
		lines: [
			"nexus.yaml:2:37 strategies[0].accounts.a: 5 has no unit; write it like 1%, 250 USD, 0.01 BTC, risk 1% or alert",
			'nexus.yaml:2:43 strategies[0].accounts[1]: there is no account "c"; the accounts are a, b',
		],
	},
	{
		name: "an unknown account with a size from the environment is named, not its size",
		text: "strategies: [{ name: A, accounts: { b: '${SIZE}' } }]\n",
		env: { SIZE: "2%" },
		lines: ['nexus.yaml:1:37 strategies[0].accounts[0]: there is no account "b"; the accounts are paper'],
	},
	{
		name: "accounts as one word",
		text: "strategies: [{ name: A, accounts: paper }]\n",
		lines: [
			"nexus.yaml:1:25 strategies[0].accounts: this must be a list ([a, b]) or a map ({ a: 1%, b: 250 USD }), not a single value",
		],
	},
	{
		name: "account and accounts at once, and accounts that name none",
		text: "strategies:\n  - { name: A, account: paper, accounts: [paper] }\n  - { name: B, accounts: [] }\n",
		lines: [
			"nexus.yaml:2:32 strategies[0].accounts: account and accounts are both set; keep one of them",
			"nexus.yaml:3:16 strategies[1].accounts: this names no account; remove it or name one",
		],
	},
	{
		name: "an unreadable account, without blaming the strategy that names it",
		text: "accounts: { paper: 5 }\nstrategies: [{ name: A, account: paper }]\n",
		lines: ["nexus.yaml:1:13 accounts.paper: this must be a map (key: value), not a single value"],
	},
];

const others: readonly Row[] = [
	{
		name: "a rail and the flag that takes it away",
		text: yaml(`
			risk:
			  max_position_size: 10%
			  unlimited_position_size: true
			  max_exposure: 50%
			  unlimited_exposure: true
			  max_daily_loss: 5%
			  no_daily_loss_limit: true
		`),
		lines: [
			"nexus.yaml:3:3 risk.unlimited_position_size: max_position_size is set as well, and only one of the two can be meant; remove one",
			"nexus.yaml:5:3 risk.unlimited_exposure: max_exposure is set as well, and only one of the two can be meant; remove one",
			"nexus.yaml:7:3 risk.no_daily_loss_limit: max_daily_loss is set as well, and only one of the two can be meant; remove one",
		],
	},
	{
		name: "rails of nothing and of too much",
		text: "risk: { max_position_size: 0%, max_exposure: 1001%, max_daily_loss: 101% }\n",
		lines: [
			"nexus.yaml:1:9 risk.max_position_size: 0% is below 0.01%",
			"nexus.yaml:1:32 risk.max_exposure: 1001% is above 1000%",
			"nexus.yaml:1:53 risk.max_daily_loss: 101% is above 100%",
		],
	},
	{
		name: "plugin limits, journal and log",
		text: yaml(`
			plugin_limits: { deadline: 2m, memory: 1MB, start: 1ms }
			journal: { size_max: 1KB, keep: 1m }
			log: { level: warning, format: xml }
		`),
		lines: [
			"nexus.yaml:1:18 plugin_limits.deadline: 2m is above 1m",
			"nexus.yaml:1:32 plugin_limits.memory: 1MB is below 32MB",
			"nexus.yaml:1:45 plugin_limits.start: 1ms is below 100ms",
			"nexus.yaml:2:12 journal.size_max: 1KB is below 10MB",
			"nexus.yaml:2:27 journal.keep: 1m is below 1h",
			'nexus.yaml:3:8 log.level: "warning" is not one of debug, info, warn, error',
			'nexus.yaml:3:24 log.format: "xml" is not one of text, json',
		],
	},
	{
		name: "symbols_map: a target that is no symbol, a spelling that cannot arrive",
		text: 'symbols_map:\n  BTCUSDT.P: "a b"\n  "a b": BTC/USD\n',
		lines: [
			'nexus.yaml:2:3 symbols_map["BTCUSDT.P"]: "a b" is not a symbol; write it like BTC/USD, or BTC/USDT:USDT for a perpetual',
			'nexus.yaml:3:3 symbols_map["a b"]: this name is not a symbol of 1 to 64 characters',
		],
	},
	{
		name: "variables that are not set, each where it stands",
		text: "webhook:\n  port: ${PORT}\n  secret_key: ${KEY}\n",
		lines: [
			"nexus.yaml:2:3 webhook.port: the environment variable PORT is not set; set it, or write ${PORT:-default}",
			"nexus.yaml:3:3 webhook.secret_key: the environment variable KEY is not set; set it, or write ${KEY:-default}",
		],
	},
	{
		name: "a required key whose variable is not set is not called missing as well",
		text: "strategies:\n  - name: ${NAME}\n",
		lines: [
			"nexus.yaml:2:5 strategies[0].name: the environment variable NAME is not set; set it, or write ${NAME:-default}",
		],
	},
	{
		name: "a bad value from the environment, shown as it is written",
		text: "webhook:\n  port: ${PORT}\n",
		env: { PORT: "not-to-be-shown" },
		lines: ['nexus.yaml:2:3 webhook.port: "${PORT}" is not a whole number'],
	},
];

for (const [part, rows] of Object.entries({ keys, webhook, strategies, accounts, others })) {
	describe(`problems: ${part}`, () => {
		for (const { name, text, lines, env } of rows) {
			test(name, () => {
				expect(problemLines(text, env)).toEqual(lines);
			});
		}
	});
}

describe("problems in number", () => {
	test("a hundred are told, the rest is counted", () => {
		const lines = problemLines(Array.from({ length: 250 }, (_, index) => `wrong_${index}: 1\n`).join(""));
		expect(lines).toHaveLength(101);
		expect(lines[100]).toBe("nexus.yaml:101:1 and 150 more from here on");
	});

	test("they come in the order of the file, whatever found them", () => {
		const lines = problemLines("risk: { max_exposure: x }\nstrategies: [{ name: A, account: b }]\nnonsense: 1\n");
		expect(lines.map((line) => line.split(" ")[0])).toEqual(["nexus.yaml:1:9", "nexus.yaml:2:25", "nexus.yaml:3:1"]);
	});
});
