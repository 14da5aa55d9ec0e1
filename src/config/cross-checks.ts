/** What one key alone cannot know: names, tokens, accounts and limits that must fit together over the whole file. */
import { type Decimal, formatDecimal, multiply, unit } from "../domain/decimal.ts";
import { external } from "../domain/external.ts";
import { resolveSymbol } from "../domain/symbol.ts";
import { checkAccountKeys, checkLiveCredentials, checkLiveRails, liveAccounts, rails } from "./account-checks.ts";
import { formatShare } from "./amounts.ts";
import type { Findings } from "./findings.ts";
import { shownText } from "./leaf.ts";
import { nearest } from "./nearest.ts";
import type { Path } from "./problem.ts";
import type { Loose } from "./read.ts";
import type { WrittenNexus } from "./schema.ts";
import type { WrittenStrategy } from "./strategy-schema.ts";
import { nodeAt, type Written } from "./written.ts";

type Whole = Loose<WrittenNexus>;
type Strategy = Loose<WrittenStrategy>;
type Strategies = readonly (readonly [Strategy, Path])[];

/** How a message may name the value at a path: as written, never as it came from the environment. */
type Shown = (path: Path, value: string) => string;

/** Reports everything in `whole` that does not fit together; `root` is what it was decoded from. */
export function crossCheck(whole: Whole, root: Written, findings: Findings): void {
	const shown: Shown = (path, value) => {
		const node = nodeAt(root, path);
		// An account that is the key of a map: the number leads to its size, and a key never comes from the environment.
		const isKey = typeof path.at(-1) === "number" && nodeAt(root, path.slice(0, -1)).kind === "map";
		return shownText(node.kind === "scalar" && node.shown !== node.text && !isKey ? node.shown : value);
	};
	const strategies: Strategies = (whole.strategies ?? []).flatMap((strategy, index) =>
		strategy === undefined ? [] : [[strategy, ["strategies", index]] as const],
	);
	const currencies = currenciesOf(whole);
	if (whole.accounts?.length === 0) findings.problem(["accounts"], "there must be at least one account");
	for (const [strategy, path] of strategies) {
		// Without a readable map of accounts every name would be unknown.
		if (currencies.size > 0) checkAccounts(strategy, path, [...currencies.keys()], shown, findings);
		checkSizes(strategy, path, currencies, shown, findings);
		checkAgainstRail(strategy, path, whole.risk?.max_position_size, findings);
		checkMappedSymbols(strategy, path, whole, root, findings);
	}
	checkNames(strategies, shown, findings);
	checkTokens(whole, strategies, findings);
	checkRails(whole, findings);
	checkAccountKeys(whole, root, findings);
	checkLiveRails(whole, root, findings);
	checkCredentials(whole, strategies, findings);
}

/** Account names and what they are kept in; undefined where that could not be read. */
function currenciesOf(whole: Whole): ReadonlyMap<string, string | undefined> {
	const named = (whole.accounts ?? []).filter((account) => account !== undefined);
	return new Map(named.map(({ name = "", value }) => [name, value?.currency]));
}

function checkAccounts(
	strategy: Strategy,
	path: Path,
	known: readonly string[],
	shown: Shown,
	findings: Findings,
): void {
	const { account, accounts } = strategy;
	if (account !== undefined && accounts !== undefined) {
		findings.problem([...path, "accounts"], "account and accounts are both set; keep one of them");
	}
	if (accounts?.length === 0) findings.problem([...path, "accounts"], "this names no account; remove it or name one");
	const named = accounts?.map((entry) => entry?.account) ?? (account === undefined ? undefined : [account]);
	if (named === undefined && known.length > 1) {
		const cure = `say which with account: (there are ${known.join(", ")})`;
		findings.problem([...path, "account"], `this key is missing, and there is more than one account; ${cure}`);
	}
	for (const [index, name] of (named ?? []).entries()) {
		if (name === undefined) continue;
		const place = account === undefined ? [...path, "accounts", index] : [...path, "account"];
		const meant = nearest(name, known);
		const cure = meant === undefined ? `the accounts are ${known.join(", ")}` : `did you mean "${meant}"?`;
		if (!known.includes(name)) findings.problem(place, `there is no account ${shown(place, name)}; ${cure}`);
		else if (named?.indexOf(name) !== index)
			findings.problem(place, `${shown(place, name)} stands here twice; keep one`);
	}
}

/** The map is for alerts, not for lists: a spelling that it sends elsewhere would never meet its own entry. */
function checkMappedSymbols(strategy: Strategy, path: Path, whole: Whole, root: Written, findings: Findings): void {
	const entries = (whole.symbols_map ?? []).flatMap((entry) =>
		entry?.name === undefined || entry.value === undefined ? [] : [[entry.name, entry.value] as const],
	);
	const map = Object.fromEntries(entries);
	for (const [index, symbol] of (strategy.symbols ?? []).entries()) {
		const place = [...path, "symbols", index];
		const node = nodeAt(root, place);
		if (symbol === undefined || node.kind !== "scalar") continue;
		const meant = resolveSymbol(node.text, [symbol], map);
		if (!meant.ok || meant.symbol === symbol || strategy.symbols?.includes(meant.symbol) === true) continue;
		const cure = `an alert on ${shownText(node.shown)} means ${meant.symbol} (symbols_map); write ${meant.symbol} here`;
		findings.warning(place, cure);
	}
}

