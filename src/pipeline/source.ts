/** Stage `source`: finds the sender's address behind trusted proxies and lets only listed addresses through. */
import { BlockList, isIP } from "node:net";
import type { Check } from "./compose.ts";
import { type ReceptionContext, refuse } from "./reception-context.ts";

export interface SourceOptions {
	/** Addresses and CIDR ranges that may post; empty allows all. */
	readonly sources: readonly string[];
	/** Addresses and CIDR ranges whose X-Forwarded-For is believed. */
	readonly trusted_proxies: readonly string[];
}

/** @throws RangeError that names an entry which is no address and no CIDR range */
export function source(options: SourceOptions): Check<ReceptionContext> {
	const allowed = addressList(options.sources, "webhook.sources");
	const proxies = addressList(options.trusted_proxies, "webhook.trusted_proxies");
	const plainPeer = rememberingLast(plainAddress);
	return {
		name: "source",
		check(context) {
			const peer = plainPeer(context.arrival.peer);
			const forwarded = proxies === undefined ? null : context.arrival.request.headers.get("x-forwarded-for");
			context.source = forwarded === null || proxies === undefined ? peer : senderOf(peer, forwarded, proxies);
			if (allowed !== undefined && !contains(allowed, context.source)) {
				return refuse(context, {
					code: "source_not_allowed",
					detail: `${context.source === "" ? "an unknown address" : context.source} is not among webhook.sources`,
				});
			}
			return undefined;
		},
	};
}

/** Most requests come from the sender of the one before. */
function rememberingLast(read: (written: string) => string): (written: string) => string {
	let last = { written: "", plain: read("") };
	return (written) => {
		if (written !== last.written) last = { written, plain: read(written) };
		return last.plain;
	};
}

/**
 * A list of addresses and CIDR ranges, IPv4 and IPv6; undefined for an empty one.
 * @throws RangeError that names the bad entry
 */
export function addressList(entries: readonly string[], what: string): BlockList | undefined {
	if (entries.length === 0) return undefined;
	const list = new BlockList();
	for (const entry of entries) {
		const [written = "", bits, ...more] = entry.trim().split("/");
		const address = plainAddress(written);
		const version = isIP(address);
		const width = version === 4 ? 32 : 128;
		const prefix = bits === undefined ? width : Number(bits);
		const valid =
			version !== 0 && more.length === 0 && (bits === undefined || /^\d{1,3}$/.test(bits)) && prefix <= width;
		if (!valid) throw new RangeError(`${what}: "${entry}" is neither an address nor a range such as 10.0.0.0/8`);
		list.addSubnet(address, prefix, version === 4 ? "ipv4" : "ipv6");
	}
	return list;
}

function contains(list: BlockList, address: string): boolean {
	const version = isIP(address);
	return version !== 0 && list.check(address, version === 4 ? "ipv4" : "ipv6");
}

/** An address without brackets, port and zone; an IPv4 address mapped into IPv6 becomes the IPv4 one. */
export function plainAddress(written: string): string {
	let address = written.trim().toLowerCase();
	const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(address);
	if (bracketed?.[1] !== undefined) address = bracketed[1];
	else if (/^[\d.]+:\d+$/.test(address)) address = address.slice(0, address.indexOf(":"));
	address = address.replace(/%.*$/, "");
	const mapped = /^::ffff:([\d.]+)$/.exec(address);
	return mapped?.[1] ?? address;
}

/** Walks from the right: the first address that is no trusted proxy is the sender; what stands left of it may be forged. */
function senderOf(peer: string, forwarded: string, proxies: BlockList): string {
	let sender = peer;
	const hops = forwarded.split(",");
	while (hops.length > 0 && contains(proxies, sender)) {
		const hop = plainAddress(hops.pop() ?? "");
		if (isIP(hop) === 0) break;
		sender = hop;
	}
	return sender;
}
