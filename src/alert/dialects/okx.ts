/** OKX's signal bot messages, for strategies and for everything else; BloFin's are the same. */
import type { JsonDialect } from "../dialect.ts";
import { quoteOf } from "../quote-of.ts";
import { isEntry, typeOf } from "../type-of.ts";
import { type Draft, VendorMessage } from "../vendor-message.ts";

const fields = {
	signalToken: { support: "read", meaning: "tried against the strategy's secrets, never stored" },
	instrument: { support: "read", meaning: "the symbol, as `{{ticker}}` gives it or as `BTC-USDT-SWAP`" },
	action: { support: "read", meaning: "`buy sell`, `ENTER_LONG EXIT_LONG ENTER_SHORT EXIT_SHORT`" },
	id: { support: "read", meaning: "the order's name, shown in the trace; it repeats, so it is no alert id" },
	marketPosition: { support: "read", meaning: "`long short flat`, after the order" },
	marketPositionSize: { support: "read", meaning: "units after the order" },
	prevMarketPosition: { support: "read", meaning: "`long short flat`, before the order" },
	prevMarketPositionSize: { support: "read", meaning: "units before the order" },
	timestamp: { support: "read", meaning: "the moment of firing, for `freshness`" },
	maxLag: { support: "read", meaning: "an entry older than so many seconds is not taken" },
	orderType: {
		support: "read",
		meaning:
			"`market`; a `limit` entry is refused, because its price is relative to the market's; exits go at the market",
	},
	orderPriceOffset: { support: "read", meaning: "says something only with `limit`" },
	investmentType: {
		support: "read",
		meaning:
			"`base`; for entries also `margin` (the quote currency), `percentage_balance` and `percentage_investment` (shares of equity), for exits `percentage_position`; `contract` is refused",
	},
	amount: {
		support: "read",
		meaning: "how much, in the unit of investmentType; for an entry it counts with `size: alert`",
	},
	strategy: { support: "read", meaning: "the strategy's name, where it is not the one of the URL; added by you" },
} as const satisfies JsonDialect["fields"];

const words = ["buy", "sell", "enter_long", "exit_long", "enter_short", "exit_short"] as const;
const units = [
	...(["base", "margin", "contract"] as const),
	...(["percentage_balance", "percentage_investment", "percentage_position"] as const),
] as const;

export const okx = {
	form: "json",
	name: "okx",
	title: "OKX signal bot, and BloFin's",
	recognised: "`signalToken` with `instrument` or `action`",
	fields,
	remarks: [
		"Both forms are known by their fields, as at OKX: with position fields these decide.",
		"What is set on the bot and not in the message (leverage, targets, stops) does not come along.",
	],
	example:
		'{"id": "Long", "action": "buy", "marketPosition": "long", "prevMarketPosition": "flat", "marketPositionSize": "0.1", "prevMarketPositionSize": "0", "instrument": "BTC-USDT-SWAP", "signalToken": "made-up", "timestamp": "2026-01-31T13:37:00Z", "maxLag": "60", "investmentType": "base", "amount": "0.1"}',
	template: `{
  "id": "{{strategy.order.id}}",
  "action": "{{strategy.order.action}}",
  "marketPosition": "{{strategy.market_position}}",
  "prevMarketPosition": "{{strategy.prev_market_position}}",
  "marketPositionSize": "{{strategy.market_position_size}}",
  "prevMarketPositionSize": "{{strategy.prev_market_position_size}}",
  "instrument": "{{ticker}}",
  "signalToken": "<secret>",
  "timestamp": "{{timenow}}",
  "maxLag": "300",
  "investmentType": "base",
  "amount": "{{strategy.order.contracts}}",
  "strategy": "<strategy>"
}`,
	recognises: (command) => "signalToken" in command && ("instrument" in command || "action" in command),
	read(command, _context) {
		const message = new VendorMessage("okx", command, fields, ["signalToken"]);
		const action = message.wordNeeded("action", words);
		const draft: Draft = {
			...meaningOf(action),
			action,
			symbol_sent: message.symbol("instrument"),
			strategy: message.text("strategy"),
			time: message.time("timestamp"),
			max_age_s: message.seconds("maxLag"),
			message: message.free("id"),
			stated: message.stated({
				side: "marketPosition",
				size: "marketPositionSize",
				previous_side: "prevMarketPosition",
				previous_size: "prevMarketPositionSize",
			}),
		};
		const opens = isEntry(typeOf(draft).type);
		readOrderType(message, opens);
		return message.item({ ...draft, ...amountOf(message, draft, opens) });
	},
} as const satisfies JsonDialect;

function meaningOf(action: (typeof words)[number] | ""): Pick<Draft, "type" | "closes"> {
	switch (action) {
		case "buy":
		case "enter_long":
		case "":
			return { type: "LONG_ENTRY" };
		case "sell":
		case "enter_short":
			return { type: "SHORT_ENTRY" };
		case "exit_long":
			return { type: "LONG_EXIT", closes: "long" };
		case "exit_short":
			return { type: "SHORT_EXIT", closes: "short" };
	}
}

function readOrderType(message: VendorMessage, opens: boolean): void {
	const type = message.word("orderType") ?? "market";
	if (type === "market") return;
	if (!opens) message.note(`orderType is ${type}, but an exit goes at the market`);
	else if (type === "limit") message.unsupported("orderType", "a limit price relative to the market's");
	else message.refuse("bad_field", `orderType ${JSON.stringify(type)} is none of market, limit`);
}

function amountOf(message: VendorMessage, draft: Draft, opens: boolean): Pick<Draft, "quantity" | "size"> {
	const unit = message.word("investmentType", units);
	const amount = message.positiveOrUnset("amount", "bad_quantity");
	if (amount === undefined) return {};
	if (unit === "base") return { quantity: amount };
	// The position fields say how much is closed, in units or as a share, whatever the amount is counted in.
	if (!opens && draft.stated?.previous_side !== undefined) return {};
	if (unit === undefined) {
		const detail = "investmentType is missing, so nobody knows what amount is counted in";
		return message.refuse("missing_field", detail) ?? {};
	}
	if (unit === "percentage_position" && !opens) return { quantity: `${amount}%` };
	if (!opens) return message.unsupported("investmentType", "an exit sized by anything but units or the position") ?? {};
	return sizeOf(message, unit, amount, draft.symbol_sent);
}

/** An entry's size in Nexus's words. */
function sizeOf(
	message: VendorMessage,
	unit: Exclude<(typeof units)[number], "base">,
	amount: string,
	symbol: string,
): Pick<Draft, "size"> {
	switch (unit) {
		case "margin": {
			const quote = quoteOf(symbol);
			if (quote !== undefined) return { size: `${amount} ${quote}` };
			return message.unsupported("investmentType", "the instrument does not say which currency that is") ?? {};
		}
		case "percentage_balance":
			message.note("percentage_balance is read as a share of equity, not of the balance that is free");
			return { size: `${amount}%` };
		case "percentage_investment":
			return { size: `${amount}%` };
		case "contract":
			return message.unsupported("investmentType", "a size in the exchange's contracts") ?? {};
		case "percentage_position":
			return message.unsupported("investmentType", "an entry sized by the open position") ?? {};
	}
}
