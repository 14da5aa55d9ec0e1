/** Opens the port, or says in one line why it cannot be opened and what to do. */
import { allowSuccessor } from "./reuse-port.ts";

/** Answers a request; `peer` is the address of the connection's other end. */
export type Fetch = (request: Request, peer: string) => Promise<Response>;

export interface ListenOptions {
	readonly host: string;
	/** 0 lets the system choose. */
	readonly port: number;
	readonly fetch: Fetch;
	/** A successor may open the port beside us once it is open (Linux; elsewhere it says nothing). Default: false. */
	readonly replaceable?: boolean;
	/** Opens the port beside a `replaceable` one of the same user. Default: false. */
	readonly beside?: boolean;
}

/** Seconds without a byte after which a connection is closed; more than the heartbeat of event streams. */
const idle_s_max = 30;
/** Larger than any body that is read: what is too large must reach the handler, which answers without reading it. */
const request_bytes_max = 2 ** 40;

/**
 * Opens the port. Unless `beside` asks for it, never one that another program has: a second nexus would silently take every
 * other alert. That holds for two that start in the same moment too, since the port is shared only after it was opened alone.
 * @throws Error in one line: the port is taken, not permitted, or the host is not this machine's
 */
export function listen(options: ListenOptions): Bun.Server<undefined> {
	const server = open(options);
	if (options.replaceable === true) allowSuccessor(server.port ?? options.port);
	return server;
}

function open({ host, port, fetch, beside = false }: ListenOptions): Bun.Server<undefined> {
	// A loopback port is reached from the loopback alone, behind a proxy on the same machine for instance; asking the system
	// for the other end's address costs as much as reading an alert.
	const known = host === "127.0.0.1" || host === "::1" ? host : undefined;
	try {
		return Bun.serve({
			hostname: host,
			port,
			reusePort: beside,
			idleTimeout: idle_s_max,
			maxRequestBodySize: request_bytes_max,
			development: false,
			fetch: (request, server) => fetch(request, known ?? server.requestIP(request)?.address ?? ""),
		});
	} catch (error) {
		throw new Error(cause(error, host, port, beside), { cause: error });
	}
}

function cause(error: unknown, host: string, port: number, beside: boolean): string {
	const code = error instanceof Error && "code" in error ? String(error.code) : "";
	switch (code) {
		case "EADDRINUSE":
			if (beside) return `the nexus on port ${port} could not share it; stop it, then start this one`;
			return `port ${port} on ${host} is already in use by another program; stop it, or choose another with --port N or webhook.port`;
		case "EACCES":
			return `port ${port} on ${host} may not be opened by this user; choose one above 1023, or put a proxy in front`;
		case "EADDRNOTAVAIL":
			return `${host} is not an address of this machine; set webhook.host to 0.0.0.0 or to one that is`;
		default:
			return `port ${port} on ${host} cannot be opened: ${error instanceof Error ? error.message : String(error)}`;
	}
}
