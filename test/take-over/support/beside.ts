/** A nexus in another process, as a newcomer finds it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type Manner = "leaves" | "deaf" | "stuck" | "unknowing";

export interface Beside extends AsyncDisposable {
	readonly pid: number;
	readonly port: number;
	readonly exited: Promise<number>;
}

const ended: (() => void)[] = [];

/** A data folder; {@link removeFolders} removes it. */
export function dataFolder(): string {
	const folder = mkdtempSync(join(tmpdir(), "nexus-take-over-"));
	ended.push(() => rmSync(folder, { recursive: true, force: true }));
	return folder;
}

/** For `afterAll`. */
export function removeFolders(): void {
	for (const remove of ended.splice(0)) remove();
}

/** Starts it and waits until it listens; it ends with its scope. */
export async function runBeside(folder: string, manner: Manner = "leaves"): Promise<Beside> {
	const child = Bun.spawn([process.execPath, join(import.meta.dir, "running.ts"), folder, "0", manner], {
		stdin: "pipe",
		stdout: "pipe",
		stderr: "inherit",
	});
	const { value } = await child.stdout.getReader().read();
	return {
		pid: child.pid,
		port: Number(new TextDecoder().decode(value)),
		exited: child.exited,
		async [Symbol.asyncDispose]() {
			child.kill("SIGKILL");
			await child.exited;
		},
	};
}

/** The bodies that so many requests get, each on a connection of its own. */
export async function answers(port: number, count = 40): Promise<ReadonlySet<string>> {
	const seen = new Set<string>();
	for (let number = 0; number < count; number += 1) {
		const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: "close" }, keepalive: false });
		seen.add(await response.text());
	}
	return seen;
}
