/** Alertatron's scripts: what each block does is brought to entries with their stop and target, exits and cancels. */
import { blocksOf, commentsOf, hasBlock, type ScriptBlock, type ScriptCommand } from "../alertatron-script.ts";
import type { FieldRules, ReadItem, TextDialect, TextReading } from "../dialect.ts";
import { refused } from "../dialect.ts";
import type { HiddenSpan } from "../json.ts";
import { decimalOf, plainPositive } from "../number-text.ts";
import { isSecretField } from "../secret-field.ts";
import { inOrder, textFields } from "../text-pieces.ts";
import { type Draft, VendorMessage } from "../vendor-message.ts";

const trailing = "a stop or order that moves";
const spread = "an order in several parts";

const fields = {
	account: { support: "read", meaning: "`NAME` in `NAME(SYMBOL)`: the strategy's name or one of its `aliases`" },
	symbol: { support: "read", meaning: "`SYMBOL` in `NAME(SYMBOL)`" },
	side: { support: "read", meaning: "`buy sell`" },
	amount: {
		support: "read",
		meaning:
			"units; `50%` or `50%b` of equity for an entry; `50%p` of the position for an exit; `50%a` and `50%%` (of what is free) are refused",
	},
	position: {
		support: "read",
		meaning: "with market, the position held afterwards in units, below zero for short; a share is refused",
	},
	offset: { support: "read", meaning: "with limit, the price as `@68000`; a distance from the market is refused" },
	reduceOnly: { support: "read", meaning: "`true` with side and amount is an exit" },
	postOnly: { support: "refused_on_entry", meaning: "an order that may not be filled at once" },
	trigger: { support: "ignored", meaning: "which price moves the stop: nexus watches its own" },
	tag: { support: "ignored", meaning: "a name for the order; with `cancel(which=tagged)` it is refused" },
	which: { support: "read", meaning: "with cancel: `all`; `tagged` is refused" },
	"stopOrTakeProfit.sl": {
		support: "read",
		meaning: "behind an entry, its stop: `@60000`, or a distance such as `2%` or `e2%`",
	},
	"stopOrTakeProfit.tp": { support: "read", meaning: "behind an entry, its target, likewise" },
	"stopOrder.offset": {
		support: "read",
		meaning: "behind an entry, its stop, likewise; also `stopMarket`, and the key `stop`",
	},
	"stopOrder.limitOffset": { support: "refused_on_entry", meaning: "a stop that may not be filled" },
	"limit.offset": { support: "read", meaning: "a limit on the other side behind an entry is its target, likewise" },
	"wait()": { support: "ignored", meaning: "nexus waits by itself until each order is filled" },
	"notify()": { support: "ignored", meaning: "a message to somebody" },
	"trailingStop()": { support: "refused_on_entry", meaning: trailing },
	"trailingStopLoss()": { support: "refused_on_entry", meaning: trailing },
	"trailingTakeProfit()": { support: "refused_on_entry", meaning: trailing },
	"scaledOrder()": { support: "refused_on_entry", meaning: spread },
	"steppedMarket()": { support: "refused_on_entry", meaning: spread },
	"twapOrder()": { support: "refused_on_entry", meaning: spread },
	"icebergOrder()": { support: "refused_on_entry", meaning: spread },
	"oneCancelsOther()": { support: "refused_on_entry", meaning: "several targets" },
	"continue()": { support: "refused_on_entry", meaning: "a condition" },
	"settings()": { support: "refused_on_entry", meaning: "leverage and margin settings" },
} as const satisfies FieldRules;

