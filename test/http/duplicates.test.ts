/** Copies of an alert are counted in memory, so that its explanation can say that they came. */
import { describe, expect, test } from "bun:test";
import { Duplicates } from "../../src/http/duplicates.ts";
import { apiBench } from "./support/api-bench.ts";
import { sampleAlert } from "./support/fakes.ts";

describe("the count", () => {
	test("how many, the last one's time and sender", () => {
		const duplicates = new Duplicates();
		duplicates.add("a", "1.1.1.1", 1);
		duplicates.add("a", "2.2.2.2", 2);
		duplicates.add("b", "3.3.3.3", 3);
		expect(duplicates.of("a")).toEqual({ count: 2, at: 2, source: "2.2.2.2" });
		expect(duplicates.of("b")).toEqual({ count: 1, at: 3, source: "3.3.3.3" });
		expect(duplicates.of("c")).toBeUndefined();
	});

	test("a flood of copies of many alerts takes no more room than the bound", () => {
		const duplicates = new Duplicates(2);
		duplicates.add("a", "", 1);
		duplicates.add("b", "", 2);
		duplicates.add("a", "", 3);
		duplicates.add("c", "", 4);
		expect(duplicates.of("a")?.count).toBe(2);
		expect(duplicates.of("b")).toBeUndefined();
		expect(duplicates.of("c")?.count).toBe(1);
		expect(() => new Duplicates(0)).toThrow(RangeError);
	});
});

describe("in the trace of GET alerts/:id", () => {
	const body = JSON.stringify({
		alert_id: "m1",
		action: "buy",
		symbol: "BTC/USD",
		strategy: "MyRSIStrategy",
		price: 1,
	});

	async function after(posts: number) {
		const bench = apiBench();
		let id = "";
		for (let n = 0; n < posts; n++) id = String((await bench.post(body)).json["id"]);
		// The reader of these tests knows one alert alone: the first one's id is put in its place.
		const found = { ...sampleAlert, id, trace: [], orders: [], fills: [] };
		bench.reader.alert = async () => found;
		const { json } = await bench.get(`alerts/${id}`);
		return json["trace"] as { stage: string; verdict: string; code?: string; detail?: string }[];
	}

	test("an alert that came once has no such line", async () => {
		expect(await after(1)).toEqual([]);
	});

	test("one copy, and several", async () => {
		const [once] = await after(2);
		expect(once).toMatchObject({ stage: "dedupe", verdict: "notice", code: "duplicate" });
		expect(once?.detail).toMatch(/^the same alert came once more, at \S+Z from \S+: answered as a duplicate/);
		const [often, ...others] = await after(4);
		expect(often?.detail).toContain("came 3 more times, the last one at");
		expect(often?.detail).toEndWith("nothing was done for it");
		expect(others).toEqual([]);
	});
});
