/** What is in a journal's file, in words. */
import type { JournalSummary } from "../journal/backup.ts";
import { bytes, count, moment } from "./format.ts";

/** `12 alerts (1 open), 3 orders, 3 fills, up to 2026-01-31 13:37:00.123 UTC; 1.4 MB` */
export function summaryWords({ alerts, open_alerts, orders, fills, newest_alert, ...file }: JournalSummary): string {
	const open = open_alerts === 0 ? "" : ` (${open_alerts} open)`;
	const until = newest_alert === null ? "" : `, up to ${moment(newest_alert.received_at)}`;
	return `${count(alerts, "alert")}${open}, ${count(orders, "order")}, ${count(fills, "fill")}${until}; ${bytes(file.bytes)}`;
}
