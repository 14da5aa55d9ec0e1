/** Linux only: which files and sockets a process has open, as /proc tells. */
import { readdirSync, readlinkSync } from "node:fs";

/**
 * What each descriptor of a process leads to, with the lowest number that does: a path, or `socket:[INODE]`.
 * @param pid a process of this user, or this very one
 * @throws Error with `code` ENOENT where there is no such process, EACCES where it is another user's
 */
export function openFiles(pid: number | "self"): ReadonlyMap<string, number> {
	const folder = `/proc/${pid}/fd`;
	const files = new Map<string, number>();
	for (const fd of readdirSync(folder).map(Number)) {
		const target = targetOf(`${folder}/${fd}`);
		if (target === undefined || (files.get(target) ?? fd) < fd) continue;
		files.set(target, fd);
	}
	return files;
}

/** Undefined where the descriptor was closed meanwhile. */
function targetOf(link: string): string | undefined {
	try {
		return readlinkSync(link);
	} catch (error) {
		if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
		throw error;
	}
}
