/** Linux only: the nexus that runs on a data folder, known for certain before it is sent a signal. */
import { readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { openFiles } from "../http/open-files.ts";
import { lockFile, pidFile } from "../journal/lock.ts";

/** Of the signal in request.ts; a process that does not handle it would be ended by it. */
const hand_over_signal_number = 12;

export type Found = { readonly pid: number } | { readonly reason: string };

/**
 * The process that has the folder's lock file open and the signal in its list of those it handles; where there is none that can
 * be asked, why.
 */
export function predecessorOf(folder: string): Found {
	const pid = pidIn(folder);
	if (pid === undefined) return { reason: `there is no process id in ${join(folder, pidFile)}` };
	try {
		if (!openFiles(pid).has(realpathSync(join(folder, lockFile)))) {
			return { reason: `process ${pid} of ${pidFile} does not use that folder` };
		}
		const caught = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "0";
		const handles = (BigInt(`0x${caught}`) >> BigInt(hand_over_signal_number - 1)) & 1n;
		return handles === 1n ? { pid } : { reason: `process ${pid} is of a version that cannot hand over` };
	} catch (error) {
		const code = error instanceof Error && "code" in error ? error.code : undefined;
		if (code === "EACCES" || code === "EPERM") return { reason: `process ${pid} belongs to another user` };
		if (code !== "ENOENT" && code !== "ESRCH") throw error;
		return { reason: `process ${pid} cannot be seen from here: it has ended, or runs in another container` };
	}
}

function pidIn(folder: string): number | undefined {
	try {
		const text = readFileSync(join(folder, pidFile), "utf8").trim();
		return /^[1-9]\d{0,9}$/.test(text) ? Number(text) : undefined;
	} catch (error) {
		if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
		throw error;
	}
}
