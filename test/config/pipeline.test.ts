/** `pipeline:`: the order that is allowed, what may be left out, and stages from plugins. */
import { describe, expect, test } from "bun:test";
import { problemLines, settingsOf, warningLines } from "./reading.ts";

const before = "signature and then dedupe come first, because they run before the answer";

const bad: readonly (readonly [name: string, list: string, lines: readonly string[]])[] = [
	[
		"dedupe before signature",
		"[dedupe, signature, risk]",
		[
			`nexus.yaml:1:12 pipeline[0]: the stage dedupe cannot stand here: ${before}`,
			`nexus.yaml:1:20 pipeline[1]: the stage signature cannot stand here: ${before}`,
		],
	],
	[
		"a stage between signature and dedupe",
		"[signature, freshness, dedupe, risk]",
		[`nexus.yaml:1:34 pipeline[2]: the stage dedupe cannot stand here: ${before}`],
	],
	[
		"a plugin's stage before signature",
		"[my_filter, signature, dedupe, risk]",
		[
			`nexus.yaml:1:23 pipeline[1]: the stage signature cannot stand here: ${before}`,
			`nexus.yaml:1:34 pipeline[2]: the stage dedupe cannot stand here: ${before}`,
		],
	],
	[
		"signature left out",
		"[dedupe, risk]",
		[
			"nexus.yaml:1:1 pipeline: the stage signature may not be left out: add - signature as the first line; without credentials it lets everything through",
		],
	],
	[
		"dedupe left out",
		"[signature, risk]",
		[
			"nexus.yaml:1:1 pipeline: the stage dedupe may not be left out: add - dedupe right after signature; without it TradingView's resends would be traded again",
		],
	],
	[
		"risk left out",
		"[signature, dedupe]",
		[
			"nexus.yaml:1:1 pipeline: the stage risk may not be left out: add - risk as the last line; to trade without limits, loosen them by their flags under risk:",
		],
	],
	[
		"a stage that stands twice",
		"[signature, dedupe, freshness, freshness: { max_age: 1m }, risk]",
		["nexus.yaml:1:42 pipeline[3]: the stage freshness stands here twice; keep one"],
	],
	[
		"a misspelt stage, without saying that signature is missing",
		"[signture, dedupe, risk]",
		['nexus.yaml:1:12 pipeline[0]: unknown stage "signture"; did you mean "signature"?'],
	],
	[
		"a misspelt stage with settings",
		"[signature, dedupe, rate_limt: { burst: 1 }, risk]",
		['nexus.yaml:1:31 pipeline[2]: unknown stage "rate_limt"; did you mean "rate_limit"?'],
	],
	[
		"a step that always runs",
		"[signature, dedupe, risk, broker]",
		['nexus.yaml:1:37 pipeline[3]: "broker" always runs, in a place of its own; remove this line'],
	],
	[
		"a stage whose name is none",
		'[signature, dedupe, risk, "my stage!"]',
		['nexus.yaml:1:37 pipeline[3]: "my stage!" is not the name of a stage'],
	],
	[
		"two stages in one entry",
		"[signature, dedupe, { freshness: {}, risk: {} }]",
		[
			"nexus.yaml:1:31 pipeline[2]: a stage is its name alone, or one name with its settings: - dedupe: { window: 30s }",
		],
	],
	[
		"an empty entry and a list",
		"[signature, dedupe, [risk], ~]",
		[
			"nexus.yaml:1:31 pipeline[2]: a stage is its name alone, or one name with its settings: - dedupe: { window: 30s }",
			"nexus.yaml:1:39 pipeline[3]: a stage is its name alone, or one name with its settings: - dedupe: { window: 30s }",
		],
	],
	[
		"settings that are wrong",
		"[signature: { tolerence: 1m }, dedupe: { window: 30 }, sequence: { hold: 1h, on_gap: wait }, risk: { max: 1 }]",
		[
			'nexus.yaml:1:25 pipeline[0].signature: unknown key "tolerence"; did you mean "tolerance"?',
			"nexus.yaml:1:52 pipeline[1].dedupe.window: 30 has no unit; write a duration like 30s",
			"nexus.yaml:1:78 pipeline[2].sequence.hold: 1h is above 30s",
			'nexus.yaml:1:88 pipeline[2].sequence.on_gap: "wait" is not one of follow, ignore, halt',
			'nexus.yaml:1:112 pipeline[3].risk: unknown key "max"; there are no keys here',
		],
	],
	[
		"settings of a plugin's stage that are no map",
		"[signature, dedupe, my_filter: 5, risk]",
		["nexus.yaml:1:31 pipeline[2].my_filter: this must be a map of the stage's settings, not a single value"],
	],
	["one word", "risk", ["nexus.yaml:1:1 pipeline: this must be a list (lines that begin with -), not a single value"]],
];

