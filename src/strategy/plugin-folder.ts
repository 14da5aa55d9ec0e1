/** What lies in the plugin folder: which files are plugins, and a stamp of every source file that tells when it changed. */
import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** Source files looked at; more are ignored. */
export const files_max = 2000;
/** Levels of folders looked into. */
const depth_max = 8;

const source = /\.(ts|js|mts|mjs|tsx|jsx|json)$/;
const plugin = /^[^._][^/\\]*\.(ts|js)$/;
const notPlugin = /(\.d|\.test|\.spec)\.(ts|js)$/;

export interface FolderContent {
	/** Absolute paths, sorted. */
	readonly plugins: readonly string[];
	/** Stamp of every source file by absolute path; a changed file has another one. */
	readonly stamps: ReadonlyMap<string, string>;
}

function isGone(error: unknown): boolean {
	return (
		error instanceof Error && "code" in error && ["ENOENT", "ENOTDIR", "EACCES", "ELOOP"].includes(String(error.code))
	);
}

/** Changes whenever the file is written or replaced; undefined where there is no such file. */
export async function stampOf(file: string): Promise<string | undefined> {
	try {
		const { mtimeMs, size, ino } = await stat(file);
		return `${mtimeMs} ${size} ${ino}`;
	} catch (error) {
		if (isGone(error)) return undefined;
		throw error;
	}
}

async function entriesOf(folder: string): Promise<readonly Dirent[]> {
	try {
		const entries = await readdir(folder, { withFileTypes: true });
		return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
	} catch (error) {
		if (isGone(error)) return [];
		throw error;
	}
}

async function isFolder(entry: Dirent, path: string): Promise<boolean> {
	if (!entry.isSymbolicLink()) return entry.isDirectory();
	try {
		return (await stat(path)).isDirectory();
	} catch (error) {
		if (isGone(error)) return false;
		throw error;
	}
}

async function collect(folder: string, depth: number, stamps: Map<string, string>): Promise<void> {
	for (const entry of await entriesOf(folder)) {
		if (entry.name === "node_modules" || entry.name.startsWith(".") || stamps.size >= files_max) continue;
		const path = join(folder, entry.name);
		if (await isFolder(entry, path)) {
			if (depth < depth_max) await collect(path, depth + 1, stamps);
		} else if (source.test(entry.name)) {
			const stamp = await stampOf(path);
			if (stamp !== undefined) stamps.set(path, stamp);
		}
	}
}

/** Reads the folder; a missing one is empty. Names that start with "." or "_", `.d.ts`, tests and node_modules are no plugins. */
export async function readPluginFolder(folder: string): Promise<FolderContent> {
	const stamps = new Map<string, string>();
	await collect(folder, 0, stamps);
	const plugins: string[] = [];
	for (const entry of await entriesOf(folder)) {
		const path = join(folder, entry.name);
		if (plugin.test(entry.name) && !notPlugin.test(entry.name) && stamps.has(path)) plugins.push(path);
		if (/^[._]/.test(entry.name)) continue;
		const index = [join(path, "index.ts"), join(path, "index.js")].find((file) => stamps.has(file));
		if (index !== undefined) plugins.push(index);
	}
	return { plugins, stamps };
}

/** True where both hold the same files in the same state. */
export function sameStamps(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
	return a.size === b.size && [...a].every(([path, stamp]) => b.get(path) === stamp);
}
