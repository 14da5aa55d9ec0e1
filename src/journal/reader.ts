/** The two ways to ask the journal: through a worker beside a running nexus, or directly from the command line. */
import type { JournalReader } from "../domain/ports.ts";
import { openForReading } from "./journal-file.ts";
import { type Questions, ReadModel } from "./read-model.ts";
import type { WorkerClient } from "./worker-client.ts";

/** Answers that take part in no transaction of the writer's: long lists never hold a commit up. */
export function remoteReader(worker: () => WorkerClient): JournalReader {
	const ask = async <Name extends keyof JournalReader>(
		name: Name,
		args: Parameters<JournalReader[Name]>,
	): Promise<ReturnType<Questions[Name]>> => {
		const body = await worker().call("read", JSON.stringify({ name, args }));
		return (body === "" ? undefined : JSON.parse(body)) as ReturnType<Questions[Name]>;
	};
	return {
		alerts: (filter) => ask("alerts", [filter]),
		alert: (id) => ask("alert", [id]),
		orders: (filter) => ask("orders", [filter]),
		fills: (filter) => ask("fills", [filter]),
		positions: () => ask("positions", []),
		accounts: () => ask("accounts", []),
		trading_states: () => ask("trading_states", []),
		events: (after, limit) => ask("events", [after, limit]),
		counts: () => ask("counts", []),
	};
}

/**
 * Reads a data folder without a worker, also while a nexus runs there; it writes nothing.
 * @throws JournalError `unusable` where there is no journal, or one of a newer nexus
 */
export function openReader(folder: string): JournalReader & { close(): void } {
	const db = openForReading(folder);
	const model = new ReadModel(db);
	return {
		alerts: async (filter) => model.alerts(filter),
		alert: async (id) => model.alert(id),
		orders: async (filter) => model.orders(filter),
		fills: async (filter) => model.fills(filter),
		positions: async () => model.positions(),
		accounts: async () => model.accounts(),
		trading_states: async () => model.trading_states(),
		events: async (after, limit) => model.events(after, limit),
		counts: async () => model.counts(),
		close: () => db.close(),
	};
}
