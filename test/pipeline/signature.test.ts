/** Who is authentic: every form of every credential, good, wrong and malformed. */
import { describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { signature } from "../../src/pipeline/signature.ts";
import {
	allSecrets,
	bench,
	hexOf,
	payload,
	secretKey,
	secretOfRsi,
	standardHeaders,
	tokenOfAll,
	tokenOfRsi,
} from "../http/support/bench.ts";
import { directory, strategy } from "../http/support/fakes.ts";
import { ManualClock } from "../http/support/manual-clock.ts";

const now = Math.floor(new ManualClock().now() / 1000);
const body = payload({ alert_id: "m1" });
const other = payload({ alert_id: "m1", price: 1 });
const whsecKey = Buffer.from("the raw bytes behind whsec_ 1234");
const whsec = `whsec_${whsecKey.toString("base64")}`;

const everything = {
	secret_key: secretKey,
	tokens: [tokenOfAll],
	strategies: directory(
		strategy("MyRSIStrategy", { tokens: [tokenOfRsi], secrets: [secretOfRsi] }),
		strategy("Other", { secrets: ["the-secret-of-the-other-one"] }),
	),
};
const keyOnly = { secret_key: secretKey };
const tokensOnly = { tokens: [tokenOfAll] };

interface Row {
	readonly name: string;
	readonly options?: object;
	readonly body?: string;
	readonly headers?: Record<string, string>;
	readonly path?: string;
	readonly status: number;
	/** What the problem's detail must say. */
	readonly detail?: string;
}

const rows: readonly Row[] = [
	{ name: "nothing configured: everything is authentic", options: {}, status: 202 },
	{
		name: "nothing configured: a stray token and signature are ignored",
		options: {},
		path: "/webhook/abc",
		headers: { "x-signature": "zz" },
		status: 202,
	},
	{ name: "no credential where one is configured", status: 401, detail: "no credential" },
	{ name: "no credential where only a key is configured", options: keyOnly, status: 401, detail: "no credential" },

	{ name: "X-Signature with the hex of the raw body", headers: { "x-signature": hexOf(body) }, status: 202 },
	{ name: "X-Signature in capitals", headers: { "x-signature": hexOf(body).toUpperCase() }, status: 202 },
	{ name: "X-Signature with sha256= before it", headers: { "x-signature": `sha256=${hexOf(body)}` }, status: 202 },
	{ name: "X-Hub-Signature-256", headers: { "x-hub-signature-256": `sha256=${hexOf(body)}` }, status: 202 },
	{
		name: "both hex headers right",
		headers: { "x-signature": hexOf(body), "x-hub-signature-256": `sha256=${hexOf(body)}` },
		status: 202,
	},
	{
		name: "X-Signature of another body",
		headers: { "x-signature": hexOf(other) },
		status: 401,
		detail: "X-Signature header does not fit",
	},
	{
		name: "X-Signature with another key",
		headers: { "x-signature": hexOf(body, "another key") },
		status: 401,
		detail: "does not fit",
	},
	{
		name: "X-Signature cut short",
		headers: { "x-signature": hexOf(body).slice(0, 62) },
		status: 401,
		detail: "64 hex digits",
	},
	{
		name: "X-Signature with a digit too many",
		headers: { "x-signature": `${hexOf(body)}0` },
		status: 401,
		detail: "64 hex digits",
	},
	{
		name: "X-Signature that is not hex",
		headers: { "x-signature": "g".repeat(64) },
		status: 401,
		detail: "64 hex digits",
	},
	{
		name: "X-Signature in base64",
		headers: { "x-signature": createHmac("sha256", secretKey).update(body).digest("base64") },
		status: 401,
		detail: "64 hex digits",
	},
	{
		name: "X-Signature of another scheme",
		headers: { "x-signature": `sha1=${hexOf(body)}` },
		status: 401,
		detail: "64 hex digits",
	},
	{ name: "an empty X-Signature", headers: { "x-signature": "" }, status: 401, detail: "64 hex digits" },
	{
		name: "X-Hub-Signature-256 without its scheme",
		headers: { "x-hub-signature-256": hexOf(body) },
		status: 401,
		detail: "sha256=",
	},
	{
		name: "X-Hub-Signature-256 with sha512=",
		headers: { "x-hub-signature-256": `sha512=${hexOf(body)}` },
		status: 401,
		detail: "sha256=",
	},
	{
		name: "one hex header right and the other wrong",
		headers: { "x-signature": hexOf(body), "x-hub-signature-256": `sha256=${hexOf(other)}` },
		status: 401,
		detail: "X-Hub",
	},
	{
		name: "a signature without a key configured is no credential",
		options: tokensOnly,
		headers: { "x-signature": hexOf(body) },
		status: 401,
		detail: "no credential",
	},
	{
		name: "a signature without a key configured does no harm beside a token",
		options: tokensOnly,
		path: `/webhook/${tokenOfAll}`,
		headers: { "x-signature": "zz" },
		status: 202,
	},

	{ name: "Standard Webhooks", headers: standardHeaders(body, now), status: 202 },
	{
		name: "Standard Webhooks with the key behind whsec_",
		options: { secret_key: whsec },
		headers: standardHeaders(body, now, "msg_1", whsecKey),
		status: 202,
	},
	{
		name: "a whsec_ key's own text is the key of the hex form",
		options: { secret_key: whsec },
		headers: { "x-signature": hexOf(body, whsec) },
		status: 202,
	},
	{
		name: "Standard Webhooks with several signatures, one of them right",
		headers: {
			...standardHeaders(body, now),
			"webhook-signature": `v1,${"A".repeat(43)}= v1a,xyz ${standardHeaders(body, now)["webhook-signature"]}`,
		},
		status: 202,
	},
	{ name: "Standard Webhooks at the end of the tolerance", headers: standardHeaders(body, now - 300), status: 202 },
	{
		name: "Standard Webhooks older than the tolerance",
		headers: standardHeaders(body, now - 301),
		status: 401,
		detail: "301 s away",
	},
	{
		name: "Standard Webhooks from the future",
		headers: standardHeaders(body, now + 301),
		status: 401,
		detail: "301 s away",
	},
	{
		name: "Standard Webhooks with a narrower tolerance",
		options: { ...keyOnly, tolerance_ms: 1000 },
		headers: standardHeaders(body, now - 2),
		status: 401,
		detail: "1 s are allowed",
	},
	{
		name: "Standard Webhooks over another body",
		headers: standardHeaders(other, now),
		status: 401,
		detail: "does not fit",
	},
	{
		name: "Standard Webhooks with another id than signed",
		headers: { ...standardHeaders(body, now), "webhook-id": "msg_2" },
		status: 401,
		detail: "does not fit",
	},
	{
		name: "Standard Webhooks with another time than signed",
		headers: { ...standardHeaders(body, now), "webhook-timestamp": String(now - 1) },
		status: 401,
		detail: "does not fit",
	},
	{
		name: "Standard Webhooks without an id",
		headers: { "webhook-timestamp": String(now), "webhook-signature": "v1,AAAA" },
		status: 401,
		detail: "webhook-id",
	},
	{
		name: "Standard Webhooks without a time",
		headers: { "webhook-id": "msg_1", "webhook-signature": "v1,AAAA" },
		status: 401,
		detail: "webhook-timestamp",
	},
	{
		name: "Standard Webhooks with a time that is none",
		headers: { ...standardHeaders(body, now), "webhook-timestamp": "soon" },
		status: 401,
		detail: "webhook-timestamp",
	},
	{
		name: "Standard Webhooks of another version only",
		headers: { ...standardHeaders(body, now), "webhook-signature": `v2,${"A".repeat(43)}=` },
		status: 401,
		detail: "webhook-signature",
	},
	{
		name: "Standard Webhooks with a signature cut short",
		headers: {
			...standardHeaders(body, now),
			"webhook-signature": standardHeaders(body, now)["webhook-signature"].slice(0, -4),
		},
		status: 401,
		detail: "webhook-signature",
	},
	{
		name: "Standard Webhooks right and the hex form wrong",
		headers: { ...standardHeaders(body, now), "x-signature": hexOf(other) },
		status: 401,
		detail: "X-Signature",
	},
	{
		name: "the signed content of Standard Webhooks sent as a body with its signature in hex",
		body: `msg_1.${now}.${body}`,
		headers: { "x-signature": createHmac("sha256", secretKey).update(`msg_1.${now}.${body}`).digest("hex") },
		status: 401,
		detail: "signed content",
	},

	{ name: "a token for all strategies", path: `/webhook/${tokenOfAll}`, status: 202 },
	{ name: "a token for all strategies, with a slash behind it", path: `/webhook/${tokenOfAll}/`, status: 202 },
	{
		name: "a token for all, another strategy named",
		path: `/webhook/${tokenOfAll}`,
		body: payload({ strategy: "Other" }),
		status: 202,
	},
	{ name: "a strategy's own token", path: `/webhook/${tokenOfRsi}`, status: 202 },
	{
		name: "a strategy's own token, the strategy not named",
		path: `/webhook/${tokenOfRsi}`,
		body: payload({ strategy: undefined }),
		status: 202,
	},
	{
		name: "a strategy's own token, another strategy named",
		path: `/webhook/${tokenOfRsi}`,
		body: payload({ strategy: "Other" }),
		status: 401,
		detail: "names Other",
	},
	{ name: "an unknown token", path: "/webhook/not-a-token", status: 401, detail: "not a known one" },
	{
		name: "the beginning of a token",
		path: `/webhook/${tokenOfAll.slice(0, -1)}`,
		status: 401,
		detail: "not a known one",
	},
	{ name: "a token with something behind it", path: `/webhook/${tokenOfAll}x`, status: 401, detail: "not a known one" },
	{
		name: "a wrong token beside a right signature",
		path: "/webhook/wrong",
		headers: { "x-signature": hexOf(body) },
		status: 401,
		detail: "not a known one",
	},
	{
		name: "a right token beside a wrong signature",
		path: `/webhook/${tokenOfAll}`,
		headers: { "x-signature": hexOf(other) },
		status: 401,
		detail: "X-Signature",
	},
	{
		name: "a token where only a key is configured",
		options: keyOnly,
		path: "/webhook/anything",
		headers: { "x-signature": hexOf(body) },
		status: 401,
		detail: "not a known one",
	},

	{ name: "the strategy's secret in the body", body: payload({ secret: secretOfRsi }), status: 202 },
	{
		name: "the strategy's secret under its alias",
		options: { strategies: directory(strategy("MyRSIStrategy", { aliases: ["bot"], secrets: [secretOfRsi] })) },
		body: payload({ strategy: "bot", secret: secretOfRsi }),
		status: 202,
	},
	{
		name: "another strategy's secret in the body",
		body: payload({ strategy: "Other", secret: secretOfRsi }),
		status: 401,
		detail: "not one of the strategy's",
	},
	{
		name: "a wrong secret in the body",
		body: payload({ secret: "guess" }),
		status: 401,
		detail: "not one of the strategy's",
	},
	{
		name: "a wrong secret in the body beside a right token",
		path: `/webhook/${tokenOfRsi}`,
		body: payload({ secret: "guess" }),
		status: 401,
		detail: "not one of the strategy's",
	},
	{
		name: "a secret for a strategy that does not exist",
		body: payload({ strategy: "Nobody", secret: secretOfRsi }),
		status: 401,
		detail: "belongs to no strategy",
	},
	{
		name: "another vendor's secret where the strategy has none",
		options: tokensOnly,
		path: `/webhook/${tokenOfAll}`,
		body: payload({ secret: "left over" }),
		status: 202,
	},
	{ name: "an empty secret in the body", body: payload({ secret: "" }), status: 401 },
];

describe("signature", () => {
	test.each(rows.map((row) => [row.name, row] as const))("%s", async (_name, row) => {
		const { post, journal } = bench(row.options ?? everything);
		const answer = await post(row.body ?? body, row.headers, row.path);
		expect(answer.status, answer.text).toBe(row.status);
		expect(journal.receptions).toHaveLength(row.status === 202 ? 1 : 0);
		if (row.status !== 401) return;
		expect(answer.json["code"]).toBe("not_authentic");
		expect(answer.json["detail"]).toContain(row.detail ?? "");
		expect(answer.json["hint"]).toContain("TradingView cannot sign");
	});

	test("a 401 shows the shape of the tokened URL and no secret, in the answer, the ring and the log", async () => {
		const { post, server, logged } = bench({ ...everything, public_url: "https://hooks.example.com" });
		const answer = await post(
			payload({ secret: "a-guessed-secret" }),
			{ "x-signature": hexOf(body) },
			"/webhook/a-guessed-token",
		);
		expect(answer.status).toBe(401);
		expect(answer.json["hint"]).toContain("https://hooks.example.com/webhook/<token of MyRSIStrategy>");
		const seen = answer.text + JSON.stringify(server.refusals.list()) + logged.join("\n");
		for (const secret of [...allSecrets, "a-guessed-token", "a-guessed-secret", hexOf(body)])
			expect(seen).not.toContain(secret);
	});

	test("two tokens are good at once while rotating, and the one that is taken out is not", async () => {
		const second = "the-second-token-while-rotating-01";
		const both = bench({ tokens: [tokenOfAll, second] });
		expect((await both.post(body, {}, `/webhook/${tokenOfAll}`)).status).toBe(202);
		expect((await both.post(body, {}, `/webhook/${second}`)).status).toBe(202);
		const after = bench({ tokens: [second] });
		expect((await after.post(body, {}, `/webhook/${tokenOfAll}`)).status).toBe(401);
	});

	test("strategies that come while the server runs bring their tokens with them", async () => {
		const strategies = [strategy("MyRSIStrategy", { tokens: [tokenOfRsi] })];
		const find = (name: string) => strategies.find((known) => known.name === name);
		const { post, journal } = bench({ strategies: { all: () => strategies, find } });
		const unnamed = payload({ strategy: undefined });
		expect((await post(unnamed, {}, "/webhook/token-of-a-later-plugin")).status).toBe(401);
		strategies.push(strategy("Later", { tokens: ["token-of-a-later-plugin"] }));
		expect((await post(unnamed, {}, "/webhook/token-of-a-later-plugin")).status).toBe(202);
		expect(journal.receptions[0]?.alert.strategy).toBe("Later");
	});

	test("an empty token, a tolerance of nothing and a whsec_ without a key are refused at once", () => {
		const options = {
			secret_key: "",
			tokens: [],
			strategies: directory(),
			public_url: "https://HOST/webhook",
			clock: new ManualClock(),
		};
		expect(() => signature({ ...options, tokens: [""] })).toThrow(RangeError);
		expect(() => signature({ ...options, tolerance_ms: 0 })).toThrow(RangeError);
		expect(() => signature({ ...options, secret_key: "whsec_" })).toThrow(RangeError);
	});
});
