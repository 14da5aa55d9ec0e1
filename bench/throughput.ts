/** Throughput of durable acceptance against the bare server: rounds in turn, the same client, medians. */
import { runScript } from "./child-process.ts";
import { median, rounded } from "./figures.ts";
import type { LoadJob, LoadResult } from "./load.ts";
import { secret, strategies } from "./nexus-under-test.ts";

/** Requests a second beyond which a round of nexus would use up what was made beforehand. */
const per_second_max = 40_000;

/** How long and how often. */
export interface Rounds {
	readonly rounds: number;
	readonly seconds: number;
	readonly warm_up_seconds: number;
}

/** One server's median figures. */
export interface Throughput {
	readonly per_second: number;
	readonly p50_ms: number;
	readonly p99_ms: number;
	readonly client_cpu: number;
}

/** Both servers' figures at one number of connections. */
export interface Comparison {
	readonly connections: number;
	readonly nexus: Throughput;
	readonly bare: Throughput;
	readonly ratio: number;
	/** The ratio of each round, to show how steady it was. */
	readonly ratios: readonly number[];
}

/** One round against one server. Throws where any answer has another status than the expected one. */
export async function load(job: Omit<LoadJob, "secret">, status: number): Promise<LoadResult> {
	const result = await runScript<LoadResult>("load.ts", { ...job, secret });
	const others = Object.entries(result.statuses).filter(([found]) => found !== String(status));
	if (others.length > 0) {
		const found = others.map(([other, count]) => `${count} × ${other}`).join(", ");
		throw new Error(`every answer should have been ${status}; there were ${found}`);
	}
	return result;
}

const middle = (results: readonly LoadResult[]): Throughput => ({
	per_second: median(results.map(({ per_second }) => per_second)),
	p50_ms: median(results.map(({ p50_ms }) => p50_ms)),
	p99_ms: median(results.map(({ p99_ms }) => p99_ms)),
	client_cpu: median(results.map(({ client_cpu }) => client_cpu)),
});

/**
 * Drives the two servers in turn. `settle` is awaited after each round of nexus, so that work left over from it
 * does not slow the bare server down.
 */
export async function compare(
	ports: { readonly nexus: number; readonly bare: number },
	connections: number,
	{ rounds, seconds, warm_up_seconds }: Rounds,
	nexusStatus: number,
	settle: () => Promise<void>,
): Promise<Comparison> {
	const alerts = strategies.map((fields) => ({ ...fields, action: "buy" }));
	let made = 0;
	const round = async (server: "nexus" | "bare", length: number): Promise<LoadResult> => {
		made += 1;
		const isNexus = server === "nexus";
		const job = {
			port: ports[server],
			run: `b${connections}-${made}-${Date.now().toString(36)}`,
			connections,
			alerts,
			requests: isNexus ? Math.ceil(per_second_max * length) : 20_000,
			cycle: !isNexus,
			seconds: length,
			pace: 0,
		};
		const result = await load(job, isNexus ? nexusStatus : 200);
		if (isNexus) await settle();
		return result;
	};
	await round("nexus", warm_up_seconds);
	await round("bare", warm_up_seconds);
	const nexus: LoadResult[] = [];
	const bare: LoadResult[] = [];
	for (let index = 0; index < rounds; index += 1) {
		nexus.push(await round("nexus", seconds));
		bare.push(await round("bare", seconds));
	}
	const ratios = nexus.map(({ per_second }, index) => rounded(per_second / (bare[index]?.per_second ?? Number.NaN), 3));
	return { connections, nexus: middle(nexus), bare: middle(bare), ratio: median(ratios), ratios };
}
