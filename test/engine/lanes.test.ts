/** Lanes: one after the other in a lane, side by side across lanes, and a failure holds up nobody. */
import { describe, expect, test } from "bun:test";
import { Lanes } from "../../src/engine/lanes.ts";
import { flush } from "./support.ts";

describe("Lanes", () => {
	test("tasks of one lane never overlap and keep their order", async () => {
		const lanes = new Lanes();
		const seen: string[] = [];
		const task = (name: string) => async () => {
			seen.push(`${name} begins`);
			await flush();
			seen.push(`${name} ends`);
		};
		await Promise.all([lanes.run("a", task("1")), lanes.run("a", task("2")), lanes.run("a", task("3"))]);
		expect(seen).toEqual(["1 begins", "1 ends", "2 begins", "2 ends", "3 begins", "3 ends"]);
	});

	test("another lane does not wait", async () => {
		const lanes = new Lanes();
		const gate = Promise.withResolvers<undefined>();
		const slow = lanes.run("a", () => gate.promise);
		expect(await lanes.run("b", async () => "done")).toBe("done");
		expect(lanes.size).toBe(1);
		gate.resolve(undefined);
		await slow;
	});

	test("a task that fails tells its caller and lets the next one run", async () => {
		const lanes = new Lanes();
		const failed = lanes.run("a", () => Promise.reject(new Error("bug"))).catch((cause: unknown) => String(cause));
		const next = lanes.run("a", async () => "next");
		expect([await failed, await next]).toEqual(["Error: bug", "next"]);
	});

	test("an empty lane is forgotten", async () => {
		const lanes = new Lanes();
		await lanes.run("a", async () => undefined);
		await flush();
		expect(lanes.size).toBe(0);
	});

	test("drained waits for what comes meanwhile, settled only for what is there", async () => {
		const lanes = new Lanes();
		const [first, second] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
		const told: string[] = [];
		const tasks = [lanes.run("a", () => first.promise)];
		const waits = [lanes.settled().then(() => told.push("settled")), lanes.drained().then(() => told.push("drained"))];
		tasks.push(lanes.run("b", () => second.promise));
		first.resolve(undefined);
		await flush();
		expect(told).toEqual(["settled"]);
		second.resolve(undefined);
		await Promise.all([...tasks, ...waits]);
		expect(told).toEqual(["settled", "drained"]);
	});
});
