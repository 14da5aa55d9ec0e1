/** `bun run start`: installs and compiles what is missing or stale, then becomes `nexus run`. */
import { binary, build } from "./build.ts";
import { installDependencies, root } from "./install.ts";

/** Signals that end nexus; on Windows they are passed on by hand. */
const endingSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Takes this process's place, so that a signal to it is a signal to nexus; Windows cannot, there it waits for a child. */
async function become(command: readonly [string, ...string[]]): Promise<number> {
	process.chdir(root);
	if (process.platform !== "win32" && process.execve !== undefined) {
		process.execve(command[0], [...command], process.env);
	}
	const child = Bun.spawn([...command], { stdio: ["inherit", "inherit", "inherit"] });
	for (const signal of endingSignals) process.on(signal, () => child.kill(signal));
	return await child.exited;
}

try {
	const done = [await installDependencies("production"), await build()].filter((step) => step !== undefined);
	if (done.length > 0) console.error(done.join(", "));
} catch (error) {
	console.error(error instanceof Error ? error.message : error);
	process.exit(1);
}
process.exit(await become([binary, "run", ...process.argv.slice(2)]));
