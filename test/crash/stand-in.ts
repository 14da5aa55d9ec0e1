/**
 * A small bridge that is not nexus: one file of alerts, one order each, and one of three usual ways to go on after "no answer".
 * `bun stand-in.ts '{"policy":"blind","url":"http://…","key":"…","file":"…"}'` works off what is open in the file and ends.
 */
import { Database } from "bun:sqlite";
import { KillSwitch, killVariable } from "./kill-switch.ts";

/** What no answer means: failed, so that it is tried again as a new order; the same order again; looked up, then the same again. */
export const standInPolicies = ["new id", "same id, blind", "same id, looked up"] as const;
export type StandInPolicy = (typeof standInPolicies)[number];

export interface StandInArguments {
	readonly policy: StandInPolicy;
	readonly url: string;
	readonly key: string;
	/** The SQLite file. */
	readonly file: string;
}

export interface StandInAlert {
	readonly id: string;
	readonly symbol: string;
	readonly state: "new" | "submitting" | "executed" | "failed";
	readonly client_order_id: string | null;
}

const timeout_ms = 1_000;
const expiry_ms = 1_000;
const tries_max = 4;

/** Opens the file as a careful program does: write-ahead log, every commit on disk. */
export function openAlerts(file: string): Database {
	const db = new Database(file, { create: true });
	db.run("PRAGMA journal_mode = WAL");
	db.run("PRAGMA synchronous = FULL");
	db.run(
		"CREATE TABLE IF NOT EXISTS alerts (id TEXT PRIMARY KEY, symbol TEXT, state TEXT, client_order_id TEXT) STRICT",
	);
	return db;
}

type Answer = "accepted" | "rejected" | "unknown";

class StandIn {
	readonly #db: Database;
	readonly #settings: StandInArguments;
	readonly #kill = new KillSwitch(process.env[killVariable] ?? "");

	constructor(settings: StandInArguments) {
		this.#settings = settings;
		this.#db = openAlerts(settings.file);
	}

	async run(): Promise<void> {
		const open = this.#db.query<StandInAlert, []>("SELECT * FROM alerts WHERE state IN ('new', 'submitting')").all();
		for (const alert of open) await this.#work(alert);
		this.#db.close();
	}

	async #work(alert: StandInAlert): Promise<void> {
		this.#kill.pass("alert:recorded");
		let doubtful = alert.state === "submitting";
		let id = alert.client_order_id ?? this.#newId(alert);
		for (let tries = 0; tries < tries_max; tries++) {
			if (doubtful) {
				if (this.#settings.policy === "new id") id = this.#newId(alert);
				if (this.#settings.policy === "same id, looked up" && (await this.#isThere(id))) {
					this.#conclude(alert, "executed");
					return;
				}
			}
			this.#kill.pass("entry:planned");
			this.#set(alert, "submitting", id);
			this.#kill.pass("entry:written_ahead");
			const answer = await this.#post(alert, id);
			this.#kill.pass("entry:answered");
			if (answer !== "unknown") {
				this.#conclude(alert, answer === "accepted" ? "executed" : "failed");
				return;
			}
			doubtful = true;
		}
		this.#conclude(alert, "failed");
	}

	#newId({ id }: StandInAlert): string {
		const source = this.#settings.policy === "new id" ? crypto.randomUUID() : id;
		return new Bun.CryptoHasher("sha256").update(source).digest("hex").slice(0, 32);
	}

	#set({ id }: StandInAlert, state: StandInAlert["state"], client_order_id: string | null): void {
		this.#db.run("UPDATE alerts SET state = ?, client_order_id = coalesce(?, client_order_id) WHERE id = ?", [
			state,
			client_order_id,
			id,
		]);
	}

	#conclude(alert: StandInAlert, state: "executed" | "failed"): void {
		this.#db.transaction(() => {
			this.#set(alert, state, null);
			this.#kill.pass("entry:in_commit");
		})();
		this.#kill.pass("entry:on_disk");
	}

	async #post({ symbol }: StandInAlert, client_order_id: string): Promise<Answer> {
		const flight = setTimeout(() => this.#kill.pass("entry:in_flight"), Math.random());
		const expires_at = new Date(Date.now() + expiry_ms).toISOString();
		const order = {
			client_order_id,
			symbol,
			side: "buy",
			type: "market",
			quantity: "0.1",
			reduce_only: false,
			expires_at,
		};
		try {
			const { status } = await this.#ask("/orders", { method: "POST", body: JSON.stringify(order) });
			if (status < 300 || status === 409) return "accepted";
			return status < 500 ? "rejected" : "unknown";
		} catch (error) {
			return this.#noAnswer(error);
		} finally {
			clearTimeout(flight);
		}
	}

	async #isThere(id: string): Promise<boolean> {
		const { status } = await this.#ask(`/orders/${id}`, { method: "GET" });
		return status === 200;
	}

	#ask(path: string, init: RequestInit): Promise<Response> {
		const { url, key } = this.#settings;
		const signal = AbortSignal.timeout(timeout_ms);
		return fetch(url + path, { ...init, signal, headers: { authorization: `Bearer ${key}` } });
	}

	#noAnswer(error: unknown): "unknown" {
		console.error(`no answer: ${error instanceof Error ? error.message : String(error)}`);
		return "unknown";
	}
}

if (import.meta.main) await new StandIn(JSON.parse(process.argv[2] ?? "{}") as StandInArguments).run();
