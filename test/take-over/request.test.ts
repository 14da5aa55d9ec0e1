/** The wish to take over: exactly one side disposes of it, and only a living newcomer's counts. */
import { afterAll, expect, test } from "bun:test";
import { lockSuccession } from "../../src/journal/lock.ts";
import { claimRequest, requestHandOver, withdrawRequest } from "../../src/take-over/request.ts";
import { dataFolder, removeFolders } from "./support/beside.ts";

afterAll(removeFolders);

test("nothing was wished: nothing to claim, nothing to withdraw", () => {
	const folder = dataFolder();
	expect([claimRequest(folder), withdrawRequest(folder)]).toEqual([false, false]);
});

test("a wish is claimed once, and can then no longer be withdrawn", () => {
	const folder = dataFolder();
	const newcomer = lockSuccession(folder);
	requestHandOver(folder);
	expect([claimRequest(folder), claimRequest(folder), withdrawRequest(folder)]).toEqual([true, false, false]);
	newcomer.release();
});

test("a wish that was withdrawn cannot be claimed", () => {
	const folder = dataFolder();
	const newcomer = lockSuccession(folder);
	requestHandOver(folder);
	expect([withdrawRequest(folder), claimRequest(folder)]).toEqual([true, false]);
	newcomer.release();
});

test("what a dead newcomer left behind is cleared away and not followed, also when another one comes", () => {
	const folder = dataFolder();
	requestHandOver(folder);
	expect(claimRequest(folder)).toBe(false);
	const newcomer = lockSuccession(folder);
	expect(claimRequest(folder)).toBe(false);
	newcomer.release();
});
