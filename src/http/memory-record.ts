/** A record of alerts in memory, for embedding programs that bring no journal: the same duplicate rules, gone when the program ends. */
import type { Acceptance, Change, Clock, Journal, JournalReader, Reception } from "../domain/ports.ts";
import type { AlertView } from "../domain/records.ts";

/** The part of a journal that the webhook server itself needs. */
export type AlertRecord = Pick<Journal, "accept" | "commit"> & { readonly reader: Pick<JournalReader, "alert"> };

interface Seen {
	readonly id: string;
	readonly meaning: string;
	readonly until: number;
}

/** Keeps the newest `alerts_max` alerts and as many keys. */
export class MemoryRecord implements AlertRecord {
	readonly #clock: Pick<Clock, "now">;
	readonly #max: number;
	readonly #alerts = new Map<string, AlertView>();
	readonly #seen = new Map<string, Seen>();
	readonly #signed = new Map<string, string>();

	/** @param alerts_max default 10,000 */
	constructor(clock: Pick<Clock, "now">, alerts_max = 10_000) {
		this.#clock = clock;
		this.#max = alerts_max;
	}

	readonly reader = { alert: async (id: string) => this.#alerts.get(id) };

	async accept({ alert, raw, trace, dedupe, replay_key }: Reception): Promise<Acceptance> {
		const now = this.#clock.now();
		const seen = this.#seen.get(dedupe.key);
		const known = seen !== undefined && seen.until > now;
		if (known && (!dedupe.by_id || seen.meaning === dedupe.meaning)) return { outcome: "duplicate", id: seen.id };
		const signed = replay_key === undefined ? undefined : this.#signed.get(replay_key);
		if (signed !== undefined) return { outcome: "replayed", id: signed };
		this.#keep(this.#seen, dedupe.key, { id: alert.id, meaning: dedupe.meaning, until: now + dedupe.window_ms });
		if (replay_key !== undefined) this.#keep(this.#signed, replay_key, alert.id);
		const { closes, symbol_sent, exchange, time, quantity, stated, fields, timeframe, price, ...shown } = alert;
		this.#keep(this.#alerts, alert.id, {
			...shown,
			timeframe: timeframe ?? null,
			price: price ?? null,
			status: "accepted",
			ended_at: null,
			code: null,
			reason: null,
			raw,
			trace: [...trace],
			orders: [],
			fills: [],
		});
		return { outcome: "accepted", id_reused: known };
	}

	/** Only an alert's end is kept; this record has no orders. */
	async commit(changes: readonly Change[]): Promise<void> {
		for (const change of changes) {
			const alert = change.kind === "alert_ended" ? this.#alerts.get(change.id) : undefined;
			if (change.kind !== "alert_ended" || alert === undefined) continue;
			const { status, type, code, reason, ended_at } = change;
			const trace = [...(alert.trace ?? []), ...change.trace];
			this.#alerts.set(change.id, { ...alert, status, type, code, reason, ended_at, trace });
		}
	}

	#keep<T>(map: Map<string, T>, key: string, value: T): void {
		map.delete(key);
		map.set(key, value);
		if (map.size <= this.#max) return;
		const oldest = map.keys().next();
		if (!oldest.done) map.delete(oldest.value);
	}
}
