/** Accounts: what each broker's keys decode to, whose keys they are, and what real money asks of the rest of the file. */
import { describe, expect, test } from "bun:test";
import { decimal, zero } from "../../src/domain/decimal.ts";
import { problemLines, settingsOf, warningLines, yaml } from "./reading.ts";

const token = "0123456789abcdef0123456789abcdef";
/** Everything that real money asks for. */
const safe = `
	webhook: { token: ${token} }
	risk: { max_position_size: 10%, max_exposure: 50%, max_daily_loss: 5% }
`;
const withAccount = (account: string, rest = safe) => yaml(`${rest}\n\taccounts: { live: ${account} }\n`);

describe("an account behind a bridge", () => {
	test("has every default", () => {
		expect(settingsOf(withAccount("{ broker: rest, url: http://127.0.0.1:9000 }")).accounts).toEqual([
			{
				name: "live",
				broker: "rest",
				currency: "USD",
				balance: zero,
				fee: decimal("0.001"),
				slippage: zero,
				spot: false,
				reconcile: "report",
				rest: {
					url: "http://127.0.0.1:9000",
					key: "",
					request_expiry_ms: 3_000,
					read_lag_ms: 1_000,
					timeout_ms: 5_000,
					poll_ms: 1_000,
					lookup: true,
				},
			},
		]);
	});

	test("takes what is written, the key from the environment", () => {
		const written =
			'{ broker: rest, url: "https://bridge.example.com/v1/", key: "${BRIDGE_KEY:-}", currency: USDT, fee: 0.05%, spot: true, ' +
			"request_expiry: 2s, read_lag: 0ms, timeout: 10s, poll: 250ms, lookup: false }";
		expect(settingsOf(withAccount(written), { BRIDGE_KEY: "secret" }).accounts[0]).toMatchObject({
			currency: "USDT",
			fee: decimal("0.0005"),
			spot: true,
			rest: {
				url: "https://bridge.example.com/v1",
				key: "secret",
				request_expiry_ms: 2_000,
				read_lag_ms: 0,
				timeout_ms: 10_000,
				poll_ms: 250,
				lookup: false,
			},
		});
		expect(settingsOf(withAccount(written)).accounts[0]?.rest?.key).toBe("");
	});

	test("promises no expiry where it says none", () => {
		const { accounts } = settingsOf(withAccount('{ broker: rest, url: "http://[::1]:1", request_expiry: none }'));
		expect(accounts[0]?.rest).toMatchObject({ url: "http://[::1]:1", request_expiry_ms: undefined });
	});

	test("a paper account carries nothing of a bridge", () => {
		const [account] = settingsOf("accounts: { paper: {} }").accounts;
		expect(account).toMatchObject({ broker: "paper", balance: decimal("100000") });
		expect(Object.keys(account ?? {})).not.toContain("rest");
	});
});

describe("an account with something wrong", () => {
	const bridge = "broker: rest, url: http://127.0.0.1:9000";
	const rows: readonly (readonly [string, string, readonly string[]])[] = [
		[
			"no url",
			"{ broker: rest }",
			["accounts.live.url: this is missing; write where the bridge is, such as http://127.0.0.1:9000"],
		],
		[
			"an empty url",
			'{ broker: rest, url: "${URL:-}" }',
			["accounts.live.url: this is missing; write where the bridge is"],
		],
		[
			"a url that is none",
			"{ broker: rest, url: bridge }",
			["accounts.live.url: this is not a URL such as http://127.0.0.1:9000"],
		],
		[
			"a password in the url",
			"{ broker: rest, url: http://me:hunter2@127.0.0.1 }",
			["accounts.live.url: a bridge's URL has no user, password, ? or #; leave them out"],
		],
		[
			"keys of paper",
			`{ ${bridge}, balance: 5, slippage: 1% }`,
			[
				"accounts.live.balance: this belongs to broker: paper, and the account is rest; remove it",
				"accounts.live.slippage: this belongs to broker: paper, and the account is rest; remove it",
			],
		],
		[
			"a bridge's keys on paper",
			"{ broker: paper, url: http://127.0.0.1, lookup: true }",
			[
				"accounts.live.url: this belongs to broker: rest, and the account is paper; remove it",
				"accounts.live.lookup: this belongs to broker: rest, and the account is paper; remove it",
			],
		],
		["an expiry without a unit", `{ ${bridge}, request_expiry: 3 }`, ["accounts.live.request_expiry: 3 has no unit"]],
		[
			"an expiry too short",
			`{ ${bridge}, request_expiry: 100ms }`,
			["accounts.live.request_expiry: 100ms is below 500ms"],
		],
		["an expiry too long", `{ ${bridge}, request_expiry: 2m }`, ["accounts.live.request_expiry: 2m is above 1m"]],
		[
			"a word for an expiry",
			`{ ${bridge}, request_expiry: never }`,
			['accounts.live.request_expiry: "never" is not a duration'],
		],
		["a poll without end", `{ ${bridge}, poll: 10ms }`, ["accounts.live.poll: 10ms is below 100ms"]],
		[
			"a key no header can carry",
			`{ ${bridge}, key: "a b" }`,
			["accounts.live.key: a space or another character that a header cannot carry"],
		],
		["a broker nobody knows", "{ broker: binance }", ['accounts.live.broker: "binance" is not one of paper, rest']],
	];
	for (const [name, account, expected] of rows) {
		test(name, () => {
			const lines = problemLines(withAccount(account));
			expect(lines).toHaveLength(expected.length);
			for (const [index, part] of expected.entries()) expect(lines[index]).toContain(part);
			expect(lines.join("\n")).not.toContain("hunter2");
		});
	}

	test("a key from the environment that no header can carry is not shown", () => {
		const lines = problemLines(withAccount(`{ ${bridge}, key: "\${K}" }`), { K: "hunter2\nx" });
		expect(lines).toHaveLength(1);
		expect(lines.join()).not.toContain("hunter2");
	});

	test("a key that goes out in the clear is warned about, on this machine it is not", () => {
		expect(warningLines(withAccount("{ broker: rest, url: http://10.0.0.7:9000 }"))).toEqual([
			expect.stringContaining(
				"accounts.live.url: orders and key go there unencrypted; put https in front of the bridge",
			),
		]);
		for (const url of ["https://10.0.0.7", "http://localhost:9000", "http://127.0.0.1", "http://[::1]:9000"]) {
			expect(warningLines(withAccount(`{ broker: rest, url: "${url}" }`))).toEqual([]);
		}
	});
});

