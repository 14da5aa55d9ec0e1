/** Every verdict code says what happened and what to do, and only refusals have a status. */
import { describe, expect, test } from "bun:test";
import { type Code, codes, type EndCode, statusOf } from "../../src/domain/codes.ts";

const entries = Object.entries(codes) as [Code, { kind: string; status?: number; title: string; cure: string }][];

describe("codes", () => {
	for (const [code, entry] of entries) {
		test(`${code} has a sentence, a cure and, if it refuses, a status`, () => {
			expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
			expect(entry.title).toMatch(/^\S.*\.$/);
			expect(entry.cure).toMatch(/^[\S`].*\.$/);
			if (entry.kind === "refused") expect(entry.status).toBeGreaterThanOrEqual(400);
			else expect(entry).not.toHaveProperty("status");
		});
	}

	test("no two codes say the same", () => {
		expect(new Set(entries.map(([, { title }]) => title)).size).toBe(entries.length);
	});

	test("the contract's codes are all there, with the contract's status or kind", () => {
		const refused: Readonly<Record<string, number>> = {
			unreadable_body: 400,
			missing_field: 422,
			bad_price: 422,
			bad_quantity: 422,
			unfilled_placeholder: 422,
			contradictory_fields: 422,
			unsupported_field: 422,
			not_authentic: 401,
			source_not_allowed: 403,
			body_too_large: 413,
			too_many: 429,
			not_recorded: 503,
		};
		const ended: Readonly<Record<string, readonly string[]>> = {
			rejected: [
				...["unknown_strategy", "strategy_disabled", "symbol_not_allowed", "timeframe_not_allowed", "stale_alert"],
				...["max_positions", "max_position_size", "max_exposure", "max_daily_loss", "reducing", "halted"],
				...["insufficient_funds", "below_minimum", "ambiguous_symbol"],
			],
			skipped: [
				...["already_in_position", "nothing_to_close", "opposite_ignored", "custom_needs_plugin", "superseded"],
				"strategy_skip",
			],
			failed: ["strategy_error", "strategy_timeout", "strategy_out_of_memory", "broker_rejected", "poisoned"],
			notice: ["id_reused", "gap", "position_fields_contradict_action"],
		};
		const known = new Map(entries);
		for (const [code, status] of Object.entries(refused)) {
			expect([code, known.get(code as Code)?.status]).toEqual([code, status]);
		}
		for (const [kind, list] of Object.entries(ended)) {
			for (const code of list) expect([code, known.get(code as Code)?.kind]).toEqual([code, kind]);
		}
	});

	test("an end code leads to the alert's status", () => {
		const rows: readonly [EndCode, string][] = [
			["max_positions", "rejected"],
			["nothing_to_close", "skipped"],
			["broker_rejected", "failed"],
		];
		for (const [code, status] of rows) expect<string>(statusOf(code)).toBe(status);
	});
});
