/** The API client: where it looks, which token it brings, and what it says when that fails. */
import { afterEach, describe, expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ApiClient, baseUrl } from "../../src/cli/client.ts";
import { call, configurationText, nexusFolder, temporaryFolder } from "./support/call-command.ts";
import { adminToken, fakeNexus, refusal } from "./support/fake-nexus.ts";
import { executed } from "./support/records.ts";

const list = {
	"GET /api/v1/positions": { items: [], next: null },
	"GET /api/v1/alerts": { items: [executed], next: null },
};

/** A port on which nothing listens. */
async function freePort(): Promise<number> {
	const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
	const { port = 0 } = server;
	await server.stop(true);
	return port;
}

describe("the address of this machine's nexus", () => {
	test.each([
		["0.0.0.0", "http://127.0.0.1:8080"],
		["", "http://127.0.0.1:8080"],
		["::", "http://[::1]:8080"],
		["::1", "http://[::1]:8080"],
		["localhost", "http://localhost:8080"],
		["192.168.1.5", "http://192.168.1.5:8080"],
	])("host %p: %s", (host, expected) => {
		expect(baseUrl({ host, port: 8080 })).toBe(expected);
	});
});

describe("the token", () => {
	test("is the one in the data folder", async () => {
		using nexus = fakeNexus(list);
		using folder = nexusFolder({ port: nexus.port });
		expect((await call(folder.path, ["positions"])).exit).toBe(0);
		expect(nexus.asked[0]?.headers.get("authorization")).toBe(`Bearer ${adminToken}`);
	});

	test("of the configuration, and NEXUS_ADMIN_TOKEN, come before it", async () => {
		using nexus = fakeNexus(list);
		using folder = temporaryFolder();
		folder.write("nexus.yaml", configurationText({ port: nexus.port, rest: `admin: { token: "${adminToken}" }` }));
		folder.write("data/admin.token", "an-old-token-0123456789abcdef");
		expect((await call(folder.path, ["positions"])).exit).toBe(0);
		folder.write("nexus.yaml", configurationText({ port: nexus.port }));
		expect((await call(folder.path, ["positions"])).exit).toBe(78);
		expect((await call(folder.path, ["positions"], { environment: { NEXUS_ADMIN_TOKEN: adminToken } })).exit).toBe(0);
	});

	test("that is wrong is told with where it came from, and never shown", async () => {
		using nexus = fakeNexus(list);
		using folder = temporaryFolder();
		folder.write("nexus.yaml", configurationText({ port: nexus.port }));
		folder.write("data/admin.token", "a-wrong-token-0123456789abcdef\n");
		const { exit, out, err } = await call(folder.path, ["positions"]);
		expect(exit).toBe(78);
		expect(err).toBe(
			`nexus: nexus at ${nexus.url} did not take the admin token of ${join(folder.path, "data", "admin.token")}; set NEXUS_ADMIN_TOKEN, or use the --config of the running nexus\n`,
		);
		expect(out + err).not.toContain("a-wrong-token");
	});

	test("that is nowhere is told", async () => {
		using nexus = fakeNexus(list);
		using folder = temporaryFolder();
		folder.write("nexus.yaml", configurationText({ port: nexus.port }));
		expect(await call(folder.path, ["status"])).toMatchObject({
			exit: 78,
			err: `nexus: nexus at ${nexus.url} wants the admin token and none was found; set NEXUS_ADMIN_TOKEN, or use the --config of the running nexus\n`,
		});
	});

	test("that cannot be read is told, not taken for none", async () => {
		using nexus = fakeNexus(list);
		using folder = temporaryFolder();
		folder.write("nexus.yaml", configurationText({ port: nexus.port }));
		mkdirSync(join(folder.path, "data", "admin.token"), { recursive: true });
		const { exit, err } = await call(folder.path, ["positions"]);
		expect(exit).toBe(78);
		expect(err).toContain("cannot be read (EISDIR)");
		expect(nexus.asked).toHaveLength(0);
	});
});

describe("--url", () => {
	test("goes elsewhere, without a configuration, with NEXUS_ADMIN_TOKEN", async () => {
		using nexus = fakeNexus(list);
		const environment = { NEXUS_ADMIN_TOKEN: adminToken };
		expect(await call("/nowhere", ["alerts", "--url", nexus.url], { environment })).toMatchObject({ exit: 0, err: "" });
	});

	test("goes elsewhere with the configuration's token where there is one", async () => {
		using nexus = fakeNexus(list);
		using folder = nexusFolder({ port: await freePort() });
		expect((await call(folder.path, ["positions", "--url", `${nexus.url}/`])).exit).toBe(0);
	});

	test.each(["localhost:8080", "ftp://x", "nonsense"])("%p is no URL", async (url) => {
		expect(await call("/nowhere", ["status", "--url", url])).toMatchObject({
			exit: 64,
			err: `nexus: '${url}' is not a URL; write it as http://127.0.0.1:8080\n`,
		});
	});
});

