/** The measure of all ratios: a Bun.serve that answers "ok" and does nothing else. Prints its port. */

const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("ok") });
console.log(server.port);
