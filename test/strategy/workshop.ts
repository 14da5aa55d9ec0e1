/** A temporary plugin folder with real plugin processes, for the tests of this folder. */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { completeStrategy, decodeStrategy } from "../../src/config/strategy.ts";
import type { Clock, StrategyContext } from "../../src/domain/ports.ts";
import type { Alert, Position } from "../../src/domain/records.ts";
import type { PluginLimits, StrategyDeclaration } from "../../src/domain/settings.ts";
import { type OpenedStrategies, openStrategies } from "../../src/strategy/open-strategies.ts";
import type { PluginChange } from "../../src/strategy/plugin-host.ts";
import type { CompleteStrategy } from "../../src/strategy/strategy-reading.ts";

export const realClock: Clock = {
	now: () => Date.now(),
	monotonic: () => performance.now(),
	sleep: (ms) => Bun.sleep(ms),
	after: (ms, act) => {
		const timer = setTimeout(act, ms);
		return () => clearTimeout(timer);
	},
};

export const complete: CompleteStrategy = (name, yaml, plugin) => completeStrategy(name, yaml, plugin, []);
export const decode = decodeStrategy;

export const roomy: PluginLimits = { deadline_ms: 5000, memory_bytes: 512_000_000, start_ms: 10_000 };

export function anAlert(fields: Partial<Alert> = {}): Alert {
	return {
		id: "00000000001",
		type: "LONG_ENTRY",
		action: "buy",
		symbol: "BTC/USD",
		symbol_sent: "BTCUSD",
		price: "42000",
		strategy: "A",
		timeframe: "1h",
		received_at: "2026-01-31T12:00:00.000Z",
		dialect: "nexus",
		source: "127.0.0.1",
		fields: {},
		...fields,
	};
}

export function aContext(fields: Partial<StrategyContext> = {}): StrategyContext {
	return {
		account: { name: "paper", currency: "USD", equity: "100000" },
		position: null,
		state: undefined,
		now: "2026-01-31T12:00:00.000Z",
		...fields,
	};
}

export function aPosition(fields: Partial<Position> = {}): Position {
	return {
		account: "paper",
		strategy: "A",
		symbol: "BTC/USD",
		side: "long",
		quantity: "0.5",
		average_price: "40000",
		unrealized_pnl: "1000",
		realized_pnl: "0",
		additions: 0,
		mark_price: "42000",
		updated_at: "2026-01-31T11:00:00.000Z",
		...fields,
	};
}

/** The source of a plugin: a strategy with this body of onAlert(alert, call). */
export function strategySource(name: string, body: string, more = ""): string {
	return `import { defineStrategy } from "nexus";\nexport default defineStrategy({ name: "${name}", ${more}\nasync onAlert(alert: any, call: any) {\n${body}\n} });\n`;
}

/** Waits for something to become true; fails with its name after 15 s. */
export async function until(what: string, test: () => boolean): Promise<void> {
	const end = performance.now() + 15_000;
	while (!test()) {
		if (performance.now() > end) throw new Error(`waited 15 s for: ${what}`);
		await Bun.sleep(20);
	}
}

/** True while the process runs; a zombie nobody has reaped has ended. */
export async function isAlive(pid: number): Promise<boolean> {
	const status = `/proc/${pid}/status`;
	return existsSync(status) && !/^State:\s+[ZX]/m.test(await Bun.file(status).text());
}

export class Workshop {
	readonly changes: PluginChange[] = [];
	readonly logged: string[] = [];
	opened: OpenedStrategies | undefined;

	constructor(readonly root: string) {}

	static async make(): Promise<Workshop> {
		return new Workshop(await mkdtemp(join(tmpdir(), "nexus-strategy-")));
	}

	get folder(): string {
		return join(this.root, "plugins");
	}

	get strategies(): OpenedStrategies {
		if (this.opened === undefined) throw new Error("the workshop is not open");
		return this.opened;
	}

	async write(path: string, text: string): Promise<string> {
		const file = join(this.folder, path);
		await mkdir(dirname(file), { recursive: true });
		await writeFile(file, text);
		return file;
	}

	async remove(path: string): Promise<void> {
		await rm(join(this.folder, path), { recursive: true });
	}

	async open(
		options: {
			limits?: Partial<PluginLimits>;
			declarations?: readonly StrategyDeclaration[];
			stages?: readonly { name: string; settings: Record<string, unknown> }[];
		} = {},
	): Promise<OpenedStrategies> {
		this.opened = await openStrategies({
			declarations: options.declarations ?? [],
			stages: options.stages ?? [],
			folder: this.folder,
			limits: { ...roomy, ...options.limits },
			decode,
			complete,
			clock: realClock,
			log: (level, plugin, text) => this.logged.push(`${level} ${plugin} ${text}`),
			onChange: (change) => this.changes.push(change),
		});
		return this.opened;
	}

	/** What the strategy answers, as text: its signals' reasons, or its failure. */
	async ask(name: string, fields: Partial<Alert> = {}, context: Partial<StrategyContext> = {}) {
		return this.strategies.executor.decide(anAlert({ strategy: name, ...fields }), name, aContext(context));
	}

	/** The reason of the only signal. */
	async reason(name: string, context: Partial<StrategyContext> = {}): Promise<string> {
		const answer = await this.ask(name, {}, context);
		return answer.ok ? (answer.signals[0]?.reason ?? "no reason") : `${answer.code}: ${answer.detail}`;
	}

	error(name: string): string | null | undefined {
		return this.strategies.host.plugins().find((plugin) => plugin.name === name || plugin.file.endsWith(name))?.error;
	}

	async close(): Promise<void> {
		await this.opened?.stop();
		await rm(this.root, { recursive: true, force: true });
	}
}