describe("what can go wrong on the way", () => {
	const everyone = ["status", "halt", "reduce", "resume", "flatten", "send"];
	test.each(everyone)("`nexus %s` where nothing runs is exit 69 and one line", async (name) => {
		const port = await freePort();
		using folder = nexusFolder({ port });
		expect(await call(folder.path, [name])).toMatchObject({
			exit: 69,
			out: "",
			err: `nexus: nexus is not running at http://127.0.0.1:${port} (ECONNREFUSED); start it with \`nexus run\`, or say where it is with --url URL\n`,
		});
	});

	test.each(["halt", "status", "explain"])(
		"`nexus %s` without a configuration is exit 78 and says how to get one",
		async (name) => {
			using folder = temporaryFolder();
			expect(await call(folder.path, [name, ...(name === "explain" ? ["X"] : [])])).toMatchObject({
				exit: 78,
				err: "nexus: there is no nexus.yaml; write one with `nexus init`, or say where it is with --config FILE\n",
			});
		},
	);

	test("a configuration that cannot be used is exit 78 with every problem below the first line", async () => {
		using folder = temporaryFolder();
		folder.write("sub/other.yaml", configurationText({ port: 8080, strategy: "    risk_multiplier: 7\n    risc: 1" }));
		const { exit, err } = await call(folder.path, ["status", "--config", "sub/other.yaml"]);
		expect(exit).toBe(78);
		const [first, ...problems] = err.trimEnd().split("\n");
		expect(first).toBe("nexus: sub/other.yaml cannot be used, it has 2 problems; correct what follows");
		expect(problems).toHaveLength(2);
		expect(problems.join("\n")).toMatch(/^sub\/other\.yaml:\d+:\d+ strategies\[0\]\.risk_multiplier: 7 is above 3/m);
		expect(problems.join("\n")).toMatch(/^sub\/other\.yaml:\d+:\d+ strategies\[0\]: unknown key "risc"/m);
	});

	test("something else on the port is told, and is not taken for an answer", async () => {
		using nexus = fakeNexus({ "GET /api/v1/positions": new Response("<html>hello</html>", { status: 200 }) });
		using folder = nexusFolder({ port: nexus.port });
		const { exit, err } = await call(folder.path, ["positions", "--url", nexus.url]);
		expect(exit).toBe(69);
		expect(err).toBe(
			`nexus: what answers at ${nexus.url} is not nexus (status 200, no JSON); compare webhook.port in nexus.yaml with the running nexus, or use --url URL\n`,
		);
	});

	test("an older nexus that lacks a route is told", async () => {
		using nexus = fakeNexus({});
		using folder = nexusFolder({ port: nexus.port });
		const { exit, err } = await call(folder.path, ["positions", "--url", nexus.url]);
		expect(exit).toBe(69);
		expect(err).toContain("does not know /api/v1/positions");
	});

	test("a problem of the API is its detail, its code and its hint", async () => {
		using nexus = fakeNexus({
			"POST /api/v1/halt": refusal(422, "bad_field", "strategy: there is no Foo.", "Use one of MyRSIStrategy."),
		});
		using folder = nexusFolder({ port: nexus.port });
		expect(await call(folder.path, ["halt", "--strategy", "Foo"])).toMatchObject({
			exit: 1,
			err: "nexus: strategy: there is no Foo (bad_field); Use one of MyRSIStrategy.\n",
		});
	});

	test("a redirect is not followed with the token in hand", async () => {
		using thief = fakeNexus(list);
		using nexus = fakeNexus({ "GET /api/v1/positions": Response.redirect(`${thief.url}/api/v1/positions`, 302) });
		using folder = nexusFolder({ port: nexus.port });
		expect((await call(folder.path, ["positions", "--url", nexus.url])).exit).toBe(69);
		expect(thief.asked).toHaveLength(0);
	});
});

describe("a proxy of the environment", () => {
	const before = { http: process.env["HTTP_PROXY"], none: process.env["NO_PROXY"] };
	afterEach(() => {
		for (const [name, value] of [
			["HTTP_PROXY", before.http],
			["NO_PROXY", before.none],
		] as const) {
			if (value === undefined) delete process.env[name];
			else process.env[name] = value;
		}
	});

	test("is not asked for this very machine", async () => {
		using nexus = fakeNexus(list);
		process.env["HTTP_PROXY"] = `http://127.0.0.1:${await freePort()}`;
		process.env["NO_PROXY"] = "example.org";
		const client = new ApiClient(nexus.url, adminToken, "the test");
		expect(await client.positions()).toEqual([]);
	});
});
