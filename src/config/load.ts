/** Reads nexus.yaml: settings and warnings, or every problem with its line and column. */
import { readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Decimal } from "../domain/decimal.ts";
import type { AccountSettings, Settings, StrategyDeclaration, WebhookSettings } from "../domain/settings.ts";
import { accountOf } from "./account.ts";
import { tradingviewAddresses } from "./address.ts";
import { crossCheck } from "./cross-checks.ts";
import type { Environment } from "./environment.ts";
import { Findings } from "./findings.ts";
import type { Problem } from "./problem.ts";
import { defaultOf, read } from "./read.ts";
import { NexusSchema, RiskSchema, type WrittenNexus } from "./schema.ts";
import { settleSize } from "./size.ts";
import { declarationOf } from "./strategy.ts";
import { readYaml } from "./yaml-tree.ts";

export { formatProblem, type Problem } from "./problem.ts";

/** Warnings do not keep nexus from starting. */
export type LoadResult =
	| { readonly ok: true; readonly settings: Settings; readonly warnings: readonly Problem[] }
	| { readonly ok: false; readonly problems: readonly Problem[] };

/** A larger file is not a configuration. */
export const file_bytes_max = 1024 * 1024;

/**
 * Reads and checks a configuration file.
 * @param file as it is to be named in messages; `data` and `plugins` are taken from its folder
 * @param environment for `${NAME}`, and NEXUS_ADMIN_TOKEN
 */
export function loadSettings(file: string, environment: Environment): LoadResult {
	const text = readText(file);
	return "message" in text ? refused(file, text.message) : parseSettings(text.text, { file, env: environment });
}

/** The same for text that is already at hand; nothing is read from disk. */
export function parseSettings(text: string, options: { readonly file: string; readonly env: Environment }): LoadResult {
	const { file, env } = options;
	const content = text.replace(/^\uFEFF/, "");
	if (content.trim() === "") return refused(file, "this file is empty; write one with `nexus init`");
	const findings = new Findings();
	const tree = readYaml(content, env, findings);
	if (tree.root.kind === "absent") return refused(file, "this file has only comments; write one with `nexus init`");
	const whole = read(NexusSchema, tree.root, [], findings);
	if (whole !== undefined) crossCheck(whole, tree.root, findings);
	if (whole === undefined || findings.anyProblem) {
		return { ok: false, problems: findings.placed("problem", file, tree.locate) };
	}
	const settings = settingsOf(whole as WrittenNexus, file, env);
	return { ok: true, settings, warnings: findings.placed("warning", file, tree.locate) };
}

function refused(file: string, message: string): LoadResult {
	return { ok: false, problems: [{ file, line: 0, column: 0, path: "", message }] };
}

const fileErrors: Readonly<Record<string, string>> = {
	ENOENT: "there is no such file; write one with `nexus init`, or name another with --config FILE",
	ENOTDIR: "there is no such file; a part of its path is not a folder",
	EISDIR: "this is a folder; name the file in it, such as nexus.yaml",
	EACCES: "this file may not be read; allow it with chmod, or run nexus as its owner",
};

function readText(file: string): { readonly text: string } | { readonly message: string } {
	try {
		const status = statSync(file);
		if (status.isDirectory()) return { message: fileErrors["EISDIR"] ?? "" };
		if (!status.isFile()) return { message: "this is not a regular file" };
		if (status.size > file_bytes_max) return { message: `this file is larger than ${file_bytes_max} bytes` };
		return { text: new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file)) };
	} catch (error) {
		if (error instanceof TypeError) return { message: "this file is not UTF-8 text" };
		const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
		return { message: fileErrors[code] ?? `this file cannot be read (${code})` };
	}
}

function settingsOf(whole: WrittenNexus, file: string, env: Environment): Settings {
	const folder = dirname(resolve(file));
	const accounts = whole.accounts.map(({ name, value }) => accountOf(name, value));
	const { plugin_limits, journal, risk } = whole;
	return {
		file,
		webhook: webhookOf(whole.webhook),
		data: resolve(folder, whole.data),
		plugins: resolve(folder, whole.plugins),
		plugin_limits: {
			deadline_ms: plugin_limits.deadline,
			memory_bytes: plugin_limits.memory,
			start_ms: plugin_limits.start,
		},
		accounts,
		strategies: whole.strategies.map((written) => settled(declarationOf(written), accounts)),
		risk: {
			max_position_size: risk.unlimited_position_size
				? undefined
				: (risk.max_position_size ?? rail("max_position_size")),
			max_exposure: risk.unlimited_exposure ? undefined : (risk.max_exposure ?? rail("max_exposure")),
			max_daily_loss: risk.no_daily_loss_limit ? undefined : (risk.max_daily_loss ?? rail("max_daily_loss")),
		},
		pipeline: whole.pipeline,
		symbols_map: Object.fromEntries(whole.symbols_map.map(({ name, value }) => [name, value])),
		journal: { size_max_bytes: journal.size_max, keep_ms: journal.keep },
		admin_token: adminToken(whole, env),
		log: whole.log,
	};
}

function webhookOf(written: WrittenNexus["webhook"]): WebhookSettings {
	const { token, body_max, failures, sources, ...rest } = written;
	const addresses = sources.flatMap((source) => (source === "tradingview" ? tradingviewAddresses : [source]));
	return {
		...rest,
		tokens: token,
		sources: [...new Set(addresses)],
		body_max_bytes: body_max,
		failures: { per_second: failures.rate, burst: failures.burst },
	};
}

/** Each account and its reading of `250 USD`; a strategy that names no account trades on the only one. */
function settled(declaration: StrategyDeclaration, accounts: readonly AccountSettings[]): StrategyDeclaration {
	const currencyOf = (name: string) => accounts.find((account) => account.name === name)?.currency;
	const chosen: NonNullable<StrategyDeclaration["accounts"]> =
		declaration.accounts ?? accounts.slice(0, 1).map(({ name }) => ({ account: name }));
	const { size } = declaration;
	return {
		...declaration,
		accounts: chosen.map(({ account, size: own }) =>
			own === undefined ? { account } : { account, size: settleSize(own, currencyOf(account)) },
		),
		...(size === undefined ? {} : { size: settleSize(size, currencyOf(chosen[0]?.account ?? "")) }),
	};
}

function rail(name: "max_position_size" | "max_exposure" | "max_daily_loss"): Decimal {
	return defaultOf(RiskSchema.properties[name]);
}

/** The environment goes before the file; empty counts as none. */
function adminToken(whole: WrittenNexus, env: Environment): string | undefined {
	const token = env["NEXUS_ADMIN_TOKEN"] || whole.admin.token;
	return token === undefined || token === "" ? undefined : token;
}
