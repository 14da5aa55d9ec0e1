/** The JSON Schema for editors accepts what nexus accepts and marks what nexus refuses. */
import { describe, expect, test } from "bun:test";
import { parse } from "yaml";
import { editorSchema } from "../../scripts/docs/editor-schema.ts";
import { accepts, type JsonSchema } from "./json-schema.ts";
import { problemLines } from "./reading.ts";

const schema = editorSchema() as JsonSchema;
const holds = (text: string) => accepts(schema, parse(text));

const good: readonly string[] = [
	"data: ./data",
	"webhook: { port: 8080, token: 0123456789abcdef0123456789abcdeg, failures: { rate: 10/s, burst: 5 } }",
	'webhook: { port: "${PORT:-8080}", body_max: "${MAX}" }',
	"webhook: { token: [0123456789abcdef0123456789abcdeg], sources: [tradingview] }",
	"accounts: { paper: { balance: 1000.5, fee: 0.1%, spot: true }, other: {} }\nstrategies: []",
	"strategies: [{ name: A, symbols: [BTC/USD], timeframes: [60, 1h], size: 250 USD, risk_multiplier: 2.5, settings: { x: [1] } }]",
	"strategies: [{ name: A, accounts: [paper] }, { name: B, accounts: { paper: risk 1% } }]",
	"strategies: [{ name: A, size: 100 1INCH }]",
	"strategies: [{ name: A, dialect: traderspost }, { name: B, dialect: of-a-plugin }]",
	"risk: { max_exposure: 50%, no_daily_loss_limit: true }",
	"pipeline: [signature, dedupe: { window: 30s }, my_filter, other: { x: 1 }, risk]",
	"pipeline: [signature: , dedupe, risk]",
	"symbols_map: { XBTUSD: BTC/USD }",
];

const bad: readonly string[] = [
	"webhok: {}",
	"webhook: { port: 70000 }",
	"webhook: { port: 80.5 }",
	"webhook: { body_max: 64 }",
	"strategies: [{ enabled: true }]",
	"strategies: [{ name: A, risk_multipler: 1 }]",
	"strategies: [{ name: A, direction: sideways }]",
	"strategies: [{ name: A, size: 5 }]",
	"strategies: [{ name: A, dialect: TradersPost }]",
	"accounts: { paper: { broker: none } }",
	"accounts: { paper: { fee: 0.1 } }",
	"log: { level: loud }",
	"pipeline: [signature, { dedupe: {}, risk: {} }]",
	"pipeline: [signature, dedupe: { window: 30 }, risk]",
];

describe("the schema for editors", () => {
	for (const text of good) {
		test(`accepts, as nexus does: ${text}`, () => {
			expect(problemLines(text, { PORT: "1", MAX: "1MB" })).toEqual([]);
			expect(holds(text)).toBe(true);
		});
	}

	for (const text of bad) {
		test(`marks, as nexus does: ${text}`, () => {
			expect(problemLines(text)).not.toEqual([]);
			expect(holds(text)).toBe(false);
		});
	}

	test("accepts the project's own nexus.yaml", async () => {
		expect(holds(await Bun.file(new URL("../../nexus.yaml", import.meta.url)).text())).toBe(true);
	});

	test("says of every key what it is for", () => {
		const silent: string[] = [];
		const visit = (node: JsonSchema, path: string): void => {
			for (const [key, property] of Object.entries(node.properties ?? {})) {
				if (property.description === undefined && !path.startsWith("pipeline")) silent.push(`${path}${key}`);
				visit(property, `${path}${key}.`);
			}
		};
		visit(schema, "");
		expect(silent).toEqual([]);
	});
});
