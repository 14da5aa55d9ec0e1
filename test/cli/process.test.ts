/** The program as it is started by a shell: exit codes, what goes to which stream, pipes, and no second nexus of tests. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { call, nexusFolder, temporaryFolder } from "./support/call-command.ts";
import { fakeNexus } from "./support/fake-nexus.ts";
import { executed } from "./support/records.ts";

const main = join(import.meta.dir, "../../src/main.ts");

interface Ran {
	readonly exit: number;
	readonly out: string;
	readonly err: string;
}

async function nexus(
	folder: string,
	words: readonly string[],
	environment: Readonly<Record<string, string>> = {},
	stdin = "",
): Promise<Ran> {
	const child = Bun.spawn([process.execPath, main, ...words], {
		cwd: folder,
		env: { PATH: process.env["PATH"] ?? "", HOME: folder, ...environment },
		stdin: Buffer.from(stdin),
		stdout: "pipe",
		stderr: "pipe",
	});
	const [out, err, exit] = await Promise.all([
		new Response(child.stdout).text(),
		new Response(child.stderr).text(),
		child.exited,
	]);
	return { exit, out, err };
}

describe("the program", () => {
	test("--version", async () => {
		expect(await nexus("/", ["--version"])).toEqual({
			exit: 0,
			out: expect.stringMatching(/^nexus \d+\.\d+\.\d+\S*\n$/),
			err: "",
		});
	});

	test("a wrong word goes to stderr, with exit 64", async () => {
		expect(await nexus("/", ["statsu"])).toEqual({
			exit: 64,
			out: "",
			err: "nexus: there is no command 'statsu'; did you mean `nexus status`?\n",
		});
	});

	test("without a configuration `nexus` says how to get one, with exit 78", async () => {
		using folder = temporaryFolder();
		expect(await nexus(folder.path, [])).toEqual({
			exit: 78,
			out: "",
			err: "nexus: there is no nexus.yaml; write one with `nexus init`, or say where it is with --config FILE\n",
		});
	});

	test("where nothing runs the exit is 69 and the first line is no stack", async () => {
		using folder = nexusFolder({ port: 1 });
		const { exit, out, err } = await nexus(folder.path, ["halt"]);
		expect({ exit, out }).toEqual({ exit: 69, out: "" });
		expect(err.split("\n")).toHaveLength(2);
	});

	test("through a pipe there is no colour, the width is 80 or COLUMNS", async () => {
		using server = fakeNexus({ "GET /api/v1/alerts": { items: [executed], next: null } });
		using folder = nexusFolder({ port: server.port });
		const plain = await nexus(folder.path, ["alerts"], { FORCE_COLOR: "1" });
		expect(plain.out).not.toContain("\u001b");
		expect(plain.out).not.toContain("TIMEFRAME");
		expect((await nexus(folder.path, ["alerts"], { COLUMNS: "160" })).out).toContain("TIMEFRAME");
	});

	test("`send -` reads standard input", async () => {
		using server = fakeNexus({ "POST /webhook": Response.json({ id: "01A", status: "accepted" }, { status: 202 }) });
		using folder = nexusFolder({ port: server.port });
		const { exit, out } = await nexus(folder.path, ["send", "-"], {}, "buy BTCUSD\n");
		expect({ exit, out }).toEqual({ exit: 0, out: "01A accepted\n  nexus explain 01A\n" });
		expect(server.asked[0]?.body).toBe("buy BTCUSD\n");
	});

	test("a reader that goes away is no error of nexus", async () => {
		using folder = temporaryFolder();
		const child = Bun.spawn(["sh", "-c", `"${process.execPath}" "${main}" --help | head -1`], {
			cwd: folder.path,
			stderr: "pipe",
			stdout: "pipe",
		});
		expect(await new Response(child.stderr).text()).toBe("");
		expect(await child.exited).toBe(0);
	});
});

describe("on a screen", () => {
	// `script` gives the program a terminal of its own.
	const onScreen = async (
		folder: string,
		words: string,
		environment: Readonly<Record<string, string>> = {},
	): Promise<string> => {
		const child = Bun.spawn(
			["script", "-qec", `stty cols 100; "${process.execPath}" "${main}" ${words}`, "/dev/null"],
			{
				cwd: folder,
				env: { PATH: process.env["PATH"] ?? "", HOME: folder, TERM: "xterm", ...environment },
				stdout: "pipe",
			},
		);
		return await new Response(child.stdout).text();
	};

	test.if(Bun.which("script") !== null && process.platform === "linux")(
		"colours, unless NO_COLOR; the terminal's width",
		async () => {
			using server = fakeNexus({ "GET /api/v1/alerts": { items: [executed], next: null } });
			using folder = nexusFolder({ port: server.port });
			const colored = await onScreen(folder.path, "alerts");
			expect(colored).toContain("\u001b[32mexecuted");
			expect(colored).toContain("STATUS");
			expect(await onScreen(folder.path, "alerts", { NO_COLOR: "1" })).not.toContain("\u001b[3");
		},
	);
});

test("the calls inside this process see what the program does", async () => {
	using folder = temporaryFolder();
	const inside = await call(folder.path, ["status"]);
	const outside = await nexus(folder.path, ["status"]);
	expect({ exit: outside.exit, err: outside.err }).toEqual({ exit: inside.exit, err: inside.err });
});
