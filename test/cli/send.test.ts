/** `nexus send`: which body, which credential, where to, and what is said about the answer. */
import { describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { type ConfigurationText, call, nexusFolder } from "./support/call-command.ts";
import { type Answer, fakeNexus, refusal } from "./support/fake-nexus.ts";
import type { FakeTerminalOptions } from "./support/fake-terminal.ts";
import { executedInFull, rejected, strategy } from "./support/records.ts";

const secretKey = "hmac-key-0123456789abcdef0123456789abcdef";
const token = "strategytoken0123456789abcdef0123456789";
const webhookToken = "webhooktoken0123456789abcdef0123456789";
const bodySecret = "body-secret-0123456789abcdef";

const accepted = Response.json({ id: "01KFB3Q7Z80", status: "accepted" }, { status: 202 });
const answers: Readonly<Record<string, Answer>> = {
	"GET /api/v1/strategies": { items: [{ ...strategy, name: "Off", enabled: false }, strategy], next: null },
	"POST /webhook": accepted,
	[`POST /webhook/${token}`]: accepted,
	[`POST /webhook/${webhookToken}`]: accepted,
};

interface Setting {
	readonly words?: readonly string[];
	readonly config?: Omit<ConfigurationText, "port">;
	readonly answers?: Readonly<Record<string, Answer>>;
	readonly terminal?: FakeTerminalOptions;
	readonly file?: string;
}

async function send({
	words = ["alert.json"],
	config = {},
	answers: changed = {},
	terminal = {},
	file = "{}",
}: Setting) {
	using nexus = fakeNexus({ ...answers, ...changed });
	using folder = nexusFolder({ port: nexus.port, ...config });
	folder.write("alert.json", file);
	const called = await call(folder.path, ["send", ...words], terminal);
	const posts = nexus.asked.filter(({ method }) => method === "POST");
	return { ...called, posts, asked: nexus.asked, url: nexus.url };
}

describe("the body", () => {
	test("is the file's, byte for byte", async () => {
		const file = '{ "action":"buy",\r\n\t"symbol" : "BTCUSD", "price": 42000.50 }\n';
		expect((await send({ file })).posts.map(({ body }) => body)).toEqual([file]);
	});

	test("is standard input's with -", async () => {
		const { posts, err } = await send({ words: ["-"], terminal: { piped: "buy BTCUSD" } });
		expect(posts[0]?.body).toBe("buy BTCUSD");
		expect(err).toBe("");
	});

	test("is a sample for the first strategy that is switched on where none is given, and that is said", async () => {
		const { posts, err, exit } = await send({ words: [] });
		expect(exit).toBe(0);
		const sent = JSON.parse(posts[0]?.body ?? "") as Record<string, unknown>;
		expect(sent).toEqual({
			action: "buy",
			symbol: "BTC/USD",
			price: 42000.5,
			strategy: "MyRSIStrategy",
			timeframe: "1h",
			alert_id: expect.stringMatching(/^sample-[0-9a-f]{12}$/),
			message: "a sample from nexus",
		});
		expect(err).toBe(`nexus: no FILE given, sending this sample: ${JSON.stringify(sent)}\n`);
	});

	test("of two samples has two ids, so that the second is no duplicate", async () => {
		const [first, second] = [await send({ words: [] }), await send({ words: [] })];
		expect(first.posts[0]?.body).not.toBe(second.posts[0]?.body);
	});

	test("that cannot be read is refused, and nothing is sent", async () => {
		const { exit, err, posts } = await send({ words: ["missing.json"] });
		expect({ exit, err, posts }).toEqual({ exit: 64, err: "nexus: missing.json cannot be read (ENOENT)\n", posts: [] });
	});

	test("that is far too large is refused, and nothing is sent", async () => {
		const { exit, err, posts } = await send({ file: "x".repeat(1024 * 1024 + 1) });
		expect({ exit, posts }).toEqual({ exit: 64, posts: [] });
		expect(err).toContain("more than 1048576 bytes");
	});
});

describe("the credential", () => {
	const body = '{"action":"buy","symbol":"BTC/USD","strategy":"MyRSIStrategy"}';

	test("without any the body goes to the plain path", async () => {
		const { posts } = await send({ file: body });
		expect(posts[0]?.path).toBe("/webhook");
		expect(posts[0]?.headers.has("x-signature")).toBe(false);
	});

	test("secret_key signs the raw body", async () => {
		const { posts } = await send({
			file: body,
			config: { webhook: `  secret_key: ${secretKey}\n  token: ${webhookToken}` },
		});
		const expected = createHmac("sha256", secretKey).update(body).digest("hex");
		expect(posts[0]?.path).toBe("/webhook");
		expect(posts[0]?.headers.get("x-signature")).toBe(expected);
	});

	test("the strategy's token comes before the webhook's", async () => {
		const config = { webhook: `  token: ${webhookToken}`, strategy: `    token: ${token}` };
		expect((await send({ file: body, config })).posts[0]?.path).toBe(`/webhook/${token}`);
		expect((await send({ file: body, config: { webhook: config.webhook } })).posts[0]?.path).toBe(
			`/webhook/${webhookToken}`,
		);
	});

	test("a body that is not JSON still goes to a tokened URL", async () => {
		const { posts } = await send({ file: "buy BTCUSD", config: { strategy: `    token: ${token}` } });
		expect(posts[0]?.path).toBe(`/webhook/${token}`);
	});

	test("a secret inside the body is put into the sample, and not shown", async () => {
		const { posts, err, out } = await send({ words: [], config: { strategy: `    secrets: [${bodySecret}]` } });
		expect(JSON.parse(posts[0]?.body ?? "")).toMatchObject({ secret: bodySecret, strategy: "MyRSIStrategy" });
		expect(out + err).not.toContain(bodySecret);
	});

	test("no credential is ever printed, whatever the answer", async () => {
		const config = {
			webhook: `  secret_key: ${secretKey}`,
			strategy: `    token: ${token}\n    secrets: [${bodySecret}]`,
		};
		const no = { "POST /webhook": refusal(401, "not_authentic", "wrong", "right") };
		for (const words of [["alert.json"], ["alert.json", "--json"], ["alert.json", "--wait"], []]) {
			for (const changed of [{}, no]) {
				const { out, err } = await send({ words, config, answers: changed });
				for (const secret of [secretKey, token, bodySecret]) expect(out + err).not.toContain(secret);
			}
		}
	});

	test("the sender says who it is", async () => {
		const { headers } = (await send({})).posts[0] ?? { headers: new Headers() };
		expect(headers.get("user-agent")).toBe("nexus-send/0.1.0");
		expect(headers.get("content-type")).toBe("application/json");
	});
});

describe("where to", () => {
	test("the configured path", async () => {
		const { posts } = await send({ config: { webhook: "  path: /hooks/tv" }, answers: { "POST /hooks/tv": accepted } });
		expect(posts[0]?.path).toBe("/hooks/tv");
	});

	test("--url with a path is taken as it stands", async () => {
		using nexus = fakeNexus({ "POST /other/path": accepted });
		using folder = nexusFolder({ port: 1 });
		folder.write("a.json", "{}");
		const { exit } = await call(folder.path, ["send", "a.json", "--url", `${nexus.url}/other/path`]);
		expect({ exit, paths: nexus.asked.map(({ path }) => path) }).toEqual({ exit: 0, paths: ["/other/path"] });
	});
});

describe("the answer", () => {
	test("accepted", async () => {
		expect(await send({})).toMatchObject({
			exit: 0,
			out: "01KFB3Q7Z80 accepted\n  nexus explain 01KFB3Q7Z80\n",
			err: "",
		});
	});

	test("a duplicate is told, and is not an error", async () => {
		const { exit, out } = await send({ answers: { "POST /webhook": { id: "01A", status: "duplicate" } } });
		expect({ exit, out }).toEqual({ exit: 0, out: "01A was there already: this is a duplicate, nothing was done\n" });
	});

	test("several alerts in one body", async () => {
		const items = [
			{ id: "01A", status: "accepted" },
			{ id: "01B", status: "duplicate" },
		];
		const { out } = await send({ answers: { "POST /webhook": Response.json({ items }, { status: 202 }) } });
		expect(out).toBe(
			"01A accepted\n  nexus explain 01A\n01B was there already: this is a duplicate, nothing was done\n",
		);
	});

	test("several alerts of which one is refused are exit 1, and each has its line", async () => {
		const items = [
			{ id: "01A", status: "accepted" },
			{ status: 422, code: "missing_field", title: "t", detail: "symbol is missing.", hint: "Add it." },
		];
		const { exit, out } = await send({
			words: ["alert.json", "--wait"],
			answers: {
				"POST /webhook": Response.json({ items }, { status: 202 }),
				"GET /api/v1/alerts/01A": { ...executedInFull, id: "01A" },
			},
		});
		expect(exit).toBe(1);
		expect(out).toStartWith("01A executed\n  Executed: bought");
		expect(out).toEndWith("\nrefused missing_field: symbol is missing; Add it.\n");
	});

	test("a refusal is exit 1 with code, cause and cure", async () => {
		const no = refusal(422, "missing_field", "The field symbol is missing.", "Add it.");
		expect(await send({ answers: { "POST /webhook": no } })).toMatchObject({
			exit: 1,
			out: "",
			err: "nexus: refused with 422 missing_field: The field symbol is missing; Add it.\n",
		});
	});

	test("a refusal with --json is the problem with its status", async () => {
		const no = refusal(422, "missing_field", "The field symbol is missing.", "Add it.");
		const { exit, out } = await send({ words: ["alert.json", "--json"], answers: { "POST /webhook": no } });
		expect(exit).toBe(1);
		expect(JSON.parse(out)).toMatchObject({ status: 422, code: "missing_field", hint: "Add it." });
	});

	test.each([
		["an empty answer", new Response("", { status: 502 }), "status 502"],
		["a page of a proxy", new Response("<html>", { status: 404 }), "status 404"],
		["a greeting", new Response("ok"), "status 200"],
	])("%s is not nexus, and is told so", async (_, response, words) => {
		const { exit, err, out } = await send({ answers: { "POST /webhook": response } });
		expect({ exit, out }).toEqual({ exit: 69, out: "" });
		expect(err).toContain(`is not nexus (${words}, no JSON)`);
	});
});

describe("--wait", () => {
	const words = ["alert.json", "--wait"];

	test("asks the webhook to wait, and tells how it ended", async () => {
		const { exit, out, posts } = await send({ words, answers: { "GET /api/v1/alerts/01KFB3Q7Z80": executedInFull } });
		expect(posts[0]?.path).toBe("/webhook?wait=2s");
		expect({ exit, out }).toEqual({
			exit: 0,
			out: "01KFB3Q7Z80 executed\n  Executed: bought 0.5 BTC/USD at 42021.50025 on account paper.\n  nexus explain 01KFB3Q7Z80\n",
		});
	});

	test("asks again until it has ended", async () => {
		let asked = 0;
		const { out } = await send({
			words,
			answers: {
				"GET /api/v1/alerts/01KFB3Q7Z80": () => {
					asked += 1;
					return asked < 3 ? { ...executedInFull, status: "accepted" } : executedInFull;
				},
			},
		});
		expect(asked).toBe(3);
		expect(out).toStartWith("01KFB3Q7Z80 executed\n");
	});

	test("a rejection is exit 1 with its code and reason", async () => {
		const { exit, out } = await send({
			words,
			answers: { "GET /api/v1/alerts/01KFB3Q7Z80": { ...rejected, id: "01KFB3Q7Z80" } },
		});
		expect(exit).toBe(1);
		expect(out).toStartWith(
			"01KFB3Q7Z80 rejected symbol_not_allowed\n  Rejected: ETHUSD is not among MyRSIStrategy's symbols",
		);
	});

	test("what the webhook itself said stands where the API is closed", async () => {
		const said = {
			id: "01KFB3Q7Z80",
			status: "skipped",
			code: "already_in_position",
			reason: "long 0.5 BTC/USD",
			orders: [],
		};
		const { exit, out } = await send({
			words,
			answers: { "POST /webhook": said, "GET /api/v1/alerts/01KFB3Q7Z80": refusal(401, "not_authentic", "no", "no") },
		});
		expect(exit).toBe(0);
		expect(out).toStartWith("01KFB3Q7Z80 skipped already_in_position\n  Skipped: long 0.5 BTC/USD.\n");
	});

	test("gives up when its time is over, and says that it has not ended", async () => {
		let time = 0;
		const { exit, out } = await send({
			words,
			terminal: { now: () => (time += 20_000) },
			answers: { "GET /api/v1/alerts/01KFB3Q7Z80": { ...executedInFull, status: "accepted" } },
		});
		expect(exit).toBe(0);
		expect(out).toStartWith("01KFB3Q7Z80 accepted\n  Accepted: it is on disk and has not ended yet.\n");
	});

	test("a duplicate is told as such, not as the first one's end", async () => {
		const { out } = await send({
			words,
			answers: {
				"POST /webhook": { id: "01KFB3Q7Z80", status: "duplicate" },
				"GET /api/v1/alerts/01KFB3Q7Z80": executedInFull,
			},
		});
		expect(out).toBe("01KFB3Q7Z80 was there already: this is a duplicate, nothing was done\n");
	});

	test("--json is the whole record", async () => {
		const { out } = await send({
			words: [...words, "--json"],
			answers: { "GET /api/v1/alerts/01KFB3Q7Z80": executedInFull },
		});
		expect(JSON.parse(out)).toEqual(executedInFull);
	});
});
