/** enterLong, enterShort, exit and skip: what a strategy builds its answer with, each checked where it is called. */
import { parseDecimal } from "../domain/decimal.ts";
import type { Signal } from "../domain/records.ts";
import type { EnterOptions, ExitOptions, StrategyCall } from "./plugin-api.ts";

const sizeForms = /^(\d+(\.\d+)?%|risk \d+(\.\d+)?%|\d+(\.\d+)? [A-Za-z0-9._-]{1,20}|alert)$/;
const enterOptions = ["size", "limit", "stopLoss", "takeProfit", "reason"];
const exitOptions = ["side", "quantity", "reason"];

/** Decimal text above zero of what a strategy wrote; throws TypeError with the cause and the cure. */
function amount(call: string, name: string, value: string | number, percent: boolean): string {
	const where = `${call}: ${name}`;
	if (typeof value !== "string" && typeof value !== "number") {
		throw new TypeError(`${where} must be a number or a text, not ${value === null ? "null" : typeof value}`);
	}
	const text = String(value).trim();
	if (typeof value === "number" && /[eE]/.test(text)) {
		throw new TypeError(`${where} is ${text}: write so large or small a number as a text without an exponent`);
	}
	const digits = percent && text.endsWith("%") ? text.slice(0, -1) : text;
	const parsed = /^\d+(\.\d+)?$/.test(digits) ? parseDecimal(digits) : undefined;
	if (parsed === undefined || parsed <= 0n) {
		const forms = percent ? 'a number above zero or a share such as "2%"' : "a number above zero";
		throw new TypeError(`${where} is ${text === "" ? "empty" : text}, not ${forms}`);
	}
	return text;
}

function known(call: string, options: object, names: readonly string[]): void {
	if (typeof options !== "object" || options === null) throw new TypeError(`${call} takes an object of options`);
	for (const key of Object.keys(options)) {
		if (!names.includes(key)) throw new TypeError(`${call} has no option ${key}; it has ${names.join(", ")}`);
	}
}

function words(call: string, reason: unknown): string {
	if (typeof reason !== "string" || reason.trim() === "") throw new TypeError(`${call} needs its reason as a text`);
	return reason;
}

function enter(call: string, side: "long" | "short", options: EnterOptions): Signal {
	known(call, options, enterOptions);
	const { size, limit, stopLoss, takeProfit, reason } = options;
	if (size !== undefined && (typeof size !== "string" || !sizeForms.test(size))) {
		throw new TypeError(`${call}: size is ${size}; write "1%", "250 USD", "0.01 BTC" or "risk 1%"`);
	}
	return {
		kind: "enter",
		side,
		...(size === undefined ? {} : { size }),
		...(limit === undefined ? {} : { limit: amount(call, "limit", limit, false) }),
		...(stopLoss === undefined ? {} : { stop_loss: amount(call, "stopLoss", stopLoss, true) }),
		...(takeProfit === undefined ? {} : { take_profit: amount(call, "takeProfit", takeProfit, true) }),
		...(reason === undefined ? {} : { reason: words(call, reason) }),
	};
}

function exit(options: ExitOptions): Signal {
	known("exit", options, exitOptions);
	const { side = "any", quantity, reason } = options;
	if (side !== "long" && side !== "short" && side !== "any") {
		throw new TypeError(`exit: side is ${side}; write "long", "short" or "any"`);
	}
	return {
		kind: "exit",
		side,
		...(quantity === undefined ? {} : { quantity: amount("exit", "quantity", quantity, true) }),
		...(reason === undefined ? {} : { reason: words("exit", reason) }),
	};
}

/** The builders, and how often one was called: a signal that was built and not returned is a mistake worth telling. */
export function signalBuilders(): Pick<StrategyCall, "enterLong" | "enterShort" | "exit" | "skip"> & {
	built(): number;
} {
	let count = 0;
	const counted = (signal: Signal): Signal => {
		count += 1;
		return signal;
	};
	return {
		enterLong: (options = {}) => counted(enter("enterLong", "long", options)),
		enterShort: (options = {}) => counted(enter("enterShort", "short", options)),
		exit: (options = {}) => counted(exit(options)),
		skip: (reason) => counted({ kind: "skip", reason: words("skip", reason) }),
		built: () => count,
	};
}
