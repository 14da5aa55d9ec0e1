/** Stage `signature`: checks every credential that a request carries in its URL and headers, over the raw bytes. */
import { timingSafeEqual } from "node:crypto";
import type { Clock, StrategyDirectory } from "../domain/ports.ts";
import type { StrategySettings } from "../domain/settings.ts";
import type { Check } from "./compose.ts";
import { digestOf, isAmong, notAuthentic, sameHex } from "./credential.ts";
import { type Proof, type ReceptionContext, refuse } from "./reception-context.ts";

export interface SignatureOptions {
	/** Key of the signatures; "" switches them off. */
	readonly secret_key: string;
	/** Path tokens valid for every strategy. */
	readonly tokens: readonly string[];
	readonly strategies: StrategyDirectory;
	/** Largest distance of a Standard Webhooks timestamp from this machine's clock, in milliseconds; default 5 minutes. */
	readonly tolerance_ms?: number;
	/** The webhook's address as the outside sees it, without the token, for the hint. */
	readonly public_url: string;
	readonly clock: Pick<Clock, "now">;
}

/** What one kind of credential says: `absent`, what it proves, or why it is wrong. */
type Credential =
	| { readonly state: "absent" }
	| {
			readonly state: "good";
			readonly strategies?: readonly string[];
			readonly scope: string;
			readonly body_mac?: string;
	  }
	| { readonly state: "wrong"; readonly detail: string };

const absent: Credential = { state: "absent" };

/**
 * One credential that verifies is enough, but one that is present and wrong is refused whatever else is right.
 * @throws RangeError where a token is empty or the tolerance is not positive
 */
export function signature(options: SignatureOptions): Check<ReceptionContext> {
	const tolerance = options.tolerance_ms ?? 300_000;
	if (!(tolerance > 0)) throw new RangeError("signature: tolerance_ms must be positive");
	if (options.tokens.some((token) => token === ""))
		throw new RangeError("signature: an empty token would match nothing");
	const checkToken = tokenCheck(options);
	const signed = options.secret_key !== "";
	const hexMac = new Bun.CryptoHasher("sha256", signed ? options.secret_key : "unused");
	const standardMac = new Bun.CryptoHasher("sha256", standardKey(options.secret_key));

	return {
		name: "signature",
		check(context) {
			const { request, token } = context.arrival;
			const { headers } = request;
			const header_id = headers.get("webhook-id") ?? undefined;
			const configured = configuredCredentials(options);
			if (configured === "none") {
				context.proof = { by: "open", scope: "open", strategies: undefined, body_mac: undefined, header_id };
				return undefined;
			}
			const byToken = token === "" ? absent : checkToken(token);
			const hex = signed ? hexCheck(headers, context.raw, hexMac) : absent;
			const standard = signed
				? standardCheck(headers, context.raw, standardMac, options.clock.now(), tolerance)
				: absent;
			const verdict = judge([byToken, hex, standard], configured);
			if (verdict.state !== "good") {
				const detail = verdict.state === "wrong" ? verdict.detail : "the request carries no credential";
				return refuse(context, notAuthentic(detail, options));
			}
			const { by, scope, strategies } = verdict;
			const body_mac = hex.state === "good" ? hex.body_mac : undefined;
			context.proof = { by, scope, strategies, body_mac, header_id };
			return undefined;
		},
	};
}

type Judgement =
	| Exclude<Credential, { state: "good" }>
	| {
			readonly state: "good";
			readonly by: Proof["by"];
			readonly scope: string;
			readonly strategies: Proof["strategies"];
	  };

function judge(checks: readonly Credential[], configured: "some" | "some_in_body"): Judgement {
	let good: Extract<Credential, { state: "good" }> | undefined;
	for (const check of checks) {
		if (check.state === "wrong") return check;
		if (check.state === "good") good ??= check;
	}
	if (good !== undefined) return { state: "good", by: "request", scope: good.scope, strategies: good.strategies };
	if (configured === "some") return { state: "absent" };
	return { state: "good", by: "body", scope: "secret", strategies: undefined };
}

/** Whether any credential is configured, and whether one of them is a secret inside the body. */
function configuredCredentials(options: SignatureOptions): "none" | "some" | "some_in_body" {
	let outside = options.secret_key !== "" || options.tokens.length > 0;
	for (const strategy of options.strategies.all()) {
		if (strategy.secrets.length > 0) return "some_in_body";
		outside ||= strategy.tokens.length > 0;
	}
	return outside ? "some" : "none";
}

