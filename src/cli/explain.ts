/** `nexus explain ALERT_ID`: what happened to one alert, so that a stranger understands it. */

import { codes } from "../domain/codes.ts";
import type { AlertView, Fill, Order, TraceEntry } from "../domain/records.ts";
import { describeStated, statedBefore, statedNow } from "../domain/stated-change.ts";
import { statusPaint } from "./alerts.ts";
import { answer } from "./answer.ts";
import { defineCommand, urlOption } from "./command.ts";
import { CommandFailure, exitCode } from "./exit-code.ts";
import { count, figure, milliseconds, moment, span } from "./format.ts";
import { inReviewLines } from "./in-review.ts";
import { orderKind, orderPaint } from "./orders.ts";
import { knownCode, outcomeWords } from "./outcome.ts";
import { fromRecords } from "./recorded.ts";
import { type Column, table, wrap } from "./table.ts";
import { harmless, type Paint, paint, type Terminal } from "./terminal.ts";

const body_characters_max = 4000;
const indent = "  ";
/** So many parts make a detail a list. */
const findings_min = 4;

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** How it ended, or what it waits for. */
function endedOrNot(alert: AlertView): string {
	const held = alert.status === "accepted" ? alert.trace?.findLast(({ verdict }) => verdict === "hold") : undefined;
	return held?.detail === undefined ? outcomeWords(alert) : `Waiting: ${held.detail}.`;
}

function head(terminal: Terminal, alert: AlertView): string[] {
	const strategy = alert.strategy === "" ? "no strategy" : alert.strategy;
	const title = `Alert ${alert.id}: ${alert.type} ${alert.symbol} for ${strategy}`;
	const [first = "", ...rest] = wrap(harmless(endedOrNot(alert)), terminal.columns);
	const color = statusPaint(alert.status);
	const took = alert.ended_at === null ? undefined : Date.parse(alert.ended_at) - Date.parse(alert.received_at);
	const facts: (readonly [string, string | null | undefined])[] = [
		["Received", `${moment(alert.received_at)} from ${alert.source}`],
		["Ended", took === undefined ? "not yet" : `${moment(alert.ended_at ?? "")}, ${span(took)} later`],
		["Action", `${alert.action} (format ${alert.dialect})`],
		["Asks for", asksFor(alert)],
		["Stated", alert.stated === undefined ? undefined : statedWords(alert.stated)],
		["Price", alert.price],
		["Timeframe", alert.timeframe],
		["Sender's id", alert.alert_id],
		["Message", alert.message],
	];
	const lines = facts.flatMap(([name, text]) =>
		text === null || text === undefined || text === ""
			? []
			: wrap(harmless(text), terminal.columns - 15).map((line, i) => `  ${(i === 0 ? name : "").padEnd(13)}${line}`),
	);
	return [
		paint(terminal, "bold", harmless(title)),
		color === undefined ? first : paint(terminal, color, first),
		...rest,
		"",
		...lines,
	];
}

/** What the message asks for beside its type. */
function asksFor({ quantity, size, limit, stop_loss, take_profit }: AlertView): string {
	const named = [
		["quantity", quantity],
		["size", size],
		["limit", limit],
		["stop", stop_loss],
		["target", take_profit],
	] as const;
	return named.flatMap(([name, text]) => (text === undefined ? [] : [`${name} ${text}`])).join(", ");
}

/** `long 1 → flat`. */
function statedWords(stated: NonNullable<AlertView["stated"]>): string {
	const before = statedBefore(stated);
	const now = describeStated(statedNow(stated));
	return before === undefined ? `${now} afterwards` : `${describeStated(before)} → ${now}`;
}

function verdictPaint(verdict: TraceEntry["verdict"]): Paint | undefined {
	switch (verdict) {
		case "pass":
			return "green";
		case "refuse":
			return "red";
		case "skip":
		case "hold":
		case "notice":
			return "yellow";
		default:
			return verdict satisfies never;
	}
}

const traceColumns: readonly Column<TraceEntry>[] = [
	{ title: "STAGE", text: ({ stage }) => stage, min: 12 },
	{ title: "VERDICT", text: ({ verdict }) => verdict, paint: ({ verdict }) => verdictPaint(verdict) },
	{ title: "MS", text: ({ ms }) => milliseconds(ms), align: "right" },
	{ title: "CODE", text: ({ code }) => code ?? "" },
];

/** A stage's words, wrapped; a list of several findings gets a line for each. */
function detailLines(terminal: Terminal, detail: string): string[] {
	if (detail === "") return [];
	const findings = detail.split("; ");
	const parts = findings.length >= findings_min ? findings : [detail];
	return parts.flatMap((part) => wrap(harmless(part), terminal.columns - 6).map((line) => `      ${line}`));
}

