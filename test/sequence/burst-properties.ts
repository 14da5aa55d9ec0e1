/** What must hold of every burst, whatever the order of its arrival; each check gives what is wrong, or nothing. */
import { seeded } from "../engine/support.ts";
import {
	type Burst,
	burstWithGap,
	completeBurst,
	type Outcome,
	outcomeOf,
	type Position,
	pickerOf,
	sameHeld,
	stories,
	withFaults,
} from "./bursts.ts";

/** One burst checked. */
export interface Checked {
	/** Undefined where everything is as it must be. */
	readonly problem: string | undefined;
	/** True where the burst's alerts fit several orders that end in different sizes. */
	readonly ambiguous: boolean;
}

/**
 * A complete burst, perhaps with refused and partly filled orders, ends as its true order does. Where the alerts fit several
 * orders (a position is passed twice) it ends as one of those; the stated end is the same for all of them.
 */
export async function completeBurstProblem(seed: number): Promise<Checked> {
	const pick = pickerOf(seeded(seed));
	const plain = completeBurst(pick);
	const dry = await outcomeOf(plain);
	const burst = pick.chance(0.5) ? withFaults(plain, dry.ran, pick) : plain;
	const got = burst === plain ? dry : await outcomeOf(burst);
	// Only what was sent can be refused.
	const fitting: Outcome[] = [];
	for (const story of stories({ ...burst, hit: got.sent })) fitting.push(await outcomeOf(story));
	const ambiguous = fitting.some(({ held }) => !sameHeld(held, fitting[0]?.held ?? held));
	const end = burst.positions.at(-1) ?? 0;
	const wrong = [
		...(fitting.some(({ held }) => sameHeld(held, got.held)) ? [] : [`holds ${got.held}, not ${fitting[0]?.held}`]),
		...(got.stated === statedWords(end) ? [] : [`states ${got.stated}, not ${statedWords(end)}`]),
		...got.gaps.map((gap) => `reports a gap: ${gap}`),
		...(got.unended === 0 ? [] : [`${got.unended} alerts never ended`]),
	];
	return { problem: told(seed, burst, wrong), ambiguous };
}

/** With one alert missing, a burst ends at the last position stated and reports one gap, unless the missing one was its last. */
export async function gapProblem(seed: number): Promise<Checked> {
	const pick = pickerOf(seeded(seed));
	const burst = burstWithGap(pick);
	const got = await outcomeOf(burst);
	const lastMissing = burst.missing === burst.positions.length - 2;
	const end = (lastMissing ? burst.positions.at(-2) : burst.positions.at(-1)) ?? 0;
	const gaps = lastMissing ? 0 : 1;
	const exact = burst.settings.size?.kind === "alert";
	const reached = exact ? Number(got.held) === end : Math.sign(Number(got.held)) === Math.sign(end);
	const wrong = [
		...(got.stated === statedWords(end) ? [] : [`states ${got.stated}, not ${statedWords(end)}`]),
		...(reached ? [] : [`holds ${got.held} where ${end} is stated`]),
		...(got.gaps.length === gaps ? [] : [`reports ${got.gaps.length} gaps, not ${gaps}`]),
		...(got.unended === 0 ? [] : [`${got.unended} alerts never ended`]),
	];
	return { problem: told(seed, burst, wrong), ambiguous: false };
}

function statedWords(position: Position): string {
	const side = position > 0 ? "long" : position < 0 ? "short" : "flat";
	return `${side} ${Math.abs(position)}`;
}

function told(seed: number, burst: Burst, wrong: readonly string[]): string | undefined {
	if (wrong.length === 0) return undefined;
	const { positions, arrivals, faults, settings } = burst;
	const { size, pyramiding, direction, on_opposite } = settings;
	const faulty = [...faults].map(([change, fault]) => `${change} ${fault}`).join(", ");
	return (
		`seed ${seed}: ${positions.join(" → ")}, arriving as ${arrivals.join(" ")}, size ${size?.kind}, pyramiding ${pyramiding}, ` +
		`direction ${direction}, on_opposite ${on_opposite}, faults ${faulty || "none"}: ${wrong.join("; ")}`
	);
}
