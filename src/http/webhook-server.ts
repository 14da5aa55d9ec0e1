/** WebhookServer: the HTTP side of nexus. Alerts come in by POST, the API and the health checks answer beside it. */
import { Elysia } from "elysia";
import type { Refusal } from "../domain/codes.ts";
import { SequenceMaker } from "../domain/id.ts";
import type { Clock, Intake, StrategyDirectory } from "../domain/ports.ts";
import type { Alert, AlertView } from "../domain/records.ts";
import type { DedupeSettings, WebhookSettings } from "../domain/settings.ts";
import { within } from "../domain/within.ts";
import type { Reader } from "../pipeline/read.ts";
import { type Receive, reception } from "../pipeline/reception.ts";
import type { Arrival, Log, Outcome } from "../pipeline/reception-context.ts";
import { type ApiOptions, apiRoutes, type Readiness } from "./api.ts";
import { Duplicates } from "./duplicates.ts";
import { type AlertHandler, HandlerIntake } from "./handler-intake.ts";
import type { HeldPort } from "./held-port.ts";
import { type Fetch, listen } from "./listen.ts";
import { type AlertRecord, MemoryRecord } from "./memory-record.ts";
import { openRoutes } from "./open-routes.ts";
import { problem } from "./problem.ts";
import { Refusals } from "./refusals.ts";
import { serveRoutes } from "./serve-routes.ts";
import { WaitingRoom, waitMs } from "./wait.ts";
import { webhookAnswer } from "./webhook-answer.ts";
import { consoleLog, dedupeDefaults, noStrategies, settingsOf } from "./webhook-defaults.ts";
import { webhookPaths } from "./webhook-operation.ts";
import { notFound, wrongMethod } from "./wrong-address.ts";

/** Only `clock` and `reader` must be given; the rest has defaults: it then serves alone, on memory, and calls its `on_alert` handlers. */
export interface WebhookServerOptions extends Partial<WebhookSettings> {
	readonly clock: Clock;
	/** How a body is read: `alert/`'s functions. */
	readonly reader: Reader;
	/** Milliseconds; default 30 s, ids 1 h, header ids 7 d. */
	readonly dedupe?: Partial<DedupeSettings>;
	/** Largest distance of a Standard Webhooks timestamp, in milliseconds; default 5 minutes. */
	readonly tolerance_ms?: number;
	readonly symbols_map?: Readonly<Record<string, string>>;
	/** Default: none; every alert keeps the strategy's name as written. */
	readonly strategies?: StrategyDirectory;
	/** Where alerts are recorded; default: in memory, gone when the program ends. */
	readonly journal?: AlertRecord;
	/** Where recorded alerts are worked on; default: the `on_alert` handlers alone. */
	readonly intake?: Intake;
	readonly sequences?: SequenceMaker;
	readonly log?: Log;
	/** The API under /api/v1; absent: there is none. */
	readonly api?: ApiOptions;
	/** For /readyz; default: ready while the server runs. */
	readonly readiness?: () => Readiness;
	readonly version?: string;
	/** Senders that may wait for an outcome (`?wait=2s`) at a time; default 64. */
	readonly waiters_max?: number;
	/** Refused requests remembered; default 1,000. */
	readonly refusals_max?: number;
	/** Milliseconds a body may take to arrive; default 10,000. */
	readonly body_ms_max?: number;
	/** A successor may open the port beside this server, to take its place (Linux); default false. */
	readonly replaceable?: boolean;
	/** Milliseconds until the sender is told that the journal did not confirm; default 250. */
	readonly record_ms_max?: number;
}

const noneEnded: ReadonlyMap<string, AlertView> = new Map();

/**
 * The webhook, its API and its health checks on one port. Alerts are recorded before they are answered and handed to the intake after;
 * `on_alert` handlers are told of each as well.
 */
export class WebhookServer {
	/** The routes; mount it into another Elysia program, or hand it requests in a test. */
	readonly app: Elysia;
	/** Requests refused before they were recorded. */
	readonly refusals: Refusals;
	readonly #duplicates = new Duplicates();
	readonly #settings: WebhookSettings;
	readonly #clock: Clock;
	readonly #log: Log;
	readonly #journal: AlertRecord;
	readonly #intake: Intake;
	readonly #ownIntake: HandlerIntake | undefined;
	readonly #handlers: AlertHandler[] = [];
	readonly #receive: Receive;
	readonly #waiting: WaitingRoom;
	readonly #readiness: () => Readiness;
	/** Handlers that run beside the intake. */
	readonly #telling = new Set<Promise<void>>();
	readonly #peers = new WeakMap<Request, string>();
	#closeStreams: (() => void) | undefined;
	readonly #replaceable: boolean;
	#server: Bun.Server<undefined> | undefined;
	#leaving = false;
	#inFlight = 0;