/** The stages as a table, each one's words wrapped below it. */
function stages(terminal: Terminal, trace: readonly TraceEntry[]): string[] {
	const [titles = "", ...rows] = table(terminal, traceColumns, trace, indent);
	const detailed = rows.flatMap((row, index) => [row, ...detailLines(terminal, trace[index]?.detail ?? "")]);
	const total = trace.reduce((sum, { ms }) => sum + ms, 0);
	return [titles, ...detailed, `${indent}${count(trace.length, "stage")}, ${milliseconds(total)} ms together`];
}

const orderColumns: readonly Column<Order>[] = [
	{ title: "SIDE", text: ({ side }) => side },
	{ title: "QUANTITY", text: ({ quantity }) => figure(quantity), align: "right", min: 8 },
	{ title: "SYMBOL", text: ({ symbol }) => symbol, min: 7 },
	{ title: "TYPE", text: orderKind, min: 6 },
	{ title: "LEG", text: ({ leg }) => leg },
	{ title: "ACCOUNT", text: ({ account }) => account, min: 7 },
	{ title: "STATUS", text: ({ status }) => status, paint: ({ status }) => orderPaint(status) },
	{ title: "ORDER", text: ({ id }) => id, optional: true },
];

function ordersSection(terminal: Terminal, orders: readonly Order[]): string[] {
	const reasons = orders.flatMap(({ status, reason }) =>
		reason === undefined
			? []
			: wrap(harmless(`${status}: ${reason}`), terminal.columns - 6).map((line) => `      ${line}`),
	);
	return [...table(terminal, orderColumns, orders, indent), ...reasons, ...inReviewLines(terminal, orders, indent)];
}

const fillColumns: readonly Column<Fill>[] = [
	{ title: "TIME UTC", text: ({ filled_at }) => filled_at.slice(11, 23) },
	{ title: "SIDE", text: ({ side }) => side },
	{ title: "QUANTITY", text: ({ quantity }) => figure(quantity), align: "right", min: 8 },
	{ title: "SYMBOL", text: ({ symbol }) => symbol, min: 7 },
	{ title: "PRICE", text: ({ price }) => price, align: "right", min: 8 },
	{ title: "FEE", text: ({ fee, fee_currency }) => `${fee} ${fee_currency}`, align: "right", min: 8 },
	{ title: "TRADE", text: ({ trade_id }) => trade_id, optional: true },
];

/** What each code in the trace means and what can be done about it; the alert's own code first. */
function meanings(terminal: Terminal, { code, trace = [] }: AlertView): string[] {
	const found = new Set([code, ...trace.map((entry) => entry.code)]);
	return [...found].flatMap((name) => {
		if (name === null || name === undefined || !knownCode(name)) return [];
		const text = wrap(`${codes[name].title} ${capital(codes[name].cure)}`, terminal.columns - 6);
		return [`${indent}${name}`, ...text.map((line) => `      ${line}`)];
	});
}

function body(terminal: Terminal, raw: string): string[] {
	const shown = raw.slice(0, body_characters_max);
	const lines = shown
		.split(/\r?\n/)
		.flatMap((line) => wrap(harmless(line.replaceAll("\t", "  ")), terminal.columns - 2).map((part) => indent + part));
	return shown.length === raw.length ? lines : [...lines, `${indent}… --json has the rest`];
}

/** The whole explanation, line by line. */
export function explanation(terminal: Terminal, alert: AlertView): readonly string[] {
	const { trace = [], orders = [], fills = [], raw = "" } = alert;
	const section = (title: string, lines: readonly string[]): string[] =>
		lines.length === 0 ? [] : ["", paint(terminal, "bold", title), ...lines];
	return [
		...head(terminal, alert),
		...section("What each stage decided", trace.length === 0 ? [] : stages(terminal, trace)),
		...section("Orders", orders.length === 0 ? [] : ordersSection(terminal, orders)),
		...section("Fills", fills.length === 0 ? [] : table(terminal, fillColumns, fills, indent)),
		...section("What the codes mean, and what to do", meanings(terminal, alert)),
		...section("The body as it came, secrets taken out", raw === "" ? [] : body(terminal, raw)),
	];
}

export const command = defineCommand({
	name: "explain",
	summary: "what happened to one alert, stage by stage, and its orders",
	about: ["ALERT_ID is the id that nexus gave it, or the newest one with this alert_id of the sender's."],
	positionals: ["ALERT_ID"],
	options: urlOption,
	example: "nexus explain 01KFB3Q7Z80",
	async run(call) {
		const [id = ""] = call.positionals;
		const alert = await fromRecords(call, (records) => records.alert(id));
		if (alert === undefined) {
			throw new CommandFailure(
				exitCode.no,
				`there is no alert '${harmless(id)}'`,
				"`nexus alerts` lists them; a request that was refused is not among them, see the log",
			);
		}
		answer(call, alert, () => explanation(call.terminal, alert));
		return exitCode.ok;
	},
});
