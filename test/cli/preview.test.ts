import { test } from "bun:test";
import { call, nexusFolder } from "/work/main/test/cli/support/call-command.ts";
import { fakeNexus, refusal } from "/work/main/test/cli/support/fake-nexus.ts";
import * as r from "/work/main/test/cli/support/records.ts";

test("x", async () => {
	using nexus = fakeNexus({
		"GET /api/v1/alerts": { items: [r.waiting, r.rejected, r.executed], next: null },
		"GET /api/v1/alerts/01KFB3Q7Z80": r.executedInFull,
		"GET /api/v1/alerts/01KFB3R0000": {
			...r.rejected,
			trace: [
				{ stage: "size", verdict: "pass", ms: 0.01 },
				{ stage: "strategy", verdict: "refuse", code: "symbol_not_allowed", detail: r.rejected.reason, ms: 0.1 },
			],
			orders: [],
			fills: [],
			raw: "action=sell\nsymbol=ETHUSD",
		},
		"GET /api/v1/orders": {
			items: [
				r.order,
				{
					...r.order,
					leg: "stop_loss",
					type: "stop",
					stop_price: "41000",
					status: "accepted",
					average_price: null,
					alert_id: null,
				},
			],
			next: null,
		},
		"GET /api/v1/positions": { items: [r.position, r.flat], next: null },
		"GET /api/v1/accounts": { items: [r.account], next: null },
		"GET /api/v1/strategies": {
			items: [
				r.strategy,
				{
					...r.strategy,
					name: "Broken",
					plugin: "plugins/broken.ts",
					plugin_error: "SyntaxError: Unexpected } at plugins/broken.ts:3:1",
					trading_state: "halted",
				},
			],
			next: null,
		},
		"GET /api/v1/status": {
			version: "0.1.0",
			pid: 1234,
			uptime_s: 11520,
			ready: true,
			started_at: "2026-01-31T10:48:00.000Z",
			alerts: { executed: 12, skipped: 3, rejected: 1, accepted: 2 },
			orders: 14,
			fills: 14,
			waiting: 2,
			trading_states: [r.halted],
			journal_bytes: 1250000,
		},
		"POST /api/v1/halt": r.halted,
		"POST /api/v1/resume": { items: [] },
		"POST /api/v1/flatten": { items: [r.order] },
		"POST /webhook": (a) =>
			a.path.includes("wait")
				? { id: "01KFB3Q7Z80", status: "executed" }
				: Response.json({ id: "01KFB3Q7Z80", status: "accepted" }, { status: 202 }),
	});
	using folder = nexusFolder({ port: nexus.port });
	folder.write("a.json", "{}");
	for (const line of process.env["LINES"]!.split("|")) {
		const c = await call(folder.path, line.split(" ").filter(Boolean));
		console.log(`$ nexus ${line}  -> ${c.exit}\n${c.out}${c.err === "" ? "" : "ERR " + c.err}`);
	}
});
