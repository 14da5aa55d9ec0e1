/** The nexus.yaml that a new user gets is good, keeps its promises, and needs nothing that is not there. */
import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { nexusYamlTemplate } from "../../src/config/template.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { problemLines, settingsOf, warningLines } from "./reading.ts";

describe("the first nexus.yaml", () => {
	test("is accepted with an empty environment; its only warning is the missing credential", () => {
		expect(problemLines(nexusYamlTemplate)).toEqual([]);
		const warnings = warningLines(nexusYamlTemplate);
		expect(warnings).toHaveLength(1);
		expect(warnings[0]).toContain("webhook: no token, secret or secret_key is set");
	});

	test("says what the contract promises", () => {
		const settings = settingsOf(nexusYamlTemplate);
		expect(settings.webhook).toMatchObject({ host: "0.0.0.0", port: 8080, path: "/webhook", secret_key: "" });
		expect(settings.accounts).toHaveLength(1);
		expect(settings.strategies[0]).toMatchObject({
			name: "MyRSIStrategy",
			symbols: ["BTC/USD", "ETH/USD"],
			timeframes: ["1h", "4h"],
			accounts: [{ account: "paper" }],
			size: { kind: "equity_share", share: decimal("0.01") },
		});
	});

	test("takes the signature's key from the environment", () => {
		expect(settingsOf(nexusYamlTemplate, { NEXUS_SECRET_KEY: "from outside" }).webhook.secret_key).toBe("from outside");
	});

	test("shows no value that differs from the default it stands for", () => {
		const { webhook, accounts, pipeline, risk } = settingsOf(nexusYamlTemplate);
		expect({ webhook, accounts, pipeline, risk }).toEqual(
			(({ webhook, accounts, pipeline, risk }) => ({ webhook, accounts, pipeline, risk }))(
				settingsOf("data: ./data\n"),
			),
		);
	});

	test("each line that is commented out is good when it is let in, one at a time", () => {
		const lines = nexusYamlTemplate.split("\n");
		const optional = /^( *)# ((?:token|sources|trusted_proxies|public_url|symbols_map|journal|admin|log): .*)$/;
		const places = lines.flatMap((line, index) => (optional.test(line) ? [index] : []));
		expect(places.length).toBe(8);
		const env = { NEXUS_WEBHOOK_TOKEN: "0123456789abcdef0123456789abcdef", NEXUS_ADMIN_TOKEN: "x".repeat(32) };
		for (const place of places) {
			const text = lines.map((line, index) => (index === place ? line.replace(optional, "$1$2") : line)).join("\n");
			expect(problemLines(text, env)).toEqual([]);
		}
	});

	test("the strategy that is commented out is good when it is let in", () => {
		const text = nexusYamlTemplate.replace(/^ {2}# (- name: TrendRider| {2}(?:symbols|size|settings): .*)$/gm, "  $1");
		expect(settingsOf(text).strategies[1]).toMatchObject({ name: "TrendRider", settings: { stop: "2.5%" } });
	});

	test("points editors to the schema beside it, the project's own to the one in docs", async () => {
		expect(nexusYamlTemplate.split("\n")[0]).toBe("# yaml-language-server: $schema=nexus.schema.json");
		const own = await Bun.file(new URL("../../nexus.yaml", import.meta.url)).text();
		expect(own.split("\n")[0]).toBe("# yaml-language-server: $schema=docs/nexus.schema.json");
		expect(existsSync(new URL("../../docs/nexus.schema.json", import.meta.url))).toBe(true);
	});
});
