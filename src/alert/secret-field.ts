/** Which keys of a message hold credentials: their values are never stored, logged or shown. */

/** Keys whose value is tried against a strategy's `secrets`. */
const credentials = new Set(["secret", "passphrase", "token", "password", "webhooksecret"]);
const secretNames = new Set([
	"pass",
	"passwd",
	"pwd",
	"pin",
	"key",
	"auth",
	"authorization",
	"bearer",
	"hmac",
	"sig",
	"sign",
]);
const secretParts = [
	"secret",
	"passphrase",
	"password",
	"token",
	"apikey",
	"accesskey",
	"privatekey",
	"signature",
	"credential",
];

/** Keys whose reading is remembered; the memory is emptied when it is full. */
const remembered_max = 1000;
/** Longer keys are read afresh each time. */
const remembered_length_max = 64;
const remembered = new Map<string, boolean>();

/** A key without its case and separators: `api_key`, `apiKey` and `API-KEY` are one. */
export function squeezedKey(key: string): string {
	return key.replace(/[\s_.-]/g, "").toLowerCase();
}

/** True for `secret`, `passphrase`, `api_key`, `signalToken`, `X-Signature` and their like, in any case and at any depth. */
export function isSecretField(key: string): boolean {
	const before = remembered.get(key);
	if (before !== undefined) return before;
	const squeezed = squeezedKey(key.normalize("NFKC"));
	const secret = secretNames.has(squeezed) || secretParts.some((part) => squeezed.includes(part));
	if (key.length > remembered_length_max) return secret;
	if (remembered.size >= remembered_max) remembered.clear();
	remembered.set(key, secret);
	return secret;
}

/** True for the keys in which a sender proves who he is: `secret passphrase token password webhook_secret`. */
export function isCredentialField(key: string): boolean {
	return isSecretField(key) && credentials.has(squeezedKey(key));
}
