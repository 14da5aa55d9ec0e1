/** Which configured credential an alert of our own is sent with. */
import { createHmac } from "node:crypto";
import type { Settings } from "../domain/settings.ts";

/** What makes a body authentic: a header, an ending of the path, a field in the body, or nothing where nothing is configured. */
export type Credential =
	| { readonly kind: "signature"; readonly secretKey: string }
	| { readonly kind: "token"; readonly token: string }
	| { readonly kind: "secret"; readonly secret: string }
	| { readonly kind: "none" };

/** The credential for an alert to `strategy`: the signature first, then a token, then a secret inside the body. */
export function credentialFor({ webhook, strategies }: Settings, strategy: string | undefined): Credential {
	if (webhook.secret_key !== "") return { kind: "signature", secretKey: webhook.secret_key };
	const named = strategies.filter(({ name, aliases = [] }) => name === strategy || aliases.includes(strategy ?? name));
	const candidates = [...named, ...(named.length > 0 ? [] : strategies)];
	const token = candidates.flatMap(({ tokens = [] }) => tokens)[0] ?? webhook.tokens[0];
	if (token !== undefined) return { kind: "token", token };
	const secret = candidates.flatMap(({ secrets = [] }) => secrets)[0];
	return secret === undefined ? { kind: "none" } : { kind: "secret", secret };
}

/** True where anything must be proved at all. */
export function hasCredentials({ webhook, strategies }: Settings): boolean {
	const inBody = strategies.some(({ tokens = [], secrets = [] }) => tokens.length + secrets.length > 0);
	return webhook.secret_key !== "" || webhook.tokens.length > 0 || inBody;
}

/** Hex HMAC-SHA256 of the raw body, as `X-Signature` carries it. */
export function signatureOf(body: Uint8Array, secretKey: string): string {
	return createHmac("sha256", secretKey).update(body).digest("hex");
}
