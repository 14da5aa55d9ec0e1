/** Where nexus cannot start it says so in its first line, with the cure, never with a stack trace, and leaves with the right exit code. */
import { afterAll, expect, test } from "bun:test";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { NexusFolder, RunningNexus, removeLeftovers, type Setup } from "./support/running-nexus.ts";

afterAll(removeLeftovers);

const no = 1;
const configuration = 78;

const minimal = `
webhook: { host: 127.0.0.1, port: 0 }
strategies: [{ name: One, size: 0.01 BTC }]
`;

interface Refusal {
	readonly name: string;
	readonly setup: Partial<Setup>;
	/** Files that stand in the folder before. */
	readonly files?: Readonly<Record<string, string>>;
	readonly words?: readonly string[];
	readonly exit: number;
	/** The first line on stderr that is not one of the log. */
	readonly first: RegExp;
	/** What stands anywhere in stderr. */
	readonly says?: readonly (string | RegExp)[];
	readonly mustNotSay?: string;
}

const refusals: readonly Refusal[] = [
	{
		name: "no nexus.yaml",
		setup: {},
		exit: configuration,
		first: /^nexus: there is no nexus\.yaml; write one with `nexus init`/,
	},
	{
		name: "another file named that is not there",
		setup: { yaml: minimal },
		words: ["--config", "other.yaml"],
		exit: configuration,
		first: /^nexus: there is no other\.yaml; .*--config FILE$/,
	},
	{
		name: "YAML that is none",
		setup: { yaml: "webhook: { port: 8080\nstrategies: []\n" },
		exit: configuration,
		first: /^nexus: nexus\.yaml cannot be used, it has \d+ problems?; correct what follows$/,
		says: [/^nexus\.yaml:\d+:\d+ /m],
	},
	{
		name: "an unknown key, with the nearest known one",
		setup: { yaml: `${minimal}webhok: { port: 1 }\n` },
		exit: configuration,
		first: /^nexus: nexus\.yaml cannot be used, it has 1 problem; correct what follows$/,
		says: ['nexus.yaml:4:1 unknown key "webhok"; did you mean "webhook"?'],
	},
	{
		name: "a value out of its range",
		setup: { yaml: "strategies:\n  - name: One\n    risk_multiplier: 7\n" },
		exit: configuration,
		first: /^nexus: nexus\.yaml cannot be used, it has 1 problem; correct what follows$/,
		says: ["nexus.yaml:3:5 strategies[0].risk_multiplier: 7 is above 3.0"],
	},
	{
		name: "an environment variable that is not set",
		setup: { yaml: `${minimal.replace("port: 0", 'port: 0, secret_key: "${NEXUS_E2E_KEY}"')}` },
		exit: configuration,
		first: /^nexus: nexus\.yaml cannot be used/,
		says: [/^nexus\.yaml:2:\d+ webhook\.secret_key: .*NEXUS_E2E_KEY/m],
	},
	{
		name: "a wrong value from the environment is not shown",
		setup: {
			yaml: `${minimal.replace("port: 0", 'port: 0, token: "${NEXUS_E2E_TOKEN}"')}`,
			env: { NEXUS_E2E_TOKEN: "shortsecret" },
		},
		exit: configuration,
		first: /^nexus: nexus\.yaml cannot be used/,
		says: ["webhook.token", "openssl rand -hex 16"],
		mustNotSay: "shortsecret",
	},
	{
		name: "a stage that no plugin defines",
		setup: { yaml: `${minimal}pipeline: [signature, dedupe, weekend, risk]\n` },
		exit: configuration,
		first: /^nexus: .*weekend/,
		says: ["plugins"],
	},
	{
		name: "a stage whose plugin does not parse",
		setup: {
			yaml: `${minimal}pipeline: [signature, dedupe, weekend, risk]\n`,
			plugins: { "weekend.ts": "export default {" },
		},
		exit: configuration,
		first: /^nexus: .*weekend/,
		says: ["plugins/weekend.ts:1"],
	},
	{
		name: "a data folder that is a file",
		setup: { yaml: `data: ./taken\n${minimal}` },
		files: { taken: "I was here first.\n" },
		exit: no,
		first: /^nexus: the data folder \S+taken cannot be \w+ .*; .*data/,
	},
	{
		name: "a data folder below a file",
		setup: { yaml: `data: ./taken/data\n${minimal}` },
		files: { taken: "I was here first.\n" },
		exit: no,
		first: /^nexus: the data folder \S+taken\/data cannot be \w+ .*data/,
	},
	{
		name: "a data folder where nobody may write",
		setup: { yaml: `data: /proc/nexus\n${minimal}` },
		exit: no,
		first: /^nexus: the data folder \/proc\/nexus cannot be \w+ .*data/,
	},
	{
		name: "a journal that is none",
		setup: { yaml: minimal },
		files: { "data/journal.sqlite": "this is a letter, not a journal\n".repeat(200) },
		exit: no,
		first: /^nexus: \S+journal\.sqlite is not a journal[:;] move it away or choose another data folder/,
	},
	{
		name: "an address that this machine has not",
		setup: { yaml: minimal.replace("127.0.0.1", "192.0.2.1") },
		exit: no,
		first: /^nexus: 192\.0\.2\.1 is not an address of this machine; .*webhook\.host/,
	},
	{
		name: "a port that is none",
		setup: { yaml: minimal },
		words: ["--port", "http"],
		exit: 64,
		first: /^nexus: --port 'http' is not a whole number from 0 to 65535$/,
	},
];

