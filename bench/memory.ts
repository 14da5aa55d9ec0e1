/** Resident memory of a process and of its children, as the system counts it. */

/** In megabytes (2^20 bytes); plugin children are counted apart, each with the pages it shares. */
export interface Memory {
	readonly server_mb: number;
	readonly children_mb: number;
	readonly children: number;
}

/** Reads the memory now, on Linux and macOS. Throws where `ps` is missing. */
export function memoryOf(pid: number): Memory {
	const listed = Bun.spawnSync(["ps", "-A", "-o", "pid=,ppid=,rss="]);
	if (listed.exitCode !== 0) throw new Error(`ps: ${listed.stderr.toString()}`);
	const rows = listed.stdout
		.toString()
		.trim()
		.split("\n")
		.map((line) => line.trim().split(/\s+/).map(Number))
		.map(([own = 0, parent = 0, kilobytes = 0]) => ({ own, parent, megabytes: kilobytes / 1024 }));
	const children = rows.filter(({ parent }) => parent === pid);
	return {
		server_mb: Math.round(rows.find(({ own }) => own === pid)?.megabytes ?? 0),
		children_mb: Math.round(children.reduce((sum, { megabytes }) => sum + megabytes, 0)),
		children: children.length,
	};
}
