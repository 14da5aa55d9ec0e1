/** Bodies: several commands in one, dialects by name, and what stays of a body when it is stored. */
import { describe, expect, test } from "bun:test";
import { dialects } from "../../src/alert/dialects.ts";
import { commands_max, type ReadResult, readBody } from "../../src/alert/read.ts";

/** The action of each command, or the code of its refusal. */
function outcomes(result: ReadResult): readonly string[] {
	if (!result.ok) return [result.refusal.code];
	return result.items.map((item) => (item.ok ? item.reading.action : item.refusal.code));
}
const command = (action: string) => JSON.stringify({ action, symbol: "BTCUSD" });

describe("several commands in one body", () => {
	const rows: readonly (readonly [name: string, body: string, outcomes: readonly string[]])[] = [
		["an array", `[${command("buy")},${command("sell")}]`, ["buy", "sell"]],
		["one a line", `${command("buy")}\n${command("sell")}\n`, ["buy", "sell"]],
		["one after the other", command("buy") + command("sell"), ["buy", "sell"]],
		["arrays and objects", `[${command("buy")}]\n${command("exit")}`, ["buy", "exit"]],
		["an array of one", `[${command("buy")}]`, ["buy"]],
		[
			"a bad one among good ones is refused alone",
			`[${command("buy")},{"action":"sell"},${command("exit")}]`,
			["buy", "missing_field", "exit"],
		],
		["a number among good ones is refused alone", `[${command("buy")},7]`, ["buy", "unreadable_body"]],
		["an array inside an array is no command", `[${command("buy")},[${command("sell")}]]`, ["buy", "unreadable_body"]],
		[
			"a contradiction in one does not touch the others",
			`[${command("buy")},{"action":"a","action":"b","symbol":"X"}]`,
			["buy", "contradictory_fields"],
		],
		[
			"one broken line spoils the body: nothing of it is half understood",
			`${command("buy")}\n{"action":`,
			["unreadable_body"],
		],
	];
	for (const [name, body, expected] of rows) test(name, () => expect(outcomes(readBody(body))).toEqual([...expected]));

	test(`${commands_max} commands are read, one more refuses them all`, () => {
		const body = (count: number) => Array.from({ length: count }, () => command("buy")).join("\n");
		expect(outcomes(readBody(body(commands_max))).length).toBe(commands_max);
		expect(outcomes(readBody(body(commands_max + 1)))).toEqual(["body_too_large"]);
	});

	test("each command has its own secrets and fields", () => {
		const result = readBody('[{"action":"buy","symbol":"A","secret":"one","x":1},{"action":"buy","symbol":"B","y":2}]');
		if (!result.ok) throw new Error(result.refusal.detail);
		const [first, second] = result.items;
		if (first?.ok !== true || second?.ok !== true) throw new Error("refused");
		expect([first.reading.secrets, second.reading.secrets]).toEqual([["one"], []]);
		expect(Object.keys(first.reading.fields)).toEqual(["x"]);
		expect(Object.keys(second.reading.fields)).toEqual(["y"]);
	});
});

describe("dialects", () => {
	test("each has a name of its own in lower case, and the last one recognises everything", () => {
		const names = dialects.map(({ name }) => name);
		expect(new Set(names).size).toBe(names.length);
		for (const name of names) expect(name).toBe(name.toLowerCase());
		expect(dialects.at(-1)?.recognises(Object.create(null))).toBe(true);
	});
	test("one may be asked for by name, in any case", () => {
		expect(outcomes(readBody(command("buy"), { dialect: "nexus" }))).toEqual(["buy"]);
		expect(outcomes(readBody(command("buy"), { dialect: " Nexus " }))).toEqual(["buy"]);
	});
	test("a name that none has is refused with those there are, and without the name", () => {
		const result = readBody(command("buy"), { dialect: "hunter2" });
		if (result.ok) throw new Error("it was read");
		expect(result.refusal.code).toBe("bad_field");
		expect(result.refusal.hint).toContain("nexus");
		expect(JSON.stringify(result.refusal)).not.toContain("hunter2");
	});
});

