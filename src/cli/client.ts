/** Speaks to a running nexus through its HTTP API. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { AlertFilter, JournalReader, Page, PageRequest } from "../domain/ports.ts";
import type {
	Account,
	AlertView,
	Order,
	Position,
	StatedView,
	StrategyView,
	TradingStateEntry,
} from "../domain/records.ts";
import type { Settings } from "../domain/settings.ts";
import { type ConfigurationCall, configuration, configurationFile } from "./configuration.ts";
import { CommandFailure, exitCode } from "./exit-code.ts";

/** Longest wait for one answer. */
const answer_ms_max = 15_000;

/** What `GET /api/v1/status` says. */
export interface StatusView {
	readonly version: string;
	readonly pid: number;
	readonly uptime_s: number;
	readonly ready: boolean;
	/** Null when it is. */
	readonly not_ready_reason: string | null;
	readonly started_at: string;
	/** Counts by alert status. */
	readonly alerts: Readonly<Record<string, number>>;
	readonly orders: number;
	readonly fills: number;
	/** Alerts accepted and not yet ended. */
	readonly waiting: number;
	/** Requests refused since the start, by code. */
	readonly refusals: Readonly<Record<string, number>>;
	readonly trading_states: readonly TradingStateEntry[];
	/** Null where it is not known. */
	readonly journal_bytes: number | null;
}

/** An RFC 9457 problem as nexus writes it. */
export interface Problem {
	readonly code?: string;
	readonly title?: string;
	readonly detail?: string;
	readonly hint?: string;
}

/** The questions that a running nexus and its journal both answer. */
export type Records = Pick<JournalReader, "alerts" | "alert" | "orders" | "positions"> & {
	/** Only a running nexus can tell; an older one cannot. */
	readonly stated?: () => Promise<readonly StatedView[] | undefined>;
};

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

const isLoopback = (host: string): boolean => host === "localhost" || host === "[::1]" || host.startsWith("127.");

/** A proxy named by HTTP_PROXY must not be asked for this very machine. */
function keepFromProxy(url: URL): void {
	if (!isLoopback(url.hostname)) return;
	process.env["NO_PROXY"] = [process.env["NO_PROXY"], url.hostname.replace(/^\[|\]$/g, "")].filter(Boolean).join(",");
}

/** The address at which this machine reaches what listens on `host`. */
export function baseUrl({ host, port }: Pick<Settings["webhook"], "host" | "port">): string {
	const reached = host === "" || host === "0.0.0.0" ? "127.0.0.1" : host === "::" || host === "[::]" ? "::1" : host;
	const bracketed = reached.includes(":") && !reached.startsWith("[") ? `[${reached}]` : reached;
	return `http://${bracketed}:${port}`;
}

/** One nexus and the token that opens its API. */
export class ApiClient implements Records {
	readonly base: string;
	readonly #token: string | undefined;
	readonly #tokenFrom: string;

	/**
	 * @param base `http://127.0.0.1:8080`
	 * @param tokenFrom where the token is from, for the error that says it was wrong
	 */
	constructor(base: string, token: string | undefined, tokenFrom: string) {
		const url = URL.parse(base);
		if (url === null || !/^https?:$/.test(url.protocol)) {
			throw new CommandFailure(exitCode.usage, `'${base}' is not a URL`, "write it as http://127.0.0.1:8080");
		}
		keepFromProxy(url);
		this.base = url.origin;
		this.#token = token;
		this.#tokenFrom = tokenFrom;
	}

	/** One request to any path. Throws a CommandFailure (unreachable) where nothing answers. */
	async request(path: string, init: RequestInit = {}): Promise<Response> {
		try {
			return await fetch(this.base + path, { ...init, redirect: "manual", signal: AbortSignal.timeout(answer_ms_max) });
		} catch (error) {
			if (error instanceof DOMException && error.name === "TimeoutError") {
				throw new CommandFailure(
					exitCode.unreachable,
					`no answer from ${this.base} within ${answer_ms_max / 1000} s`,
					"look at the log of the running nexus",
				);
			}
			const code = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
			throw new CommandFailure(
				exitCode.unreachable,
				`nexus is not running at ${this.base}${code}`,
				"start it with `nexus run`, or say where it is with --url URL",
			);
		}
	}

	/** Posts a switch to `/api/v1/…`. Throws a CommandFailure for every "no". */
	async post<T>(path: string, body: unknown): Promise<T> {
		const { answer, status } = await this.#call("POST", path, body);
		if (status >= 400) throw refusal(answer, status);
		return answer as T;
	}

