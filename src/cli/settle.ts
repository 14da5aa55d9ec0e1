/** `nexus settle`: a person says what became of an order in review, and it ends so. */
import type { Order } from "../domain/records.ts";
import { answer } from "./answer.ts";
import { connect } from "./client.ts";
import { defineCommand, urlOption } from "./command.ts";
import { CommandFailure, exitCode } from "./exit-code.ts";
import { wrap } from "./table.ts";
import { harmless, type Terminal } from "./terminal.ts";

/** What it came to, and what follows from it. */
function settledWords(terminal: Terminal, order: Order): readonly string[] {
	const { id, side, symbol, filled_quantity, average_price, quantity } = order;
	const nothing = average_price === null;
	const outcome = nothing
		? `nothing of it was filled (${side} ${quantity} ${symbol})`
		: `${side} ${filled_quantity} of ${quantity} ${symbol} at ${average_price}`;
	const next =
		order.leg === "entry"
			? nothing
				? "Entries on the symbol go out again, unless another order of it is in review."
				: "It counts in the position, and its stop and target go out; `nexus positions` shows it."
			: nothing
				? "The position is as it was, and this order does not protect or close it any more."
				: "It counts in the position; `nexus positions` shows what is left.";
	return [`Order ${id} is ${order.status}: ${outcome}.`, next].flatMap((line) =>
		wrap(harmless(line), terminal.columns),
	);
}

export const command = defineCommand({
	name: "settle",
	summary: "say what became of an order in review",
	about: [
		"ORDER is the order's id, as `nexus orders --open` shows it. Look for the order at the exchange first; where it is still open there, cancel it there.",
		"--filled 0 where the exchange has no such order, or nothing of it was filled. A trade of it that the exchange tells of later still counts then; after a quantity above 0 it does not, because it is counted already.",
	],
	positionals: ["ORDER"],
	options: {
		filled: { type: "string", value: "QUANTITY", help: "units of it that were filled in all; 0 for none" },
		price: { type: "string", value: "PRICE", help: "their average price; with a quantity above 0" },
		reason: { type: "string", value: "TEXT", help: "how you know, for those who look at it later" },
		...urlOption,
	},
	example: "nexus settle 6H08KRNT000-1 --filled 0.5 --price 42000",
	async run(call) {
		const { values, terminal } = call;
		const [id = ""] = call.positionals;
		const { filled, price, reason } = values;
		if (filled === undefined) {
			throw new CommandFailure(
				exitCode.usage,
				"--filled QUANTITY is missing",
				`\`nexus settle ${harmless(id)} --filled 0\` says that the exchange has no such order`,
			);
		}
		const body = { filled, ...(price === undefined ? {} : { price }), ...(reason === undefined ? {} : { reason }) };
		const { client } = await connect(call);
		const order = await client.post<Order>(`orders/${encodeURIComponent(id)}/settle`, body);
		answer(call, order, () => settledWords(terminal, order));
		return exitCode.ok;
	},
});
