/** What understanding one body costs, beside what JSON.parse alone costs. */
import { readBody } from "../src/alert/read.ts";
import { rounded } from "./figures.ts";
import { alertBody } from "./signed-alerts.ts";

/** Microseconds for one body. */
export interface ReadingTime {
	readonly read_us: number;
	readonly parse_us: number;
}

function microseconds(times: number, act: () => unknown): number {
	for (let index = 0; index < times / 10; index += 1) act();
	const start = performance.now();
	for (let index = 0; index < times; index += 1) act();
	return rounded(((performance.now() - start) * 1000) / times, 2);
}

/** Reads the mission's payload over and over; throws where it is not understood. */
export function measureReading(times: number): ReadingTime {
	const body = alertBody({ action: "buy", symbol: "BTC/USD", strategy: "MyRSIStrategy" }, "reading-1");
	if (!readBody(body).ok) throw new Error("the mission's payload is not understood");
	return { read_us: microseconds(times, () => readBody(body)), parse_us: microseconds(times, () => JSON.parse(body)) };
}
