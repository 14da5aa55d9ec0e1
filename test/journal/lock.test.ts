/** One nexus per data folder, whoever holds it and however it ends. */
import { expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lockDataFolder } from "../../src/journal/lock.ts";
import { openReader } from "../../src/journal/reader.ts";
import { startChild } from "./support/child.ts";
import { atEnd, open, tempFolder } from "./support/open.ts";
import { reception } from "./support/samples.ts";

function refusal(folder: string): string {
	try {
		lockDataFolder(folder).release();
		return "it was free";
	} catch (error) {
		return error instanceof Error ? error.message : String(error);
	}
}

test("a second nexus is refused in one line with the folder and the holder's pid", async () => {
	const folder = tempFolder();
	const child = startChild("hold-lock.ts", folder);
	expect(await child.line()).toBe(`locked ${child.pid}`);
	expect(refusal(folder)).toBe(
		`another nexus (pid ${child.pid}) already uses the data folder ${folder}: stop it or set another folder as data`,
	);
	const second = startChild("hold-lock.ts", folder);
	expect(await second.line()).toStartWith(`another nexus (pid ${child.pid}) already uses`);
});

test("the refused one leaves the holder's pid and lock as they are", async () => {
	const folder = tempFolder();
	const child = startChild("hold-lock.ts", folder);
	await child.line();
	const first = refusal(folder);
	expect(refusal(folder)).toBe(first);
	expect(first).toContain(`pid ${child.pid}`);
});

test("kill -9 of the holder frees the folder, a clean end too", async () => {
	const folder = tempFolder();
	const killed = startChild("hold-lock.ts", folder);
	await killed.line();
	await killed.kill();
	const next = startChild("hold-lock.ts", folder);
	expect(await next.line()).toBe(`locked ${next.pid}`);
	await next.leave();
	expect(refusal(folder)).toBe("it was free");
	expect(existsSync(join(folder, "nexus.pid"))).toBe(false);
});

test("within one process it holds too, is free after release, and release twice does nothing to the next holder", () => {
	const folder = tempFolder();
	const lock = lockDataFolder(folder);
	expect(refusal(folder)).toContain(`another nexus (pid ${process.pid})`);
	lock.release();
	const next = lockDataFolder(folder);
	atEnd(() => next.release());
	lock.release();
	expect(refusal(folder)).toContain("another nexus");
});

test("another folder is free", () => {
	const one = lockDataFolder(tempFolder());
	const two = lockDataFolder(tempFolder());
	one.release();
	two.release();
});

test("a stale pid file alone locks nothing", () => {
	const folder = tempFolder();
	writeFileSync(join(folder, "nexus.pid"), "1\n");
	expect(refusal(folder)).toBe("it was free");
});

test("a folder that cannot be made is refused in one line", () => {
	const file = join(tempFolder(), "file");
	writeFileSync(file, "");
	expect(refusal(join(file, "data"))).toMatch(/^the data folder .+ cannot be written \(.+\): .+$/);
});

test("a locked folder's journal can be read by others", async () => {
	const folder = tempFolder();
	const { journal } = await open(folder);
	await journal.accept(reception(0));
	const child = startChild("hold-lock.ts", folder);
	await child.line();
	const reader = openReader(folder);
	atEnd(() => reader.close());
	expect((await reader.alerts({})).items).toHaveLength(1);
});
