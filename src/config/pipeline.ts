/** `pipeline:` → the stages in the order written, or why that order cannot be. */
import type { StageSettings } from "../domain/settings.ts";
import type { Findings } from "./findings.ts";
import { type Leaf, leaf, shownOf, shownText } from "./leaf.ts";
import { nearest } from "./nearest.ts";
import { type StageName, type StageWritten, stageNames, stageSchemas } from "./pipeline-schema.ts";
import type { Path } from "./problem.ts";
import { type Loose, read, wrongKind } from "./read.ts";
import { absent, toValue, type Written } from "./written.ts";

/** Steps that always run, in a place fixed by what they are; nothing about them is set here. */
const fixedSteps = ["size", "source", "failures", "read", "record", "strategy", "broker"];
const pluginStageName = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
const cures = {
	signature: "add - signature as the first line; without credentials it lets everything through",
	dedupe: "add - dedupe right after signature; without it TradingView's resends would be traded again",
	risk: "add - risk as the last line; to trade without limits, loosen them by their flags under risk:",
} as const;

interface WrittenStage {
	readonly name: string;
	/** How a message may name it. */
	readonly shown: string;
	readonly settings: Written;
	readonly path: Path;
}

/** The whole list. Absent: every built-in stage with its defaults. */
export const pipeline: Leaf<readonly StageSettings[]> = leaf<readonly StageSettings[]>(
	{
		type: "array",
		items: {
			anyOf: [
				{ enum: [...stageNames] },
				{
					type: "object",
					properties: Object.fromEntries(
						stageNames.map((name) => [name, { anyOf: [stageSchemas[name], { type: "null" }] }]),
					),
					additionalProperties: { type: ["object", "null"] },
					minProperties: 1,
					maxProperties: 1,
				},
				{ type: "string", pattern: pluginStageName.source },
			],
		},
	},
	{
		unit: "list of stages",
		default: [...stageNames],
		description: "What every alert goes through, in this order; any other name is a stage that a plugin file adds.",
	},
	(node, path, findings) => {
		if (node.kind === "broken") return undefined;
		if (node.kind !== "list") return wrongKind("a list (lines that begin with -)", node, path, findings);
		const stages = node.items.flatMap((item, index) => readEntry(item, [...path, index], findings) ?? []);
		// A list with an unreadable entry would be told twice what it lacks.
		if (stages.length === node.items.length) checkOrder(stages, path, findings);
		return stages.flatMap((stage) => decodeStage(stage, findings) ?? []);
	},
);

function readEntry(item: Written, path: Path, findings: Findings): WrittenStage | undefined {
	if (item.kind === "broken") return undefined;
	if (item.kind === "scalar")
		return checkName({ name: item.text.trim(), shown: shownOf(item), settings: absent, path }, findings);
	const [entry, ...more] = item.kind === "map" ? item.entries : [];
	if (entry === undefined || more.length > 0) {
		findings.problem(path, "a stage is its name alone, or one name with its settings: - dedupe: { window: 30s }");
		return undefined;
	}
	return checkName({ name: entry[0], shown: shownText(entry[0]), settings: entry[1], path }, findings);
}

function checkName(stage: WrittenStage, findings: Findings): WrittenStage | undefined {
	const { name, shown, path } = stage;
	if (isStageName(name)) return stage;
	if (fixedSteps.includes(name)) {
		findings.problem(path, `${shown} always runs, in a place of its own; remove this line`);
		return undefined;
	}
	const meant = nearest(name, stageNames);
	if (meant !== undefined) findings.problem(path, `unknown stage ${shown}; did you mean "${meant}"?`);
	else if (!pluginStageName.test(name)) findings.problem(path, `${shown} is not the name of a stage`);
	else return stage;
	return undefined;
}

function isStageName(name: string): name is StageName {
	return Object.hasOwn(stageSchemas, name);
}

function checkOrder(stages: readonly WrittenStage[], path: Path, findings: Findings): void {
	const names = stages.map(({ name }) => name);
	stages.forEach((stage, index) => {
		const first = names.indexOf(stage.name);
		if (first !== index) findings.problem(stage.path, `the stage ${stage.name} stands here twice; keep one`);
	});
	for (const [name, cure] of Object.entries(cures)) {
		if (!names.includes(name)) findings.problem(path, `the stage ${name} may not be left out: ${cure}`);
	}
	for (const [index, name] of (["signature", "dedupe"] as const).entries()) {
		const place = names.indexOf(name);
		// Missing before it is already reported; then it may well be the first.
		const expected = index === 1 && !names.includes("signature") ? 0 : index;
		const stage = stages[place];
		if (stage === undefined || place === expected) continue;
		const cure = "signature and then dedupe come first, because they run before the answer";
		findings.problem(stage.path, `the stage ${name} cannot stand here: ${cure}`);
	}
	for (const name of ["rate_limit", "freshness", "sequence"] as const) {
		if (!names.includes(name)) findings.warning(path, `the stage ${name} is left out, so it is off: ${offMeans[name]}`);
	}
}

const offMeans = {
	rate_limit: "bursts are not paced",
	freshness: "late entries are traded",
	sequence: "alerts are taken in the order they arrive",
} as const;

type Decoded = { readonly [N in StageName]: (written: StageWritten<N>) => StageSettings };

const toSettings: Decoded = {
	signature: ({ tolerance }) => ({ stage: "signature", tolerance_ms: tolerance }),
	dedupe: (written) => ({
		stage: "dedupe",
		window_ms: written.window,
		id_window_ms: written.id_window,
		header_id_window_ms: written.header_id_window,
	}),
	rate_limit: ({ rate, burst, queue }) => ({ stage: "rate_limit", per_second: rate, burst, queue_max: queue }),
	freshness: ({ max_age }) => ({ stage: "freshness", max_age_ms: max_age }),
	sequence: ({ hold, on_gap }) => ({ stage: "sequence", hold_ms: hold, on_gap }),
	risk: () => ({ stage: "risk" }),
};

function decodeStage(stage: WrittenStage, findings: Findings): StageSettings | undefined {
	const { name, settings, path } = stage;
	const place = settings === absent ? path : [...path, name];
	if (isStageName(name)) return decodeBuiltIn(name, settings, place, findings);
	if (settings.kind === "broken") return undefined;
	if (settings.kind !== "map" && settings.kind !== "absent") {
		return wrongKind("a map of the stage's settings", settings, place, findings);
	}
	const values = settings.kind === "map" ? toValue(settings) : {};
	return { stage: "plugin", name, settings: values as Readonly<Record<string, unknown>> };
}

function decodeBuiltIn<N extends StageName>(
	name: N,
	settings: Written,
	path: Path,
	findings: Findings,
): StageSettings | undefined {
	const written: Loose<StageWritten<N>> | undefined = read(stageSchemas[name], settings, path, findings);
	return written === undefined || findings.anyProblem ? undefined : toSettings[name](written as StageWritten<N>);
}
