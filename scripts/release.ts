/** `bun run release`: the five binaries that are given out, with their checksums, in dist/release/. */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { buildVersion, compile } from "./build.ts";
import { installDependencies, root } from "./install.ts";

/** Bun's name of a compile target, and what ours is called. */
const targets = [
	{ target: "bun-linux-x64", name: "linux-x64" },
	{ target: "bun-linux-arm64", name: "linux-arm64" },
	{ target: "bun-linux-x64-musl", name: "linux-x64-musl" },
	{ target: "bun-darwin-arm64", name: "macos-arm64" },
	{ target: "bun-windows-x64", name: "windows-x64.exe" },
] as const;

const folder = join(root, "dist", "release");

/** The SHA-256 of a file in hex, read as a stream. */
async function checksum(file: string): Promise<string> {
	const hasher = new Bun.CryptoHasher("sha256");
	for await (const chunk of Bun.file(file).stream()) hasher.update(chunk);
	return hasher.digest("hex");
}

async function release(): Promise<number> {
	await installDependencies("production");
	rmSync(folder, { recursive: true, force: true });
	mkdirSync(folder, { recursive: true });
	const version = await buildVersion();
	const lines: string[] = [];
	const failed: string[] = [];
	for (const { target, name } of targets) {
		const file = `nexus-${version.split("+")[0]}-${name}`;
		try {
			await compile(join(folder, file), target);
			const sum = await checksum(join(folder, file));
			lines.push(`${sum}  ${file}`);
			console.log(`ok      ${target.padEnd(20)} ${file}`);
		} catch (error) {
			failed.push(target);
			console.error(`failed  ${target.padEnd(20)} ${error instanceof Error ? error.message : String(error)}`);
		}
	}
	await Bun.write(join(folder, "SHA256SUMS"), lines.map((line) => `${line}\n`).join(""));
	if (failed.length === 0) {
		console.log(`nexus ${version}: ${lines.length} binaries and SHA256SUMS in dist/release`);
		return 0;
	}
	console.error(`not built: ${failed.join(", ")}; Bun fetches a target's runtime when it is built the first time`);
	return 1;
}

process.exit(await release());