function tokenCheck(options: SignatureOptions): (token: string) => Credential {
	const global = options.tokens.map(digestOf);
	const known = new WeakMap<StrategySettings, readonly Uint8Array[]>();
	return (token) => {
		const presented = digestOf(token);
		const everywhere = isAmong(presented, global);
		const strategies: string[] = [];
		for (const strategy of options.strategies.all()) {
			const digests = known.get(strategy) ?? strategy.tokens.map(digestOf);
			known.set(strategy, digests);
			if (isAmong(presented, digests)) strategies.push(strategy.name);
		}
		if (!everywhere && strategies.length === 0)
			return { state: "wrong", detail: "the token in the URL is not a known one" };
		const scope = `token:${Buffer.from(presented).toString("hex")}`;
		return everywhere ? { state: "good", scope } : { state: "good", scope, strategies };
	};
}

/** `X-Signature: <hex>` or `sha256=<hex>`, and `X-Hub-Signature-256: sha256=<hex>`: HMAC-SHA256 of the raw body. */
function hexCheck(headers: Headers, raw: Uint8Array, key: Bun.CryptoHasher): Credential {
	const plain = headers.get("x-signature");
	const hub = headers.get("x-hub-signature-256");
	if (plain === null && hub === null) return absent;
	if (looksLikeStandardContent(raw)) {
		return { state: "wrong", detail: "the body is the signed content of a Standard Webhooks message, not a message" };
	}
	const expected = key.copy().update(raw).digest("hex");
	if (plain !== null) {
		const hex = /^(?:sha256=)?([0-9a-fA-F]{64})$/.exec(plain)?.[1];
		if (hex === undefined) return malformed("X-Signature", "64 hex digits, or sha256= and 64 hex digits");
		if (!sameHex(hex, expected)) return mismatch("X-Signature");
	}
	if (hub !== null) {
		const hex = /^sha256=([0-9a-fA-F]{64})$/.exec(hub)?.[1];
		if (hex === undefined) return malformed("X-Hub-Signature-256", "sha256= and 64 hex digits");
		if (!sameHex(hex, expected)) return mismatch("X-Hub-Signature-256");
	}
	return { state: "good", scope: "signature", body_mac: expected };
}

/** The key of Standard Webhooks: base64 behind `whsec_`, otherwise the bytes of the text itself. */
function standardKey(secretKey: string): Uint8Array {
	if (secretKey === "") return new TextEncoder().encode("unused");
	if (!secretKey.startsWith("whsec_")) return new TextEncoder().encode(secretKey);
	const key = Buffer.from(secretKey.slice("whsec_".length), "base64");
	if (key.length === 0)
		throw new RangeError("signature: webhook.secret_key starts with whsec_ but no base64 key follows");
	return key;
}

/** `webhook-id`, `webhook-timestamp` (seconds), `webhook-signature` (`v1,<base64>`, several apart by spaces) over `id.timestamp.body`. */
function standardCheck(
	headers: Headers,
	raw: Uint8Array,
	key: Bun.CryptoHasher,
	now: number,
	tolerance: number,
): Credential {
	const signatures = headers.get("webhook-signature");
	if (signatures === null) return absent;
	const id = headers.get("webhook-id");
	const timestamp = headers.get("webhook-timestamp");
	if (id === null || !/^[\w.:+/=@-]{1,255}$/.test(id))
		return malformed("webhook-id", "1 to 255 letters, digits, _ and -");
	if (timestamp === null || !/^\d{1,12}$/.test(timestamp)) return malformed("webhook-timestamp", "seconds since 1970");
	const expected = key.copy().update(`${id}.${timestamp}.`).update(raw).digest();
	let found = false;
	let readable = false;
	for (const part of signatures.split(" ")) {
		const base64 = /^v1,([A-Za-z0-9+/]{43}=)$/.exec(part)?.[1];
		if (base64 === undefined) continue;
		readable = true;
		found = timingSafeEqual(Buffer.from(base64, "base64"), expected) || found;
	}
	if (!readable) return malformed("webhook-signature", "v1, and the base64 of 32 bytes");
	if (!found) return mismatch("webhook-signature");
	const distance = Math.abs(now - Number(timestamp) * 1000);
	if (distance > tolerance) {
		const detail = `webhook-timestamp is ${Math.round(distance / 1000)} s away from this machine's clock; ${tolerance / 1000} s are allowed`;
		return { state: "wrong", detail };
	}
	return { state: "good", scope: "signature" };
}

/**
 * The content that Standard Webhooks signs (`id.timestamp.body`) is itself a body that the same key's hex signature would fit:
 * without this check, a signature seen in one form could be sent in the other.
 */
function looksLikeStandardContent(raw: Uint8Array): boolean {
	const first = raw[0];
	if (first === 0x7b || first === 0x5b) return false;
	return /^[\w.:+/=@-]{1,255}\.\d{1,12}\./.test(new TextDecoder("latin1").decode(raw.subarray(0, 300)));
}

function malformed(header: string, form: string): Credential {
	return { state: "wrong", detail: `the ${header} header has not the form ${form}` };
}

function mismatch(header: string): Credential {
	return { state: "wrong", detail: `the ${header} header does not fit the body and the key` };
}