	/** @throws RangeError where an option is out of its range */
	constructor(options: WebhookServerOptions) {
		this.#settings = settingsOf(options);
		this.#replaceable = options.replaceable === true;
		this.#clock = options.clock;
		this.#log = options.log ?? consoleLog;
		this.#journal = options.journal ?? new MemoryRecord(this.#clock);
		this.#ownIntake = options.intake === undefined ? this.#handlerIntake() : undefined;
		this.#intake = this.#ownIntake ?? this.#withHandlers(options.intake);
		this.#waiting = new WaitingRoom(this.#clock, options.waiters_max);
		this.#readiness = options.readiness ?? (() => ({ ready: true }));
		this.refusals = new Refusals(options.refusals_max);
		this.#receive = reception({
			...options,
			webhook: this.#settings,
			dedupe: { ...dedupeDefaults, ...options.dedupe },
			symbols_map: options.symbols_map ?? {},
			strategies: options.strategies ?? noStrategies,
			sequences: options.sequences ?? new SequenceMaker(),
			journal: this.#journal,
			intake: this.#intake,
			clock: this.#clock,
			log: this.#log,
		});
		this.app = this.#routes(options);
	}

	/** Calls `handler` with each alert once it is durable. Its errors are logged and never change the sender's answer. */
	on_alert(handler: AlertHandler): this {
		this.#handlers.push(handler);
		return this;
	}

	/** Answers one request without a socket; `peer` is the sender's address. */
	async handle(request: Request, peer = "127.0.0.1"): Promise<Response> {
		this.#inFlight += 1;
		try {
			this.#peers.set(request, peer);
			const response = await this.app.fetch(request);
			if (this.#leaving) response.headers.set("connection", "close");
			return response;
		} catch (error) {
			return this.#failed(error, "UNKNOWN");
		} finally {
			this.#inFlight -= 1;
		}
	}

	/**
	 * Opens the port, or takes one that was opened before and holds its requests.
	 * @returns `url` the server's address, `webhook_url` where alerts go (without a token)
	 * @throws Error in one line where the port cannot be opened
	 */
	async start(held?: HeldPort): Promise<{ readonly url: string; readonly webhook_url: string; readonly port: number }> {
		if (this.#server !== undefined) throw new Error("this WebhookServer runs already");
		const { host, path, public_url } = this.#settings;
		const fetch: Fetch = (request, peer) => this.handle(request, peer);
		const server = held?.server ?? listen({ host, port: this.#settings.port, fetch, replaceable: this.#replaceable });
		held?.handTo(fetch);
		this.#server = server;
		this.#leaving = false;
		const port = server.port ?? this.#settings.port;
		const reached = host === "0.0.0.0" || host === "" ? "127.0.0.1" : host === "::" ? "::1" : host;
		const url = `http://${reached.includes(":") ? `[${reached}]` : reached}:${port}`;
		return { url, webhook_url: `${public_url === "" ? url : public_url}${path}`, port };
	}

	/**
	 * Goes on answering, but every answer is the last one on its connection, so that the client's next request comes to the
	 * successor; nobody waits for an outcome any more, and event streams end. {@link WebhookServer.stop} comes after.
	 */
	leave(): void {
		this.#leaving = true;
		this.#waiting.close();
		this.#closeStreams?.();
	}

	/**
	 * Takes no new connection, lets what is being answered finish for at most `deadline_ms`, then closes the rest.
	 * Alerts that are recorded by then are safe; those that are not get no answer, so that their sender sends again.
	 */
	async stop(deadline_ms = 10_000): Promise<void> {
		const server = this.#server;
		this.#closeStreams?.();
		if (server !== undefined) {
			this.#server = undefined;
			const closed = server.stop(false);
			await Promise.race([closed, this.#quiet(deadline_ms)]);
			await server.stop(true);
		}
		const handled = Promise.all([this.#ownIntake?.idle(), ...this.#telling]);
		await within(handled, deadline_ms, this.#clock);
	}

	async #quiet(deadline_ms: number): Promise<void> {
		const start = this.#clock.monotonic();
		while (this.#inFlight > 0 && this.#clock.monotonic() - start < deadline_ms) await this.#clock.sleep(5);
		// The last answer may still be on its way out.
		await this.#clock.sleep(20);
	}

	#handlerIntake(): HandlerIntake {
		const run = async (alert: Alert) => {
			for (const handler of this.#handlers) await handler(alert);
		};
		return new HandlerIntake({ run, journal: this.#journal, clock: this.#clock, log: this.#log });
	}

	#withHandlers(intake: Intake | undefined): Intake {
		if (intake === undefined) throw new Error("an intake is needed");
		const tell = async (alert: Alert) => {
			await this.#clock.sleep(0);
			for (const handler of this.#handlers) {
				try {
					await handler(alert);
				} catch (error) {
					this.#log(
						"error",
						`on_alert failed for ${alert.id}: ${error instanceof Error ? error.message : String(error)}`,
					);
				}
			}
		};
		return {
			hasRoom: (strategy, type) => intake.hasRoom(strategy, type),
			recheck: () => intake.recheck(),
			ended: (id, ms) => intake.ended(id, ms),
			accepted: (open, idReused) => {
				intake.accepted(open, idReused);
				if (this.#handlers.length === 0) return;
				const telling = tell(open.alert).finally(() => this.#telling.delete(telling));
				this.#telling.add(telling);
			},
		};
	}

	#routes(options: WebhookServerOptions): Elysia {
		// The routes are compiled before the port opens, not by the first alert that comes.
		const app = new Elysia({ name: "nexus", precompile: true, handler: { standardHostname: false } });
		app.onError(({ error, code }) => this.#failed(error, code));
		this.#webhookRoutes(app);
		const { api, version = api?.version ?? "0" } = options;
		const readiness = this.#readiness;
		const table =
			api === undefined
				? undefined
				: apiRoutes(api, {
						clock: this.#clock,
						refusals: this.refusals,
						duplicates: this.#duplicates,
						readiness,
						symbols_map: options.symbols_map ?? {},
					});
		this.#closeStreams = () => table?.close();
		const routes = table?.routes ?? [];
		const webhook = webhookPaths(this.#settings.path);
		serveRoutes(app, [...openRoutes({ routes, webhook, version, readiness }), ...routes], {
			token: api?.token,
			clock: this.#clock,
			denied: (request, refusal) => this.#note(this.#peerOf(request), "api", refusal),
		});
		const unknown = ({ request }: { request: Request }) => notFound(request);
		app.all("/", unknown).all("/*", unknown);
		return app;
	}

	#webhookRoutes(app: Elysia): void {
		const path = this.#settings.path === "/" ? "" : this.#settings.path;
		const closed = ({ request }: { request: Request }) => notPost(request);
		app
			.post(path === "" ? "/" : path, ({ request }) => this.#webhook(request, "", this.#peerOf(request)), {
				parse: "none",
			})
			.post(`${path}/:token`, ({ request, params }) => this.#webhook(request, params.token, this.#peerOf(request)), {
				parse: "none",
			});
		if (path !== "") app.all(path, closed, { parse: "none" }).all(`${path}/:token`, closed, { parse: "none" });
	}

	#peerOf(request: Request): string {
		return this.#peers.get(request) ?? "";
	}

	async #webhook(request: Request, token: string, peer: string): Promise<Response> {
		const question = request.url.indexOf("?");
		const query = question < 0 ? undefined : new URLSearchParams(request.url.slice(question));
		const dialect = query?.get("dialect") ?? undefined;
		const arrival: Arrival = dialect === undefined ? { request, peer, token } : { request, peer, token, dialect };
		const { outcomes, several, source } = await this.#receive(arrival);
		for (const outcome of outcomes) {
			if (outcome.kind === "refused") this.#note(source, outcome.stage, outcome.refusal);
			if (outcome.kind === "duplicate") this.#duplicates.add(outcome.id, source, this.#clock.now());
		}
		const wait_ms = query === undefined ? 0 : waitMs(query.get("wait"));
		return webhookAnswer(outcomes, several, wait_ms === 0 ? noneEnded : await this.#ended(outcomes, wait_ms));
	}

	/** How the accepted alerts ended, as far as they did so in time. */
	async #ended(outcomes: readonly Outcome[], ms: number): Promise<ReadonlyMap<string, AlertView>> {
		const ended = new Map<string, AlertView>();
		const ids = outcomes.flatMap((outcome) => (outcome.kind === "accepted" ? [outcome.id] : []));
		if (ids.length === 0) return ended;
		try {
			await this.#waiting.until(async () => {
				await Promise.all(ids.map((id) => this.#intake.ended(id, ms)));
				for (const id of ids) {
					const view = await this.#journal.reader.alert(id);
					if (view === undefined || view.status === "accepted") continue;
					const { raw: _body, ...shown } = view;
					ended.set(id, shown);
				}
			}, ms);
		} catch (error) {
			// The alert is on disk: whatever fails now, its sender is told so and does not send again.
			this.#log("error", `the outcome of ${ids.join(", ")} could not be read: ${String(error)}`);
		}
		return ended;
	}

	#note(source: string, stage: string, { code, detail }: Refusal): void {
		this.refusals.add({
			at: new Date(this.#clock.now()).toISOString(),
			source,
			stage,
			code,
			detail: detail.slice(0, 200),
		});
		this.#log(
			code === "not_recorded" ? "error" : "debug",
			`refused ${source || "unknown"} at ${stage}: ${code}: ${detail}`,
		);
	}

	#failed(error: unknown, code: unknown): Response {
		if (code === "NOT_FOUND") return problem({ code: "not_found", detail: "there is nothing at this address" });
		const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
		this.#log("error", `a request failed: ${cause}`);
		if (error instanceof Error && error.name === "JournalError") {
			return problem({ code: "journal_unavailable", detail: error.message });
		}
		return problem({ code: "internal_error", detail: "an error inside nexus; its log has the cause" });
	}
}

function notPost(request: Request): Response {
	return wrongMethod(
		request,
		["POST"],
		"This is the address for alerts and it works: paste it into TradingView's webhook field, which sends with POST. A browser sends GET.",
	);
}
