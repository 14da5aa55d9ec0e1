/** The built-in stages of `pipeline:` with their settings, in the order they have by default. */
import { type Static, Type } from "@sinclair/typebox";
import { duration, integer, rate } from "./amounts.ts";
import { choice } from "./words.ts";

const strict = { additionalProperties: false };

export const stageSchemas = {
	signature: Type.Object(
		{
			tolerance: duration({
				range: ["1s", "1h"],
				default: "5m",
				description: "Largest age of the time in a signed message (Standard Webhooks headers).",
			}),
		},
		{ ...strict, description: "Checks who sent the alert: token in the URL, secret in the body, or signature." },
	),
	dedupe: Type.Object(
		{
			window: duration({
				range: ["1s", "24h"],
				default: "30s",
				description: "How long the same body without an id counts as the same alert (TradingView's resends span 24 s).",
			}),
			id_window: duration({
				range: ["1s", "30d"],
				default: "1h",
				description: "How long the same alert_id with the same meaning counts as the same alert.",
			}),
			header_id_window: duration({
				range: ["1s", "30d"],
				default: "7d",
				description: "The same for an id in the webhook-id header.",
			}),
		},
		{ ...strict, description: "Answers an alert that came before with the first one's id." },
	),
	rate_limit: Type.Object(
		{
			rate: rate({
				range: ["1/h", "10000/s"],
				default: "10/s",
				description: "Alerts let through for each source and each strategy; more of them wait, none is dropped.",
			}),
			burst: integer({
				unit: "alerts",
				range: ["1", "100000"],
				default: 20,
				description: "Alerts let through at once before the rate holds.",
			}),
			queue: integer({
				unit: "alerts",
				range: ["1", "1000000"],
				default: 20000,
				description: "Entries of one strategy that may wait; more get 429, exits never do.",
			}),
		},
		{ ...strict, description: "Paces bursts." },
	),
	freshness: Type.Object(
		{
			max_age: duration({
				range: ["1s", "30d"],
				default: "5m",
				description:
					"An entry older than this by its message's own time, or by its receipt, is not traded; exits never age.",
			}),
		},
		{ ...strict, description: "Rejects entries that come too late." },
	),
	sequence: Type.Object(
		{
			hold: duration({
				range: ["0ms", "30s"],
				default: "3s",
				description: "How long an alert that came before its predecessor waits for it.",
			}),
			on_gap: choice(["follow", "ignore", "halt"], {
				default: "follow",
				description:
					"When the predecessor never comes: go to the stated position, change nothing, or halt the strategy.",
			}),
		},
		{ ...strict, description: "Puts alerts of one strategy and symbol into the order in which they were meant." },
	),
	risk: Type.Object({}, { ...strict, description: "Applies the limits under risk: to every order." }),
};

/** A built-in stage. */
export type StageName = keyof typeof stageSchemas;
export const stageNames = Object.keys(stageSchemas) as readonly StageName[];

/** What a stage's settings decode to. */
export type StageWritten<N extends StageName> = Static<(typeof stageSchemas)[N]>;