const commandNames = /\b(?:cancel|market|limit|stop[A-Z]\w{0,20}|trailing\w{0,20}|wait\w{0,10})\s{0,4}\(/;
/** Where a stop or target stands. */
const places = new Set(["sl", "tp", "offset", "stop"]);
const unheard = "it does not know this field";
const stops = new Set(["stopOrder", "stopMarket", "stopLimit"]);

export const alertatron = {
	form: "text",
	name: "alertatron",
	title: "Alertatron",
	recognised: "a block `NAME(SYMBOL) { … }` with a command in it",
	fields,
	remarks: [
		"A stop or target behind an entry of the same block belongs to that entry; without an entry it is refused.",
		"`cancel(which=all)` belongs to the order behind it; where none comes, it only takes back resting entries.",
		"`market(position=…)` states the position, so that additions and reductions are told apart.",
		"A command that nexus cannot do refuses the block's entries; its exits are done.",
	],
	example:
		"MyKeys(BTCUSDT) { cancel(which=all); market(position=0.5);\n stopOrTakeProfit(tp=@70000, sl=@60000, position=0, reduceOnly=true); } #bot",
	template: "<strategy>({{ticker}}) { cancel(which=all); market(position={{strategy.position_size}}); }",
	recognises: (body) => hasBlock(body) && commandNames.test(body),
	read(body) {
		const hidden: HiddenSpan[] = [...commentsOf(body)];
		const items = blocksOf(body).flatMap((block) => readBlock(block, hidden));
		if (items.length === 0) items.push(refused("missing_field", "there is no NAME(SYMBOL) { … } with a command in it"));
		return { items, hidden: inOrder(hidden) } satisfies TextReading;
	},
} as const satisfies TextDialect;

/** A command of a block with its arguments read. */
interface Step {
	readonly name: string;
	readonly text: string;
	readonly given: Readonly<Record<string, string>>;
	readonly refusal: ReturnType<typeof textFields>["refusal"];
}

/** An order, and what the block says around it. */
interface Order {
	readonly step: Step;
	readonly opens: boolean;
	readonly cancel: boolean;
	readonly protection: Step[];
	readonly notes: string[];
}

function readBlock(block: ScriptBlock, hidden: HiddenSpan[]): readonly ReadItem[] {
	if (block.refusal !== undefined) return [{ ok: false, refusal: block.refusal }];
	const orders: Order[] = [];
	const others: Step[] = [];
	const alone: Step[] = [];
	const notes: string[] = [];
	let cancel: Step | undefined;
	for (const command of block.commands) {
		const step = stepOf(command, hidden);
		const last = orders.at(-1);
		if (step.name === "wait" || step.name === "notify") notes.push(noteOf(step));
		else if (step.name === "cancel" && !tagged(step)) cancel = step;
		else if (last?.opens === true && protects(step, last.step)) last.protection.push(step);
		else if (step.name === "market" || step.name === "limit") {
			orders.push({ step, opens: opens(step), cancel: cancel !== undefined, protection: [], notes: [] });
			cancel = undefined;
		} else if (step.name === "cancel" || stops.has(step.name) || step.name === "stopOrTakeProfit") alone.push(step);
		else others.push(step);
	}
	const entries = orders.filter((order) => order.opens);
	// One stop for several entries would leave the others without.
	const shared = entries.length > 1 ? entries.flatMap(({ protection }) => protection) : [];
	orders.at(-1)?.notes.push(...notes);
	if (entries.length === 0)
		orders.at(-1)?.notes.push(...alone.map(({ name }) => `${name}() beside an exit does nothing`));
	const items = orders.map((order) => orderItem(block, order, order.opens ? [...alone, ...others, ...shared] : []));
	// Without an entry they have nothing to belong to; beside an exit there is nothing left to protect.
	const refusing = entries.length > 0 ? [] : orders.length > 0 ? others : [...alone, ...others];
	const rest = refusing.map((step) => refusedItem(block, step));
	const tail = cancel === undefined ? [] : [cancelItem(block, cancel)];
	const all = [...items, ...rest, ...tail];
	return all.length > 0 ? all : [refused("missing_field", "the block holds no order")];
}

function stepOf({ name, text, pieces }: ScriptCommand, hidden: HiddenSpan[]): Step {
	const free = name === "wait" || name === "notify";
	const read = textFields(free ? [] : pieces, fields);
	hidden.push(...read.hidden);
	return { name, text, given: read.command, refusal: read.refusal };
}

function noteOf({ name, text }: Step): string {
	return name === "wait"
		? `wait(${text.slice(0, 20)}) is not waited out: nexus waits by itself until each order is filled`
		: "notify() is not sent: nexus has notices of its own";
}

const tagged = ({ given }: Step): boolean => given["which"]?.toLowerCase() === "tagged" || given["tag"] !== undefined;

const isTrue = (text: string | undefined): boolean => text?.toLowerCase() === "true";

/** True for an order that opens or adds: neither flat, nor a part of the position, nor one that only reduces. */
function opens({ given }: Step): boolean {
	const { position, amount = "", reduceOnly } = given;
	if (position !== undefined) return decimalOf(position) !== 0n;
	return !amount.endsWith("p") && !isTrue(reduceOnly);
}

/** True for a stop or target of the entry before it: an order to the other side. */
function protects(step: Step, entry: Step): boolean {
	if (step.name === "stopOrTakeProfit") return true;
	if (!stops.has(step.name) && step.name !== "limit") return false;
	const { position, side } = step.given;
	if (step.name === "limit" && opens(step)) return false;
	return position !== undefined || side?.toLowerCase() !== sideOf(entry);
}

function sideOf({ given }: Step): "buy" | "sell" {
	const { position, side } = given;
	if (position !== undefined) return position.startsWith("-") ? "sell" : "buy";
	return side?.toLowerCase() === "sell" ? "sell" : "buy";
}

function messageOf(block: ScriptBlock, steps: readonly Step[], command: Record<string, string>): VendorMessage {
	Object.assign(command, { account: block.account, symbol: block.symbol });
	const message = new VendorMessage("alertatron", command, fields);
	for (const { refusal } of steps) {
		if (refusal !== undefined) message.refuse(refusal.code, refusal.detail, refusal.hint);
	}
	return message;
}

function common(message: VendorMessage): Pick<Draft, "symbol_sent" | "strategy"> {
	return { symbol_sent: message.symbol("symbol"), strategy: message.text("account") };
}

function refusedItem(block: ScriptBlock, step: Step): ReadItem {
	const message = messageOf(block, [step], described(step));
	if (step.name === "cancel") message.unsupported("cancel()", "taking back only the orders of one tag");
	else if (stops.has(step.name) || step.name === "stopOrTakeProfit")
		message.unsupported(
			`${step.name}()`,
			"a stop or target for what is open; it goes behind its entry in the same block",
		);
	else message.unsupported(`${step.name}()`, "a command that nexus does not have");
	return message.item({ ...common(message), type: "CUSTOM", action: step.name.toLowerCase() });
}

/** A command as a field of its own, so that a refusal names it. */
function described(step: Step): Record<string, string> {
	const command = Object.create(null) as Record<string, string>;
	const given = Object.entries(step.given).map(([key, value]) => `${key}=${isSecretField(key) ? "***" : value}`);
	command[`${step.name}()`] = `(${given.join(", ")})`;
	return command;
}

function cancelItem(block: ScriptBlock, step: Step): ReadItem {
	const command = Object.assign(Object.create(null) as Record<string, string>, step.given);
	const message = messageOf(block, [step], command);
	message.word("which", ["all"]);
	return message.item({ ...common(message), type: "CUSTOM", action: "cancel", cancel: true });
}

/** @param undoable commands of the block that nexus cannot do, which may be this entry's protection */
function orderItem(block: ScriptBlock, order: Order, undoable: readonly Step[]): ReadItem {
	const { step, protection } = order;
	const command = Object.assign(Object.create(null) as Record<string, string>, step.given);
	for (const other of [...protection, ...undoable]) Object.assign(command, described(other));
	for (const { name, given } of protection) {
		for (const [key, value] of Object.entries(given)) {
			command[fieldOf(name, key)] ??= value;
		}
	}
	const message = messageOf(block, [step, ...protection], command);
	for (const note of order.notes) message.note(note);
	if (order.opens) refuseUnknown(message, order);
	for (const other of undoable) message.unsupported(`${other.name}()`, "the entry would go in without it");
	const draft: Draft = {
		...common(message),
		...(command["position"] === undefined ? sidedOf(message, step) : targetOf(message, step)),
		cancel: order.cancel ? true : undefined,
	};
	const protectedDraft = order.opens ? { ...draft, ...protectionOf(message, order) } : draft;
	return withoutSteps(message.item(protectedDraft), [...protection, ...undoable]);
}

/** An argument that nexus has never heard of may be a stop. */
function refuseUnknown(message: VendorMessage, { step, protection }: Order): void {
	const unknown = (key: string): boolean => !Object.hasOwn(fields, key);
	for (const key of Object.keys(step.given)) if (unknown(key)) message.unsupported(key, unheard);
	for (const { name, given } of protection) {
		const more = Object.keys(given).filter((key) => unknown(key) && !places.has(key));
		for (const key of more) if (unknown(fieldOf(name, key))) message.unsupported(fieldOf(name, key), unheard);
	}
}

/** The commands that became a stop or target are no fields of their own for a plugin. */
function withoutSteps(item: ReadItem, steps: readonly Step[]): ReadItem {
	if (!item.ok || steps.length === 0) return item;
	const names = new Set(steps.flatMap(({ name }) => [`${name}()`, fieldOf(name, "").split(".", 1)[0] ?? ""]));
	const kept = Object.entries(item.reading.fields).filter(([key]) => !names.has(key.split(".", 1)[0] ?? ""));
	return { ...item, reading: { ...item.reading, fields: Object.fromEntries(kept) } };
}

/** The position held afterwards, signed. */
function targetOf(message: VendorMessage, step: Step): Pick<Draft, "type" | "action" | "closes" | "stated"> {
	const action = step.name;
	const text = message.text("position") ?? "";
	if (step.name === "limit") message.unsupported("position", "a limit order towards a position");
	if (text.includes("%")) message.unsupported("position", "a position as a share; its units it can do");
	const stated = message.stated({ signed: "position" });
	if (stated === undefined) message.refuse("missing_field", "position is empty");
	if (stated?.side === "flat") return { type: "LONG_EXIT", closes: "any", action, stated };
	return { type: stated?.side === "short" ? "SHORT_ENTRY" : "LONG_ENTRY", action, stated };
}

/** An order by side and amount. */
function sidedOf(
	message: VendorMessage,
	step: Step,
): Pick<Draft, "type" | "action" | "closes" | "quantity" | "size" | "limit"> {
	const action = message.wordNeeded("side", ["buy", "sell"]) || "buy";
	const amount = amountOf(message);
	if (opens(step)) {
		const limit = step.name === "limit" ? limitOf(message) : undefined;
		const type = action === "buy" ? "LONG_ENTRY" : "SHORT_ENTRY";
		const { unit, number } = amount;
		return { type, action, limit, ...(unit === "equity" ? { size: `${number}%` } : { quantity: number }) };
	}
	if (step.name === "limit") {
		const hint = "Put it behind its entry in the same block, or close with market().";
		message.refuse(
			"unsupported_field",
			"limit() is an exit that waits for a price; nexus does not do that alone",
			hint,
		);
	}
	const closes = action === "sell" ? "long" : "short";
	if (amount.unit === "equity") message.unsupported("amount", "an exit sized by equity; units or `p` it can do");
	const { number } = amount;
	const whole = amount.unit === "position" && number === "100";
	const quantity = amount.unit === "position" ? `${number}%` : number;
	return {
		type: closes === "long" ? "LONG_EXIT" : "SHORT_EXIT",
		action,
		closes,
		quantity: whole ? undefined : quantity,
	};
}

const amounts = /^([\d.,_]{1,40})(%%|%[abp]?)?$/i;

/** How much, and what a percentage is of. */
function amountOf(message: VendorMessage): {
	readonly unit: "units" | "equity" | "position";
	readonly number: string | undefined;
} {
	const text = message.text("amount");
	if (text === undefined) {
		message.refuse("missing_field", "amount is missing or empty", "alertatron orders need amount or position.");
		return { unit: "units", number: undefined };
	}
	const [, digits = "", unit = ""] = amounts.exec(text) ?? [];
	const number = plainPositive(digits);
	if (number === undefined) {
		message.refuse("bad_quantity", "amount is not a positive decimal number or percentage");
	}
	const share = unit.toLowerCase();
	if (share === "%p") {
		const read = decimalOf(digits);
		const whole = decimalOf("100");
		if (read !== undefined && whole !== undefined && read > whole)
			message.unsupported("amount", "more than the whole position");
		return { unit: "position", number };
	}
	if (share === "%a" || share === "%%")
		message.unsupported("amount", "a share of what is free; a share of equity (`50%`) it can do");
	return { unit: share === "" ? "units" : "equity", number };
}

function limitOf(message: VendorMessage): string | undefined {
	const text = message.text("offset");
	if (text?.startsWith("@") === true) {
		const price = plainPositive(text.slice(1));
		return price ?? message.refuse("bad_price", "offset is not a positive decimal number behind @");
	}
	if (text === undefined)
		return message.refuse("missing_field", "offset is missing: the limit's price, as offset=@68000");
	return message.unsupported("offset", "a limit at a distance from the market; its price (`@68000`) it can do");
}

/** The stop and the target that stand behind an entry. */
function protectionOf(message: VendorMessage, { protection }: Order): Pick<Draft, "stop_loss" | "take_profit"> {
	const stopsGiven: (string | undefined)[] = [];
	const targets: (string | undefined)[] = [];
	for (const step of protection) {
		if (!ofWholePosition(step)) message.unsupported(`${step.name}()`, "a stop or target for a part of the position");
		if (step.name === "stopOrTakeProfit") {
			stopsGiven.push(step.given["sl"]);
			targets.push(step.given["tp"]);
		} else if (step.name === "limit") targets.push(step.given["offset"] ?? "");
		else stopsGiven.push(step.given["offset"] ?? step.given["stop"] ?? "");
	}
	return {
		stop_loss: onePlace(message, stopsGiven, "stop", protection),
		take_profit: onePlace(message, targets, "target", protection),
	};
}

/** A size in units cannot be compared with what will be filled, unless it is the entry's own. */
function ofWholePosition({ given }: Step): boolean {
	const { position, amount } = given;
	if (position !== undefined) return decimalOf(position) === 0n;
	return amount === undefined || amount.toLowerCase() === "100%p";
}

function onePlace(
	message: VendorMessage,
	given: readonly (string | undefined)[],
	what: "stop" | "target",
	protection: readonly Step[],
): string | undefined {
	const [text, other] = given.filter((place) => place !== undefined);
	if (text === undefined) return undefined;
	const name = `${protection[0]?.name}()`;
	if (other !== undefined) return message.unsupported(name, `more than one ${what}`);
	if (text.includes("{{")) return message.text(fieldWith(protection, text));
	const distance = /^e?[+-]?([\d.]{1,40})%$/i.exec(text)?.[1];
	const number = plainPositive(distance ?? text.replace(/^@/, ""));
	if (number === undefined)
		return message.refuse("bad_field", `the ${what} is neither a price such as @60000 nor a distance such as 2%`);
	if (distance !== undefined) return `${number}%`;
	if (text.startsWith("@")) return number;
	return message.unsupported(name, `a ${what} at a distance in money; a price (\`@60000\`) or a percentage it can do`);
}

/** A protection's argument, by the name that the table gives it. */
function fieldOf(command: string, key: string): string {
	return `${stops.has(command) ? "stopOrder" : command}.${key === "stop" ? "offset" : key}`;
}

/** The field that holds a text, by the name it has in the message. */
function fieldWith(protection: readonly Step[], text: string): string {
	for (const { name, given } of protection) {
		for (const [key, value] of Object.entries(given)) {
			if (value === text) return fieldOf(name, key);
		}
	}
	return "stopOrTakeProfit.sl";
}
