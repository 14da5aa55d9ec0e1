/** `nexus check`: every problem with its place, every plugin started once, exit 78 where anything is wrong. */
import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { call, configurationText, temporaryFolder } from "./support/call-command.ts";

const plugin = (name: string, body = 'skip("no")'): string => `import { defineStrategy } from "nexus";
export default defineStrategy({ name: "${name}", symbols: ["SOL/USD"], onAlert: (alert, { skip }) => ${body} });
`;
const signed = "  secret_key: key-0123456789abcdef0123456789abcdef";

describe("a configuration that is right", () => {
	test("is exit 0, with its strategies in a table: from YAML and from plugins", async () => {
		using folder = temporaryFolder();
		folder.write("nexus.yaml", configurationText({ port: 8080, webhook: signed }));
		folder.write("plugins/sol.ts", plugin("Sol"));
		const { exit, out, err } = await call(folder.path, ["check"]);
		expect(out).toBe(`\
STRATEGY       DECIDED BY      SYMBOLS          TIMEFRAMES  SIZE  ACCOUNT
MyRSIStrategy  the alert       BTC/USD ETH/USD  1h 4h         1%  paper
Sol            plugins/sol.ts  SOL/USD          all           1%  paper

nexus.yaml is right: 2 strategies, 1 plugin
`);
		expect({ exit, err }).toEqual({ exit: 0, err: "" });
	});

	test("makes no data folder and leaves no secret in what it prints", async () => {
		using folder = temporaryFolder();
		folder.write(
			"nexus.yaml",
			configurationText({ port: 8080, webhook: signed, strategy: "    token: token-0123456789abcdef0123456789abcdef" }),
		);
		for (const words of [["check"], ["check", "--json"]]) {
			const { out, err } = await call(folder.path, words);
			expect(out + err).not.toContain("0123456789abcdef");
		}
		expect(existsSync(join(folder.path, "data"))).toBe(false);
	});

	test("with a doubt is exit 0 and a warning", async () => {
		using folder = temporaryFolder();
		folder.write("nexus.yaml", configurationText({ port: 8080 }).replace("127.0.0.1", "0.0.0.0"));
		const { exit, out } = await call(folder.path, ["check"]);
		expect(exit).toBe(0);
		expect(out).toMatch(/^warning: nexus\.yaml:\d+:\d+ webhook: no token, secret or secret_key is set/);
	});
});

describe("a configuration that is wrong", () => {
	test("is exit 78 with file, line, column, path, cause of every problem", async () => {
		using folder = temporaryFolder();
		folder.write(
			"nexus.yaml",
			configurationText({ port: 8080, webhook: signed, strategy: "    risk_multiplier: 7", rest: "dta: ./x" }),
		);
		const { exit, out } = await call(folder.path, ["check"]);
		expect(exit).toBe(78);
		expect(out).toContain("nexus.yaml:15:5 strategies[0].risk_multiplier: 7 is above 3.0\n");
		expect(out).toContain('nexus.yaml:16:1 unknown key "dta"; did you mean "data"?\n');
		expect(out).toEndWith("\n2 problems; nexus does not start like this\n");
	});

	test("with --json has the same as data", async () => {
		using folder = temporaryFolder();
		folder.write("conf/n.yaml", configurationText({ port: 8080, webhook: signed, strategy: "    risk_multiplier: 7" }));
		const { exit, out } = await call(folder.path, ["check", "--config", "conf/n.yaml", "--json"]);
		expect(exit).toBe(78);
		expect(JSON.parse(out)).toMatchObject({
			ok: false,
			file: "conf/n.yaml",
			problems: [
				{ file: "conf/n.yaml", line: 15, column: 5, path: "strategies[0].risk_multiplier", message: "7 is above 3.0" },
			],
		});
	});

	test("that is not there is exit 78 and says how to get one", async () => {
		using folder = temporaryFolder();
		const { exit, out } = await call(folder.path, ["check"]);
		expect(exit).toBe(78);
		expect(out).toContain("nexus init");
	});
});

