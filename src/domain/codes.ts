/** The closed list of verdict codes: each with a sentence, a cure and, for refusals before the answer, an HTTP status. */

interface CodeEntry {
	/** `refused` is before the answer, `notice` stands on something that was processed all the same. */
	readonly kind: "refused" | "rejected" | "skipped" | "failed" | "notice";
	/** HTTP status, only for `refused`. */
	readonly status?: number;
	/** What happened, one sentence. */
	readonly title: string;
	/** What the user can do about it, one sentence. */
	readonly cure: string;
}

export const codes = {
	unreadable_body: {
		kind: "refused",
		status: 400,
		title: "The body is neither JSON nor a format that nexus knows.",
		cure: "Paste the message that `nexus template STRATEGY` prints into TradingView's message box.",
	},
	missing_field: {
		kind: "refused",
		status: 422,
		title: "A field that every alert needs is missing or empty.",
		cure: "Add the named field to the alert message; `action` and `symbol` are always needed.",
	},
	bad_price: {
		kind: "refused",
		status: 422,
		title: "The price is not a positive decimal number.",
		cure: "Send the price as a plain number such as 42000.5, or leave the field out.",
	},
	bad_quantity: {
		kind: "refused",
		status: 422,
		title: "The quantity is not a positive decimal number or percentage.",
		cure: "Send the quantity as a plain number such as 0.5 or a share such as 50%, or leave the field out.",
	},
	bad_field: {
		kind: "refused",
		status: 422,
		title: "A field has a value that cannot be understood.",
		cure: "Correct the named field in the alert message.",
	},
	unfilled_placeholder: {
		kind: "refused",
		status: 422,
		title: "A {{placeholder}} was left in the message: TradingView did not know it.",
		cure: "Correct its spelling, or use it in an alert of the kind that fills it ({{strategy.…}} only in strategy alerts).",
	},
	contradictory_fields: {
		kind: "refused",
		status: 422,
		title: "Two fields that mean the same thing have different values.",
		cure: "Keep one of the named fields.",
	},
	unsupported_field: {
		kind: "refused",
		status: 422,
		title: "The message asks for something that nexus cannot do.",
		cure: "Remove the named field; it is refused because leaving it out in silence could cost money.",
	},
	dialect_refused: {
		kind: "refused",
		status: 422,
		title: "The plugin that reads this format refused the message.",
		cure: "Correct the message; the detail has the plugin's own words.",
	},
	dialect_failed: {
		kind: "refused",
		status: 422,
		title: "The plugin that reads this format is missing or could not read the message.",
		cure: "Correct the plugin's file (`nexus check` and the log say what is wrong), then send the message again.",
	},
	not_authentic: {
		kind: "refused",
		status: 401,
		title: "No configured credential verifies this request.",
		cure: "TradingView cannot sign: post to the strategy's URL with its token, or put its secret into the message.",
	},
	source_not_allowed: {
		kind: "refused",
		status: 403,
		title: "The sender's address is not on the list of allowed sources.",
		cure: "Add the address to webhook.sources, or its proxy to webhook.trusted_proxies.",
	},
	body_too_large: {
		kind: "refused",
		status: 413,
		title: "The body is larger than webhook.body_max.",
		cure: "Shorten the alert message, or raise webhook.body_max.",
	},
	too_many: {
		kind: "refused",
		status: 429,
		title: "Too many failed attempts from this source, or too many entries waiting for this strategy.",
		cure: "Wait as long as Retry-After says; look at `nexus alerts` for what is waiting.",
	},
	not_recorded: {
		kind: "refused",
		status: 503,
		title: "The alert could not be put on disk, so it was not accepted.",
		cure: "Send it again; if it goes on, look at the disk with `nexus status`.",
	},
	journal_unavailable: {
		kind: "refused",
		status: 503,
		title: "The journal could not be asked: its disk fails, or too many questions wait for it.",
		cure: "Ask again; if it goes on, look at the disk and the log.",
	},
	not_found: {
		kind: "refused",
		status: 404,
		title: "There is nothing at this address.",
		cure: "Look the address up in /openapi.json; alerts go to the webhook path.",
	},
	not_in_review: {
		kind: "refused",
		status: 409,
		title: "The order is not in review, so nobody needs to say what became of it.",
		cure: "Nothing to do: nexus and the exchange know its state, or nexus is finding it out; `nexus orders` shows it.",
	},
	method_not_allowed: {
		kind: "refused",
		status: 405,
		title: "This address does not answer to this method.",
		cure: "Use the method that the Allow header names; alerts are sent with POST.",
	},
	internal_error: {
		kind: "refused",
		status: 500,
		title: "nexus itself failed while answering; nothing was recorded by this request.",
		cure: "The log has the cause; report it together with the request.",
	},
	unknown_strategy: {
		kind: "rejected",
		title: "No strategy has this name or alias.",
		cure: "Correct the name in the alert message, or add the strategy to nexus.yaml.",
	},
	strategy_disabled: {
		kind: "rejected",
		title: "The strategy is switched off.",
		cure: "Set enabled: true under the strategy in nexus.yaml.",
	},
	symbol_not_allowed: {
		kind: "rejected",
		title: "The symbol is not among the strategy's symbols.",
		cure: "Add it under the strategy's symbols in nexus.yaml, or stop the alert.",
	},
	timeframe_not_allowed: {
		kind: "rejected",
		title: "The timeframe is not among the strategy's timeframes.",
		cure: "Add it under the strategy's timeframes in nexus.yaml, or set the alert on another chart.",
	},
	ambiguous_symbol: {
		kind: "rejected",
		title: "The symbol could mean more than one of the strategy's markets.",
		cure: "Write the symbol out in the alert (BTC/USDT:USDT for a perpetual), or map it under symbols_map.",
	},
	stale_alert: {
		kind: "rejected",
		title: "The alert is older than pipeline.freshness.max_age, or an entry could not be sent in time.",
		cure: "Raise max_age if so late an entry is still wanted; exits are never too old.",
	},
	max_positions: {
		kind: "rejected",
		title: "The strategy already holds as many positions as it may.",
		cure: "Close one, or raise max_positions under the strategy.",
	},
	max_position_size: {
		kind: "rejected",
		title: "The position would be larger than risk.max_position_size allows.",
		cure: "Lower the strategy's size or risk_multiplier, or raise risk.max_position_size.",
	},
	max_exposure: {
		kind: "rejected",
		title: "All positions together would be larger than risk.max_exposure allows.",
		cure: "Close something, lower the size, or raise risk.max_exposure.",
	},
	max_daily_loss: {
		kind: "rejected",
		title: "The day's loss has reached risk.max_daily_loss; only exits are let through.",
		cure: "Wait for the next day (UTC), or raise risk.max_daily_loss.",
	},
	reducing: {
		kind: "rejected",
		title: "Trading is set to reducing: only exits are let through.",
		cure: "`nexus resume` when entries are wanted again.",
	},
	halted: {
		kind: "rejected",
		title: "Trading is halted: nothing new goes out.",
		cure: "`nexus resume` when trading is wanted again.",
	},
	insufficient_funds: {
		kind: "rejected",
		title: "The account has not enough free money for this order.",
		cure: "Lower the size, close something, or fund the account.",
	},
	below_minimum: {
		kind: "rejected",
		title: "The quantity, rounded down to the market's step, is below the market's minimum.",
		cure: "Raise the strategy's size.",
	},
	price_needed: {
		kind: "rejected",
		title: "The order cannot be sized: the alert has no price and no quote is known.",
		cure: 'Add "price": {{close}} to the alert message.',
	},
	size_not_applicable: {
		kind: "rejected",
		title: "The strategy's size cannot be worked out for this alert.",
		cure: "Correct the strategy's size, or send what it needs (a quantity for size: alert, a stop for risk sizes).",
	},
	engine_error: {
		kind: "failed",
		title: "nexus itself failed while working on this alert.",
		cure: "Report it with the output of `nexus explain ID`; the log has the cause.",
	},
	stage_refused: {
		kind: "rejected",
		title: "A pipeline stage from a plugin refused the alert.",
		cure: "Read its own words in the trace (`nexus explain ID`).",
	},
	already_in_position: {
		kind: "skipped",
		title: "The strategy already holds a position on this side.",
		cure: "Set pyramiding: N under the strategy to allow N additions.",
	},
	nothing_to_close: {
		kind: "skipped",
		title: "The strategy holds nothing that this alert could close.",
		cure: "Nothing to do if that is right; `nexus positions` shows what is held and by whom.",
	},
	opposite_ignored: {
		kind: "skipped",
		title: "An opposite entry is ignored while a position is open (on_opposite: ignore).",
		cure: "Set on_opposite to reverse or close under the strategy.",
	},
	custom_needs_plugin: {
		kind: "skipped",
		title: "The action is not one of nexus's own and the strategy has no plugin that could understand it.",
		cure: "Correct the action, or write a plugin that handles it.",
	},
	superseded: {
		kind: "skipped",
		title: "A later alert has already led past what this one wants.",
		cure: "Nothing to do: the stated position was followed.",
	},
	gap_ignored: {
		kind: "skipped",
		title: "An alert that should have come before this one never arrived, and on_gap is ignore.",
		cure: "Compare TradingView's alert log with `nexus alerts`; set pipeline.sequence.on_gap: follow to go to the stated position.",
	},
	no_change: {
		kind: "skipped",
		title: "The message states the same position before and after its order.",
		cure: "Nothing to do; send the message on order fills only, so that it states a change.",
	},
	strategy_skip: {
		kind: "skipped",
		title: "The strategy decided to do nothing.",
		cure: "Read its own words in the trace.",
	},
	strategy_error: {
		kind: "failed",
		title: "The strategy's plugin threw an error.",
		cure: "Read the error in the trace and correct the plugin; saving the file reloads it.",
	},
	strategy_timeout: {
		kind: "failed",
		title: "The strategy's plugin did not answer in time.",
		cure: "Make onAlert quicker, or raise plugin_limits.deadline.",
	},
	strategy_out_of_memory: {
		kind: "failed",
		title: "The strategy's plugin used more memory than it may.",
		cure: "Keep less in memory, or raise plugin_limits.memory.",
	},
	broker_rejected: {
		kind: "failed",
		title: "The broker rejected the order.",
		cure: "Read the broker's own words in the trace.",
	},
	order_in_review: {
		kind: "failed",
		title:
			"Nothing can prove what became of the order, because its broker neither expires requests nor finds orders by our id.",
		cure: "Look for the order at the broker, then say what became of it: `nexus settle ORDER --filled QUANTITY --price PRICE`, or --filled 0. Until then nexus opens nothing more on that symbol and still closes.",
	},
	poisoned: {
		kind: "failed",
		title: "Processing this alert stopped the program each time it was tried; its strategy is halted.",
		cure: "Report it with the output of `nexus explain ID`, look at what the strategy holds, then `nexus resume --strategy NAME`.",
	},
	id_reused: {
		kind: "notice",
		title: "The id was used before with another meaning; the alert was processed all the same.",
		cure: "Make the alert_id unique; `nexus template` shows how.",
	},
	duplicate: {
		kind: "notice",
		title: "The same alert came more than once; only the first one was worked on.",
		cure: "Nothing to do: TradingView sends again what was not answered in time. Two alerts that mean two orders need ids of their own.",
	},
	gap: {
		kind: "notice",
		title: "An alert that should have come before this one never arrived.",
		cure: "Compare TradingView's alert log with `nexus alerts`.",
	},
	position_fields_contradict_action: {
		kind: "notice",
		title: "The action says one thing and the position fields another; the position fields decided.",
		cure: "Correct the alert message if that is not meant.",
	},
	recovered: {
		kind: "notice",
		title: "nexus was stopped while it worked on this alert and has gone on from the journal.",
		cure: "Nothing to do.",
	},
	paced: {
		kind: "notice",
		title: "The alert waited because more came than pipeline.rate_limit lets through at once.",
		cure: "Raise rate or burst under pipeline.rate_limit if that is not wanted.",
	},
	direction_makes_exit: {
		kind: "notice",
		title: "The strategy's direction (or a spot account) does not open this side, so the entry is an exit.",
		cure: "Set direction: both under the strategy if it should open this side too.",
	},
} as const satisfies Record<string, CodeEntry>;

export type Code = keyof typeof codes;
type CodeOfKind<K extends CodeEntry["kind"]> = {
	[C in Code]: (typeof codes)[C]["kind"] extends K ? C : never;
}[Code];
/** A code that ends a request before the alert is recorded, with an HTTP status of its own. */
export type RefusalCode = CodeOfKind<"refused">;
/** A code with which a recorded alert ends without being executed. */
export type EndCode = CodeOfKind<"rejected" | "skipped" | "failed">;
export type NoticeCode = CodeOfKind<"notice">;

/** The alert status that an end code leads to. */
export function statusOf(code: EndCode): "rejected" | "skipped" | "failed" {
	return codes[code].kind;
}

/** An expected "no" before the answer, as a value: what is wrong, exactly, and the cure for this very case. */
export interface Refusal {
	readonly code: RefusalCode;
	/** The cause with the names and values of this case; never a secret. */
	readonly detail: string;
	/** The cure for this case; the code's general cure where absent. */
	readonly hint?: string;
	/** Seconds for Retry-After, only with too_many and not_recorded. */
	readonly retry_after_s?: number;
}

/** An expected "no" after the answer, as a value. */
export interface Ending {
	readonly code: EndCode;
	readonly detail: string;
}