describe("what is kept of a body", () => {
	const raw = (body: string) => {
		const result = readBody(body);
		if (!result.ok) throw new Error(result.refusal.detail);
		return result.raw;
	};
	const rows: readonly (readonly [name: string, body: string, raw: string])[] = [
		[
			"a body without secrets stays byte for byte",
			'{ "action":"buy",\r\n"symbol" :"BTCUSD",}',
			'{ "action":"buy",\r\n"symbol" :"BTCUSD",}',
		],
		[
			"a secret becomes three stars",
			'{"action":"buy","symbol":"B","secret":"abc"}',
			'{"action":"buy","symbol":"B","secret":"***"}',
		],
		[
			"so does a bare one, and the form around it stays",
			"{action:buy,symbol:B,token: abc }",
			'{action:buy,symbol:B,token: "***" }',
		],
		[
			"so does every one of several",
			'[{"action":"buy","symbol":"B","key":1},{"pwd":"x","y":{"API-Key":[1]}}]',
			'[{"action":"buy","symbol":"B","key":"***"},{"pwd":"***","y":{"API-Key":"***"}}]',
		],
		["comments go", '{"action":"buy", /* abc */ "symbol":"B"} # abc', '{"action":"buy",  "symbol":"B"} '],
	];
	for (const [name, body, expected] of rows) test(name, () => expect(raw(body)).toBe(expected));

	test("it can be read again and means the same", () => {
		const body =
			'{action:buy,symbol:B,token: abc,price:“1.5”} // x\n[{"action":"sell","symbol":"C","secret":{"a":1}},]';
		const again = readBody(raw(body));
		expect(outcomes(again)).toEqual(["buy", "sell"]);
		expect(again.ok && again.raw).toBe(raw(body));
	});
});

describe("which keys are secret", () => {
	const secret = [
		"secret",
		"SECRET",
		"passphrase",
		"password",
		"Password",
		"token",
		"api_key",
		"apikey",
		"apiKey",
		"API-KEY",
		"key",
	];
	const more = [
		"signature",
		"X-Signature",
		"webhook_secret",
		"webhookSecret",
		"email_token",
		"signalToken",
		"private_key",
		"auth",
	];
	for (const key of [...secret, ...more, "client.secret", "pass", "pwd", "my password", "ｓｅｃｒｅｔ"]) {
		test(`${key} is never stored`, () => {
			const result = readBody(JSON.stringify({ action: "buy", symbol: "B", x: { [key]: "hunter2hunter2" } }));
			expect(JSON.stringify(result)).not.toContain("hunter2hunter2");
			expect(result.ok && result.raw).toContain('"***"');
		});
	}
	for (const key of ["keyword", "monkey", "passenger", "author", "design", "signal_name", "pinbar"]) {
		test(`${key} is an ordinary field`, () => {
			const result = readBody(JSON.stringify({ action: "buy", symbol: "B", [key]: "open" }));
			const item = result.ok ? result.items[0] : undefined;
			expect(item?.ok === true && item.reading.fields[key]).toBe("open");
		});
	}
	test("only the credential fields of the command itself prove who sent it", () => {
		const body = {
			action: "buy",
			symbol: "B",
			secret: "a",
			passphrase: "b",
			token: "c",
			password: "d",
			webhook_secret: "e",
			api_key: "f",
			x: { secret: "g" },
		};
		const result = readBody(JSON.stringify(body));
		const item = result.ok ? result.items[0] : undefined;
		expect(item?.ok === true && item.reading.secrets).toEqual(["a", "b", "c", "d", "e"]);
	});
	test("an empty or nested credential proves nothing", () => {
		const result = readBody(
			'{"action":"buy","symbol":"B","secret":"","token":null,"password":{"a":1},"passphrase":true}',
		);
		const item = result.ok ? result.items[0] : undefined;
		expect(item?.ok === true && item.reading.secrets).toEqual([]);
	});
});
