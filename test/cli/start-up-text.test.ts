/** What `nexus run` prints when it is ready: enough to begin with, and no secret. */
import { describe, expect, test } from "bun:test";
import { shownWebhooks, startUpText, tryLine } from "../../src/cli/start-up-text.ts";
import { parseSettings } from "../../src/config/load.ts";
import type { Settings } from "../../src/domain/settings.ts";
import { type ConfigurationText, configurationText } from "./support/call-command.ts";
import { fakeTerminal } from "./support/fake-terminal.ts";
import { strategy } from "./support/records.ts";

const tokenA = "tokenA-0123456789abcdef0123456789abcdef";
const tokenB = "tokenB-0123456789abcdef0123456789abcdef";
const shared = "shared-0123456789abcdef0123456789abcdef";
const key = "hmackey-0123456789abcdef0123456789abcdef";
const hook = "http://localhost:8080/webhook";
const urls = { webhook: [hook], dashboard: "http://localhost:8080/", api: "http://localhost:8080/api/v1" };

function settingsOf(text: Omit<ConfigurationText, "port"> = {}): Settings {
	const loaded = parseSettings(configurationText({ port: 8080, ...text }), { file: "/srv/nexus/nexus.yaml", env: {} });
	if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
	return loaded.settings;
}

test("without a credential: the warning, and a curl that works as pasted", () => {
	const lines = startUpText(fakeTerminal(), {
		version: "0.1.0",
		settings: settingsOf(),
		urls,
		strategies: [
			strategy,
			{ ...strategy, name: "B", plugin: "plugins/b.ts", plugin_error: "plugins/b.ts:1:2: Unexpected }" },
		],
		warnings: ["nexus.yaml:1:1 webhook: no token, secret or secret_key is set, so whoever reaches it can post alerts"],
	});
	expect(lines.join("\n")).toBe(`\
nexus 0.1.0 is ready

  Webhook     http://localhost:8080/webhook
  API         http://localhost:8080/api/v1
              (\`nexus status\` brings its token along)
  Data        /srv/nexus/data
  Strategies  2, 1 with a plugin

  plugins/b.ts:1:2: Unexpected }

Warning: nexus.yaml:1:1 webhook: no token, secret or secret_key is set, so
whoever reaches it can post alerts

Try it:
  curl -d '{"action":"buy","symbol":"BTC/USD","price":42000.5,"strategy":"MyRSIStrategy","timeframe":"1h","message":"a sample from nexus"}' http://localhost:8080/webhook`);
});

describe("the webhook URLs", () => {
	const rows: readonly (readonly [string, Omit<ConfigurationText, "port">, readonly string[]])[] = [
		["without any credential: the plain one", {}, [hook]],
		["with a signature only: the plain one", { webhook: `  secret_key: ${key}` }, [hook]],
		[
			"with a strategy's token: its name stands for it",
			{ strategy: `    token: ${tokenA}` },
			[`${hook}/<token of MyRSIStrategy>`],
		],
		[
			"with two tokens while rotating: one line",
			{ strategy: `    token: [${tokenA}, ${tokenB}]` },
			[`${hook}/<token of MyRSIStrategy>`],
		],
		["with a token for all", { webhook: `  token: ${shared}` }, [`${hook}/<token of webhook>`]],
		[
			"with signature and token: both ways in",
			{ webhook: `  secret_key: ${key}`, strategy: `    token: ${tokenA}` },
			[hook, `${hook}/<token of MyRSIStrategy>`],
		],
	];
	test.each(rows)("%s", (_, text, expected) => {
		const settings = settingsOf(text);
		expect(shownWebhooks([hook], settings)).toEqual([...expected]);
		// The same where the server hands them out with their tokens.
		const tokens = [...settings.webhook.tokens, ...settings.strategies.flatMap(({ tokens: own = [] }) => own)];
		expect(shownWebhooks([hook, ...tokens.map((token) => `${hook}/${token}`)], settings)).toEqual([...expected]);
	});
});

describe("the line to try", () => {
	test("with any credential is `nexus send`, which knows it", () => {
		for (const text of [{ webhook: `  secret_key: ${key}` }, { strategy: `    token: ${tokenA}` }]) {
			expect(tryLine({ settings: settingsOf(text), strategies: [strategy], urls })).toBe("nexus send --wait");
		}
	});

	test("survives a strategy whose name has a quote, as pasted into a shell", () => {
		const line = tryLine({ settings: settingsOf(), strategies: [{ ...strategy, name: "it's; $(touch x) `y`" }], urls });
		const echoed = Bun.spawnSync(["sh", "-c", line.replace(/^curl -d/, "printf %s").replace(/ http\S+$/, "")]);
		expect(JSON.parse(echoed.stdout.toString())).toMatchObject({ strategy: "it's; $(touch x) `y`" });
	});
});

test("no secret is in any of it", () => {
	const settings = settingsOf({
		webhook: `  secret_key: ${key}\n  token: ${shared}`,
		strategy: `    token: [${tokenA}, ${tokenB}]`,
	});
	const text = startUpText(fakeTerminal(), {
		version: "0.1.0",
		settings,
		urls: { ...urls, webhook: [hook, `${hook}/${tokenA}`, `${hook}/${tokenB}`, `${hook}/${shared}`] },
		strategies: [strategy],
		warnings: [],
	}).join("\n");
	expect(text).not.toContain("0123456789abcdef");
	expect(text).toContain("<token of MyRSIStrategy>");
});