describe("pipeline", () => {
	for (const [name, list, lines] of bad) {
		test(`${name} is refused`, () => {
			expect(problemLines(`pipeline: ${list}\n`)).toEqual(lines);
		});
	}

	test("without the key, every built-in stage with its default, without a warning", () => {
		const text = "webhook: { host: 127.0.0.1 }\n";
		expect(warningLines(text)).toEqual([]);
		expect(settingsOf(text).pipeline).toEqual([
			{ stage: "signature", tolerance_ms: 300_000 },
			{ stage: "dedupe", window_ms: 30_000, id_window_ms: 3_600_000, header_id_window_ms: 604_800_000 },
			{ stage: "rate_limit", per_second: 10, burst: 20, queue_max: 20_000 },
			{ stage: "freshness", max_age_ms: 300_000 },
			{ stage: "sequence", hold_ms: 3_000, on_gap: "follow" },
			{ stage: "risk" },
		]);
	});

	test("an empty value of the key is the default too, an empty list is not", () => {
		expect(settingsOf("pipeline:\n").pipeline).toEqual(settingsOf("data: x\n").pipeline);
		expect(problemLines("pipeline: []\n")).toHaveLength(3);
	});

	test("the order written is kept after the first two, settings that are left out have their defaults", () => {
		const stages = settingsOf(
			"pipeline: [signature, dedupe: , risk, sequence: { hold: 0ms }, freshness, rate_limit]\n",
		);
		expect(stages.pipeline.map(({ stage }) => stage)).toEqual([
			"signature",
			"dedupe",
			"risk",
			"sequence",
			"freshness",
			"rate_limit",
		]);
		expect(stages.pipeline[1]).toMatchObject({ window_ms: 30_000 });
		expect(stages.pipeline[3]).toEqual({ stage: "sequence", hold_ms: 0, on_gap: "follow" });
	});

	test("any other name is a plugin's stage and keeps its settings as they are", () => {
		const text =
			"pipeline: [signature, dedupe, news_filter: { quiet: [1, two, true], deep: { x: 1.5 } }, weekend, risk]\n";
		const plugins = settingsOf(text).pipeline.filter(({ stage }) => stage === "plugin");
		expect(plugins).toEqual([
			{ stage: "plugin", name: "news_filter", settings: { quiet: [1, "two", true], deep: { x: 1.5 } } },
			{ stage: "plugin", name: "weekend", settings: {} },
		]);
	});

	test("a stage that may be left out is off, and a warning says what that means", () => {
		const text = "webhook: { host: 127.0.0.1 }\npipeline: [signature, dedupe, risk]\n";
		expect(settingsOf(text).pipeline.map(({ stage }) => stage)).toEqual(["signature", "dedupe", "risk"]);
		expect(warningLines(text)).toEqual([
			"nexus.yaml:2:1 pipeline: the stage rate_limit is left out, so it is off: bursts are not paced",
			"nexus.yaml:2:1 pipeline: the stage freshness is left out, so it is off: late entries are traded",
			"nexus.yaml:2:1 pipeline: the stage sequence is left out, so it is off: alerts are taken in the order they arrive",
		]);
	});
});
