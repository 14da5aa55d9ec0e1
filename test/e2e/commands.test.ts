/** A newcomer's way from an empty folder through every command, on the compiled binary with nothing on the PATH. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { AlertView, Order, Position } from "../../src/domain/records.ts";
import { type Ran, RunningNexus, removeLeftovers } from "./support/running-nexus.ts";

afterAll(removeLeftovers);

const columns = 80;

const buy = {
	alert_id: "first",
	action: "buy",
	symbol: "BTC/USD",
	exchange: "binance",
	price: 42000.5,
	strategy: "MyRSIStrategy",
	timeframe: "1h",
	message: "Optional message",
};

/** A command that must end well; its words fit on a screen of 80 columns. */
function expectOk({ exit, out, err }: Ran): string {
	expect({ exit, err }).toEqual({ exit: 0, err: "" });
	const wide = out.split("\n").filter((line) => line.length > columns);
	expect(wide).toEqual([]);
	return out;
}

const data = <T>({ exit, out, err }: Ran): T => {
	expect({ exit, err }).toEqual({ exit: 0, err: "" });
	return JSON.parse(out) as T;
};

/** Each test goes on where the one before it has ended, as a person does. */
describe("from an empty folder", () => {
	let nexus: RunningNexus;
	let id = "";
	beforeAll(async () => {
		nexus = await RunningNexus.prepare({});
	});

	test("init writes what a start needs, and keeps what is there", async () => {
		const out = expectOk(await nexus.command("init"));
		for (const file of ["nexus.yaml", "plugins/my-rsi-strategy.ts", "plugins/nexus.d.ts"]) {
			expect(out).toContain(`wrote  ${file}`);
			expect(nexus.read(file)).not.toBe("");
		}
		expect(out).toContain("Next: nexus run");
		nexus.write("nexus.yaml", `${nexus.read("nexus.yaml")}\n# mine\n`);
		expect(expectOk(await nexus.command("init"))).toContain("kept   nexus.yaml");
		expect(nexus.read("nexus.yaml")).toEndWith("# mine\n");
	});

	test("check finds nothing wrong with it, and names what is", async () => {
		const { exit, out } = await nexus.command("check");
		expect(exit).toBe(0);
		expect(out).toContain("nexus.yaml is right: 1 strategy, 1 plugin");
		const good = nexus.read("nexus.yaml");
		nexus.write("nexus.yaml", good.replace("risk_multiplier: 1.0", "risk_multiplier: 7"));
		const wrong = await nexus.command("check");
		expect(wrong.exit).toBe(78);
		expect(wrong.out + wrong.err).toMatch(/^nexus\.yaml:\d+:\d+ strategies\[0\]\.risk_multiplier: 7 is above 3\.0$/m);
		nexus.write("nexus.yaml", good);
	});

	test("before nexus runs each command says so in one line, with exit 69", async () => {
		for (const words of [["status"], ["send"], ["halt"], ["alerts"]]) {
			const { exit, err } = await nexus.command(...words);
			expect({ words, exit }).toEqual({ words, exit: 69 });
			expect(err).toContain("nexus is not running at http://127.0.0.1:8080");
			expect(err).toContain("start it with `nexus run`");
		}
	});

	test("run, then send --wait prints the verdict", async () => {
		await nexus.launch("--port", "0");
		nexus.write("alert.json", JSON.stringify(buy));
		const out = expectOk(await nexus.ask("send", "alert.json", "--wait"));
		id = /^([0-9A-Z]{11}) executed$/m.exec(out)?.[1] ?? "";
		expect(id).not.toBe("");
		expect(out).toMatch(/Executed: bought 0\.0238\d+ BTC\/USD at 42021\.50025 on account paper\./);
		expect(out).toContain(`nexus explain ${id}`);
		const again = expectOk(await nexus.ask("send", "alert.json", "--wait"));
		expect(again).toBe(`${id} was there already: this is a duplicate, nothing was done\n`);
	});

	test("explain tells every stage with its milliseconds, the orders and the fill, by either id", async () => {
		const out = expectOk(await nexus.ask("explain", id));
		expect(expectOk(await nexus.ask("explain", "first"))).toBe(out);
		const stages = "size source failures signature read dedupe queue match rate_limit freshness risk strategy approval";
		for (const stage of [...stages.split(" "), "broker"]) {
			expect(out).toMatch(new RegExp(`^ +${stage} +pass +\\d+\\.\\d{3}$`, "m"));
		}
		expect(out).toMatch(/^ +buy +0\.0238\d+ +BTC\/USD +market +entry +paper +filled/m);
		expect(out).toMatch(/^ +sell +0\.0238\d+ +BTC\/USD +stop \S+ +stop_loss/m);
		expect(out).toMatch(/^ +\d\d:\d\d:\d\d\.\d{3} +buy +0\.0238\d+ +BTC\/USD +42021\.50025 +1\.\d+ USD$/m);
		const alert = data<AlertView>(await nexus.ask("explain", id, "--json"));
		expect(alert).toMatchObject({ id, alert_id: "first", status: "executed", price: "42000.5" });
		expect(alert.trace?.length).toBeGreaterThan(10);
		expect(alert.fills).toHaveLength(1);
	});

	test("alerts, orders, positions and status as tables and as JSON", async () => {
		expect(expectOk(await nexus.ask("alerts"))).toMatch(
			new RegExp(`^${id} .* LONG_ENTRY +BTC/USD +42000\\.5 +executed$`, "m"),
		);
		expect(data<{ items: AlertView[] }>(await nexus.ask("alerts", "--json")).items).toMatchObject([{ id }]);

		const orders = expectOk(await nexus.ask("orders"));
		expect(orders).toMatch(new RegExp(`^${id} .* buy .* 42021\\.50025 +filled$`, "m"));
		expect(orders).toMatch(new RegExp(`^${id} .* sell .* stop 41181\\.\\S+ +accepted$`, "m"));
		const listed = data<{ items: Order[] }>(await nexus.ask("orders", "--json")).items;
		expect(listed.map(({ leg, status }) => `${leg} ${status}`).sort()).toEqual(["entry filled", "stop_loss accepted"]);
		const open = data<{ items: Order[] }>(await nexus.ask("orders", "--open", "--json")).items;
		expect(open.map(({ leg }) => leg)).toEqual(["stop_loss"]);

		expect(expectOk(await nexus.ask("positions"))).toMatch(/^MyRSI\S+ +BTC\/USD +long +0\.0238\d+ +42021\.50\S* /m);
		const [position] = data<{ items: Position[] }>(await nexus.ask("positions", "--json")).items;
		expect(position).toMatchObject({ strategy: "MyRSIStrategy", side: "long", average_price: "42021.50025" });

		const status = expectOk(await nexus.ask("status"));
		expect(status).toContain(`is ready at ${nexus.url}`);
		expect(status).toMatch(/^Trading +active for everything$/m);
		expect(status).toMatch(/^Alerts +1 executed, 0 waiting$/m);
		expect(data<object>(await nexus.ask("status", "--json"))).toMatchObject({ ready: true, alerts: { executed: 1 } });
	});

	test("halted: an alert is rejected and says by whom; a restart changes nothing; resume ends it", async () => {
		expect(expectOk(await nexus.ask("halt", "--reason", "maintenance"))).toContain("by cli: maintenance");
		await nexus.kill9();
		await nexus.launch("--port", "0");
		expect(expectOk(await nexus.ask("status"))).toMatch(/^Trading +halted for everything since .* by cli:$/m);
		nexus.write("exit.json", JSON.stringify({ ...buy, alert_id: "second", action: "close_long" }));
		const { exit, out } = await nexus.ask("send", "exit.json", "--wait");
		expect(exit).toBe(1);
		expect(out).toMatch(/^[0-9A-Z]{11} rejected halted$/m);
		expect(out).toContain("by cli: maintenance");
		expect(expectOk(await nexus.ask("explain", "second"))).toContain("`nexus resume`");
		expect(expectOk(await nexus.ask("resume"))).toContain("active for everything");
		expect(data<{ items: Position[] }>(await nexus.ask("positions", "--json")).items).toHaveLength(1);
	});

	test("a name that nothing has is no halt, and says which there are", async () => {
		const { exit, err } = await nexus.ask("halt", "--strategy", "MyRSI");
		expect({ exit, err }).toEqual({
			exit: 1,
			err: 'nexus: no strategy is named "MyRSI" (not_found); There are: MyRSIStrategy.\n',
		});
		expect(expectOk(await nexus.ask("status"))).toMatch(/^Trading +active for everything$/m);
	});

	test("flatten closes the position, takes its stop back and halts", async () => {
		const out = expectOk(await nexus.ask("flatten", "--yes"));
		expect(out).toContain("Flattened and halted everything: 1 order sent.");
		expect(expectOk(await nexus.ask("positions"))).toBe("No open positions.\n");
		expect(expectOk(await nexus.ask("orders", "--open"))).toBe("No open orders.\n");
		nexus.write("third.json", JSON.stringify({ ...buy, alert_id: "third" }));
		expect((await nexus.ask("send", "third.json", "--wait")).out).toContain("rejected halted");
		expectOk(await nexus.ask("resume"));
	});

	test("a refused alert is told with its cause and cure, and exit 1", async () => {
		nexus.write("bad.json", JSON.stringify({ ...buy, price: "{{cl0se}}" }));
		const { exit, out, err } = await nexus.ask("send", "bad.json", "--wait");
		expect({ exit, out }).toEqual({ exit: 1, out: "" });
		expect(err).toStartWith("nexus: refused with 422 unfilled_placeholder: ");
		expect(err).toContain("{{cl0se}}");
		expect(expectOk(await nexus.ask("status"))).toMatch(/^Refused +1 unfilled_placeholder/m);
	});

	test("after nexus has stopped, explain and the lists read the journal, and say so", async () => {
		const before = expectOk(await nexus.ask("explain", id));
		const orders = expectOk(await nexus.ask("orders"));
		expect(await nexus.stop()).toBe(0);
		expect(await nexus.command("explain", id)).toEqual({
			exit: 0,
			out: before,
			err: expect.stringMatching(/^nexus: nexus is not running at .*; this is from the journal in data\n$/),
		});
		expect(await nexus.command("orders")).toMatchObject({ exit: 0, out: orders });
		expect(await nexus.command("positions")).toMatchObject({ exit: 0, out: "No open positions.\n" });
		expect(await nexus.command("alerts", "--json")).toMatchObject({ exit: 0 });
		expect((await nexus.command("status")).exit).toBe(69);
	});

	test("an alert that there is not: exit 1, and where to look", async () => {
		const { exit, err } = await nexus.command("explain", "nothing");
		expect(exit).toBe(1);
		expect(err).toContain("there is no alert 'nothing'; `nexus alerts` lists them");
	});
});