/** `250 EUR` on a USD account and without a symbol of base EUR could never be traded. */
function checkSizes(
	strategy: Strategy,
	path: Path,
	currencies: ReadonlyMap<string, string | undefined>,
	shown: Shown,
	findings: Findings,
): void {
	const bases = (strategy.symbols ?? []).map((symbol) => symbol?.split("/")[0]);
	if (bases.length === 0 || bases.includes(undefined)) return;
	const named = strategy.account === undefined ? [...currencies.keys()].slice(0, 1) : [strategy.account];
	const entries = strategy.accounts ?? named.map((account) => ({ account, size: undefined }));
	const reported = new Set<string>();
	for (const entry of entries) {
		const size = entry?.size ?? strategy.size;
		const currency = currencies.get(entry?.account ?? "");
		if (size?.kind !== "units" || currency === undefined) continue;
		if (size.currency === currency || bases.includes(size.currency)) continue;
		const at = entry?.size === undefined ? [...path, "size"] : [...path, "accounts", entry.account ?? ""];
		const written = shown(at, `${formatDecimal(size.quantity)} ${size.currency}`);
		const message = `${written} is neither in the account's currency ${currency} nor in the base of its symbols`;
		// Several accounts may share the strategy's size; one line for it is enough.
		if (!reported.has(at.join("."))) findings.problem(at, `${message} (${[...new Set(bases)].join(", ")})`);
		reported.add(at.join("."));
	}
}

function checkAgainstRail(strategy: Strategy, path: Path, rail: Decimal | undefined, findings: Findings): void {
	const { size, risk_multiplier = unit } = strategy;
	if (rail === undefined || size?.kind !== "equity_share") return;
	if (multiply(size.share, risk_multiplier) <= rail) return;
	const product = `${formatShare(size.share)} × risk_multiplier ${formatDecimal(risk_multiplier)}`;
	const message = `${product} is more than risk.max_position_size ${formatShare(rail)}: every entry would be denied`;
	findings.warning([...path, "size"], message);
}

/** Alerts name strategies without regard to case, so no two may share a name or alias. */
function checkNames(strategies: Strategies, shown: Shown, findings: Findings): void {
	const taken = new Map<string, string>();
	for (const [strategy, path] of strategies) {
		const aliases = (strategy.aliases ?? []).map((alias, index) => [alias, [...path, "aliases", index]] as const);
		for (const [name, place] of [[strategy.name, [...path, "name"]] as const, ...aliases]) {
			if (name === undefined) continue;
			if (name.toLowerCase() === external.toLowerCase()) {
				const cure = "it stands for what no strategy asked for; choose another name";
				findings.problem(place, `${shown(place, name)} is reserved: ${cure}`);
			}
			const owner = taken.get(name.toLowerCase());
			const where = place.at(-1) === "name" ? "name" : "alias";
			if (owner === undefined) taken.set(name.toLowerCase(), `strategies[${path[1]}]`);
			else findings.problem(place, `${shown(place, name)} already names ${owner}; give this ${where} another spelling`);
		}
	}
}

function checkTokens(whole: Whole, strategies: Strategies, findings: Findings): void {
	const taken = new Map<string, string>();
	const holders = [
		{ tokens: whole.webhook?.token, path: ["webhook", "token"], owner: "webhook.token" },
		...strategies.map(([strategy, path]) => ({
			tokens: strategy.token,
			path: [...path, "token"],
			owner: `strategies[${path[1]}].token`,
		})),
	];
	for (const { tokens, path, owner } of holders) {
		for (const token of tokens ?? []) {
			if (token === undefined) continue;
			const other = taken.get(token);
			if (other !== undefined) findings.problem(path, `the same token as in ${other}; make another one`);
			taken.set(token, owner);
		}
	}
	const { token: admin } = whole.admin ?? {};
	const reused = admin === undefined || admin === "" ? undefined : taken.get(admin);
	if (reused !== undefined) {
		findings.problem(["admin", "token"], `the same token as in ${reused}, which senders know; make another one`);
	}
}

function checkRails({ risk }: Whole, findings: Findings): void {
	for (const [limit, flag] of rails) {
		if (risk?.[limit] === undefined || risk[flag] !== true) continue;
		findings.problem(["risk", flag], `${limit} is set as well, and only one of the two can be meant; remove one`);
	}
}

/** Shorter secrets can be guessed; they are not refused, because other programs may dictate them. */
const secret_characters_min = 16;

function checkCredentials(whole: Whole, strategies: Strategies, findings: Findings): void {
	const { webhook, admin } = whole;
	const secrets: (readonly [string | undefined, Path])[] = [
		[webhook?.secret_key, ["webhook", "secret_key"]],
		[admin?.token, ["admin", "token"]],
	];
	for (const [strategy, path] of strategies) {
		for (const secret of strategy.secrets ?? []) secrets.push([secret, [...path, "secrets"]]);
	}
	for (const [secret, path] of secrets) {
		if (secret === undefined || secret === "" || secret.length >= secret_characters_min) continue;
		findings.warning(path, `shorter than ${secret_characters_min} characters; make one with \`openssl rand -hex 16\``);
	}
	const senders = strategies.some(([strategy]) => [...(strategy.token ?? []), ...(strategy.secrets ?? [])].length > 0);
	const open = webhook?.secret_key === "" && webhook.token?.length === 0 && !senders;
	checkLiveCredentials(whole, open, findings);
	if (!open || liveAccounts(whole).length > 0) return;
	if (webhook.host === undefined || /^(127\.|::1$|localhost$)/.test(webhook.host)) return;
	const cure = "set webhook.token (make one with `openssl rand -hex 16`) before real money is near";
	findings.warning(
		["webhook"],
		`no token, secret or secret_key is set, so whoever reaches it can post alerts; ${cure}`,
	);
}
