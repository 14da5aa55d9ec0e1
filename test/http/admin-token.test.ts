/** The API's token: configured, or made once and kept privately. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { adminToken, adminTokenFile } from "../../src/http/admin-token.ts";

let folder = "";
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "nexus-admin-token-"));
});
afterEach(() => {
	rmSync(folder, { recursive: true, force: true });
});

const none = { admin_token: undefined };
const file = () => join(folder, adminTokenFile);
const mode = (path: string) => statSync(path).mode & 0o777;

describe("adminToken", () => {
	test("a configured one is used and no file is made", () => {
		expect(adminToken({ admin_token: "configured" }, folder)).toBe("configured");
		expect(() => statSync(file())).toThrow();
	});

	test("the first start makes one of 256 bits that only its owner can read, later starts keep it", () => {
		const token = adminToken(none, folder);
		expect(token).toMatch(/^[\w-]{43}$/);
		expect(mode(file())).toBe(0o600);
		expect(readFileSync(file(), "utf8").trim()).toBe(token);
		expect(adminToken(none, folder)).toBe(token);
	});

	test("two folders have two tokens", () => {
		const other = join(folder, "data", "deep");
		expect(adminToken(none, other)).not.toBe(adminToken(none, folder));
	});

	test("a file that others can read is made private again, and its token stays", () => {
		writeFileSync(file(), "  kept-token\n");
		chmodSync(file(), 0o644);
		expect(adminToken(none, folder)).toBe("kept-token");
		expect(mode(file())).toBe(0o600);
	});

	test("an empty file is an error in one line with its cure", () => {
		writeFileSync(file(), "\n");
		expect(() => adminToken(none, folder)).toThrow(/admin\.token is empty; delete it/);
	});

	test("a file that cannot be read or made is an error in one line with its cure", () => {
		mkdirSync(file());
		expect(() => adminToken(none, folder)).toThrow(
			/^[^\n]*admin\.token cannot be used \(EISDIR\)[^\n]*NEXUS_ADMIN_TOKEN$/,
		);
		writeFileSync(join(folder, "a-file"), "");
		expect(() => adminToken(none, join(folder, "a-file"))).toThrow(/cannot be used \((EEXIST|ENOTDIR)\)/);
	});
});
