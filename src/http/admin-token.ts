/** The token that opens the API: the configured one, or one made at the first start and kept in the data folder. */
import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Settings } from "../domain/settings.ts";

/** The file's name inside the data folder. */
export const adminTokenFile = "admin.token";

/**
 * The API's bearer token. A file that others could read is made private again.
 * @throws Error in one line where the file is empty or cannot be read or written
 */
export function adminToken(settings: Pick<Settings, "admin_token">, dataFolder: string): string {
	if (settings.admin_token !== undefined && settings.admin_token !== "") return settings.admin_token;
	const file = join(dataFolder, adminTokenFile);
	try {
		return made(file, dataFolder) ?? kept(file);
	} catch (error) {
		if (!(error instanceof Error) || !("code" in error)) throw error;
		throw new Error(
			`${file} cannot be used (${String(error.code)}); make the data folder writable, or set NEXUS_ADMIN_TOKEN`,
			{ cause: error },
		);
	}
}

/** The new token; undefined where the file is already there. The flag `wx` lets only one of two programs make it. */
function made(file: string, dataFolder: string): string | undefined {
	const token = randomBytes(32).toString("base64url");
	mkdirSync(dataFolder, { recursive: true });
	try {
		writeFileSync(file, `${token}\n`, { flag: "wx", mode: 0o600 });
		return token;
	} catch (error) {
		if (error instanceof Error && "code" in error && error.code === "EEXIST") return undefined;
		throw error;
	}
}

function kept(file: string): string {
	if (process.platform !== "win32" && (statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600);
	const token = readFileSync(file, "utf8").trim();
	if (token === "") throw new Error(`${file} is empty; delete it and start again, a new token is then made`);
	return token;
}
