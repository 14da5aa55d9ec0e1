/** What understanding one body costs, beside what JSON.parse alone costs. */
import { readBody } from "../src/alert/read.ts";
import { rounded } from "./figures.ts";
import { alertBody } from "./signed-alerts.ts";

/** Microseconds for one body. */
export interface ReadingTime {
	readonly read_us: number;
	readonly parse_us: number;
}

/** Different bodies, so that nothing is remembered from the one before. */
const bodies = Array.from({ length: 1000 }, (_, index) =>
	alertBody({ action: "buy", symbol: "BTC/USD", strategy: "MyRSIStrategy" }, `reading-${index}`),
);

function microseconds(times: number, act: (body: string) => unknown): number {
	let round = 0;
	const spin = (count: number): void => {
		for (let index = 0; index < count; index += 1)
			if (act(bodies[index % bodies.length] ?? "") !== undefined) round += 1;
	};
	spin(times / 10);
	const start = performance.now();
	spin(times);
	if (round === 0) throw new Error("nothing was read");
	return rounded(((performance.now() - start) * 1000) / times, 2);
}

/** Reads the mission's payload over and over; throws where it is not understood. */
export function measureReading(times: number): ReadingTime {
	if (!bodies.every((body) => readBody(body).ok)) throw new Error("the mission's payload is not understood");
	return {
		read_us: microseconds(times, (body) => readBody(body)),
		parse_us: microseconds(times, (body) => JSON.parse(body) as unknown),
	};
}
