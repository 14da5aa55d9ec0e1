/** How much memory a process holds, as the system counts it. */
import { readFileSync } from "node:fs";

/** Milliseconds between two looks at a process with a call in flight: reading /proc is cheap, running `ps` is not. */
export const memory_poll_busy_ms = process.platform === "linux" ? 25 : 250;

function linux(pid: number): number | undefined {
	try {
		const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1];
		return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
	} catch (error) {
		// The process ended between two looks.
		if (error instanceof Error && "code" in error) return undefined;
		throw error;
	}
}

/** Resident bytes of a process, those of the runtime itself (about 45 MB) included. Undefined once it has ended, and on Windows. */
export async function residentBytes(pid: number): Promise<number | undefined> {
	if (process.platform === "linux") return linux(pid);
	if (process.platform === "win32") return undefined;
	const ps = Bun.spawn(["/bin/ps", "-o", "rss=", "-p", String(pid)], { stdout: "pipe", stderr: "ignore", env: {} });
	const kilobytes = Number.parseInt((await new Response(ps.stdout).text()).trim(), 10);
	return Number.isNaN(kilobytes) ? undefined : kilobytes * 1024;
}
