/** Who may post: every accepted form of credential, and what a wrong one is told, on the compiled binary. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { type Answer, RunningNexus, removeLeftovers } from "./support/running-nexus.ts";

afterAll(removeLeftovers);

const secretKey = "an-e2e-key-that-nobody-else-has";
const oneToken = "0123456789abcdef0123456789abcdef";
const otherToken = "fedcba9876543210fedcba9876543210";
const anyToken = "00112233445566778899aabbccddeeff";
const bodySecret = "a-secret-inside-the-body";

const yaml = (webhook: string, one = "", other = "") => `
webhook: { host: 127.0.0.1, port: 0${webhook} }
risk: { unlimited_position_size: true, unlimited_exposure: true, no_daily_loss_limit: true }
strategies:
  - { name: One, size: 0.01 BTC, pyramiding: 100${one} }
  - { name: Other, size: 0.01 BTC, pyramiding: 100${other} }
`;

let count = 0;
/** A body like no other one. */
const body = (fields: object = {}): string =>
	JSON.stringify({
		alert_id: `s-${++count}`,
		action: "buy",
		symbol: "BTCUSD",
		price: 42000.5,
		strategy: "One",
		...fields,
	});
const hmac = (text: string, key = secretKey): string => createHmac("sha256", key).update(text).digest("hex");
const altered = (hex: string): string => (hex.startsWith("0") ? `1${hex.slice(1)}` : `0${hex.slice(1)}`);

/** Headers of Standard Webhooks. */
function standard(text: string, { id = `msg_${++count}`, at = Date.now(), key = secretKey, version = "v1" } = {}) {
	const seconds = Math.floor(at / 1000).toString();
	const signature = createHmac("sha256", key).update(`${id}.${seconds}.${text}`).digest("base64");
	return { "webhook-id": id, "webhook-timestamp": seconds, "webhook-signature": `${version},${signature}` };
}

const allSecrets = [secretKey, oneToken, otherToken, anyToken, bodySecret];

/** True where the journal's files hold the text anywhere. */
function stored(nexus: RunningNexus, text: string): boolean {
	return ["data/journal.sqlite", "data/journal.sqlite-wal"].some((file) => nexus.read(file).includes(text));
}

/** 401 as RFC 9457, with a hint that shows the way and no secret anywhere. */
function expectNotAuthentic({ status, headers, json, text }: Answer): void {
	expect({ status, text }).toEqual({ status: 401, text });
	expect(headers.get("content-type")).toBe("application/problem+json");
	expect(json.code).toBe("not_authentic");
	expect(json.detail).not.toBe("");
	expect(json.hint).toContain("TradingView cannot sign");
	expect(json.hint).toContain("/webhook/<token of One>");
	for (const secret of allSecrets) expect(text).not.toContain(secret);
	expect(text).not.toMatch(/[0-9a-f]{64}/i);
}

