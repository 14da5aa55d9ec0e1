/** The text of a request's body: UTF-8, or UTF-16 that says so. */
import type { Refusal } from "./codes.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** UTF-8, or UTF-16 that says so by its first two bytes; the refusal of anything else. */
export function bodyText(raw: Uint8Array): string | Refusal {
	const mark = raw.length >= 2 ? ((raw[0] ?? 0) << 8) | (raw[1] ?? 0) : 0;
	if (mark === 0xfffe) return new TextDecoder("utf-16le").decode(raw);
	if (mark === 0xfeff) return new TextDecoder("utf-16be").decode(raw);
	try {
		return utf8.decode(raw);
	} catch (error) {
		if (!(error instanceof TypeError)) throw error;
		return { code: "unreadable_body", detail: "the body is not UTF-8 text", hint: "Send the message as UTF-8." };
	}
}
