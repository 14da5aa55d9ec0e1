/** One Reception as SQL: the duplicate check, the replay check and the record, inside the caller's transaction. */
import type { Database } from "bun:sqlite";
import { JournalError } from "./journal-error.ts";
import type { Outcome, ReceptionItem } from "./messages.ts";
import type { RecentKeys } from "./recent-keys.ts";

const accepted: Outcome = { kind: "accepted", id_reused: false };
const acceptedReused: Outcome = { kind: "accepted", id_reused: true };

/** Bound to one connection and its keys. */
export class ReceptionRecorder {
	readonly #keys: RecentKeys;
	readonly #sql: ReturnType<typeof statements>;

	constructor(db: Database, keys: RecentKeys) {
		this.#keys = keys;
		this.#sql = statements(db);
	}

	/**
	 * What is known already is told even when there is no room: nothing is written for it.
	 * @throws JournalError `full` where `hasRoom` is false
	 */
	record(item: ReceptionItem, hasRoom: boolean, sizeMaxBytes: number): Outcome {
		const { seq, keys, now } = item;
		const known = this.#keys.find(keys, now);
		if (known.kind === "duplicate") return known;
		const replayed = keys.replay_key === null ? undefined : this.#keys.findReplay(keys.replay_key);
		if (replayed !== undefined) return { kind: "replayed", seq: replayed };
		if (!hasRoom) {
			const line = `the journal has reached ${sizeMaxBytes} bytes: raise journal.size_max or shorten journal.keep in nexus.yaml`;
			throw new JournalError("full", line);
		}
		this.#sql.alert.run(seq, item.received_at, item.strategy, item.symbol, item.sender_id);
		this.#sql.bulk.run(seq, item.alert, item.raw, item.trace);
		this.#sql.open.run(seq);
		this.#keys.add(keys, seq);
		return known.kind === "reused" && keys.by_id ? acceptedReused : accepted;
	}
}

function statements(db: Database) {
	return {
		alert: db.query("INSERT INTO alerts VALUES (?, ?, ?, ?, ?)"),
		bulk: db.query("INSERT INTO alert_records VALUES (?, ?, ?, ?)"),
		open: db.query("INSERT INTO open_alerts VALUES (?)"),
	};
}
