/** `nexus settle`: what it posts, what it says, what it refuses; and that `orders` and `explain` point to it. */
import { describe, expect, test } from "bun:test";
import type { Order } from "../../src/domain/records.ts";
import { call, nexusFolder } from "./support/call-command.ts";
import { type Answer, fakeNexus, refusal } from "./support/fake-nexus.ts";
import { executedInFull, order } from "./support/records.ts";

const path = `POST /api/v1/orders/${order.id}/settle`;
const untouched = { ...order, filled_quantity: "0", average_price: null } as const;
const abandoned: Order = { ...untouched, status: "abandoned", reason: "cli says that nothing of it was filled" };
const doubtful: Order = { ...untouched, status: "review", reason: "the broker cannot be asked for it" };

async function ask(words: readonly string[], answers: Readonly<Record<string, Answer>> = { [path]: order }) {
	using nexus = fakeNexus(answers);
	using folder = nexusFolder({ port: nexus.port });
	const called = await call(folder.path, words, { columns: 100 });
	const posts = nexus.asked.filter(({ method }) => method === "POST");
	for (const { headers } of posts) expect(headers.get("x-nexus-actor")).toBe("cli");
	return { ...called, posts: posts.map(({ path: asked, body }) => [asked, JSON.parse(body)]) };
}

describe("what is posted", () => {
	const rows: readonly (readonly [readonly string[], object])[] = [
		[["--filled", "0"], { filled: "0" }],
		[["--filled", "0.50", "--price", "42000.5"], { filled: "0.50", price: "42000.5" }],
		[["--filled=0", "--reason", "not on its page"], { filled: "0", reason: "not on its page" }],
		[["--filled=-1"], { filled: "-1" }],
	];
	test.each(rows)("%p, with the digits as they were typed", async (words, body) => {
		const { exit, err, posts } = await ask(["settle", order.id, ...words]);
		expect({ exit, err }).toEqual({ exit: 0, err: "" });
		expect(posts).toEqual([[`/api/v1/orders/${order.id}/settle`, body]]);
	});

	test("an id with odd characters reaches the address of that order and no other", async () => {
		const { posts } = await ask(["settle", "a/../b?c", "--filled", "0"]);
		expect(posts).toEqual([["/api/v1/orders/a%2F..%2Fb%3Fc/settle", { filled: "0" }]]);
	});

	test.each([
		[["settle"], "`nexus settle` needs ORDER; see `nexus settle --help`"],
		[
			["settle", order.id],
			`--filled QUANTITY is missing; \`nexus settle ${order.id} --filled 0\` says that the exchange has no such order`,
		],
		[["settle", order.id, "0.5"], "`nexus settle` has no place for '0.5'; see `nexus settle --help`"],
		[["settle", order.id, "--filled"], "--filled needs a value, --filled QUANTITY; see `nexus settle --help`"],
	])("%p is refused, and nothing is posted", async (words, line) => {
		const { exit, posts, out, err } = await ask(words);
		expect({ exit, out, err }).toEqual({ exit: 64, out: "", err: `nexus: ${line}\n` });
		expect(posts).toEqual([]);
	});
});

describe("what is said", () => {
	const rows: readonly (readonly [string, Order, string])[] = [
		[
			"an entry that was never made",
			abandoned,
			`Order ${order.id} is abandoned: nothing of it was filled (buy 0.5 BTC/USD).\nEntries on the symbol go out again, unless another order of it is in review.\n`,
		],
		[
			"an entry that was filled",
			order,
			`Order ${order.id} is filled: buy 0.5 of 0.5 BTC/USD at 42021.50025.\nIt counts in the position, and its stop and target go out; \`nexus positions\` shows it.\n`,
		],
		[
			"a stop that was never made",
			{ ...abandoned, side: "sell", leg: "stop_loss" },
			`Order ${order.id} is abandoned: nothing of it was filled (sell 0.5 BTC/USD).\nThe position is as it was, and this order does not protect or close it any more.\n`,
		],
		[
			"an exit that was filled in part",
			{ ...order, side: "sell", leg: "exit", filled_quantity: "0.2" },
			`Order ${order.id} is filled: sell 0.2 of 0.5 BTC/USD at 42021.50025.\nIt counts in the position; \`nexus positions\` shows what is left.\n`,
		],
	];
	test.each(rows)("of %s", async (_, settled, words) => {
		expect((await ask(["settle", order.id, "--filled", "0"], { [path]: settled })).out).toBe(words);
	});

	test("--json is the API's order", async () => {
		const { out } = await ask(["settle", order.id, "--filled", "0", "--json"], { [path]: abandoned });
		expect(JSON.parse(out)).toEqual(abandoned);
	});

	test("a refusal is exit 1 and one line with its cause and its cure", async () => {
		const no = refusal(409, "not_in_review", `order ${order.id} is filled, not in review`, "Nothing to do.");
		expect(await ask(["settle", order.id, "--filled", "0"], { [path]: no })).toMatchObject({
			exit: 1,
			out: "",
			err: `nexus: order ${order.id} is filled, not in review (not_in_review); Nothing to do.\n`,
		});
	});

	test("what an answer holds cannot move the cursor", async () => {
		const evil = { ...order, symbol: "\u001b[2JBTC/USD" };
		expect((await ask(["settle", order.id, "--filled", "0"], { [path]: evil })).out).not.toContain("\u001b");
	});

	test("the help has an example and says what to do at the exchange first", async () => {
		const { out } = await ask(["settle", "--help"]);
		expect(out).toContain("nexus settle 6H08KRNT000-1 --filled 0.5 --price 42000");
		expect(out).toContain("where it is still open there, cancel it there");
	});
});

describe("where an order is in review", () => {
	const pointer = [
		`Order ${order.id} is in review: look for ${order.client_order_id} at the exchange`,
		`of account paper. \`nexus settle ${order.id} --filled QUANTITY --price PRICE\` says what was`,
		"filled of it, --filled 0 that the exchange has no such order.",
	].join(" ");
	const plain = (text: string): string => text.replaceAll(/\s+/g, " ");
	const listed = (orders: readonly Order[]) => ({ "GET /api/v1/orders": { items: orders, next: null } });
	const explained = (orders: readonly Order[]) => ({
		[`GET /api/v1/alerts/${executedInFull.id}`]: { ...executedInFull, orders },
	});

	test("`nexus orders` points to it, once for each", async () => {
		const { out } = await ask(["orders"], listed([doubtful, order]));
		expect(plain(out)).toContain(pointer);
		expect(out.match(/is in review/g)).toHaveLength(1);
	});

	test("`nexus explain` points to it", async () => {
		const { out } = await ask(["explain", executedInFull.id], explained([doubtful]));
		expect(plain(out)).toContain(pointer);
	});

	test("other orders, an unknown one among them, are left alone", async () => {
		const others: readonly Order[] = [order, abandoned, { ...untouched, status: "unknown" }];
		expect((await ask(["orders"], listed(others))).out).not.toContain("settle");
		expect((await ask(["explain", executedInFull.id], explained(others))).out).not.toContain("settle");
	});
});
