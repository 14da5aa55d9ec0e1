/** What is said of a timeframe that is none: a tick chart's cure is another chart, a mistake's is another text. */
import { describe, expect, test } from "bun:test";
import { readBody } from "../../src/alert/read.ts";

function refusalOf(body: Readonly<Record<string, unknown>>) {
	const result = readBody(JSON.stringify(body));
	const [item] = result.ok ? result.items : [result];
	if (item === undefined || item.ok) throw new Error("it was understood");
	return item.refusal;
}

const formats: readonly (readonly [string, (timeframe: string) => Readonly<Record<string, unknown>>, string])[] = [
	["Nexus's own format", (timeframe) => ({ action: "buy", symbol: "BTCUSD", timeframe }), "timeframe"],
	["another vendor's", (interval) => ({ action: "buy", ticker: "BTCUSD", sentiment: "long", interval }), "interval"],
];

describe.each(formats)("in %s", (_, body, key) => {
	test.each(["1T", "100T", "10R", "renko"])("%s is refused as a chart without a clock", (text) => {
		const { code, detail, hint } = refusalOf(body(text));
		expect(code).toBe("bad_field");
		expect(detail).toBe(
			`${key} "${text}" is no timeframe: the bars of a tick, range or Renko chart have no length in time`,
		);
		expect(hint).toContain(`take ${key} out of the message`);
		expect(hint).not.toContain("{{interval}}");
	});

	test.each(["soon", "13M", "0"])("%s is refused as a mistake", (text) => {
		const { code, detail, hint } = refusalOf(body(text));
		expect([code, detail]).toEqual(["bad_field", `${key} "${text}" is no timeframe`]);
		expect(hint).toContain("{{interval}}");
	});
});
