/** Lets the system end this process together with the one that started it, even while a plugin loops for ever. */
import { dlopen } from "bun:ffi";

const pr_set_pdeathsig = 1;
const sigkill = 9;
const libraries = ["libc.so.6", `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`];

/**
 * Linux only, by prctl(PR_SET_PDEATHSIG). True where it is set. Elsewhere, and on a C library that is not found,
 * the process still ends when its channel closes, but not before a loop in the plugin comes to its end.
 */
export function dieWithParent(): boolean {
	if (process.platform !== "linux") return false;
	for (const library of libraries) {
		try {
			const { symbols } = dlopen(library, {
				prctl: { args: ["i32", "u64", "u64", "u64", "u64"], returns: "i32" },
			});
			return symbols.prctl(pr_set_pdeathsig, sigkill, 0, 0, 0) === 0;
		} catch (error) {
			if (!(error instanceof Error)) throw error;
		}
	}
	return false;
}
