/** Alerts as TradingView sends them: a refused or cut connection and a 5xx are sent again, everything else is not. */
import { postRequest, RawConnection } from "../e2e/support/raw-connection.ts";

export interface SendersOptions {
	readonly port: number;
	/** Path and query of the webhook. */
	readonly path: string;
	readonly count: number;
	readonly side_by_side: number;
	/** Between two alerts of one sender. */
	readonly pause_ms: number;
	/** The body of alert `number`, from 0; its `alert_id` makes a resend a duplicate. */
	readonly alertOf: (number: number) => { readonly alert_id: string };
}

const again_ms = 50;
const tries_max = 400;

/** Half of the senders keep their connection as long as the server does, the others open one for each alert. */
export class Senders {
	/** alert_id → our id. */
	readonly acknowledged = new Map<string, string>();
	/** Connections that were refused or cut before an answer came. */
	cut = 0;
	/** Answers of 500 and above. */
	refused = 0;
	readonly #options: SendersOptions;
	#next = 0;

	constructor(options: SendersOptions) {
		this.#options = options;
	}

	/** Resolves when every alert was acknowledged; rejects where one is refused for good. */
	async run(): Promise<void> {
		const { side_by_side } = this.#options;
		await Promise.all(Array.from({ length: side_by_side }, (_, index) => this.#send(index % 2 === 0)));
	}

	async #send(keeps: boolean): Promise<void> {
		const { count, alertOf, pause_ms } = this.#options;
		let connection: RawConnection | undefined;
		while (this.#next < count) {
			const alert = alertOf(this.#next++);
			connection = await this.#deliver(alert, connection);
			if (!keeps) {
				connection?.[Symbol.dispose]();
				connection = undefined;
			}
			await Bun.sleep(pause_ms);
		}
		connection?.[Symbol.dispose]();
	}

	/** Sends until it is acknowledged; the connection, where it can be used again. */
	async #deliver(
		alert: { readonly alert_id: string },
		open: RawConnection | undefined,
	): Promise<RawConnection | undefined> {
		const { port, path } = this.#options;
		const bytes = postRequest(path, Buffer.from(JSON.stringify(alert)));
		let connection = open;
		for (let tries = 0; tries < tries_max; tries++) {
			if (tries > 0) await Bun.sleep(again_ms);
			try {
				connection ??= await RawConnection.open(port);
				const { status, body, last } = await connection.ask(bytes);
				if (last) {
					connection[Symbol.dispose]();
					connection = undefined;
				}
				if (status >= 500) {
					this.refused += 1;
					continue;
				}
				this.acknowledged.set(alert.alert_id, idOf(alert.alert_id, tries, status, body));
				return connection;
			} catch (error) {
				if (error instanceof RangeError) throw error;
				this.cut += 1;
				connection?.[Symbol.dispose]();
				connection = undefined;
			}
		}
		throw new RangeError(`alert ${alert.alert_id} was sent ${tries_max} times and never acknowledged`);
	}
}

/** A duplicate is an acknowledgement where an earlier try got no answer; at the first try nobody can have recorded it. */
function idOf(alert_id: string, tries: number, status: number, body: string): string {
	const { id, status: word } = JSON.parse(body) as { readonly id?: string; readonly status?: string };
	if (id !== undefined && (status === 202 || (status === 200 && tries > 0 && word === "duplicate"))) return id;
	throw new RangeError(`alert ${alert_id}, try ${tries + 1}: ${status} ${body}`);
}
