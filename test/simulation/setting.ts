/** What a seed's run is set in: the usual, an account that somebody also trades by hand, or a broker that can prove nothing. */
import type { AccountSettings, ReconcilePolicy } from "../../src/domain/settings.ts";
import { Chance } from "../support/exchange/chance.ts";

export type Setting =
	| { readonly kind: "usual" }
	/** Somebody trades on the exchange's own page, and the account says what a difference leads to. */
	| { readonly kind: "by_hand"; readonly policy: ReconcilePolicy }
	/** The broker finds no order by its id, or lets no request expire, or both: no order can be sent twice. */
	| {
			readonly kind: "at_most_once";
			readonly lookup: boolean;
			readonly expires: boolean;
			readonly late_ms_max: number;
	  };

export const settingKinds = ["usual", "by_hand", "at_most_once"] as const satisfies readonly Setting["kind"][];

const policies = ["report", "follow_exchange", "halt"] as const;
/** What such a broker cannot do. */
const inabilities = [
	{ lookup: false, expires: false },
	{ lookup: false, expires: true },
	{ lookup: true, expires: false },
] as const;

/** A tenth of the seeds each; nothing else of a seed's run moves with it. */
export function settingOf(seed: number): Setting {
	const chance = new Chance(seed ^ 0x5e77);
	const roll = chance.number();
	const third = chance.whole(0, 2);
	if (roll < 0.1) return { kind: "by_hand", policy: policies[third] ?? "report" };
	if (roll >= 0.2) return { kind: "usual" };
	// Some orders come after nexus has given up asking for them.
	const late_ms_max = chance.number() < 0.5 ? 5_000 : 20_000;
	return { kind: "at_most_once", ...(inabilities[third] ?? inabilities[0]), late_ms_max };
}

/** An account at a bridge as it is configured in this setting. */
export function accountIn(setting: Setting, account: AccountSettings): AccountSettings {
	if (account.rest === undefined || setting.kind === "usual") return account;
	if (setting.kind === "by_hand") return { ...account, reconcile: setting.policy };
	const { lookup, expires } = setting;
	const request_expiry_ms = expires ? account.rest.request_expiry_ms : undefined;
	return { ...account, rest: { ...account.rest, lookup, request_expiry_ms } };
}

/** For the story. */
export function settingWords(setting: Setting): string {
	switch (setting.kind) {
		case "usual":
			return "The usual broker, and nobody else trades there.";
		case "by_hand":
			return `Somebody trades by hand on the live account (reconcile: ${setting.policy}).`;
		case "at_most_once": {
			const { lookup, expires, late_ms_max } = setting;
			const can = [lookup ? "finds" : "finds no", expires ? "lets" : "lets no"];
			return `The broker ${can[0]} orders by their id and ${can[1]} requests expire; late ones come after up to ${late_ms_max} ms.`;
		}
	}
}
