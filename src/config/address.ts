/** Addresses and ranges of addresses that may post, and the addresses that TradingView posts from. */
import { isIP } from "node:net";
import { type Leaf, type Notes, scalarLeaf } from "./leaf.ts";

/** TradingView's own source addresses (its help article on webhooks, 43000529348); it has no IPv6. */
export const tradingviewAddresses: readonly string[] = [
	"52.89.214.238",
	"34.212.75.30",
	"54.218.53.128",
	"52.32.178.7",
];

/** True for `203.0.113.7`, `2001:db8::/32` and the like. */
export function isAddressRange(text: string): boolean {
	const [address = "", prefix, ...rest] = text.split("/");
	const version = isIP(address);
	if (version === 0 || rest.length > 0 || address.includes("%")) return false;
	return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}

/** An address or a range. */
export const address = (notes: Notes): Leaf<string> =>
	scalarLeaf<string>({ type: "string" }, { ...notes, unit: "address or CIDR" }, (text, shown) =>
		isAddressRange(text.trim())
			? { value: text.trim() }
			: { message: `${shown} is not an address or a range such as 203.0.113.7 or 10.0.0.0/8` },
	);

/** An address, a range, or the word `tradingview`. */
export const source = (notes: Notes): Leaf<string> =>
	scalarLeaf<string>({ type: "string" }, { ...notes, unit: "address, CIDR or `tradingview`" }, (text, shown) =>
		text.trim() === "tradingview" || isAddressRange(text.trim())
			? { value: text.trim() }
			: { message: `${shown} is not an address, a range such as 10.0.0.0/8, or the word tradingview` },
	);
