/** What understanding one body costs, beside what JSON.parse alone costs on the same bytes in the same run. */
import { dialects } from "../src/alert/dialects.ts";
import { readBody } from "../src/alert/read.ts";
import { median, rounded } from "./figures.ts";
import { alertBody } from "./signed-alerts.ts";

/** Microseconds for one body. */
export interface ReadingTime {
	/** `mission's payload`, or the dialect's name. */
	readonly name: string;
	readonly read_us: number;
	/** Undefined for a text: JSON.parse reads none. */
	readonly parse_us: number | undefined;
	/** How many times JSON.parse's time reading takes. */
	readonly ratio: number | undefined;
	readonly bytes: number;
}

/** Reading of all bodies: the mission's payload, and one example of every dialect. */
export interface Readings {
	readonly mission: ReadingTime;
	readonly dialects: readonly ReadingTime[];
}

const rounds = 5;
/** Different bodies, so that nothing is remembered from the one before. */
const bodies_count = 500;

/** Copies of a dialect's example that differ in its price and time, where it has them: the same change in every place keeps its meaning. */
function variants(example: string): readonly string[] {
	return Array.from({ length: bodies_count }, (_, index) =>
		example
			.replaceAll("42000", String(42_000 + index))
			.replaceAll(":37:00Z", `:37:${String(index % 60).padStart(2, "0")}Z`),
	);
}

function microseconds(bodies: readonly string[], times: number, act: (body: string) => unknown): number {
	let understood = 0;
	const spin = (count: number): void => {
		for (let index = 0; index < count; index += 1)
			if (act(bodies[index % bodies.length] ?? "") !== undefined) understood += 1;
	};
	const start = performance.now();
	spin(times);
	if (understood !== times) throw new Error("a body was not read");
	return ((performance.now() - start) * 1000) / times;
}

/** Both in turn, so that a noisy moment meets both; medians of the rounds. */
function measure(name: string, bodies: readonly string[], times: number): ReadingTime {
	const refusal = bodies.map((body) => readBody(body)).find((read) => !read.ok || read.items.some(({ ok }) => !ok));
	if (refusal !== undefined) throw new Error(`${name} is not understood: ${JSON.stringify(refusal)}`);
	const read = (body: string): unknown => readBody(body);
	const parse = (body: string): unknown => JSON.parse(body) as unknown;
	const isJson = bodies.every(parses);
	const each = Math.ceil(times / rounds);
	microseconds(bodies, each, read);
	if (isJson) microseconds(bodies, each, parse);
	const found = Array.from({ length: rounds }, () => ({
		read: microseconds(bodies, each, read),
		parse: isJson ? microseconds(bodies, each, parse) : undefined,
	}));
	const read_us = median(found.map((round) => round.read));
	const parsed = found.flatMap((round) => (round.parse === undefined ? [] : [round.parse]));
	const parse_us = parsed.length === 0 ? undefined : median(parsed);
	return {
		name,
		read_us: rounded(read_us, 2),
		parse_us: parse_us === undefined ? undefined : rounded(parse_us, 2),
		ratio: parse_us === undefined ? undefined : rounded(read_us / parse_us, 1),
		bytes: Buffer.byteLength(bodies[0] ?? ""),
	};
}

function parses(body: string): boolean {
	try {
		JSON.parse(body);
		return true;
	} catch (error) {
		if (error instanceof SyntaxError) return false;
		throw error;
	}
}

/** Reads so many bodies of each format; throws where one is not understood. */
export function measureReading(times: number): Readings {
	const payloads = Array.from({ length: bodies_count }, (_, index) =>
		alertBody({ action: "buy", symbol: "BTC/USD", strategy: "MyRSIStrategy" }, `reading-${index}`),
	);
	return {
		mission: measure("mission's payload", payloads, times),
		dialects: dialects.map(({ name, example }) => measure(name, variants(example), times)),
	};
}
