/** The seams of a running nexus with the kill points in them: around its journal and around its requests to the exchange. */
import type { Change, Journal } from "../../src/domain/ports.ts";
import type { Between } from "../../src/nexus.ts";
import { type KillSwitch, kindOf, stepsOf } from "./kill-switch.ts";

/** The longest time from sending to the point "in flight"; an exchange without a fault answers sooner or later than that. */
const flight_ms_max = 2;

/** What goes around journal and network so that `kill` is asked at every point of the main thread. */
export function dyingSeams(kill: KillSwitch): Required<Between> {
	const fresh = new Set<string>();
	/** client order id → what it is; only of orders whose alerts came in this life. */
	const kinds = new Map<string, "entry" | "exit">();
	return {
		journal: (disk) => dyingJournal(disk, { kill, fresh, kinds }),
		fetch: (url, init) => {
			const { pathname } = new URL(url);
			const asksFor = /\/orders\/[^/]+$/.test(pathname) && init.method === "GET";
			if (asksFor) return look(kill, url, init);
			const sends = pathname.endsWith("/orders") && init.method === "POST" && typeof init.body === "string";
			const kind = sends ? kinds.get(idIn(init.body)) : undefined;
			return kind === undefined ? fetch(url, init) : post(kill, kind, url, init);
		},
	};
}

function idIn(body: unknown): string {
	const { client_order_id = "" } = JSON.parse(String(body)) as { readonly client_order_id?: string };
	return client_order_id;
}

async function look(kill: KillSwitch, url: string, init: RequestInit): Promise<Response> {
	kill.pass("start:looking");
	try {
		return await fetch(url, init);
	} finally {
		kill.pass("start:looked");
	}
}

async function post(kill: KillSwitch, kind: "entry" | "exit", url: string, init: RequestInit): Promise<Response> {
	const flight = setTimeout(() => kill.pass(`${kind}:in_flight`), Math.random() * flight_ms_max);
	try {
		return await fetch(url, init);
	} finally {
		clearTimeout(flight);
		kill.pass(`${kind}:answered`);
	}
}

interface Parts {
	readonly kill: KillSwitch;
	/** Alerts that this process received. */
	readonly fresh: Set<string>;
	readonly kinds: Map<string, "entry" | "exit">;
}

function dyingJournal(disk: Journal, { kill, fresh, kinds }: Parts): Journal {
	const isFresh = (alertId: string | null): boolean => alertId !== null && fresh.has(alertId);
	return {
		async accept(reception) {
			fresh.add(reception.alert.id);
			const acceptance = await disk.accept(reception);
			kill.pass("alert:recorded");
			return acceptance;
		},
		async commit(changes: readonly Change[]) {
			const { written_ahead, concluded, resolved } = stepsOf(changes, isFresh);
			for (const order of written_ahead) {
				kinds.set(order.client_order_id, kindOf(order));
				kill.pass(`${kindOf(order)}:planned`);
			}
			await disk.commit(changes);
			for (const order of written_ahead) kill.pass(`${kindOf(order)}:written_ahead`);
			for (const order of concluded) kill.pass(`${kindOf(order)}:on_disk`);
			if (resolved.length > 0) kill.pass("start:on_disk");
		},
		async load() {
			const snapshot = await disk.load();
			kill.pass("start:loaded");
			return snapshot;
		},
		openAlerts: (after, limit) => disk.openAlerts(after, limit),
		work: (alertId) => disk.work(alertId),
		strategyState: (strategy, account) => disk.strategyState(strategy, account),
		reader: disk.reader,
		close: () => disk.close(),
	};
}
