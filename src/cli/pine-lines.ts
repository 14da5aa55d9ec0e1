/** The Pine v6 lines that go with an alert message: a whole small script to start from. */
import type { Direction } from "../domain/settings.ts";

export interface PineParts {
	readonly name: string;
	readonly direction: Direction;
	/** Additions to an open position. */
	readonly pyramiding: number;
	/** True where the alert message sends `{{strategy.order.alert_message}}` along. */
	readonly alert_message: boolean;
}

const text = (content: string): string => `"${content.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;

/** The script, line by line. It enters and closes; the comments say what that needs in nexus.yaml. */
export function pineLines({ name, direction, pyramiding, alert_message }: PineParts): readonly string[] {
	const said = (words: string): string => (alert_message ? `, alert_message = ${text(words)}` : "");
	const short = direction === "short";
	const [id, side, enters, leaves] = short
		? ["Short", "strategy.short", "ta.crossunder(rsi, 70)", "ta.crossover(rsi, 30)"]
		: ["Long", "strategy.long", "ta.crossover(rsi, 30)", "ta.crossunder(rsi, 70)"];
	const [entry, exit] = short ? ["RSI fell below 70", "RSI rose above 30"] : ["RSI rose above 30", "RSI fell below 70"];
	// Pine counts the first entry, nexus the additions to it.
	const entries = pyramiding === 0 ? "" : `, pyramiding = ${pyramiding + 1}`;
	return [
		"//@version=6",
		`strategy(${text(name)}, overlay = true${entries})`,
		"",
		"rsi = ta.rsi(close, 14)",
		"",
		`if ${enters}`,
		`    strategy.entry("${id}", ${side}${said(entry)})`,
		"",
		...closeComment(name, direction),
		`if ${leaves}`,
		`    strategy.close("${id}"${said(exit)})`,
	];
}

function closeComment(name: string, direction: Direction): readonly string[] {
	const action = direction === "short" ? "buy" : "sell";
	const arrives = `// strategy.close() arrives as a ${action}. The position fields of the message say that it closes;`;
	if (direction !== "both")
		return [arrives, `// without them direction: ${direction} does, which ${name} has in nexus.yaml.`];
	return [
		arrives,
		"// without them it would open a short position. A strategy that only goes long, like this one,",
		`// should have direction: long under ${name} in nexus.yaml.`,
	];
}
