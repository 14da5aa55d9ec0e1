/** Whatever is wrong around a secret, no problem and no warning ever shows it. */
import { describe, expect, test } from "bun:test";
import { formatProblem, parseSettings } from "../../src/config/load.ts";

const secret = "hunter2-hunter2";

const rows: readonly (readonly [name: string, text: string, env?: Readonly<Record<string, string>>])[] = [
	["a token that is too short", `webhook: { token: ${secret} }`],
	["a token with a wrong character", `webhook: { token: "${secret}/${secret}/${secret}" }`],
	["tokens in a map", `webhook: { token: { ${secret}: 1 } }`],
	["tokens in a list of lists", `webhook: { token: [[${secret}]] }`],
	["three tokens", `webhook: { token: [${secret}1, ${secret}2, ${secret}3] }`],
	["the same long token twice", `webhook: { token: [${secret.repeat(3)}, ${secret.repeat(3)}] }`],
	["a key without a space", `webhook: {secret_key:${secret}}`],
	["a key without a space, twice", `webhook: {secret_key:${secret}, secret_key:${secret}}`],
	["a key without a space in a block", `webhook:\n  secret_key:${secret}\n  port: 1\n`],
	["a secret_key that is a list", `webhook: { secret_key: [${secret}] }`],
	["a secret_key that is a map", `webhook: { secret_key: { ${secret}: ${secret} } }`],
	["a short secret_key (warning)", "webhook: { secret_key: hunter2 }"],
	["a quote that is not closed", `webhook:\n  secret_key: "${secret}\n`],
	["a secret that begins with a reserved character", `webhook:\n  secret_key: @${secret}\n`],
	["a secret that looks like an alias", `webhook:\n  secret_key: *${secret}\n`],
	["a secret that looks like a tag", `webhook:\n  secret_key: !${secret} x\n`],
	["a secret behind a stray bracket", `webhook: {}\n}${secret}\n`],
	["a secret that looks like a reference", `webhook:\n  secret_key: "\${${secret}"\n`],
	["a body secret in a map", `strategies: [{ name: A, secrets: { ${secret}: 1 } }]`],
	["eleven body secrets", `strategies: [{ name: A, secrets: [${Array(11).fill(secret).join(", ")}] }]`],
	["a bridge's key in a list", `accounts: { a: { broker: rest, key: [${secret}] } }`],
	["a bridge's key with a space", `accounts: { a: { broker: rest, url: "http://127.0.0.1", key: "${secret} x" } }`],
	["a bridge's key in its URL", `accounts: { a: { broker: rest, url: "http://${secret}@127.0.0.1" } }`],
	["a bridge's key on a paper account", `accounts: { a: { key: ${secret} } }`],
	["an admin token in a list", `admin: { token: [${secret}] }`],
	[
		"a value from the environment in the wrong place",
		"webhook: { port: '${S}', path: '${S}', host: '${S} x' }",
		{ S: secret },
	],
	["a name from the environment used twice", "strategies: [{ name: '${S}', size: '${S}' }]", { S: secret }],
	["an account from the environment", "strategies: [{ name: A, account: '${S}' }]", { S: secret }],
	["accounts from the environment", "strategies: [{ name: A, accounts: ['${S}'] }]", { S: secret }],
	[
		"two names from the environment",
		"strategies: [{ name: '${S}' }, { name: '${S}' }, { name: 1, size: x }]",
		{ S: secret },
	],
	["a stage from the environment", "pipeline: ['${S} x']", { S: secret }],
	["a password in the public URL", `webhook: { public_url: "https://me:${secret}@example.com" }`],
	["a password in a public URL of the wrong kind", `webhook: { public_url: "ftp://me:${secret}@example.com" }`],
	["a plugin's secret in settings that are a list", `strategies: [{ name: A, settings: [${secret}] }]`],
];

describe("secrets stay out of messages", () => {
	for (const [name, text, env = {}] of rows) {
		test(name, () => {
			const result = parseSettings(text, { file: "nexus.yaml", env });
			const lines = (result.ok ? result.warnings : result.problems).map(formatProblem);
			expect(lines.length).toBeGreaterThan(0);
			expect(lines.join("\n")).not.toContain("hunter2");
		});
	}
});
