/** A WebhookServer on fakes, with the requests that tests send to it. */
import { createHmac } from "node:crypto";
import { meaningKey } from "../../../src/alert/meaning.ts";
import { readBody } from "../../../src/alert/read.ts";
import { resolveSymbol } from "../../../src/domain/symbol.ts";
import { WebhookServer, type WebhookServerOptions } from "../../../src/http/webhook-server.ts";
import { directory, FakeIntake, FakeJournal, strategy } from "./fakes.ts";
import { ManualClock } from "./manual-clock.ts";

export const secretKey = "a-secret-key-of-32-characters-xx";
export const tokenOfAll = "token-for-every-strategy-000000001";
export const tokenOfRsi = "token-of-the-rsi-strategy-00000001";
export const secretOfRsi = "body-secret-of-the-rsi-strategy";
export const allSecrets = [secretKey, tokenOfAll, tokenOfRsi, secretOfRsi];

/** The mission's payload with some fields changed; undefined takes a field out. */
export function payload(changes: Record<string, unknown> = {}): string {
	return JSON.stringify({
		action: "buy",
		symbol: "BTC/USD",
		exchange: "binance",
		price: 42000.5,
		strategy: "MyRSIStrategy",
		timeframe: "1h",
		...changes,
	});
}

export const hexOf = (body: string | Uint8Array, key = secretKey) =>
	createHmac("sha256", key).update(body).digest("hex");

/** The three Standard Webhooks headers for a body. */
export function standardHeaders(body: string, seconds: number, id = "msg_1", key: string | Uint8Array = secretKey) {
	const signature = createHmac("sha256", key).update(`${id}.${seconds}.${body}`).digest("base64");
	return { "webhook-id": id, "webhook-timestamp": String(seconds), "webhook-signature": `v1,${signature}` };
}

export interface Answer {
	readonly status: number;
	readonly headers: Headers;
	readonly text: string;
	/** The body as JSON; `{}` for an empty one. */
	readonly json: Record<string, unknown>;
}

export async function read(response: Response): Promise<Answer> {
	const text = await response.text();
	const json = text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
	return { status: response.status, headers: response.headers, text, json };
}

/** The real reader: these tests show what a sender gets. */
export const reader = { readBody, meaningKey, resolveSymbol };

/** A server with a manual clock, a fake journal and a fake intake. */
export function bench(options: Partial<WebhookServerOptions> = {}) {
	const clock = new ManualClock();
	const journal = new FakeJournal(clock);
	const intake = new FakeIntake(journal);
	const logged: string[] = [];
	const server = new WebhookServer({
		clock,
		reader,
		journal,
		intake,
		strategies: directory(strategy("MyRSIStrategy", { aliases: ["rsi-bot"] }), strategy("Other")),
		log: (level, message) => logged.push(`${level} ${message}`),
		...options,
	});
	const send = async (path: string, init: RequestInit = {}, peer?: string) =>
		read(await server.handle(new Request(`http://localhost${path}`, init), peer));
	/** Posts an alert. */
	const post = (body: string | Uint8Array, headers: Record<string, string> = {}, path = "/webhook", peer?: string) =>
		send(path, { method: "POST", body, headers }, peer);
	return { clock, journal, intake, logged, server, send, post };
}

/** What a promise rejects with, as a text; "" where it resolves. */
export async function rejection(promise: Promise<unknown>): Promise<string> {
	try {
		await promise;
		return "";
	} catch (error) {
		return String(error);
	}
}
