/** The compiled binary that these tests run: built once for each run, where it is not current. */
import { chmodSync, copyFileSync } from "node:fs";
import { basename, join } from "node:path";
import { binary, build } from "../../../scripts/build.ts";

let built: Promise<string> | undefined;

/** The path of `dist/nexus`, made from the sources as they are. */
export function compiledBinary(): Promise<string> {
	built ??= build().then(() => binary);
	return built;
}

/** Puts the binary into a folder, as a user does who copies it to a server; its path there. */
export async function copyBinaryTo(folder: string): Promise<string> {
	const source = await compiledBinary();
	const target = join(folder, basename(source));
	copyFileSync(source, target);
	chmodSync(target, 0o755);
	return target;
}
