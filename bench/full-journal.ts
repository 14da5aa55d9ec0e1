/** A journal full of ended alerts, written through the project's own journal and kept in the temporary folder for the next run. */
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { idOf } from "../src/domain/id.ts";
import type { Change, Journal, Reception } from "../src/domain/ports.ts";
import { schemaVersion } from "../src/journal/migrations.ts";
import { openJournal } from "../src/journal/sqlite-journal.ts";
import { systemClock } from "../src/system-clock.ts";
import { alertBody } from "./signed-alerts.ts";

/** Alerts handed over at once; the journal puts them on disk in groups. */
const batch_alerts = 2_000;
/** Between two alerts: a million of them span about eleven days. */
const apart_ms = 1_000;
const per_millisecond = 4096;
const day_ms = 86_400_000;

/** 32 hex digits that no other index gives. */
const key = (index: number): string => new Bun.CryptoHasher("md5").update(`full-${index}`).digest("hex");

function reception(index: number, at: number): Reception {
	const id = idOf(at * per_millisecond + (index % per_millisecond));
	const sent = { action: "buy", symbol: "BTC/USD", strategy: "LoadBTC" };
	return {
		alert: {
			...sent,
			id,
			alert_id: `full-${index}`,
			type: "LONG_ENTRY",
			symbol_sent: "BTC/USD",
			exchange: "binance",
			price: "42000.5",
			timeframe: "1h",
			message: "Optional message",
			received_at: new Date(at).toISOString(),
			dialect: "nexus",
			source: "127.0.0.1",
			fields: {},
		},
		raw: alertBody(sent, `full-${index}`),
		trace: ["size", "source", "signature", "read", "dedupe"].map((stage) => ({ stage, verdict: "pass", ms: 0.012 })),
		dedupe: { key: key(index), meaning: key(index), window_ms: 3_600_000, by_id: true },
	};
}

function ending({ alert }: Reception): Change {
	return {
		kind: "alert_ended",
		id: alert.id,
		status: "skipped",
		type: "LONG_ENTRY",
		code: "already_in_position",
		reason: "LoadBTC is already long",
		trace: ["strategy", "freshness", "sequence", "risk"].map((stage) => ({ stage, verdict: "pass", ms: 0.02 })),
		ended_at: alert.received_at,
	};
}

async function fill(journal: Journal, alerts: number): Promise<void> {
	const begin = Date.now() - day_ms - alerts * apart_ms;
	for (let done = 0; done < alerts; done += batch_alerts) {
		const batch = Array.from({ length: Math.min(batch_alerts, alerts - done) }, (_, offset) =>
			reception(done + offset, begin + (done + offset) * apart_ms),
		);
		await Promise.all(batch.map((each) => journal.accept(each)));
		await journal.commit(batch.map(ending));
	}
}

/** The data folder of a journal with so many ended alerts; made where it is not there yet, with this schema. */
export async function fullJournal(alerts: number, say: (words: string) => void): Promise<string> {
	const folder = join(tmpdir(), `nexus-bench-journal-v${schemaVersion}-${alerts}`);
	if (existsSync(folder)) return folder;
	say(`writing a journal of ${alerts} ended alerts to ${folder} …`);
	const making = `${folder}.${process.pid}`;
	mkdirSync(making, { recursive: true });
	try {
		const settings = { size_max_bytes: 100 * 1024 ** 3, keep_ms: 3650 * day_ms, clock: systemClock };
		const journal = await openJournal({ ...settings, folder: making });
		try {
			await fill(journal, alerts);
		} finally {
			await journal.close();
		}
		renameSync(making, folder);
	} finally {
		rmSync(making, { recursive: true, force: true });
	}
	return folder;
}
