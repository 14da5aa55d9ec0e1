/** Processes of a benchmark: started with this very Bun, asked for one line, ended for certain. */

/** Runs a script of this folder and reads the JSON line that it prints. Throws with its own words where it fails. */
export async function runScript<T>(file: string, job: unknown): Promise<T> {
	const child = Bun.spawn([process.execPath, `${import.meta.dir}/${file}`, JSON.stringify(job)], {
		stdin: "ignore",
		stdout: "pipe",
		stderr: "pipe",
	});
	const [out, err, code] = await Promise.all([
		new Response(child.stdout).text(),
		new Response(child.stderr).text(),
		child.exited,
	]);
	if (code !== 0) throw new Error(`bench/${file} ended with exit code ${code}: ${err.trim() || out.trim()}`);
	return JSON.parse(out) as T;
}

/** Starts bench/bare-server.ts; resolves when it listens. */
export async function startBareServer(): Promise<{ readonly port: number; stop(): Promise<void> }> {
	const child = Bun.spawn([process.execPath, `${import.meta.dir}/bare-server.ts`], {
		stdin: "ignore",
		stdout: "pipe",
		stderr: "inherit",
	});
	const reader = child.stdout.getReader();
	const { value } = await reader.read();
	const port = Number(new TextDecoder().decode(value).trim());
	if (!(port > 0)) throw new Error("the bare server printed no port");
	return {
		port,
		stop: async () => {
			child.kill("SIGKILL");
			await child.exited;
		},
	};
}
