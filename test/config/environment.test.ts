/** `${NAME}`: what is replaced, what is an error, and that a value can never become YAML. */
import { describe, expect, test } from "bun:test";
import { substitute } from "../../src/config/environment.ts";
import { problemLines, settingsOf } from "./reading.ts";

const environment = { KEY: "abc", EMPTY: "", NESTED: "${KEY}", lower_1: "low" };

const rows: readonly (readonly [written: string, becomes: string])[] = [
	["plain", "plain"],
	["${KEY}", "abc"],
	["a-${KEY}-${lower_1}", "a-abc-low"],
	["${EMPTY}", ""],
	["${KEY:-other}", "abc"],
	["${MISSING:-other}", "other"],
	["${EMPTY:-other}", "other"],
	["${MISSING:-}", ""],
	["${MISSING:-a:-b}", "a:-b"],
	["${NESTED}", "${KEY}"],
	["$${KEY}", "${KEY}"],
	["costs $5", "costs $5"],
];

describe("references to the environment", () => {
	for (const [written, becomes] of rows) {
		test(`${written} becomes ${JSON.stringify(becomes)}`, () => {
			expect(substitute(written, environment)).toMatchObject({ ok: true, text: becomes });
		});
	}

	test("a variable that is not set is an error that names it", () => {
		expect(substitute("${NOPE}", environment)).toEqual({
			ok: false,
			messages: ["the environment variable NOPE is not set; set it, or write ${NOPE:-default}"],
		});
	});

	test("what every object inherits is not a variable", () => {
		for (const name of ["constructor", "toString", "__proto__", "hasOwnProperty"]) {
			expect(substitute(`\${${name}}`, environment).ok, name).toBe(false);
			expect(substitute(`\${${name}:-x}`, environment), name).toMatchObject({ ok: true, text: "x" });
		}
	});

	test("both missing variables of one value are named", () => {
		const result = substitute("${A} ${B}", environment);
		expect(result.ok ? [] : result.messages).toHaveLength(2);
	});

	for (const written of ["${", "${KEY", "${1KEY}", "${KEY-x}", "${}", "${KEY:?x}"]) {
		test(`${written} is no reference, and says so`, () => {
			expect(substitute(written, environment)).toEqual({
				ok: false,
				messages: ["${ begins a reference that is not ${NAME} or ${NAME:-default}; write $${ for a plain ${"],
			});
		});
	}

	test("a number and a word may come from the environment as well", () => {
		const settings = settingsOf("webhook:\n  port: ${PORT}\nlog:\n  level: ${LEVEL:-warn}\n", { PORT: "9000" });
		expect(settings.webhook.port).toBe(9000);
		expect(settings.log.level).toBe("warn");
	});

	test("a value with line breaks, colons and braces stays one value and adds no key", () => {
		const evil = "x\nadmin:\n  token: stolen\n{a: b}";
		const settings = settingsOf("webhook:\n  secret_key: ${EVIL}\n", { EVIL: evil });
		expect(settings.webhook.secret_key).toBe(evil);
		expect(settings.admin_token).toBeUndefined();
	});

	test("keys are never replaced", () => {
		expect(problemLines("${KEY}: 1\n", { KEY: "webhook" })).toEqual([
			'nexus.yaml:1:1 unknown key "…"; the keys here are webhook, data, plugins, plugin_limits, accounts, strategies, risk, pipeline, symbols_map, journal, admin, log',
		]);
	});

	test("a plugin's settings keep their kinds: unquoted is read as YAML would, quoted stays text", () => {
		const text =
			'strategies:\n  - name: A\n    settings:\n      length: ${N}\n      code: "${N}"\n      on: ${B}\n      key: ${K}\n';
		const [strategy] = settingsOf(text, { N: "14", B: "true", K: "0014" }).strategies;
		expect(strategy?.settings).toEqual({ length: 14, code: "14", on: true, key: "0014" });
	});
});
