/** The silence watch: notices that a strategy's alerts stay away, says so once, and says when they come again. */
import type { Change, Clock, Log, Silence } from "../domain/ports.ts";
import type { StrategyView } from "../domain/records.ts";
import type { StrategySettings } from "../domain/settings.ts";

/** Strategies may be loaded anew at any time, so that it looks at least this often. */
const look_ms_max = 60_000;

export interface SilenceOptions {
	readonly clock: Pick<Clock, "now" | "after">;
	readonly log: Pick<Log, "info" | "warn">;
	/** Every strategy as it is configured now. */
	readonly list: () => readonly StrategySettings[];
	readonly find: (strategy: string) => StrategySettings | undefined;
	/** When each strategy's last alert came before this start, milliseconds since 1970. */
	readonly last: ReadonlyMap<string, number>;
	/** Told before this start and not ended. */
	readonly silences: readonly Silence[];
	/** Hands facts to the journal; nothing waits for it. */
	readonly record: (changes: readonly Change[]) => void;
}

/** Watches every strategy that has `expect_every`; nothing happens before {@link SilenceWatch.start}. */
export class SilenceWatch {
	readonly #options: SilenceOptions;
	readonly #last: Map<string, number>;
	/** Since when a strategy of which no alert is known is watched. */
	readonly #watched = new Map<string, number>();
	/** Since when its alerts stay away. */
	readonly #silent: Map<string, number>;
	#stopTimer: () => void = () => undefined;

	constructor(options: SilenceOptions) {
		this.#options = options;
		this.#last = new Map(options.last);
		this.#silent = new Map(options.silences.map(({ strategy, since }) => [strategy, Date.parse(since)]));
	}

	/** Takes up what an earlier run told, and looks for the first time. */
	start(): void {
		for (const [strategy, since] of this.#silent) {
			const last = this.#last.get(strategy);
			// It came, and nexus ended before that was told.
			if (last !== undefined && last > since) this.#end(strategy, since, last);
		}
		this.#look();
	}

	close(): void {
		this.#stopTimer();
	}

	/** An alert of a strategy came. */
	heard(name: string, received_at: string): void {
		const settings = this.#options.find(name);
		if (settings?.expect_every_ms === undefined) return;
		const strategy = settings.name;
		const at = Date.parse(received_at);
		if (at <= (this.#last.get(strategy) ?? 0)) return;
		this.#last.set(strategy, at);
		const since = this.#silent.get(strategy);
		if (since !== undefined && at > since) this.#end(strategy, since, at);
	}

	/** What the list of strategies shows. */
	view(strategy: string): Pick<StrategyView, "last_alert_at" | "silent"> {
		const watched = expected(this.#options.find(strategy)) !== undefined;
		const last = watched ? this.#last.get(strategy) : undefined;
		return {
			last_alert_at: last === undefined ? null : iso(last),
			silent: watched && this.#silent.has(strategy),
		};
	}

	#look(): void {
		const now = this.#options.clock.now();
		let next = now + look_ms_max;
		this.#forget(now);
		for (const settings of this.#options.list()) {
			const every_ms = expected(settings);
			if (every_ms === undefined || this.#silent.has(settings.name)) continue;
			const since = this.#since(settings.name, now);
			if (now >= since + every_ms) this.#find(settings.name, since, every_ms, now);
			else next = Math.min(next, since + every_ms);
		}
		this.#stopTimer = this.#options.clock.after(next - now, () => this.#look());
	}

	#since(strategy: string, now: number): number {
		const last = this.#last.get(strategy);
		if (last !== undefined) return last;
		const watched = this.#watched.get(strategy) ?? now;
		this.#watched.set(strategy, watched);
		return watched;
	}

	/** What nobody waits for any more, or not yet again, is no silence. */
	#forget(now: number): void {
		for (const [strategy, since] of this.#silent) {
			const every_ms = expected(this.#options.find(strategy));
			if (every_ms !== undefined && now >= since + every_ms) continue;
			this.#silent.delete(strategy);
			this.#options.record([{ kind: "silence", strategy, since: null }]);
		}
	}

	#find(strategy: string, since: number, every_ms: number, now: number): void {
		this.#silent.set(strategy, since);
		const last = this.#last.get(strategy);
		const first = last === undefined ? `since it is watched, ${iso(since)}` : `since the last one, ${iso(last)}`;
		const detail = `${strategy}: no alert for ${span(now - since)} (${first}); one is expected every ${span(every_ms)}`;
		const data = { strategy, last_alert_at: last === undefined ? null : iso(last), expect_every_s: every_ms / 1000 };
		this.#options.log.warn("no alert came", data);
		this.#options.record([
			{ kind: "silence", strategy, since: iso(since) },
			{ kind: "event", event: { kind: "SilenceFound", at: iso(now), detail, data } },
		]);
	}

	#end(strategy: string, since: number, at: number): void {
		this.#silent.delete(strategy);
		const detail = `${strategy}: an alert came again, after ${span(at - since)}`;
		const data = { strategy, silent_s: Math.round((at - since) / 1000) };
		this.#options.log.info("an alert came again", data);
		this.#options.record([
			{ kind: "silence", strategy, since: null },
			{ kind: "event", event: { kind: "SilenceEnded", at: iso(this.#options.clock.now()), detail, data } },
		]);
	}
}

/** How often an alert is expected, milliseconds; undefined where nobody waits for one. */
function expected(settings: StrategySettings | undefined): number | undefined {
	return settings?.enabled === true ? settings.expect_every_ms : undefined;
}

const iso = (at: number): string => new Date(at).toISOString();

const spans = [
	["d", 86_400_000],
	["h", 3_600_000],
	["m", 60_000],
	["s", 1000],
] as const;

/** A span by its two largest units: `1h`, `3h 12m`, `0s`. */
function span(ms: number): string {
	let left = ms;
	const parts: string[] = [];
	for (const [name, unit_ms] of spans) {
		const count = Math.floor(left / unit_ms);
		left -= count * unit_ms;
		if (count > 0) parts.push(`${count}${name}`);
		else if (parts.length > 0) break;
	}
	return parts.slice(0, 2).join(" ") || "0s";
}
