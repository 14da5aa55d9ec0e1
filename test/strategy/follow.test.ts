/** The strategy without a file. */
import { describe, expect, test } from "bun:test";
import type { Alert, Signal } from "../../src/domain/records.ts";
import { signalProblem } from "../../src/strategy/check-answer.ts";
import { follow } from "../../src/strategy/follow.ts";
import { anAlert } from "./workshop.ts";

describe("follow", () => {
	const rows: { name: string; alert: Partial<Alert>; signal: Signal }[] = [
		{ name: "a long entry enters long", alert: { type: "LONG_ENTRY" }, signal: { kind: "enter", side: "long" } },
		{ name: "a short entry enters short", alert: { type: "SHORT_ENTRY" }, signal: { kind: "enter", side: "short" } },
		{
			name: "an entry's quantity is left to the size setting",
			alert: { type: "LONG_ENTRY", quantity: "0.5" },
			signal: { kind: "enter", side: "long" },
		},
		{ name: "a long exit exits only long", alert: { type: "LONG_EXIT" }, signal: { kind: "exit", side: "long" } },
		{ name: "a short exit exits only short", alert: { type: "SHORT_EXIT" }, signal: { kind: "exit", side: "short" } },
		{
			name: "an exit without a side exits whichever is open",
			alert: { type: "LONG_EXIT", closes: "any" },
			signal: { kind: "exit", side: "any" },
		},
		{
			name: "a share of the position is handed on",
			alert: { type: "LONG_EXIT", quantity: "50%" },
			signal: { kind: "exit", side: "long", quantity: "50%" },
		},
		{ name: "a stop-loss exits any side", alert: { type: "STOP_LOSS" }, signal: { kind: "exit", side: "any" } },
		{
			name: "a take-profit of some units exits those",
			alert: { type: "TAKE_PROFIT", quantity: "0.2" },
			signal: { kind: "exit", side: "any", quantity: "0.2" },
		},
		{
			name: "an action of the user's own is skipped with its code",
			alert: { type: "CUSTOM", action: "rebalance" },
			signal: {
				kind: "skip",
				code: "custom_needs_plugin",
				reason: '"rebalance" is not an action of nexus\'s own and A has no plugin',
			},
		},
	];
	for (const { name, alert, signal } of rows) {
		test(name, () => {
			const signals = follow(anAlert(alert), null);
			expect(signals).toEqual([signal]);
			expect(signals.map(signalProblem)).toEqual([undefined]);
		});
	}
});
