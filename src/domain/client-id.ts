/** Ids of orders at exchanges: a pure function of what caused the order, spelt in each exchange's own alphabet and length. */

/** What makes an order the one it is. The same cause always asks with the same id; a person's retry is another attempt. */
export interface Intended {
	/** The order's id: the alert's id and the leg's place in its plan, such as `6H08KRNT000-1` or `6H08KRNT000-1-sl`. */
	readonly order_id: string;
	readonly account: string;
	readonly strategy: string;
	readonly symbol: string;
	/** 1 and more: counted up only where a person asks once more for what has failed. */
	readonly attempt: number;
}

/** 64 hex characters: SHA-256 of the cause, its parts written as JSON so that no two causes read the same. */
export function intentId({ order_id, account, strategy, symbol, attempt }: Intended): string {
	const cause = JSON.stringify([order_id, account, strategy, symbol, attempt]);
	return new Bun.CryptoHasher("sha256").update(cause).digest("hex");
}

/** The client order id as nexus keeps it: the first 128 bits of the intent's id as 32 hex characters. */
export function clientOrderId(intended: Intended): string {
	return intentId(intended).slice(0, 32);
}

interface ClientIdFormat {
	/** What every id begins with. */
	readonly prefix: string;
	readonly radix: 16 | 36;
	/** Characters behind the prefix. */
	readonly length: number;
	/** Who takes it, and which rule it follows. */
	readonly rule: string;
}

/** The spellings, all of the same 128 bits. The limits are the exchanges' documented ones; an adapter's own tests confirm them. */
export const clientIdFormats = {
	hex32: {
		prefix: "",
		radix: 16,
		length: 32,
		rule: "letters and digits, 32 at most (OKX), 36 at most (Binance, Bybit), a UUID without hyphens (Kraken)",
	},
	base36: { prefix: "", radix: 36, length: 25, rule: "lower-case letters and digits, 25 at most" },
	gate: { prefix: "t-", radix: 36, length: 25, rule: "`t-` in front, 28 at most with it (Gate)" },
	hex0x: { prefix: "0x", radix: 16, length: 32, rule: "`0x` and 16 bytes in hex (Hyperliquid)" },
} as const satisfies Record<string, ClientIdFormat>;

export type ClientIdFormatName = keyof typeof clientIdFormats;

/** Exchanges that do not take 32 hex characters, by their lower-case name. */
const formatsByExchange: ReadonlyMap<string, ClientIdFormatName> = new Map([
	["gate", "gate"],
	["gateio", "gate"],
	["hyperliquid", "hex0x"],
]);

/** The spelling that an exchange takes; 32 hex characters where nothing else is known. */
export function clientIdFormatOf(exchange: string): ClientIdFormatName {
	return formatsByExchange.get(exchange.toLowerCase()) ?? "hex32";
}

/** A client order id as the exchange gets it. Throws RangeError where it is not 32 hex characters: a bug. */
export function spellClientId(id: string, format: ClientIdFormatName): string {
	if (!/^[0-9a-f]{32}$/.test(id)) throw new RangeError(`not a client order id: ${JSON.stringify(id)}`);
	const { prefix, radix, length } = clientIdFormats[format];
	return prefix + BigInt(`0x${id}`).toString(radix).padStart(length, "0");
}

/** The client order id that an exchange's spelling stands for, in whichever case it comes back; undefined where it is none of ours. */
export function readClientId(spelt: string, format: ClientIdFormatName): string | undefined {
	const { prefix, radix, length } = clientIdFormats[format];
	const text = spelt.toLowerCase();
	const digits = text.slice(prefix.length);
	if (!text.startsWith(prefix) || digits.length !== length) return undefined;
	let value = 0n;
	for (const character of digits) {
		const digit = Number.parseInt(character, radix);
		if (Number.isNaN(digit)) return undefined;
		value = value * BigInt(radix) + BigInt(digit);
	}
	const id = value.toString(16).padStart(32, "0");
	return id.length === 32 ? id : undefined;
}
