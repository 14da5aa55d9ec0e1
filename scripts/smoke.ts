/** `bun run smoke`: the compiled binary alone in an empty folder turns the mission's alert into a filled paper order, then leaves on SIGTERM. */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { binary, build } from "./build.ts";
import { freePort } from "./free-port.ts";
import { installDependencies } from "./install.ts";

const ready_ms_max = 15_000;
const outcome_ms_max = 5_000;
const leaving_ms_max = 5_000;
const command_ms_max = 10_000;
const serving_ms_max = 60_000;

const mission = {
	action: "buy",
	symbol: "BTC/USD",
	exchange: "binance",
	price: 42000.5,
	strategy: "MyRSIStrategy",
	timeframe: "1h",
	alert_id: "smoke-1",
	message: "Optional message",
};

const configuration = (port: number): string => `webhook: { host: 127.0.0.1, port: ${port} }
data: ./data
plugins: ./plugins
accounts:
  paper: { broker: paper, currency: USD, balance: 100000, fee: 0.1%, slippage: 0.05% }
strategies:
  - { name: MyRSIStrategy, symbols: [BTC/USD], timeframes: [1h], account: paper, size: 1% }
  - { name: Smoke, symbols: [BTC/USD], account: paper, size: 1% }
`;

const pluginFiles = {
	"smoke.ts": `import { defineStrategy } from "nexus";
import { words } from "./words/skip.ts";
export default defineStrategy({ name: "Smoke", symbols: ["BTC/USD"], onAlert: (_alert, { skip }) => skip(words) });
`,
	"words/skip.ts": `export const words: string = "the plugin has decided";\n`,
};

function expect(condition: boolean, what: string, found: unknown): void {
	if (!condition) throw new Error(`${what}; found ${typeof found === "string" ? found : JSON.stringify(found)}`);
	console.log(`ok      ${what}`);
}

async function until<T>(ms: number, what: string, ask: () => Promise<T | undefined>): Promise<T> {
	const end = performance.now() + ms;
	for (;;) {
		const answer = await ask();
		if (answer !== undefined) return answer;
		if (performance.now() > end) throw new Error(`${what}: not within ${ms} ms`);
		await Bun.sleep(20);
	}
}

/** The binary as a stranger has it: its own folder, nothing on the PATH, an empty environment. */
class LoneBinary {
	readonly folder = mkdtempSync(join(tmpdir(), "nexus-smoke-"));
	readonly #binary = join(this.folder, basename(binary));

	constructor(port: number) {
		copyFileSync(binary, this.#binary);
		mkdirSync(join(this.folder, "plugins", "words"), { recursive: true });
		writeFileSync(join(this.folder, "nexus.yaml"), configuration(port));
		for (const [file, text] of Object.entries(pluginFiles)) writeFileSync(join(this.folder, "plugins", file), text);
	}

	start(words: readonly string[], ms_max: number) {
		return Bun.spawn([this.#binary, ...words], {
			cwd: this.folder,
			env: { PATH: "" },
			stdin: "ignore",
			stdout: "pipe",
			stderr: "pipe",
			timeout: ms_max,
			killSignal: "SIGKILL",
		});
	}

	async command(...words: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
		const child = this.start(words, command_ms_max);
		const [out, err, code] = await Promise.all([
			new Response(child.stdout).text(),
			new Response(child.stderr).text(),
			child.exited,
		]);
		return { code, output: code === 0 ? out : `${out}${err}` };
	}

	remove(): void {
		rmSync(this.folder, { recursive: true, force: true });
	}
}

interface Explained {
	readonly status: string;
	readonly reason: string | null;
	readonly trace: readonly { readonly stage: string; readonly ms: number }[];
	readonly orders: readonly { readonly status: string; readonly side: string }[];
	readonly fills: readonly { readonly quantity: string }[];
}

/** Posts an alert and waits until it has ended. */
async function ended(nexus: LoneBinary, url: string, payload: Readonly<Record<string, unknown>>): Promise<Explained> {
	const response = await fetch(`${url}/webhook`, { method: "POST", body: JSON.stringify(payload) });
	const answer = (await response.json()) as { readonly id: string; readonly status: string };
	expect(response.status === 202 && answer.status === "accepted", "the alert is accepted with 202", answer);
	return await until(outcome_ms_max, `the end of alert ${answer.id}`, async () => {
		const { code, output } = await nexus.command("explain", answer.id, "--json");
		if (code !== 0) throw new Error(`nexus explain: exit ${code}: ${output}`);
		const alert = JSON.parse(output) as Explained;
		return alert.status === "accepted" ? undefined : alert;
	});
}

async function serve(nexus: LoneBinary, url: string): Promise<void> {
	const executed = await ended(nexus, url, mission);
	expect(executed.status === "executed", "the mission's payload is executed", executed);
	expect(executed.orders[0]?.status === "filled", "its paper order is filled", executed.orders);
	expect(executed.fills.length === 1, "the fill is recorded", executed.fills);
	expect(executed.trace.length >= 5, "the trace tells every stage", executed.trace);

	const again = await fetch(`${url}/webhook`, { method: "POST", body: JSON.stringify(mission) });
	const words = await again.text();
	expect(again.status === 200 && words.includes('"duplicate"'), "the same alert again is a duplicate", words);

	const skipped = await ended(nexus, url, { ...mission, strategy: "Smoke", alert_id: "smoke-2" });
	expect(
		skipped.status === "skipped" && skipped.reason?.includes("the plugin has decided") === true,
		"a .ts plugin that imports nexus and a relative file decides",
		skipped,
	);
	const explained = await nexus.command("explain", mission.alert_id);
	expect(explained.code === 0 && /\d ms/.test(explained.output), "nexus explain shows milliseconds", explained.output);
	const positions = await nexus.command("positions");
	expect(
		positions.code === 0 && positions.output.includes("BTC/USD"),
		"nexus positions shows the position",
		positions.output,
	);
}

async function smoke(): Promise<void> {
	const port = await freePort();
	const url = `http://127.0.0.1:${port}`;
	const nexus = new LoneBinary(port);
	const checked = await nexus.command("check");
	try {
		expect(checked.code === 0, "nexus check finds nothing wrong", checked.output);
		const server = nexus.start(["run"], serving_ms_max);
		const said = Promise.all([new Response(server.stdout).text(), new Response(server.stderr).text()]);
		try {
			await until(ready_ms_max, "readiness", async () => {
				if (server.exitCode !== null) throw new Error(`nexus ended with exit code ${server.exitCode}`);
				const answer = await fetch(`${url}/readyz`).catch(() => undefined);
				return answer?.status === 200 ? true : undefined;
			});
			console.log("ok      ready");
			await serve(nexus, url);
			server.kill("SIGTERM");
			const code = await Promise.race([server.exited, Bun.sleep(leaving_ms_max).then(() => "no exit")]);
			expect(code === 0, "SIGTERM ends it with exit code 0", code);
		} catch (error) {
			server.kill("SIGKILL");
			console.error(`nexus said:\n${(await said).join("")}`);
			throw error;
		}
	} finally {
		nexus.remove();
	}
}

try {
	if (!existsSync(binary)) {
		await installDependencies("production");
		await build();
	}
	await smoke();
} catch (error) {
	console.error(`failed  ${error instanceof Error ? error.message : String(error)}`);
	process.exit(1);
}
