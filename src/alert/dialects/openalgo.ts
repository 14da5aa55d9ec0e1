/** OpenAlgo's order JSON, as its TradingView page writes it. */
import type { JsonDialect } from "../dialect.ts";
import { type Draft, VendorMessage } from "../vendor-message.ts";

const fields = {
	apikey: { support: "read", meaning: "OpenAlgo's key; a credential like `secret`" },
	strategy: { support: "read", meaning: "the strategy's name or one of its aliases" },
	symbol: { support: "read", meaning: "the symbol" },
	action: { support: "read", meaning: "`BUY SELL`" },
	exchange: { support: "read", meaning: "`NSE BSE NFO MCX` and others; shown" },
	pricetype: { support: "read", meaning: "`MARKET LIMIT`; `SL SL-M`, which wait for a price, are refused on an entry" },
	product: {
		support: "read",
		meaning: "`MIS CNC NRML`; shown, and with MIS on an entry that nobody closes the position at the day's end",
	},
	quantity: { support: "read", meaning: "units of the order; for an entry it counts with `size: alert`" },
	position_size: {
		support: "read",
		meaning: "the position that shall be held afterwards, below zero for short; 0 closes",
	},
	price: { support: "read", meaning: "with LIMIT the limit price; 0 is none" },
	trigger_price: { support: "refused_on_entry", meaning: "an entry that waits for a price" },
	disclosed_quantity: { support: "refused_on_entry", meaning: "an order of which the book shows only a part" },
	splitsize: { support: "refused_on_entry", meaning: "an order in several parts" },
	option_type: { support: "refused", meaning: "options" },
	expiry_date: { support: "refused", meaning: "options" },
	legs: { support: "refused", meaning: "several orders in one message" },
	price_type: { support: "read", meaning: "the same as pricetype" },
} as const satisfies JsonDialect["fields"];

const actions = ["buy", "sell"] as const;

export const openAlgo = {
	form: "json",
	name: "openalgo",
	title: "OpenAlgo",
	recognised: "`symbol` and `action` with `pricetype`, or with `apikey` and `product` or `position_size`",
	fields,
	remarks: [
		"position_size is a target, as OpenAlgo's smart orders have it: `SELL` with 0 closes a long position and never opens a short one.",
		"OpenAlgo turns `SELL` with quantity and position_size 0 into a short entry where nothing is open; nexus does nothing then.",
		"The strategy hook's `symbol`, `action` and `position_size` without apikey or pricetype are Nexus's own spellings and mean the same there.",
		"Without position_size a `SELL` is a short entry; `direction: long` on the strategy makes it an exit.",
	],
	example:
		'{"apikey": "k-5f2c1a9d", "strategy": "MyRSIStrategy", "symbol": "RELIANCE", "action": "BUY", "exchange": "NSE", "pricetype": "MARKET", "product": "NRML", "quantity": "10", "position_size": "10"}',
	template: `{
  "apikey": "<secret>",
  "strategy": "<strategy>",
  "symbol": "{{ticker}}",
  "exchange": "{{exchange}}",
  "action": "{{strategy.order.action}}",
  "pricetype": "MARKET",
  "product": "NRML",
  "quantity": "{{strategy.order.contracts}}",
  "position_size": "{{strategy.position_size}}"
}`,
	/** `pricetype` is OpenAlgo's own spelling; without it, its key beside one of its order's fields. */
	recognises: (command) =>
		"symbol" in command &&
		"action" in command &&
		("pricetype" in command || ("apikey" in command && ("product" in command || "position_size" in command))),
	read(command, _context) {
		const message = new VendorMessage("openalgo", command, fields, ["apikey"]);
		const action = message.wordNeeded("action", actions);
		const stated = message.stated({ signed: "position_size" });
		const draft: Draft = {
			type: action === "sell" ? "SHORT_ENTRY" : "LONG_ENTRY",
			action,
			symbol_sent: message.symbol("symbol"),
			exchange: message.text("exchange"),
			strategy: message.text("strategy"),
			stated,
			// The whole position goes: an order's size from before must not make it a part.
			quantity: stated?.side === "flat" ? undefined : message.positiveOrUnset("quantity", "bad_quantity"),
		};
		const opens = stated === undefined || stated.side === (action === "sell" ? "short" : "long");
		const limit = limitOf(message, opens);
		const product = message.word("product");
		if (product !== undefined) message.note(productSays(product, opens));
		return message.item({ ...draft, limit });
	},
} as const satisfies JsonDialect;

/** The limit price of an entry; an exit goes out at the market, whatever its price type is. */
function limitOf(message: VendorMessage, opens: boolean): string | undefined {
	const key = message.says("pricetype") ? "pricetype" : "price_type";
	const type = message.word(key, ["market", "limit", "sl", "sl-m"]);
	if (!opens) {
		if (type === "limit") message.note(`${key} is LIMIT; an exit goes out at the market`);
		return undefined;
	}
	if (type === "sl" || type === "sl-m") return message.unsupported(key, "an entry that waits for a price");
	if (type !== "limit") return undefined;
	const limit = message.positiveOrUnset("price", "bad_price");
	return limit ?? message.refuse("missing_field", `price is missing, but ${key} is LIMIT`);
}

function productSays(product: string, opens: boolean): string {
	const shown = `product is ${product.toUpperCase()}`;
	return product === "mis" && opens ? `${shown}; nexus does not close the position at the day's end` : shown;
}
