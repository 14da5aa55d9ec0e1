/** The plan's whole table: every entry against every held side, direction, answer to the opposite, pyramiding and kind of account. */
import { describe, expect, test } from "bun:test";
import type { Side, Signal } from "../../src/domain/records.ts";
import type { Direction, OnOpposite } from "../../src/domain/settings.ts";
import { type PlanInput, plan } from "../../src/engine/plan.ts";
import { enter } from "./support.ts";

const base: PlanInput = {
	signals: [],
	strategy: "Mine",
	symbol: "BTC/USD",
	holds: undefined,
	additions: 0,
	direction: "both",
	on_opposite: "reverse",
	pyramiding: 0,
	spot: false,
};

/** `exit`, `exit 50%`, `enter long`, and the codes that were noted. */
function shown(input: Partial<PlanInput>): { legs: string[]; codes: string[] } {
	const made = plan({ ...base, ...input });
	return {
		legs: made.legs.map((leg) =>
			leg.leg === "entry" ? `enter ${leg.side}` : leg.quantity === undefined ? "exit" : `exit ${leg.quantity}`,
		),
		codes: made.notes.map(({ verdict, code }) => (verdict === "skip" ? code : `(${code})`)),
	};
}

const sides: readonly (Side | undefined)[] = [undefined, "long", "short"];
const directions: readonly Direction[] = ["both", "long", "short"];
const answers: readonly OnOpposite[] = ["reverse", "close", "ignore"];

describe("an entry", () => {
	for (const wanted of ["long", "short"] as const) {
		for (const holds of sides) {
			for (const direction of directions) {
				for (const on_opposite of answers) {
					for (const pyramiding of [0, 1]) {
						for (const spot of [false, true]) {
							const barred = (direction !== "both" && direction !== wanted) || (spot && wanted === "short");
							const where = `${spot ? "on spot, " : ""}direction ${direction}, on_opposite ${on_opposite}, pyramiding ${pyramiding}`;
							test(`${wanted} while ${holds ?? "flat"}, ${where}`, () => {
								const { legs, codes } = shown({
									signals: [enter(wanted)],
									holds,
									direction,
									on_opposite,
									pyramiding,
									spot,
								});
								if (barred) {
									const closes = holds !== undefined && holds !== wanted;
									expect(legs).toEqual(closes ? ["exit"] : []);
									expect(codes).toEqual(
										closes ? ["(direction_makes_exit)"] : ["(direction_makes_exit)", "nothing_to_close"],
									);
								} else if (holds === undefined) {
									expect({ legs, codes }).toEqual({ legs: [`enter ${wanted}`], codes: [] });
								} else if (holds === wanted) {
									expect(legs).toEqual(pyramiding > 0 ? [`enter ${wanted}`] : []);
									expect(codes).toEqual(pyramiding > 0 ? [] : ["already_in_position"]);
								} else {
									const expected = {
										reverse: { legs: ["exit", `enter ${wanted}`], codes: [] },
										close: { legs: ["exit"], codes: [] },
										ignore: { legs: [], codes: ["opposite_ignored"] },
									}[on_opposite];
									expect({ legs, codes }).toEqual(expected);
								}
							});
						}
					}
				}
			}
		}
	}

	test("the last addition that pyramiding allows goes, the next one does not", () => {
		const one = { signals: [enter("long")], holds: "long", pyramiding: 2 } as const;
		expect(shown({ ...one, additions: 1 }).legs).toEqual(["enter long"]);
		expect(shown({ ...one, additions: 2 })).toEqual({ legs: [], codes: ["already_in_position"] });
	});

	test("what it asks for is carried over whole", () => {
		const [leg] = plan({
			...base,
			signals: [enter("long", { size: "risk 1%", limit: "41000", stop_loss: "2%", take_profit: "50000" })],
		}).legs;
		expect(leg).toEqual({
			leg: "entry",
			side: "long",
			size: "risk 1%",
			limit: "41000",
			stop_loss: "2%",
			take_profit: "50000",
		});
	});
});

