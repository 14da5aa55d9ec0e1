/** From an account as written to the settings of its broker. */
import { zero } from "../domain/decimal.ts";
import type { AccountSettings } from "../domain/settings.ts";
import type { WrittenAccount } from "./account-schema.ts";

/** One account's settings; what belongs to another broker is left out. */
export function accountOf(name: string, written: WrittenAccount): AccountSettings {
	const { broker, currency, balance, fee, slippage, spot } = written;
	if (broker === "paper") return { name, broker, currency, balance, fee, slippage, spot };
	const { url = "", reconcile, key, request_expiry, read_lag, timeout, poll, lookup } = written;
	const rest = {
		url,
		key,
		request_expiry_ms: request_expiry === "none" ? undefined : request_expiry,
		read_lag_ms: read_lag,
		timeout_ms: timeout,
		poll_ms: poll,
		lookup,
	};
	return { name, broker, currency, balance: zero, fee, slippage: zero, spot, reconcile, rest };
}
