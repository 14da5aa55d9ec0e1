/** The load, in a process of its own: drives one server either as fast as its connections allow or at a given pace. Prints one JSON line. */
import { percentile, rounded } from "./figures.ts";
import { Connection } from "./keep-alive.ts";
import { type AlertFields, renderRequest } from "./signed-alerts.ts";

/** What to do; comes as JSON in the first argument. */
export interface LoadJob {
	readonly port: number;
	readonly secret: string;
	readonly run: string;
	readonly connections: number;
	/** Used in turn. */
	readonly alerts: readonly AlertFields[];
	/** Different requests made beforehand; the round ends early when they are used up, unless `cycle`. */
	readonly requests: number;
	readonly cycle: boolean;
	readonly seconds: number;
	/** Requests a second, sent whether or not answers come; 0: each connection sends again as soon as it is answered. */
	readonly pace: number;
}

/** What came of it. */
export interface LoadResult {
	readonly answers: number;
	readonly seconds: number;
	readonly per_second: number;
	readonly p50_ms: number;
	readonly p99_ms: number;
	/** Answers by HTTP status. */
	readonly statuses: Readonly<Record<string, number>>;
	/** Of one core, this process alone: how near the client itself was to its limit. */
	readonly client_cpu: number;
}

/** The requests one after the other, and how each went. */
class Round {
	readonly #job: LoadJob;
	readonly #requests: readonly Uint8Array[];
	readonly #latencies: number[] = [];
	readonly #statuses = new Map<number, number>();
	#sent = 0;

	constructor(job: LoadJob) {
		this.#job = job;
		const rendering = { host: `127.0.0.1:${job.port}`, path: "/webhook", secret: job.secret, run: job.run };
		this.#requests = Array.from({ length: job.requests }, (_, index) => {
			const fields = job.alerts[index % job.alerts.length];
			if (fields === undefined) throw new Error("a load needs at least one alert");
			return renderRequest(rendering, fields, index);
		});
	}

	/** The next request; undefined when they are used up. */
	#next(): Uint8Array | undefined {
		const index = this.#job.cycle ? this.#sent % this.#requests.length : this.#sent;
		this.#sent += 1;
		return this.#requests[index];
	}

	#answered(status: number, start: number): void {
		this.#latencies.push(performance.now() - start);
		this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1);
	}

	/** Each connection sends again as soon as it is answered. */
	async #flatOut(connections: readonly Connection[]): Promise<void> {
		const deadline = performance.now() + this.#job.seconds * 1000;
		await Promise.all(
			connections.map((connection) => {
				const { promise, resolve } = Promise.withResolvers<void>();
				const turn = (): void => {
					const start = performance.now();
					const request = start < deadline ? this.#next() : undefined;
					if (request === undefined) {
						resolve();
						return;
					}
					connection.send(request, (status) => {
						this.#answered(status, start);
						turn();
					});
				};
				turn();
				return promise;
			}),
		);
	}

	/** Sends on a fixed beat. Latency counts from the beat, so that a stall is not hidden by sending later. */
	async #paced(connections: readonly Connection[]): Promise<void> {
		const { seconds, pace } = this.#job;
		const idle = [...connections];
		const waiting: { request: Uint8Array; due: number }[] = [];
		const total = Math.min(Math.round(seconds * pace), this.#requests.length);
		const { promise, resolve } = Promise.withResolvers<void>();
		let answers = 0;
		const flush = (): void => {
			while (idle.length > 0 && waiting.length > 0) {
				// In turn, so that no connection stays unused: the server closes those.
				const connection = idle.shift();
				const job = waiting.shift();
				if (connection === undefined || job === undefined) return;
				connection.send(job.request, (status) => {
					this.#answered(status, job.due);
					idle.push(connection);
					answers += 1;
					if (answers === total) resolve();
					else flush();
				});
			}
		};
		const begin = performance.now();
		for (let index = 0; index < total; index += 1) {
			const due = begin + (index * 1000) / pace;
			const early = due - performance.now();
			if (early > 0) await Bun.sleep(early);
			const request = this.#next();
			if (request !== undefined) waiting.push({ request, due });
			flush();
		}
		await promise;
	}

	async run(): Promise<LoadResult> {
		const failure = Promise.withResolvers<never>();
		const connections = await Promise.all(
			Array.from({ length: this.#job.connections }, () => Connection.open(this.#job.port, failure.reject)),
		);
		const cpu = process.cpuUsage();
		const start = performance.now();
		await Promise.race([this.#job.pace > 0 ? this.#paced(connections) : this.#flatOut(connections), failure.promise]);
		const seconds = (performance.now() - start) / 1000;
		const { user, system } = process.cpuUsage(cpu);
		for (const connection of connections) connection.close();
		return {
			answers: this.#latencies.length,
			seconds: rounded(seconds, 3),
			per_second: Math.round(this.#latencies.length / seconds),
			p50_ms: rounded(percentile(this.#latencies, 0.5), 3),
			p99_ms: rounded(percentile(this.#latencies, 0.99), 3),
			statuses: Object.fromEntries(this.#statuses),
			client_cpu: rounded((user + system) / 1e6 / seconds, 2),
		};
	}
}

if (import.meta.main) {
	try {
		console.log(JSON.stringify(await new Round(JSON.parse(process.argv[2] ?? "{}") as LoadJob).run()));
		process.exit(0);
	} catch (error) {
		console.error(error instanceof Error ? error.message : error);
		process.exit(1);
	}
}
