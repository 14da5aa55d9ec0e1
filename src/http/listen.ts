/** Opens the port, or says in one line why it cannot be opened and what to do. */

export interface ListenOptions {
	readonly host: string;
	/** 0 lets the system choose. */
	readonly port: number;
	/** @param peer the address of the connection's other end */
	readonly fetch: (request: Request, peer: string) => Promise<Response>;
}

/** Seconds without a byte after which a connection is closed; more than the heartbeat of event streams. */
const idle_s_max = 30;
/** Larger than any body that is read: what is too large must reach the handler, which answers without reading it. */
const request_bytes_max = 2 ** 40;

/**
 * @throws Error in one line: the port is taken, not permitted, or the host is not this machine's. Never shares a port (reusePort):
 * a second nexus would silently take every other alert.
 */
export function listen({ host, port, fetch }: ListenOptions): Bun.Server<undefined> {
	// A loopback port is reached from the loopback alone, behind a proxy on the same machine for instance; asking the system
	// for the other end's address costs as much as reading an alert.
	const known = host === "127.0.0.1" || host === "::1" ? host : undefined;
	try {
		return Bun.serve({
			hostname: host,
			port,
			reusePort: false,
			idleTimeout: idle_s_max,
			maxRequestBodySize: request_bytes_max,
			development: false,
			fetch: (request, server) => fetch(request, known ?? server.requestIP(request)?.address ?? ""),
		});
	} catch (error) {
		throw new Error(cause(error, host, port), { cause: error });
	}
}

function cause(error: unknown, host: string, port: number): string {
	const code = error instanceof Error && "code" in error ? String(error.code) : "";
	switch (code) {
		case "EADDRINUSE":
			return `port ${port} on ${host} is already in use by another program; stop it, or choose another with --port N or webhook.port`;
		case "EACCES":
			return `port ${port} on ${host} may not be opened by this user; choose one above 1023, or put a proxy in front`;
		case "EADDRNOTAVAIL":
			return `${host} is not an address of this machine; set webhook.host to 0.0.0.0 or to one that is`;
		default:
			return `port ${port} on ${host} cannot be opened: ${error instanceof Error ? error.message : String(error)}`;
	}
}
