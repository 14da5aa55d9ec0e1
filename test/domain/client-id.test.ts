/** Ids of orders at exchanges: pure, different for different causes, and within each exchange's alphabet and length. */
import { describe, expect, test } from "bun:test";
import {
	clientIdFormatOf,
	clientIdFormats,
	clientOrderId,
	type Intended,
	intentId,
	readClientId,
	spellClientId,
} from "../../src/domain/client-id.ts";
import { idOf } from "../../src/domain/id.ts";

const cause: Intended = {
	order_id: "6H08KRNT000-1",
	account: "paper",
	strategy: "Mine",
	symbol: "BTC/USD",
	attempt: 1,
};
const names = ["hex32", "base36", "gate", "hex0x"] as const;

/** What each exchange takes, written down a second time. */
const allowed: Readonly<Record<(typeof names)[number], RegExp>> = {
	hex32: /^[0-9a-f]{32}$/,
	base36: /^[0-9a-z]{1,25}$/,
	gate: /^t-[0-9a-zA-Z._-]{1,26}$/,
	hex0x: /^0x[0-9a-f]{32}$/,
};

/** Causes that differ in one place each, as a busy year makes them. */
function* manyCauses(): Generator<Intended> {
	for (let alert = 0; alert < 5_000; alert++) {
		const id = idOf(1_772_445_600_000 * 4096 + alert);
		for (const leg of ["1", "2", "101", "1-sl", "1-sl2", "1-tp", "1-back"]) {
			const account = leg === "101" ? "second" : "paper";
			yield { order_id: `${id}-${leg}`, account, strategy: "Mine", symbol: "BTC/USD", attempt: 1 };
		}
	}
}

describe("the id of an intent", () => {
	test("is the same each time it is asked for, and stays what it was in earlier journals", () => {
		expect(intentId({ ...cause })).toBe(intentId(cause));
		expect(intentId(cause)).toMatch(/^[0-9a-f]{64}$/);
		expect(clientOrderId(cause)).toBe(intentId(cause).slice(0, 32));
		// Computed once with another program: SHA-256 of ["6H08KRNT000-1","paper","Mine","BTC/USD",1].
		expect(clientOrderId(cause)).toBe("1d60deb8eed5136eac5fd4ccfe77adc3");
	});

	const others: readonly (readonly [string, Partial<Intended>])[] = [
		["another alert", { order_id: "6H08KRNT001-1" }],
		["another leg", { order_id: "6H08KRNT000-2" }],
		["its stop", { order_id: "6H08KRNT000-1-sl" }],
		["another account", { account: "second" }],
		["another strategy", { strategy: "Other" }],
		["another symbol", { symbol: "ETH/USD" }],
		["a person's retry", { attempt: 2 }],
		["an account and strategy that read the same when joined", { account: "paperM", strategy: "ine" }],
		["a name with a quote and a comma in it", { account: 'paper","Mine', strategy: "" }],
	];
	for (const [name, change] of others) {
		test(`differs for ${name}`, () => {
			expect(clientOrderId({ ...cause, ...change })).not.toBe(clientOrderId(cause));
		});
	}
});

describe("35,000 causes", () => {
	const ids = [...manyCauses()].map(clientOrderId);

	test("have 35,000 ids", () => {
		expect(new Set(ids).size).toBe(35_000);
	});

	for (const name of names) {
		test(`${name}: every spelling is allowed, none is used twice, and each is read back`, () => {
			const spelt = ids.map((id) => spellClientId(id, name));
			expect(spelt.filter((id) => !allowed[name].test(id))).toEqual([]);
			expect(new Set(spelt).size).toBe(ids.length);
			expect(spelt.map((id) => readClientId(id, name))).toEqual(ids);
		});
	}

	test("Gate's limit of 28 characters holds with the prefix, and nothing is longer than 36", () => {
		for (const id of ids.slice(0, 1_000)) {
			expect(spellClientId(id, "gate").length).toBeLessThanOrEqual(28);
			expect(spellClientId(id, "hex0x").length).toBeLessThanOrEqual(36);
		}
	});
});

describe("spellings", () => {
	const ends = ["0".repeat(32), `${"0".repeat(31)}1`, "f".repeat(32)];

	test("the smallest and the largest id fit each and come back", () => {
		expect(Object.keys(clientIdFormats)).toEqual([...names]);
		for (const name of names) {
			const spelt = ends.map((id) => spellClientId(id, name));
			for (const id of spelt) expect(id).toMatch(allowed[name]);
			expect(new Set(spelt.map((id) => id.length)).size).toBe(1);
			expect(spelt.map((id) => readClientId(id, name))).toEqual(ends);
		}
	});

	test("an exchange that gives it back in capitals is understood", () => {
		const id = clientOrderId(cause);
		for (const name of names) expect(readClientId(spellClientId(id, name).toUpperCase(), name)).toBe(id);
	});

	test("an order that is not ours is nobody's", () => {
		const strangers = [
			"",
			"t-",
			"web_123",
			"t-apiv4",
			"0x",
			"x".repeat(25),
			"z".repeat(25),
			"t-12345678901234567890123 5",
		];
		for (const name of ["hex32", "gate", "hex0x"] as const) {
			for (const stranger of strangers) expect([stranger, readClientId(stranger, name)]).toEqual([stranger, undefined]);
		}
		// 25 letters z are more than 128 bits.
		expect(readClientId("z".repeat(25), "base36")).toBeUndefined();
		expect(readClientId("-".repeat(25), "base36")).toBeUndefined();
	});

	test("what is no client order id cannot be spelt: a bug", () => {
		for (const wrong of ["", "6H08KRNT000-1", "F".repeat(32), "0".repeat(33)]) {
			expect(() => spellClientId(wrong, "gate")).toThrow(RangeError);
		}
	});

	test("an exchange of which nothing is known gets 32 hex characters", () => {
		const rows = {
			binance: "hex32",
			kraken: "hex32",
			okx: "hex32",
			Gate: "gate",
			gateio: "gate",
			Hyperliquid: "hex0x",
			other: "hex32",
		};
		for (const [exchange, format] of Object.entries(rows))
			expect([exchange, clientIdFormatOf(exchange)]).toEqual([exchange, format]);
	});
});
