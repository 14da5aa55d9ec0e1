/** One request to the bridge: bearer key, a limit on time and size, and an outcome that says what is certain. */
import type { Clock } from "../domain/ports.ts";

/** The network, passed in so that a simulation can own it. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** What came of a request. */
export type Answer =
	| {
			readonly kind: "answer";
			readonly status: number;
			/** Undefined where it is not JSON. */
			readonly body: unknown;
	  }
	| {
			readonly kind: "none";
			/** False only where it is certain that no byte left. */
			readonly sent: boolean;
			readonly reason: string;
	  };

export interface TransportOptions {
	/** Without a slash at its end. */
	readonly url: string;
	/** "" sends none. */
	readonly key: string;
	/** For one request, to the last byte of its answer. */
	readonly timeout_ms: number;
	readonly clock: Clock;
	readonly fetch: Fetch;
}

export type Query = Readonly<Record<string, string | readonly string[]>>;

/** A longer answer is not read. */
export const answer_bytes_max = 8 * 1024 * 1024;
const reason_characters_max = 300;

/** Asks a bridge; never throws and never asks twice. */
export class RestTransport {
	readonly #options: TransportOptions;
	/** Ends each question that is under way. */
	readonly #questions = new Set<() => void>();

	constructor(options: TransportOptions) {
		this.#options = options;
	}

	/** Host and path, for messages. */
	get place(): string {
		return this.#options.url;
	}

	/** @param path parts that are joined by slashes, each encoded */
	async ask(
		method: "GET" | "POST" | "DELETE",
		path: readonly string[],
		parts: { readonly query?: Query; readonly body?: object } = {},
	): Promise<Answer> {
		const { clock, timeout_ms } = this.#options;
		const controller = new AbortController();
		const late = Promise.withResolvers<Answer>();
		const giveUp = (reason: string): void => {
			late.resolve({ kind: "none", sent: true, reason });
			controller.abort();
		};
		const end = (): void => giveUp("it was stopped");
		if (method === "GET") this.#questions.add(end);
		const disarm = clock.after(timeout_ms, () => giveUp(`no answer within ${timeout_ms} ms`));
		try {
			return await Promise.race([this.#exchange(method, path, parts, controller.signal), late.promise]);
		} finally {
			disarm();
			this.#questions.delete(end);
		}
	}

	/** Ends every question that is under way; what changes something at the exchange goes on. */
	stopAsking(): void {
		for (const end of this.#questions) end();
	}

	/** A text for logs and errors: one line, not too long, never with the key. */
	said(text: string): string {
		const { key } = this.#options;
		const hidden = key === "" ? text : text.replaceAll(key, "[key]");
		const line = hidden.replace(/[\p{Cc}\p{Cf}\s]+/gu, " ").trim();
		return line.length > reason_characters_max ? `${line.slice(0, reason_characters_max)}…` : line;
	}

	async #exchange(
		method: string,
		path: readonly string[],
		parts: { readonly query?: Query; readonly body?: object },
		signal: AbortSignal,
	): Promise<Answer> {
		const { url, key, fetch } = this.#options;
		const place = `${url}/${path.map(encodeURIComponent).join("/")}${searchOf(parts.query)}`;
		try {
			const response = await fetch(place, {
				method,
				signal,
				// A redirect would carry key and order to a place nobody configured.
				redirect: "manual",
				// A connection of its own, so that nothing between us and the socket has a reason to send an order again.
				keepalive: method === "GET",
				headers: {
					accept: "application/json",
					...(key === "" ? {} : { authorization: `Bearer ${key}` }),
					...(parts.body === undefined ? {} : { "content-type": "application/json" }),
				},
				...(parts.body === undefined ? {} : { body: JSON.stringify(parts.body) }),
			});
			return { kind: "answer", status: response.status, body: jsonOf(await textOf(response)) };
		} catch (error) {
			return { kind: "none", sent: !isRefused(error), reason: this.said(wordsOf(error)) };
		}
	}
}

function searchOf(query: Query | undefined): string {
	if (query === undefined) return "";
	const search = new URLSearchParams();
	for (const [name, values] of Object.entries(query)) {
		for (const value of [values].flat()) search.append(name, value);
	}
	return `?${search}`;
}

async function textOf(response: Response): Promise<string> {
	const stream: ReadableStream<Uint8Array> | null = response.body;
	if (stream === null) return "";
	const reader = stream.getReader();
	const decoder = new TextDecoder();
	let text = "";
	let bytes = 0;
	for (;;) {
		const { done, value } = await reader.read();
		if (done) break;
		bytes += value.byteLength;
		if (bytes > answer_bytes_max) {
			await reader.cancel();
			throw new Error(`an answer of more than ${answer_bytes_max} bytes`);
		}
		text += decoder.decode(value, { stream: true });
	}
	return text + decoder.decode();
}

function jsonOf(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch (error) {
		if (error instanceof SyntaxError) return undefined;
		throw error;
	}
}

/** Only these say that no connection came to be. */
function isRefused(error: unknown): boolean {
	const code = error instanceof Error && "code" in error ? error.code : undefined;
	return code === "ECONNREFUSED" || code === "ConnectionRefused" || code === "ENOTFOUND";
}

function wordsOf(error: unknown): string {
	if (!(error instanceof Error)) return "the request failed";
	const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
	switch (code) {
		case "ECONNREFUSED":
		case "ConnectionRefused":
			return "the connection was refused";
		case "ENOTFOUND":
			return "its host name is not known";
		case "ECONNRESET":
		case "ConnectionClosed":
			return "the connection was cut";
		default:
			return code ?? error.message;
	}
}
