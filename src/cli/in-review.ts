/** What a person is told where an order is in review: how to find it at the exchange and how to end it here. */
import type { Order } from "../domain/records.ts";
import { wrap } from "./table.ts";
import { harmless, type Terminal } from "./terminal.ts";

/** One paragraph for each order that waits for a person; none where no order does. */
export function inReviewLines(terminal: Terminal, orders: readonly Order[], indent = ""): readonly string[] {
	return orders
		.filter(({ status }) => status === "review")
		.flatMap(({ id, account, client_order_id }) => {
			const look = `Order ${id} is in review: look for ${client_order_id} at the exchange of account ${account}.`;
			const price = `\`nexus settle ${id} --filled QUANTITY --price PRICE\` says what was filled of it`;
			const words = `${look} ${price}, --filled 0 that the exchange has no such order.`;
			return wrap(harmless(words), terminal.columns - indent.length).map((line) => indent + line);
		});
}
