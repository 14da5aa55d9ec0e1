/** The fake exchange on a port: real sockets that are really cut, and `/control` for the test that owns it. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { decimal, formatDecimal } from "../../../src/domain/decimal.ts";
import type { AskedOrder, FakeExchange, Reply } from "./fake-exchange.ts";
import type { Faults, OrderFault } from "./faults.ts";

/** What `/control` may be sent. */
export interface Control {
	readonly faults?: Partial<Faults>;
	/** Faults of the next orders; null stands for none. */
	readonly next?: readonly (OrderFault | null)[];
	readonly prices?: Readonly<Record<string, string>>;
	/** True: no fault from now on; comes before the others. */
	readonly behave?: boolean;
}

/** What `/control` answers. */
export interface Counts {
	/** `GET /fills` → how often. */
	readonly requests: Readonly<Record<string, number>>;
	/** client order id → how often it was sent. */
	readonly asked: Readonly<Record<string, number>>;
	/** client order id → how many orders were made under it. */
	readonly made: Readonly<Record<string, number>>;
	/** Every order it was sent, in order; `outcome` is absent while it is on its way. */
	readonly sent: readonly AskedOrder[];
	readonly orders: readonly {
		readonly client_order_id: string;
		readonly symbol: string;
		readonly side: string;
		readonly type: string;
		readonly quantity: string;
		readonly filled_quantity: string;
		readonly status: string;
	}[];
	readonly positions: Readonly<Record<string, string>>;
	readonly balance: string;
	/** Orders that were cut off from their sender and have not reached the exchange. */
	readonly under_way: boolean;
}

/** Serves it on 127.0.0.1, on a port that the system chooses. */
export async function serveExchange(
	exchange: FakeExchange,
): Promise<{ readonly url: string; readonly port: number; readonly close: () => Promise<void> }> {
	const server = createServer((request, response) => {
		serve(exchange, request, response).catch((error: unknown) => {
			console.error("the fake exchange failed", error);
			request.socket.destroy();
		});
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const address = server.address();
	if (address === null || typeof address === "string") throw new Error("the fake exchange has no port");
	return { url: `http://127.0.0.1:${address.port}`, port: address.port, close: () => close(server) };
}

function close(server: Server): Promise<void> {
	return new Promise((resolve) => {
		server.close(() => resolve());
		server.closeAllConnections();
	});
}

async function serve(exchange: FakeExchange, request: IncomingMessage, response: ServerResponse): Promise<void> {
	const body = await bodyOf(request);
	const { pathname, searchParams } = new URL(request.url ?? "/", "http://127.0.0.1");
	const method = request.method ?? "GET";
	if (pathname === "/control") {
		const counts = control(exchange, body === "" ? {} : (JSON.parse(body) as Control));
		send({ kind: "answer", status: 200, text: JSON.stringify(counts) }, request, response);
		return;
	}
	const { authorization } = request.headers;
	send(await exchange.handle({ method, path: pathname, query: searchParams, body, authorization }), request, response);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
	const chunks: Buffer[] = [];
	for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array));
	return Buffer.concat(chunks).toString("utf8");
}

function send(reply: Reply, request: IncomingMessage, response: ServerResponse): void {
	if (reply.kind === "cut" || reply.kind === "refused") {
		request.socket.destroy();
		return;
	}
	const bytes = Buffer.from(reply.text);
	response.writeHead(reply.status, { "content-type": "application/json", "content-length": String(bytes.length) });
	if (reply.kind === "answer") {
		response.end(bytes);
		return;
	}
	response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => request.socket.destroy());
}

function control(exchange: FakeExchange, { faults, next, prices, behave }: Control): Counts {
	if (behave === true) exchange.behave();
	if (faults !== undefined) exchange.setFaults(faults);
	for (const fault of next ?? []) exchange.next.push(fault ?? undefined);
	for (const [symbol, price] of Object.entries(prices ?? {})) exchange.matching.setPrice(symbol, decimal(price));
	return countsOf(exchange);
}

/** Everything a test looks at, as JSON has it. */
export function countsOf(exchange: FakeExchange): Counts {
	const asked: Record<string, number> = {};
	for (const { client_order_id: id } of exchange.asked) asked[id] = (asked[id] ?? 0) + 1;
	return {
		requests: Object.fromEntries(exchange.requests),
		asked,
		made: Object.fromEntries(exchange.made()),
		sent: exchange.asked,
		orders: exchange.matching.orders.map(({ client_order_id, symbol, side, type, quantity, fills, status }) => ({
			client_order_id,
			symbol,
			side,
			type,
			quantity: formatDecimal(quantity),
			filled_quantity: formatDecimal(fills.reduce((sum, fill) => (sum + fill.quantity) as typeof sum, decimal("0"))),
			status,
		})),
		positions: Object.fromEntries([...exchange.positions()].map(([symbol, held]) => [symbol, formatDecimal(held)])),
		balance: formatDecimal(exchange.matching.balance),
		under_way: exchange.underWay,
	};
}