/** Runs `nexus run` to its end and holds what it says against what is expected. */
async function expectRefusal(folder: NexusFolder, refusal: Omit<Refusal, "name" | "setup">): Promise<void> {
	const { exit, out, err } = await folder.command("run", ...(refusal.words ?? []));
	// A line of the log may come before it, such as the one on a broken plugin.
	const first = err.split("\n").find((line) => !/^\d{4}-\d\d-\d\dT\S+Z (info|warn) /.test(line)) ?? "";
	expect(first).toMatch(refusal.first);
	expect({ exit, out }).toEqual({ exit: refusal.exit, out: "" });
	for (const text of refusal.says ?? []) {
		if (typeof text === "string") expect(err).toContain(text);
		else expect(err).toMatch(text);
	}
	if (refusal.mustNotSay !== undefined) expect(err).not.toContain(refusal.mustNotSay);
	expect(err).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
	expect(err.split("\n").length).toBeLessThan(8);
}

for (const { name, setup, files = {}, ...expected } of refusals) {
	test(name, async () => {
		await using folder = await NexusFolder.make(setup);
		for (const [file, text] of Object.entries(files)) folder.write(file, text);
		await expectRefusal(folder, expected);
	});
}

/** A program of somebody else's on a port. */
async function takenPort(): Promise<{ readonly port: number; readonly server: Server }> {
	const server = createServer();
	const { promise, resolve } = Promise.withResolvers<void>();
	server.listen(0, "127.0.0.1", resolve);
	await promise;
	const address = server.address();
	if (address === null || typeof address === "string") throw new Error("no port");
	return { port: address.port, server };
}

test("a port that another program has; nothing is left locked by the attempt", async () => {
	const { port, server } = await takenPort();
	try {
		await using folder = await NexusFolder.make({ yaml: minimal });
		const expected = {
			words: ["--port", String(port)],
			exit: no,
			first: new RegExp(`^nexus: port ${port} on 127\\.0\\.0\\.1 is already in use by another program; .*--port`),
		};
		await expectRefusal(folder, expected);
		await expectRefusal(folder, expected);
	} finally {
		server.close();
	}
});

test("a second nexus on the same data folder names the first; the first one is unharmed; after its kill -9 the folder is free", async () => {
	await using nexus = await RunningNexus.start({ yaml: minimal });
	const { pid } = JSON.parse((await nexus.ask("status", "--json")).out) as { pid: number };
	await expectRefusal(nexus, {
		words: ["--port", "0"],
		exit: no,
		first: new RegExp(
			`^nexus: another nexus \\(pid ${pid}\\) already uses the data folder \\S+: stop it or set another`,
		),
	});
	expect(await nexus.send({ action: "buy", symbol: "BTCUSD", price: 1, strategy: "One" })).toMatchObject({
		status: "executed",
	});
	await nexus.kill9();
	await nexus.restart();
	expect(await nexus.positions()).toHaveLength(1);
});

test("a second nexus on another data folder but the same port leaves the first one all its alerts", async () => {
	await using nexus = await RunningNexus.start({ yaml: minimal });
	const port = new URL(nexus.url).port;
	await using other = await NexusFolder.make({ yaml: minimal });
	await expectRefusal(other, { words: ["--port", port], exit: no, first: new RegExp(`^nexus: port ${port} .*in use`) });
	for (let number = 0; number < 10; number += 1) {
		const { status } = await nexus.post({ action: "sl", symbol: "BTCUSD", strategy: "One", alert_id: `${number}` });
		expect(status).toBe(202);
	}
	expect(join(other.path, "data")).not.toBe(join(nexus.path, "data"));
});
