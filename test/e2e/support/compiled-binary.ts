/** The compiled binary for these tests: built where it is stale, and copied once so that a later build cannot change it under them. */
import { chmodSync, copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { binary, build } from "../../../scripts/build.ts";

const builds_max = 3;

let copied: Promise<string> | undefined;

/** The path of this test run's own copy. */
export function compiledBinary(): Promise<string> {
	copied ??= copyOfBuild();
	return copied;
}

/** Puts the binary into a folder, as a user does who copies it to a server. */
export async function copyBinaryTo(folder: string): Promise<string> {
	const target = join(folder, basename(binary));
	copyFileSync(await compiledBinary(), target);
	chmodSync(target, 0o755);
	return target;
}

async function copyOfBuild(): Promise<string> {
	const folder = mkdtempSync(join(tmpdir(), "nexus-binary-"));
	process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
	const copy = join(folder, basename(binary));
	// Another test run beside this one may be replacing the file.
	for (let attempt = 1; ; attempt += 1) {
		try {
			await build();
			copyFileSync(binary, copy);
			chmodSync(copy, 0o755);
			return copy;
		} catch (error) {
			if (attempt === builds_max) throw error;
			await Bun.sleep(500);
		}
	}
}
