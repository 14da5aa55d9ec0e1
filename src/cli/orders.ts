/** `nexus orders`: the newest orders, or those still open. */
import type { Order } from "../domain/records.ts";
import { answer } from "./answer.ts";
import { defineCommand, urlOption } from "./command.ts";
import { exitCode } from "./exit-code.ts";
import { figure, timeColumn } from "./format.ts";
import { inReviewLines } from "./in-review.ts";
import { collect, fromRecords, readLimit } from "./recorded.ts";
import { type Column, table } from "./table.ts";
import type { Paint, Terminal } from "./terminal.ts";

const limit_default = 20;

/** The colour of an order's status. */
export function orderPaint(status: Order["status"]): Paint | undefined {
	switch (status) {
		case "filled":
			return "green";
		case "denied":
		case "rejected":
		case "unknown":
		case "abandoned":
		case "review":
			return "red";
		case "canceled":
		case "expired":
			return "yellow";
		case "intent":
		case "submitting":
		case "accepted":
		case "triggered":
		case "partially_filled":
			return undefined;
		default:
			return status satisfies never;
	}
}

/** What the order was given as its price: `market`, `limit 42000`, `stop 41000`. */
export function orderKind({ type, limit_price, stop_price }: Order): string {
	return [type, limit_price ?? stop_price].filter((part) => part !== undefined).join(" ");
}

/** What it was filled at; until then where it stands: `stop 41000`. */
function priceWords(order: Order): string {
	return order.average_price === null && order.type !== "market" ? orderKind(order) : figure(order.average_price);
}

function columnsOf(orders: readonly Order[], now: number): readonly Column<Order>[] {
	const time = timeColumn(
		orders.map(({ created_at }) => created_at),
		now,
	);
	return [
		{ title: "ALERT", text: ({ alert_id }) => alert_id ?? "-", min: 11 },
		{ title: "TIME UTC", text: ({ created_at }) => time(created_at) },
		{ title: "STRATEGY", text: ({ strategy }) => strategy, min: 6 },
		{ title: "SIDE", text: ({ side }) => side },
		{ title: "QUANTITY", text: ({ quantity }) => figure(quantity), align: "right", min: 8 },
		{ title: "SYMBOL", text: ({ symbol }) => symbol, min: 7 },
		{ title: "PRICE", text: priceWords, align: "right", min: 8 },
		{ title: "STATUS", text: ({ status }) => status, min: 8, paint: ({ status }) => orderPaint(status) },
		{ title: "TYPE", text: orderKind, optional: true },
		{ title: "LEG", text: ({ leg }) => leg, optional: true },
		{ title: "ACCOUNT", text: ({ account }) => account, optional: true },
		{ title: "REASON", text: ({ reason }) => reason ?? "", optional: true },
		{ title: "ORDER", text: ({ id }) => id, optional: true },
	];
}

/** Orders as a table. */
export function orderTable(terminal: Terminal, orders: readonly Order[]): readonly string[] {
	return table(terminal, columnsOf(orders, terminal.now()), orders);
}

export const command = defineCommand({
	name: "orders",
	summary: "the newest orders, or those still open",
	options: {
		open: { type: "boolean", help: "only orders that may still be filled" },
		strategy: { type: "string", value: "NAME", help: "only this strategy's" },
		symbol: { type: "string", value: "SYMBOL", help: "only this symbol's, such as BTC/USD" },
		limit: { type: "string", value: "N", help: `at most so many (default: ${limit_default})` },
		...urlOption,
	},
	example: "nexus orders --open --symbol BTC/USD",
	async run(call) {
		const { values, terminal } = call;
		const filter = {
			...(values.strategy === undefined ? {} : { strategy: values.strategy }),
			...(values.symbol === undefined ? {} : { symbol: values.symbol }),
			...(values.open ? { open: true } : {}),
		};
		const limit = readLimit(values.limit, limit_default);
		const page = await fromRecords(call, (records) =>
			collect((request) => records.orders({ ...filter, ...request }), limit),
		);
		const none = values.open ? "No open orders." : "No orders.";
		answer(call, page, () => {
			if (page.items.length === 0) return [none];
			const doubtful = inReviewLines(terminal, page.items);
			return [...orderTable(terminal, page.items), ...(doubtful.length === 0 ? [] : ["", ...doubtful])];
		});
		return exitCode.ok;
	},
});