describe("real money", () => {
	const bridge = "{ broker: rest, url: http://127.0.0.1:9000 }";
	const rails = "risk: { max_position_size: 10%, max_exposure: 50%, max_daily_loss: 5% }";
	const credential = `webhook: { token: ${token} }`;

	test("needs a credential at the webhook, on whatever address it listens", () => {
		for (const host of ["0.0.0.0", "127.0.0.1"]) {
			const lines = problemLines(withAccount(bridge, `\n\twebhook: { host: ${host} }\n\t${rails}`));
			expect(lines).toEqual([
				expect.stringContaining(
					"webhook: account live trades real money and whoever reaches the webhook could trade; set",
				),
			]);
		}
	});

	const credentials = [
		["a token", credential],
		["a signature's key", "webhook: { secret_key: 0123456789abcdef }"],
		["a strategy's token", `strategies: [{ name: A, token: ${token} }]`],
		["a strategy's secret", "strategies: [{ name: A, secrets: 0123456789abcdef }]"],
	] as const;
	for (const [name, written] of credentials) {
		test(`is content with ${name}`, () => {
			expect(problemLines(withAccount(bridge, `\n\t${written}\n\t${rails}`))).toEqual([]);
		});
	}

	test("an empty credential from the environment is none", () => {
		const lines = problemLines(withAccount(bridge, `\n\twebhook: { secret_key: "\${KEY:-}" }\n\t${rails}`));
		expect(lines).toHaveLength(1);
	});

	test("needs each rail, written or loosened by its own flag", () => {
		const lines = problemLines(withAccount(bridge, `\n\t${credential}`));
		expect(lines.map((line) => line.replace(/^\S+ /, ""))).toEqual([
			"risk.max_position_size: account live trades real money and this rail is not set; write risk.max_position_size, or loosen it with risk.unlimited_position_size: true",
			"risk.max_exposure: account live trades real money and this rail is not set; write risk.max_exposure, or loosen it with risk.unlimited_exposure: true",
			"risk.max_daily_loss: account live trades real money and this rail is not set; write risk.max_daily_loss, or loosen it with risk.no_daily_loss_limit: true",
		]);
		const flags = "risk: { unlimited_position_size: true, max_exposure: 50%, no_daily_loss_limit: true }";
		expect(problemLines(withAccount(bridge, `\n\t${credential}\n\t${flags}`))).toEqual([]);
		const one = "risk: { max_position_size: 10%, unlimited_exposure: false, max_daily_loss: 5% }";
		expect(problemLines(withAccount(bridge, `\n\t${credential}\n\t${one}`))).toEqual([
			expect.stringContaining("risk.max_exposure"),
		]);
	});

	test("a rail with a mistake is reported for the mistake alone", () => {
		const wrong = "risk: { max_position_size: 10, max_exposure: 50%, max_daily_loss: 5% }";
		expect(problemLines(withAccount(bridge, `\n\t${credential}\n\t${wrong}`))).toEqual([
			expect.stringContaining("10 has no unit"),
		]);
	});

	test("asks nothing of a file with paper accounts alone", () => {
		expect(problemLines("accounts: { a: {}, b: { broker: paper } }")).toEqual([]);
	});

	test("one live account among paper ones is enough", () => {
		const text = yaml(`
			accounts: { paper: {}, live: ${bridge} }
			strategies: [{ name: A, account: paper }]
		`);
		expect(problemLines(text)).toHaveLength(4);
	});

	test("what one account takes over from another counts as written", () => {
		const text = yaml(`
			webhook: { token: ${token} }
			${rails}
			accounts:
			  a: &bridge { broker: rest, url: http://127.0.0.1:9000 }
			  b: { <<: *bridge, currency: EUR }
		`);
		expect(settingsOf(text).accounts.map(({ rest, currency }) => [rest?.url, currency])).toEqual([
			["http://127.0.0.1:9000", "USD"],
			["http://127.0.0.1:9000", "EUR"],
		]);
	});
});