describe("dialects", () => {
	const dialect = `import { defineDialect } from "nexus";
export default defineDialect({ name: "ninja", read: (message) => ({ action: "buy", symbol: "BTC/USD" }) });
`;

	test("of a plugin are as good as built-in ones", async () => {
		using folder = temporaryFolder();
		folder.write("nexus.yaml", configurationText({ port: 8080, webhook: signed, strategy: "    dialect: ninja" }));
		folder.write("plugins/ninja.ts", dialect);
		const { exit, out } = await call(folder.path, ["check"]);
		expect({ exit, last: out.trimEnd().split("\n").at(-1) }).toEqual({
			exit: 0,
			last: "nexus.yaml is right: 1 strategy, 1 plugin",
		});
	});

	test("that nothing defines are problems: of nexus.yaml by the key, of a plugin by its file", async () => {
		using folder = temporaryFolder();
		folder.write("nexus.yaml", configurationText({ port: 8080, webhook: signed, strategy: "    dialect: ninjo" }));
		folder.write("plugins/ninja.ts", dialect);
		folder.write("plugins/sol.ts", plugin("Sol").replace('name: "Sol"', 'name: "Sol", dialect: "traderpost"'));
		const { exit, out } = await call(folder.path, ["check"]);
		expect(exit).toBe(78);
		expect(out).toContain(
			'nexus.yaml: strategies[0].dialect: nothing defines the dialect ninjo; did you mean "ninja"?',
		);
		expect(out).toContain(
			'plugins/sol.ts: dialect: nothing defines the dialect traderpost; did you mean "traderspost"?',
		);
	});
});

describe("plugins", () => {
	test("that do not start are problems, each with its file and why; the others are shown all the same", async () => {
		using folder = temporaryFolder();
		folder.write("nexus.yaml", configurationText({ port: 8080, webhook: signed }));
		folder.write("plugins/good.ts", plugin("Good"));
		folder.write(
			"plugins/torn.ts",
			'import { defineStrategy } from "nexus"\nexport default defineStrategy({ name: "Torn", onAlert() {',
		);
		folder.write("plugins/throws.ts", 'throw new Error("at import")');
		folder.write("plugins/none.ts", "export const x = 1");
		const { exit, out } = await call(folder.path, ["check"]);
		expect(exit).toBe(78);
		expect(out).toMatch(/^plugins\/torn\.ts:2:57 .+/m);
		expect(out).toMatch(/^plugins\/throws\.ts:1:\d+ .*at import/m);
		expect(out).toMatch(/^plugins\/none\.ts: .*defineStrategy/m);
		expect(out).not.toMatch(/plugins\/\w+\.ts.*plugins\/\w+\.ts/);
		expect(out).toMatch(/^Good +plugins\/good\.ts /m);
		expect(out).toEndWith("\n3 problems\n");
	});

	test("that a stage of the pipeline needs and nobody defines is a problem", async () => {
		using folder = temporaryFolder();
		const rest = "pipeline:\n  - signature\n  - dedupe\n  - night_watch\n  - risk";
		folder.write("nexus.yaml", configurationText({ port: 8080, webhook: signed, rest }));
		const { exit, out } = await call(folder.path, ["check"]);
		expect(exit).toBe(78);
		expect(out).toContain("night_watch");
	});

	test("with settings that do not suit them are problems", async () => {
		using folder = temporaryFolder();
		await call(folder.path, ["init"]);
		folder.write(
			"nexus.yaml",
			configurationText({ port: 8080, webhook: signed, strategy: "    settings: { stop: far away }" }),
		);
		const { exit, out } = await call(folder.path, ["check"]);
		expect(exit).toBe(78);
		expect(out).toContain("plugins/my-rsi-strategy.ts");
		expect(out).toContain("far away");
	});
});
