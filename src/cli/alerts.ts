/** `nexus alerts`: the newest alerts and what became of each. */
import type { AlertFilter } from "../domain/ports.ts";
import { AlertStatus, type AlertView } from "../domain/records.ts";
import { answer } from "./answer.ts";
import { defineCommand, urlOption } from "./command.ts";
import { CommandFailure, exitCode } from "./exit-code.ts";
import { readSpan, timeColumn } from "./format.ts";
import { collect, fromRecords, readLimit } from "./recorded.ts";
import { type Column, table } from "./table.ts";
import type { Paint, Terminal } from "./terminal.ts";

const limit_default = 20;
/** Every status of an alert. */
export const alertStatuses: readonly string[] = AlertStatus["enum"] as readonly string[];

/** The colour of an alert's status. */
export function statusPaint(status: AlertView["status"]): Paint | undefined {
	switch (status) {
		case "executed":
			return "green";
		case "rejected":
		case "failed":
			return "red";
		case "skipped":
		case "duplicate":
			return "yellow";
		case "accepted":
			return undefined;
		default:
			return status satisfies never;
	}
}

function readStatus(text: string | undefined): AlertView["status"] | undefined {
	if (text === undefined) return undefined;
	if (alertStatuses.includes(text)) return text as AlertView["status"];
	throw new CommandFailure(exitCode.usage, `--status '${text}' is not one of ${alertStatuses.join(", ")}`);
}

function readSince(text: string | undefined, now: number): string | undefined {
	if (text === undefined) return undefined;
	const span = readSpan(text);
	const time = span === undefined ? Date.parse(/^\d{4}-/.test(text) ? text : "") : now - span;
	if (Number.isNaN(time)) {
		throw new CommandFailure(
			exitCode.usage,
			`--since '${text}' is neither a span nor a time`,
			"write 30m, 1h or 7d, or 2026-01-31T13:00:00Z",
		);
	}
	return new Date(time).toISOString();
}

function columnsOf(alerts: readonly AlertView[], now: number): readonly Column<AlertView>[] {
	const time = timeColumn(
		alerts.map(({ received_at }) => received_at),
		now,
	);
	return [
		{ title: "ID", text: ({ id }) => id },
		{ title: "TIME UTC", text: ({ received_at }) => time(received_at) },
		{ title: "STRATEGY", text: ({ strategy }) => strategy || "-", min: 8 },
		{ title: "TYPE", text: ({ type }) => type },
		{ title: "SYMBOL", text: ({ symbol }) => symbol, min: 7 },
		{ title: "PRICE", text: ({ price }) => price ?? "-", align: "right", min: 6, optional: true },
		{ title: "TIMEFRAME", text: ({ timeframe }) => timeframe ?? "-", optional: true },
		{ title: "STATUS", text: ({ status }) => status, optional: true, paint: ({ status }) => statusPaint(status) },
		{
			title: "RESULT",
			text: ({ status, code }) => code ?? (status === "accepted" ? "waiting" : status),
			paint: ({ status }) => statusPaint(status),
		},
	];
}

function words(terminal: Terminal, alerts: readonly AlertView[], more: boolean): readonly string[] {
	if (alerts.length === 0) return ["No alerts."];
	const [newest] = alerts;
	const hints = [
		...(newest === undefined ? [] : [`Why? nexus explain ${newest.id}`]),
		...(more ? ["There are more: --limit N, --since 1h."] : []),
	];
	return [
		...table(terminal, columnsOf(alerts, terminal.now()), alerts),
		...(terminal.interactive ? ["", ...hints] : []),
	];
}

export const command = defineCommand({
	name: "alerts",
	summary: "the newest alerts and what became of each",
	options: {
		strategy: { type: "string", value: "NAME", help: "only this strategy's" },
		symbol: { type: "string", value: "SYMBOL", help: "only this symbol's, such as BTC/USD" },
		status: { type: "string", value: "STATUS", help: `only ${alertStatuses.join(", ")}` },
		since: { type: "string", value: "SPAN", help: "only those received in the last 30m, 1h, 7d, or since a time" },
		limit: { type: "string", value: "N", help: `at most so many (default: ${limit_default})` },
		...urlOption,
	},
	example: "nexus alerts --since 1h --status rejected",
	async run(call) {
		const { values, terminal } = call;
		const status = readStatus(values.status);
		const since = readSince(values.since, terminal.now());
		const filter: AlertFilter = {
			...(values.strategy === undefined ? {} : { strategy: values.strategy }),
			...(values.symbol === undefined ? {} : { symbol: values.symbol }),
			...(status === undefined ? {} : { status }),
			...(since === undefined ? {} : { since }),
		};
		const limit = readLimit(values.limit, limit_default);
		const page = await fromRecords(call, (records) =>
			collect((request) => records.alerts({ ...filter, ...request }), limit),
		);
		answer(call, page, () => words(terminal, page.items, page.next !== null));
		return exitCode.ok;
	},
});