	async #call(method: "GET" | "POST", path: string, body?: unknown): Promise<{ answer: object; status: number }> {
		const response = await this.request(`/api/v1/${path}`, {
			method,
			headers: {
				accept: "application/json",
				"x-nexus-actor": "cli",
				...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
				...(body === undefined ? {} : { "content-type": "application/json" }),
			},
			...(body === undefined ? {} : { body: JSON.stringify(body) }),
		});
		if (response.status === 401 || response.status === 403) throw this.#wrongToken();
		const answer = await this.json(response);
		return { answer, status: response.status };
	}

	#wrongToken(): CommandFailure {
		const cause =
			this.#token === undefined
				? `nexus at ${this.base} wants the admin token and none was found`
				: `nexus at ${this.base} did not take the admin token of ${this.#tokenFrom}`;
		return new CommandFailure(
			exitCode.configuration,
			cause,
			"set NEXUS_ADMIN_TOKEN, or use the --config of the running nexus",
		);
	}

	/** The answer as an object. Throws a CommandFailure (unreachable) where it is none: then it is not nexus that answers. */
	async json(response: Response): Promise<object> {
		try {
			const answer: unknown = await response.json();
			if (typeof answer === "object" && answer !== null) return answer;
		} catch (error) {
			if (!(error instanceof SyntaxError)) throw error;
		}
		throw new CommandFailure(
			exitCode.unreachable,
			`what answers at ${this.base} is not nexus (status ${response.status}, no JSON)`,
			"compare webhook.port in nexus.yaml with the running nexus, or use --url URL",
		);
	}

	/** Undefined for 404. */
	async #find<T>(path: string): Promise<T | undefined> {
		const { answer, status } = await this.#call("GET", path);
		if (status === 404) return undefined;
		if (status >= 300) throw refusal(answer, status);
		return answer as T;
	}

	async #get<T>(path: string, query: Query = {}): Promise<T> {
		const answer = await this.#find<T>(path + queryText(query));
		if (answer !== undefined) return answer;
		throw new CommandFailure(
			exitCode.unreachable,
			`nexus at ${this.base} does not know /api/v1/${path}`,
			"use the nexus command of the same version as the running one",
		);
	}

	async #items<T>(path: string): Promise<readonly T[]> {
		return (await this.#get<Page<T>>(path)).items;
	}

	alerts(filter: AlertFilter): Promise<Page<AlertView>> {
		return this.#get("alerts", { ...filter });
	}
	alert(id: string): Promise<AlertView | undefined> {
		return this.#find(`alerts/${encodeURIComponent(id)}`);
	}
	orders(filter: PageRequest & { strategy?: string; symbol?: string; open?: boolean }): Promise<Page<Order>> {
		return this.#get("orders", { ...filter });
	}
	positions(): Promise<readonly Position[]> {
		return this.#items("positions");
	}
	async stated(): Promise<readonly StatedView[] | undefined> {
		return (await this.#find<Page<StatedView>>("stated"))?.items;
	}
	accounts(): Promise<readonly Account[]> {
		return this.#items("accounts");
	}
	strategies(): Promise<readonly StrategyView[]> {
		return this.#items("strategies");
	}
	status(): Promise<StatusView> {
		return this.#get("status");
	}
}

function queryText(query: Query): string {
	const parameters = new URLSearchParams();
	for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, String(value));
	return parameters.size === 0 ? "" : `?${parameters}`;
}

/** A problem of the API as a CommandFailure ("no"). */
export function refusal(problem: Problem, status: number): CommandFailure {
	const cause = problem.detail ?? problem.title ?? `nexus answered with status ${status}`;
	const code = problem.code === undefined ? "" : ` (${problem.code})`;
	return new CommandFailure(exitCode.no, `${cause.replace(/\.$/, "")}${code}`, problem.hint ?? "");
}

/** The token that a nexus made for itself at its first start. */
function tokenOfFolder(folder: string): { readonly token: string | undefined; readonly from: string } {
	const from = join(folder, "admin.token");
	try {
		return { token: readFileSync(from, "utf8").trim(), from };
	} catch (error) {
		const code = error instanceof Error && "code" in error ? error.code : undefined;
		if (code === "ENOENT" || code === "ENOTDIR") return { token: undefined, from };
		throw new CommandFailure(
			exitCode.configuration,
			`${from} cannot be read (${String(code)})`,
			"run this as the user that runs nexus, or set NEXUS_ADMIN_TOKEN",
		);
	}
}

/** The client for the nexus of these settings. */
export function clientOf(settings: Settings, url?: string): ApiClient {
	const base = url ?? baseUrl(settings.webhook);
	if (settings.admin_token !== undefined) {
		return new ApiClient(base, settings.admin_token, "NEXUS_ADMIN_TOKEN or admin.token in the configuration");
	}
	const { token, from } = tokenOfFolder(settings.data);
	return new ApiClient(base, token, from);
}

/** What commands that talk to a running nexus are called with. */
export interface ClientCall extends ConfigurationCall {
	readonly values: ConfigurationCall["values"] & { readonly url: string | undefined };
}

/**
 * The client that a command was told to use. With --url and without a configuration file the token is NEXUS_ADMIN_TOKEN;
 * then there are no settings.
 */
export async function connect(call: ClientCall): Promise<{ client: ApiClient; settings: Settings | undefined }> {
	const { config, url } = call.values;
	const elsewhere = url !== undefined && config === undefined && !(await Bun.file(configurationFile(call)).exists());
	if (elsewhere) {
		return {
			client: new ApiClient(url, call.terminal.environment["NEXUS_ADMIN_TOKEN"], "NEXUS_ADMIN_TOKEN"),
			settings: undefined,
		};
	}
	const settings = configuration(call);
	return { client: clientOf(settings, url), settings };
}