describe("with secret_key", () => {
	let nexus: RunningNexus;
	beforeAll(async () => {
		nexus = await RunningNexus.start({
			yaml: yaml(', secret_key: "${NEXUS_SECRET_KEY}"'),
			env: { NEXUS_SECRET_KEY: secretKey },
		});
	});

	const accepted: Readonly<Record<string, (text: string) => Record<string, string>>> = {
		"X-Signature: hex": (text) => ({ "x-signature": hmac(text) }),
		"X-Signature: hex in capitals": (text) => ({ "x-signature": hmac(text).toUpperCase() }),
		"X-Signature: sha256=hex": (text) => ({ "x-signature": `sha256=${hmac(text)}` }),
		"X-Hub-Signature-256: sha256=hex": (text) => ({ "x-hub-signature-256": `sha256=${hmac(text)}` }),
		"Standard Webhooks": (text) => standard(text),
		"Standard Webhooks, the right one of several signatures": (text) => {
			const right = standard(text);
			const other = standard(text, { key: "an old key" });
			return { ...right, "webhook-signature": `${other["webhook-signature"]} ${right["webhook-signature"]}` };
		},
		"Standard Webhooks, four minutes old": (text) => standard(text, { at: Date.now() - 240_000 }),
		"two forms at once, both right": (text) => ({
			"x-signature": hmac(text),
			"x-hub-signature-256": `sha256=${hmac(text)}`,
		}),
	};
	for (const [name, sign] of Object.entries(accepted)) {
		test(`${name} is accepted and traded`, async () => {
			const text = body();
			expect(await nexus.send(text, { headers: sign(text) })).toMatchObject({ status: "executed", strategy: "One" });
		});
	}

	const refused: Readonly<Record<string, (text: string) => Record<string, string>>> = {
		unsigned: () => ({}),
		"signed with another key": (text) => ({ "x-signature": hmac(text, "another key") }),
		"signed for another body": (text) => ({ "x-signature": hmac(`${text} `) }),
		"one digit of the signature altered": (text) => ({ "x-signature": altered(hmac(text)) }),
		"one digit of X-Hub-Signature-256 altered": (text) => ({ "x-hub-signature-256": `sha256=${altered(hmac(text))}` }),
		"a signature cut short": (text) => ({ "x-signature": hmac(text).slice(0, 63) }),
		"a signature with something behind it": (text) => ({ "x-signature": `${hmac(text)}00` }),
		"an empty signature": () => ({ "x-signature": " " }),
		"the key itself as the signature": () => ({ "x-signature": secretKey }),
		"sha512= in front": (text) => ({ "x-signature": `sha512=${hmac(text)}` }),
		"X-Hub-Signature-256 without sha256=": (text) => ({ "x-hub-signature-256": hmac(text) }),
		"one form right and the other wrong": (text) => ({
			"x-signature": hmac(text),
			"x-hub-signature-256": `sha256=${altered(hmac(text))}`,
		}),
		"Standard Webhooks with another key": (text) => standard(text, { key: "another key" }),
		"Standard Webhooks for another body": (text) => standard(`${text} `),
		"Standard Webhooks under another id": (text) => ({ ...standard(text), "webhook-id": "msg_other" }),
		"Standard Webhooks ten minutes old": (text) => standard(text, { at: Date.now() - 600_000 }),
		"Standard Webhooks of ten minutes from now": (text) => standard(text, { at: Date.now() + 600_000 }),
		"Standard Webhooks in a version that is none": (text) => standard(text, { version: "v2" }),
		"Standard Webhooks without its id": (text) => {
			const { "webhook-id": _id, ...rest } = standard(text);
			return rest;
		},
	};
	for (const [name, sign] of Object.entries(refused)) {
		test(`${name}: 401, nothing recorded`, async () => {
			const text = body({ alert_id: `refused-${++count}` });
			expectNotAuthentic(await nexus.post(text, { headers: sign(text) }));
			const { alert_id } = JSON.parse(text) as { alert_id: string };
			expect((await nexus.api(`alerts/${alert_id}`)).status).toBe(404);
		});
	}

	test("a body altered on the way: 401, even where only a space was added", async () => {
		const text = body();
		expectNotAuthentic(await nexus.post(text.replace(":", ": "), { headers: { "x-signature": hmac(text) } }));
	});

	test("a token in the URL, where none is configured, does not help an unsigned body, and spoils a signed one", async () => {
		const text = body();
		expectNotAuthentic(await nexus.post(text, { tail: `/${oneToken}` }));
		expectNotAuthentic(await nexus.post(text, { tail: `/${oneToken}`, headers: { "x-signature": hmac(text) } }));
	});

	test("a signed body is good once: the same one again after a restart, without an id, is not executed again", async () => {
		const text = body({ alert_id: undefined, strategy: "Other", message: "replay me" });
		const first = await nexus.send(text, { headers: { "x-signature": hmac(text) } });
		expect(first.status).toBe("executed");
		const orders = await nexus.orders();
		await nexus.restart();
		const forms: Record<string, string>[] = [
			{ "x-signature": hmac(text) },
			{ "x-hub-signature-256": `sha256=${hmac(text)}` },
		];
		for (const headers of forms) {
			const { status, json } = await nexus.post(text, { headers });
			expect([200, 401]).toContain(status);
			expect(status === 200 ? json : { id: first.id, status: "duplicate" }).toEqual({
				id: first.id,
				status: "duplicate",
			});
		}
		await nexus.settled();
		expect(await nexus.orders()).toEqual([...orders]);
		expect(await nexus.positions()).toMatchObject([{ strategy: "One" }, { strategy: "Other", quantity: "0.01" }]);
	});

	test("the log and what is stored hold no secret", async () => {
		expect(nexus.log).toContain("ready");
		expect(nexus.log).not.toContain(secretKey);
		expect(stored(nexus, "replay me")).toBe(true);
		expect(stored(nexus, secretKey)).toBe(false);
	});
});

