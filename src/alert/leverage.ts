/** Leverage in a vendor's message: nexus opens positions without it, so only a leverage of 1 says nothing new. */
import type { VendorMessage } from "./vendor-message.ts";

/** Refuses an entry whose message asks for a leverage other than 1; 0 and an empty field ask for none. */
export function refuseLeverage(message: VendorMessage, key: string): void {
	const leverage = message.positiveOrUnset(key);
	if (leverage !== undefined && leverage !== "1")
		message.unsupported(key, "a position larger than the money behind it");
}