describe("an exit", () => {
	for (const side of ["long", "short", "any"] as const) {
		for (const holds of sides) {
			for (const direction of directions) {
				const closes = holds !== undefined && (side === "any" || side === holds);
				test(`of ${side} while ${holds ?? "flat"}, direction ${direction}, ${closes ? "closes" : "does nothing"}`, () => {
					const { legs, codes } = shown({ signals: [{ kind: "exit", side }], holds, direction });
					expect(legs).toEqual(closes ? ["exit"] : []);
					expect(codes).toEqual(closes ? [] : ["nothing_to_close"]);
				});
			}
		}
	}

	test("of a part carries the part over", () => {
		expect(shown({ signals: [{ kind: "exit", side: "any", quantity: "50%" }], holds: "short" }).legs).toEqual([
			"exit 50%",
		]);
	});
});

describe("several signals of one answer are planned one after the other", () => {
	const exit: Signal = { kind: "exit", side: "any" };
	const rows: readonly {
		name: string;
		signals: readonly Signal[];
		holds?: Side;
		pyramiding?: number;
		legs: readonly string[];
		codes: readonly string[];
	}[] = [
		{
			name: "exit, then enter the same side anew",
			signals: [exit, enter("long")],
			holds: "long",
			legs: ["exit", "enter long"],
			codes: [],
		},
		{
			name: "exit of everything twice closes once",
			signals: [exit, exit],
			holds: "long",
			legs: ["exit"],
			codes: ["nothing_to_close"],
		},
		{
			name: "a part, then the opposite: the rest is closed before the entry",
			signals: [{ kind: "exit", side: "long", quantity: "50%" }, enter("short")],
			holds: "long",
			legs: ["exit 50%", "exit", "enter short"],
			codes: [],
		},
		{
			name: "two entries count as one position and one addition",
			signals: [enter("long"), enter("long")],
			legs: ["enter long"],
			codes: ["already_in_position"],
		},
		{
			name: "two entries with an addition allowed",
			signals: [enter("long"), enter("long")],
			pyramiding: 1,
			legs: ["enter long", "enter long"],
			codes: [],
		},
		{ name: "an entry and its exit", signals: [enter("long"), exit], legs: ["enter long", "exit"], codes: [] },
		{ name: "no signal at all", signals: [], legs: [], codes: ["strategy_skip"] },
		{
			name: "a skip in the strategy's own words",
			signals: [{ kind: "skip", reason: "no trend" }],
			legs: [],
			codes: ["strategy_skip"],
		},
		{
			name: "a skip with one of our codes",
			signals: [{ kind: "skip", code: "custom_needs_plugin", reason: "?" }],
			legs: [],
			codes: ["custom_needs_plugin"],
		},
		{
			name: "a skip with a code that is not on the list",
			signals: [{ kind: "skip", code: "made_up", reason: "?" }],
			legs: [],
			codes: ["strategy_skip"],
		},
		{
			name: "a skip with a code that does not skip",
			signals: [{ kind: "skip", code: "halted", reason: "?" }],
			legs: [],
			codes: ["strategy_skip"],
		},
		{
			name: "a skip with a name every object has",
			signals: [{ kind: "skip", code: "constructor", reason: "?" }],
			legs: [],
			codes: ["strategy_skip"],
		},
	];
	for (const { name, signals, holds, pyramiding, legs, codes } of rows) {
		test(name, () => {
			expect(shown({ signals, holds, pyramiding: pyramiding ?? 0 })).toEqual({ legs: [...legs], codes: [...codes] });
		});
	}
});

test("the words name the strategy, the symbol and the numbers", () => {
	const [already] = plan({ ...base, holds: "long", additions: 1, pyramiding: 1, signals: [enter("long")] }).notes;
	expect(already?.detail).toBe("Mine is already long BTC/USD; pyramiding allows 1 addition, 1 made");
	const [nothing] = plan({ ...base, holds: "long", signals: [{ kind: "exit", side: "short" }] }).notes;
	expect(nothing?.detail).toBe("Mine holds a long of BTC/USD; a short was to be closed");
});
