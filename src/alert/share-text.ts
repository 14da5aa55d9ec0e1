/** Shares as fractions: some vendors write 0.02 for 2 %. */
import { decimal, formatDecimal, fromInteger, multiply, unit } from "../domain/decimal.ts";
import { shown } from "./shown.ts";
import type { VendorMessage } from "./vendor-message.ts";

/** `2%` for 0.02; undefined where absent. Above 1 it is refused: then the sender most likely meant percent. */
export function fractionAsPercent(message: VendorMessage, key: string): string | undefined {
	const text = message.positive(key);
	if (text === undefined) return undefined;
	const share = decimal(text);
	if (share > unit) {
		const hint = "Write 0.02 for 2 %.";
		return message.refuse("bad_field", `${key} is ${shown(text)}, which is a share above the whole`, hint);
	}
	return `${formatDecimal(multiply(share, fromInteger(100)))}%`;
}
