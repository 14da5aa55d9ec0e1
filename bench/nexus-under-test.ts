/** The compiled binary as it is measured: its own folder, the shipped plugins, a signed webhook, a paper account. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { binary } from "../scripts/build.ts";
import { freePort } from "../scripts/free-port.ts";
import { root } from "../scripts/install.ts";

export const secret = "bench-secret-0123456789abcdef0123456789";

const coins = ["BTC", "ETH", "SOL", "XRP", "ADA", "DOT", "LTC", "LINK"] as const;
const names = coins.map((coin) => `Load${coin}`);

/** What is traded in turn: eight strategies without a plugin on eight symbols each, so that 64 lanes have work. */
export const strategies = names.flatMap((strategy) => coins.map((coin) => ({ strategy, symbol: `${coin}/USD` })));

const ready_ms_max = 60_000;

const configuration = (port: number, data: string): string => `webhook:
  host: 127.0.0.1
  port: ${port}
  path: /webhook
  secret_key: ${secret}
data: ${data}
plugins: ./plugins
accounts:
  paper: { broker: paper, currency: USD, balance: 1000000, fee: 0.1%, slippage: 0.05% }
strategies:
  - { name: MyRSIStrategy, symbols: [BTC/USD, ETH/USD], timeframes: [1h, 4h], account: paper, size: 1% }
${names
	.map((name) => {
		const symbols = coins.map((coin) => `${coin}/USD`).join(", ");
		return `  - { name: ${name}, symbols: [${symbols}], account: paper, size: 0.5%, max_positions: 100 }\n`;
	})
	.join("")}risk:
  unlimited_position_size: true
  unlimited_exposure: true
  no_daily_loss_limit: true
pipeline:
  - signature
  - dedupe: { window: 30s, id_window: 1h }
  - rate_limit: { rate: 10000/s, burst: 100000, queue: 1000000 }
  - freshness: { max_age: 30d }
  - sequence: { hold: 3s, on_gap: follow }
  - risk
log: { level: warn }
`;

/** A folder with everything the binary needs. Its journal may stand elsewhere, to be used again. */
export class NexusFolder {
	readonly path = mkdtempSync(join(tmpdir(), "nexus-bench-"));
	readonly #data: string;

	constructor(data?: string) {
		this.#data = data ?? join(this.path, "data");
		cpSync(join(root, "plugins"), join(this.path, "plugins"), { recursive: true });
	}

	/** Starts the binary; resolves at the first 200 of /readyz. */
	async start(): Promise<NexusUnderTest> {
		const port = await freePort();
		writeFileSync(join(this.path, "nexus.yaml"), configuration(port, this.#data));
		return await NexusUnderTest.start(this.path, this.#data, port);
	}

	remove(): void {
		rmSync(this.path, { recursive: true, force: true });
	}
}

async function answersReady(port: number): Promise<boolean> {
	try {
		return (await fetch(`http://127.0.0.1:${port}/readyz`)).status === 200;
	} catch (error) {
		const code = error instanceof Error && "code" in error ? error.code : undefined;
		if (code === "ConnectionRefused" || code === "ECONNREFUSED") return false;
		throw error;
	}
}

/** One running binary. */
export class NexusUnderTest {
	readonly port: number;
	/** From just before the process was made to the first 200 of /readyz. */
	readonly ready_ms: number;
	readonly #data: string;
	readonly #child: Bun.Subprocess;

	private constructor(child: Bun.Subprocess, data: string, port: number, ready: number) {
		this.#child = child;
		this.#data = data;
		this.port = port;
		this.ready_ms = ready;
	}

	/** Polls every millisecond, so the figure is at most that much too large. */
	static async start(folder: string, data: string, port: number): Promise<NexusUnderTest> {
		const errors = join(folder, "stderr.log");
		const begin = performance.now();
		const child = Bun.spawn([binary, "run"], {
			cwd: folder,
			env: { PATH: "" },
			stdin: "ignore",
			stdout: "ignore",
			stderr: Bun.file(errors),
		});
		while (!(await answersReady(port))) {
			const waited = performance.now() - begin;
			if (child.exitCode !== null || waited > ready_ms_max) {
				child.kill("SIGKILL");
				throw new Error(`nexus was not ready after ${waited.toFixed(0)} ms: ${readFileSync(errors, "utf8")}`);
			}
			await Bun.sleep(1);
		}
		return new NexusUnderTest(child, data, port, performance.now() - begin);
	}

	get pid(): number {
		return this.#child.pid;
	}

	/** Asks the API. Throws where the answer is not 200. */
	async ask<T>(path: string): Promise<T> {
		const token = readFileSync(join(this.#data, "admin.token"), "utf8").trim();
		const response = await fetch(`http://127.0.0.1:${this.port}/api/v1/${path}`, {
			headers: { authorization: `Bearer ${token}` },
		});
		if (response.status !== 200) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
		return (await response.json()) as T;
	}

	/** Resolves when every accepted alert has ended. */
	async settled(): Promise<void> {
		for (;;) {
			const { waiting } = await this.ask<{ readonly waiting: number }>("status");
			if (waiting === 0) return;
			await Bun.sleep(50);
		}
	}

	/** Ends it whatever it does, where the benchmark has failed. */
	kill(): void {
		this.#child.kill("SIGKILL");
	}

	/** SIGTERM; throws where it does not end with exit code 0. */
	async stop(): Promise<void> {
		this.#child.kill("SIGTERM");
		const code = await this.#child.exited;
		if (code !== 0) throw new Error(`nexus ended with exit code ${code} on SIGTERM`);
	}
}
