/** `nexus template STRATEGY`: the webhook URL and the alert message to paste into TradingView, and a script to go with it. */
import type { Dialect } from "../alert/dialect.ts";
import { dialects } from "../alert/dialects.ts";
import { nearest } from "../config/nearest.ts";
import type { StrategySettings } from "../domain/settings.ts";
import { alertMessage, carriesAlertMessage, carriesSecret } from "./alert-message.ts";
import { answer } from "./answer.ts";
import { defineCommand } from "./command.ts";
import { configuration, configurationFile, shownPath } from "./configuration.ts";
import { dialectNamed } from "./dialect-named.ts";
import { CommandFailure, exitCode } from "./exit-code.ts";
import { pineLines } from "./pine-lines.ts";
import { type Checked, startPlugins } from "./plugin-findings.ts";
import { strategyNamed } from "./strategy-named.ts";
import { wrap } from "./table.ts";
import { harmless, paint, type Terminal } from "./terminal.ts";
import { webhookAddress } from "./webhook-address.ts";

const options = {
	dialect: {
		type: "string",
		value: "NAME",
		help: "the message in this format (default: the strategy's dialect, else nexus)",
	},
	pine: { type: "boolean", help: "add the Pine v6 lines that go with the message" },
} as const;

/** What is printed. */
interface Template {
	readonly strategy: string;
	readonly dialect: string;
	readonly url: string;
	readonly message: string;
	readonly pine?: readonly string[];
	readonly notes: readonly string[];
}

/** By name or alias, in any case. */
function findStrategy(name: string, strategies: readonly Checked[]): Checked {
	const found = strategyNamed(name, strategies);
	if (found !== undefined) return found;
	const names = strategies.map(({ settings }) => settings.name);
	const near = nearest(name, names);
	const there = names.length === 0 ? "there is none yet; add it to nexus.yaml" : `there is ${names.join(", ")}`;
	const cure = near === undefined ? there : `did you mean '${near}'?`;
	throw new CommandFailure(exitCode.no, `there is no strategy '${harmless(name)}'`, harmless(cure));
}

/** A dialect that has a template. */
function withTemplate(name: string, fromPlugins: readonly string[]): Dialect {
	const dialect = dialectNamed(name, fromPlugins);
	if (dialect === undefined) {
		const cure = "its plugin says what it reads; --dialect nexus gives a message that needs no plugin";
		throw new CommandFailure(exitCode.no, `nexus has no message to paste for the dialect ${name}`, cure);
	}
	if (dialect.template !== undefined) return dialect;
	const others = dialects.filter(({ template }) => template !== undefined).map(({ name }) => name);
	throw new CommandFailure(
		exitCode.no,
		`nexus has no message to paste for the dialect ${dialect.name}`,
		`use the one that ${dialect.title} gave you, nexus reads it; there is one for ${others.toSorted().join(", ")}`,
	);
}

/** A text format ends a name at a blank or bracket: there an alias may have to stand for it. */
function nameIn({ form, title }: Dialect, { name, aliases }: StrategySettings): string {
	if (form === "json") return name;
	const word = [name, ...aliases].find((text) => /^[\w.-]{1,64}$/.test(text));
	if (word !== undefined) return word;
	throw new CommandFailure(
		exitCode.no,
		`'${harmless(name)}' cannot stand in a ${title} message, where a name is one word`,
		`give it an alias of letters and digits: aliases: under ${harmless(name)} in nexus.yaml`,
	);
}

const indicatorNote =
	"This is for the alert of a strategy. TradingView does not fill {{strategy.…}} in the alert of an indicator: write the action out there (buy, sell, close_long, …) and take every line with {{strategy.…}} out, in alert_id too.";

function words(terminal: Terminal, { url, message, pine, notes }: Template): readonly string[] {
	const title = (text: string): string => paint(terminal, "bold", text);
	return [
		title("Webhook URL"),
		url,
		"",
		title("Message"),
		...message.split("\n"),
		...(pine === undefined ? [] : ["", title("Pine"), ...pine]),
		"",
		title("Notes"),
		...notes.flatMap((note) => wrap(note, terminal.columns - 2).map((line, i) => `${i === 0 ? "- " : "  "}${line}`)),
	];
}

export const command = defineCommand({
	name: "template",
	summary: "the webhook URL and the alert message to paste into TradingView",
	about: [
		"Prints the strategy's URL with its token, and a message for the alert of a Pine strategy: with the position before and after each order, so that a close is never taken for a short entry, and an id that no two orders share.",
	],
	positionals: ["STRATEGY"],
	options,
	example: "nexus template MyRSIStrategy --pine",
	async run(call) {
		const { values, positionals, terminal } = call;
		const [name = ""] = positionals;
		const settings = configuration(call);
		const file = shownPath(configurationFile(call), terminal.folder);
		let fromPlugins: readonly string[] = [];
		const { strategies } = await startPlugins(settings, file, terminal, async (_, plugins) => {
			fromPlugins = plugins.dialects().map((one) => one.name);
		});
		const { settings: strategy } = findStrategy(name, strategies);
		const dialect = withTemplate(values.dialect ?? strategy.dialect ?? "nexus", fromPlugins);
		const { url: address, secret, notes } = webhookAddress(settings, strategy);
		// The strategy's own dialect would read it otherwise.
		const isOther = strategy.dialect !== undefined && strategy.dialect !== dialect.name;
		const url = isOther ? `${address}?dialect=${dialect.name}` : address;
		const alert_message = values.pine && carriesAlertMessage(dialect);
		const template: Template = {
			strategy: strategy.name,
			dialect: dialect.name,
			url,
			message: alertMessage(dialect, { strategy: nameIn(dialect, strategy), secret, alert_message }) ?? "",
			...(values.pine ? { pine: pineLines({ ...strategy, alert_message }) } : {}),
			notes: [
				...(strategy.enabled ? [] : [`${strategy.name} is switched off: set enabled: true under it in nexus.yaml.`]),
				...notes,
				...(secret !== undefined && !carriesSecret(dialect)
					? [`A ${dialect.title} message has no place for the secret: set token: under ${strategy.name} instead.`]
					: []),
				...(alert_message ? ['An alert_message must hold no ": it would end the text that it stands in.'] : []),
				indicatorNote,
			],
		};
		answer(call, template, () => words(terminal, template));
		return exitCode.ok;
	},
});
