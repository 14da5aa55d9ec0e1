/** A port of this machine that is free now; another program could take it before it is used. */
import { createServer } from "node:net";

/** @throws Error where no port is free */
export async function freePort(): Promise<number> {
	const server = createServer();
	const { promise, resolve, reject } = Promise.withResolvers<number>();
	server.on("error", reject);
	server.listen(0, "127.0.0.1", () => {
		const address = server.address();
		if (address === null || typeof address === "string") reject(new Error("no port is free"));
		else server.close(() => resolve(address.port));
	});
	return await promise;
}
