/** What must hold around an account: its keys are its broker's, and with real money near, senders are known and every rail was thought of. */
import { keysOf } from "./account-schema.ts";
import type { Findings } from "./findings.ts";
import type { Path } from "./problem.ts";
import type { Loose } from "./read.ts";
import type { WrittenNexus } from "./schema.ts";
import { nodeAt, type Written } from "./written.ts";

type Whole = Loose<WrittenNexus>;

/** Each limit under `risk:` with the flag that takes it away. */
export const rails = [
	["max_position_size", "unlimited_position_size"],
	["max_exposure", "unlimited_exposure"],
	["max_daily_loss", "no_daily_loss_limit"],
] as const;

/** Accounts whose orders are real. */
export function liveAccounts(whole: Whole): readonly string[] {
	return (whole.accounts ?? []).flatMap((account) => {
		const broker = account?.value?.broker;
		return account?.name === undefined || broker === undefined || broker === "paper" ? [] : [account.name];
	});
}

/** A key of another broker is a misunderstanding, not something to be left out in silence. */
export function checkAccountKeys(whole: Whole, root: Written, findings: Findings): void {
	for (const account of whole.accounts ?? []) {
		const { name, value } = account ?? {};
		if (name === undefined || value?.broker === undefined) continue;
		const path: Path = ["accounts", name];
		const other = value.broker === "paper" ? "rest" : "paper";
		for (const key of keysOf[other]) {
			if (!isWritten(root, path, key)) continue;
			findings.problem(
				[...path, key],
				`this belongs to broker: ${other}, and the account is ${value.broker}; remove it`,
			);
		}
		if (value.broker === "rest") checkBridge(value, path, root, findings);
	}
}

type Account = NonNullable<NonNullable<NonNullable<Whole["accounts"]>[number]>["value"]>;

function checkBridge({ url, key = "" }: Account, path: Path, root: Written, findings: Findings): void {
	if (!isWritten(root, path, "url") || url === "") {
		findings.problem([...path, "url"], "this is missing; write where the bridge is, such as http://127.0.0.1:9000");
	}
	if (!/^[\x21-\x7e]*$/.test(key)) {
		findings.problem(
			[...path, "key"],
			"a space or another character that a header cannot carry is in it; make it anew",
		);
	}
	if (url === undefined || url === "" || url.startsWith("https:") || isOwnMachine(new URL(url).hostname)) return;
	findings.warning([...path, "url"], "orders and key go there unencrypted; put https in front of the bridge");
}

function isOwnMachine(host: string): boolean {
	return /^(127\.|\[::1\]$|localhost$)/.test(host);
}

/** Each rail is either set by hand or loosened by the flag that says so. */
export function checkLiveRails(whole: Whole, root: Written, findings: Findings): void {
	const [account] = liveAccounts(whole);
	if (account === undefined) return;
	for (const [limit, flag] of rails) {
		if (isWritten(root, ["risk"], limit) || whole.risk?.[flag] === true) continue;
		const cure = `write risk.${limit}, or loosen it with risk.${flag}: true`;
		findings.problem(["risk", limit], `account ${account} trades real money and this rail is not set; ${cure}`);
	}
}

/** Whoever can post an alert can trade. @param open no credential of any kind is set */
export function checkLiveCredentials(whole: Whole, open: boolean, findings: Findings): void {
	const [account] = liveAccounts(whole);
	if (account === undefined || !open) return;
	const cure =
		"set webhook.token (make one with `openssl rand -hex 16`), a strategy's token or secrets, or webhook.secret_key";
	findings.problem(
		["webhook"],
		`account ${account} trades real money and whoever reaches the webhook could trade; ${cure}`,
	);
}

function isWritten(root: Written, path: Path, key: string): boolean {
	const node = nodeAt(root, path);
	return node.kind === "map" && node.entries.has(key) && node.entries.get(key)?.kind !== "absent";
}
