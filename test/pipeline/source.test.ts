/** Whose address counts, and which addresses may post. */
import { describe, expect, test } from "bun:test";
import { addressList, plainAddress } from "../../src/pipeline/source.ts";
import { bench, payload } from "../http/support/bench.ts";

interface Row {
	readonly name: string;
	readonly sources?: readonly string[];
	readonly proxies?: readonly string[];
	readonly peer: string;
	readonly forwarded?: string;
	/** The address that must be taken for the sender's. */
	readonly source: string;
	readonly status: 202 | 403;
}

const tradingview = ["52.89.214.238", "34.212.75.30", "54.218.53.128", "52.32.178.7"];

const rows: readonly Row[] = [
	{ name: "no list lets everybody through", peer: "203.0.113.9", source: "203.0.113.9", status: 202 },
	{ name: "a listed address", sources: tradingview, peer: "52.89.214.238", source: "52.89.214.238", status: 202 },
	{
		name: "an address that is not listed",
		sources: tradingview,
		peer: "52.89.214.239",
		source: "52.89.214.239",
		status: 403,
	},
	{ name: "a range", sources: ["10.0.0.0/8"], peer: "10.255.0.1", source: "10.255.0.1", status: 202 },
	{ name: "just outside a range", sources: ["10.0.0.0/8"], peer: "11.0.0.0", source: "11.0.0.0", status: 403 },
	{ name: "a range of one", sources: ["10.0.0.1/32"], peer: "10.0.0.2", source: "10.0.0.2", status: 403 },
	{ name: "the range of everything", sources: ["0.0.0.0/0"], peer: "203.0.113.9", source: "203.0.113.9", status: 202 },
	{
		name: "an IPv4 address mapped into IPv6",
		sources: ["10.0.0.0/8"],
		peer: "::ffff:10.1.2.3",
		source: "10.1.2.3",
		status: 202,
	},
	{ name: "an IPv6 address", sources: ["2001:db8::/32"], peer: "2001:db8::7", source: "2001:db8::7", status: 202 },
	{
		name: "an IPv6 address outside its range",
		sources: ["2001:db8::/32"],
		peer: "2001:db9::7",
		source: "2001:db9::7",
		status: 403,
	},
	{
		name: "an IPv6 range says nothing about IPv4",
		sources: ["2001:db8::/32"],
		peer: "10.0.0.1",
		source: "10.0.0.1",
		status: 403,
	},
	{ name: "an unknown peer where a list is set", sources: tradingview, peer: "", source: "", status: 403 },
	{
		name: "X-Forwarded-For from a stranger is not believed",
		sources: tradingview,
		peer: "203.0.113.9",
		forwarded: "52.89.214.238",
		source: "203.0.113.9",
		status: 403,
	},
	{
		name: "X-Forwarded-For from someone who is no proxy is not believed",
		sources: tradingview,
		proxies: ["127.0.0.1"],
		peer: "203.0.113.9",
		forwarded: "52.89.214.238",
		source: "203.0.113.9",
		status: 403,
	},
	{
		name: "X-Forwarded-For from a trusted proxy",
		sources: tradingview,
		proxies: ["127.0.0.1"],
		peer: "127.0.0.1",
		forwarded: "52.89.214.238",
		source: "52.89.214.238",
		status: 202,
	},
	{
		name: "what the sender put in front of the proxy's entry is not believed",
		sources: tradingview,
		proxies: ["127.0.0.1"],
		peer: "127.0.0.1",
		forwarded: "52.89.214.238, 203.0.113.9",
		source: "203.0.113.9",
		status: 403,
	},
	{
		name: "two proxies in a row",
		sources: tradingview,
		proxies: ["127.0.0.1", "10.0.0.0/8"],
		peer: "127.0.0.1",
		forwarded: "1.1.1.1, 52.89.214.238, 10.0.0.7",
		source: "52.89.214.238",
		status: 202,
	},
	{
		name: "only proxies: the first of them",
		proxies: ["127.0.0.1", "10.0.0.0/8"],
		peer: "127.0.0.1",
		forwarded: "10.0.0.9, 10.0.0.7",
		source: "10.0.0.9",
		status: 202,
	},
	{
		name: "a trusted proxy without the header is itself the sender",
		sources: tradingview,
		proxies: ["127.0.0.1"],
		peer: "127.0.0.1",
		source: "127.0.0.1",
		status: 403,
	},
	{
		name: "an entry that is no address ends the walk",
		proxies: ["127.0.0.1"],
		peer: "127.0.0.1",
		forwarded: "52.89.214.238, unknown",
		source: "127.0.0.1",
		status: 202,
	},
	{
		name: "an entry with a port",
		proxies: ["127.0.0.1"],
		peer: "127.0.0.1",
		forwarded: "52.89.214.238:4711",
		source: "52.89.214.238",
		status: 202,
	},
	{
		name: "an IPv6 entry in brackets with a port",
		proxies: ["::1"],
		peer: "::1",
		forwarded: "[2001:DB8::7]:4711",
		source: "2001:db8::7",
		status: 202,
	},
	{
		name: "a proxy that connects over a mapped address",
		proxies: ["127.0.0.1"],
		peer: "::ffff:127.0.0.1",
		forwarded: "1.2.3.4",
		source: "1.2.3.4",
		status: 202,
	},
];

describe("source", () => {
	test.each(rows.map((row) => [row.name, row] as const))("%s", async (_name, row) => {
		const { post, journal, server } = bench({ sources: row.sources ?? [], trusted_proxies: row.proxies ?? [] });
		const headers: Record<string, string> = row.forwarded === undefined ? {} : { "x-forwarded-for": row.forwarded };
		const answer = await post(payload(), headers, "/webhook", row.peer);
		expect(answer.status, answer.text).toBe(row.status);
		const seen = row.status === 202 ? journal.receptions[0]?.alert.source : server.refusals.list()[0]?.source;
		expect(seen).toBe(row.source);
		if (row.status === 403) expect(answer.json["code"]).toBe("source_not_allowed");
	});

	test("a refused source is refused before its credentials are looked at", async () => {
		const { post } = bench({ sources: tradingview, secret_key: "k".repeat(32) });
		expect((await post(payload(), { "x-signature": "zz" }, "/webhook", "203.0.113.9")).json["code"]).toBe(
			"source_not_allowed",
		);
	});

	test.each(["10.0.0.0/33", "10.0.0", "tradingview", "::/129", "10.0.0.0/8/8", "10.0.0.0/x", "", "10.0.0.0/"])(
		"%p is no entry of a list",
		(entry) => {
			expect(() => addressList([entry], "webhook.sources")).toThrow(`webhook.sources: "${entry}"`);
		},
	);

	test.each([
		["10.0.0.1", "10.0.0.1"],
		[" 10.0.0.1 ", "10.0.0.1"],
		["10.0.0.1:80", "10.0.0.1"],
		["[::1]:80", "::1"],
		["[::1]", "::1"],
		["FE80::1%eth0", "fe80::1"],
		["::ffff:10.0.0.1", "10.0.0.1"],
		["[::FFFF:10.0.0.1]:80", "10.0.0.1"],
	])("%p is the address %p", (written, address) => {
		expect(plainAddress(written)).toBe(address);
	});
});