test("a signed body is refused for good once the duplicate window is over, after a restart as well", async () => {
	await using nexus = await RunningNexus.start({
		yaml: `${yaml(', secret_key: "${KEY}"')}pipeline: [signature, dedupe: { window: 1s }, rate_limit, freshness, sequence, risk]\n`,
		env: { KEY: secretKey },
	});
	const text = body({ alert_id: undefined, message: "an old one" });
	const headers = { "x-signature": hmac(text) };
	const first = await nexus.send(text, { headers });
	await nexus.kill9();
	await Bun.sleep(1100);
	await nexus.restart();
	const again = await nexus.post(text, { headers });
	expect({ status: again.status, code: again.json.code }).toEqual({ status: 401, code: "not_authentic" });
	expect(again.json.detail).toContain(first.id);
	expect(await nexus.orders()).toHaveLength(1);
});

describe("with tokens in the URL", () => {
	let nexus: RunningNexus;
	beforeAll(async () => {
		nexus = await RunningNexus.start({
			yaml: yaml(`, token: "${anyToken}"`, `, token: "${oneToken}"`, `, token: ["${otherToken}", "${otherToken}00"]`),
		});
	});

	const accepted = [
		["the strategy's own token", oneToken, {}, "One"],
		["the strategy's own token, no strategy named", otherToken, { strategy: undefined }, "Other"],
		["the second token while rotating", `${otherToken}00`, { strategy: "Other" }, "Other"],
		["the token for all strategies", anyToken, { strategy: "Other" }, "Other"],
	] as const;
	for (const [name, token, fields, strategy] of accepted) {
		test(`${name} is accepted`, async () => {
			expect(await nexus.send(body(fields), { tail: `/${token}` })).toMatchObject({ status: "executed", strategy });
		});
	}

	const refused = [
		["no token", "", {}],
		["an empty token", "/", {}],
		["a token that nobody has", `/${"f".repeat(32)}`, {}],
		["a right token in capitals", `/${oneToken.toUpperCase()}`, {}],
		["a right token cut short", `/${oneToken.slice(0, 31)}`, {}],
		["the token of another strategy", `/${otherToken}`, { strategy: "One" }],
		["the token of another strategy than the alias", `/${oneToken}`, { strategy: "other" }],
	] as const;
	for (const [name, tail, fields] of refused) {
		test(`${name}: 401, nothing recorded`, async () => {
			const text = body({ alert_id: `refused-${++count}`, ...fields });
			expectNotAuthentic(await nexus.post(text, { tail }));
			expect((await nexus.api(`alerts/refused-${count}`)).status).toBe(404);
		});
	}

	test("no token is shown by any command, by the API or in the log", async () => {
		const shown = [
			nexus.log,
			(await nexus.ask("status")).out,
			(await nexus.ask("alerts", "--json")).out,
			(await nexus.api("strategies")).text,
			(await nexus.api("refusals")).text,
		].join("\n");
		expect(shown).toContain("Other");
		expect(shown).toContain("not_authentic");
		for (const secret of allSecrets) expect(shown).not.toContain(secret);
	});
});

describe("with secrets in the body", () => {
	let nexus: RunningNexus;
	beforeAll(async () => {
		nexus = await RunningNexus.start({
			yaml: yaml("", `, secrets: ["${bodySecret}"]`, ', secrets: ["of the other one"]'),
		});
	});

	for (const key of ["secret", "passphrase", "token"]) {
		test(`the right one as ${key} is accepted, and taken out of what is stored`, async () => {
			const alert = await nexus.send(body({ [key]: bodySecret }));
			expect(alert.status).toBe("executed");
			expect(alert.raw).toContain(`"${key}"`);
			expect(JSON.stringify(alert)).not.toContain(bodySecret);
			expect((await nexus.ask("explain", alert.id)).out).not.toContain(bodySecret);
		});
	}

	const refused = [
		["no secret", {}],
		["a wrong secret", { secret: "a-secret-inside-the-bodY" }],
		["the secret of another strategy", { secret: "of the other one" }],
		["a right secret and a wrong one", { secret: bodySecret, passphrase: "wrong" }],
		["the secret in a place that is none", { message: bodySecret }],
		["an empty secret", { secret: "" }],
	] as const;
	for (const [name, fields] of refused) {
		test(`${name}: 401, nothing recorded`, async () => {
			expectNotAuthentic(await nexus.post(body({ alert_id: `refused-${++count}`, ...fields })));
			expect((await nexus.api(`alerts/refused-${count}`)).status).toBe(404);
		});
	}

	test("what is stored holds no secret", () => {
		expect(stored(nexus, '"passphrase"')).toBe(true);
		expect(stored(nexus, bodySecret)).toBe(false);
	});
});
