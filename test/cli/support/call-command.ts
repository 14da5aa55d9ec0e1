/** Calls one command line in this process: a folder of its own with a nexus.yaml, a fake terminal, the exit code. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { runCommandLine } from "../../../src/cli/front-door.ts";
import { commands } from "../../../src/main.ts";
import { adminToken } from "./fake-nexus.ts";
import { type FakeTerminalOptions, fakeTerminal } from "./fake-terminal.ts";

export interface Folder extends Disposable {
	readonly path: string;
	write(file: string, text: string): void;
}

/** A temporary folder; `using` removes it. */
export function temporaryFolder(): Folder {
	const path = mkdtempSync(join(tmpdir(), "nexus-cli-"));
	return {
		path,
		write(file, text) {
			const whole = join(path, file);
			mkdirSync(dirname(whole), { recursive: true });
			writeFileSync(whole, text);
		},
		[Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
	};
}

export interface ConfigurationText {
	readonly port: number;
	/** Further lines under `webhook:`, four blanks in front. */
	readonly webhook?: string;
	/** Further lines of the strategy, four blanks in front. */
	readonly strategy?: string;
	/** Whole lines at the end. */
	readonly rest?: string;
}

/** A configuration that fits the fake nexus on `port`. */
export function configurationText({ port, webhook = "", strategy = "", rest = "" }: ConfigurationText): string {
	return `webhook:
  host: 127.0.0.1
  port: ${port}
${webhook}
data: ./data
plugins: ./plugins
accounts:
  paper: { broker: paper, currency: USD, balance: 100000, fee: 0.1%, slippage: 0.05% }
strategies:
  - name: MyRSIStrategy
    symbols: [BTC/USD, ETH/USD]
    timeframes: [1h, 4h]
    account: paper
    size: 1%
${strategy}
${rest}
`;
}

/** A folder with a nexus.yaml for `port` and the admin token where a started nexus keeps it. */
export function nexusFolder(text: ConfigurationText): Folder {
	const folder = temporaryFolder();
	folder.write("nexus.yaml", configurationText(text));
	folder.write("data/admin.token", `${adminToken}\n`);
	return folder;
}

export interface Called {
	readonly exit: number;
	readonly out: string;
	readonly err: string;
	readonly questions: readonly string[];
}

/** `call(folder.path, ["alerts", "--json"])` */
export async function call(
	folder: string,
	words: readonly string[],
	options: FakeTerminalOptions = {},
): Promise<Called> {
	const terminal = fakeTerminal({ folder, ...options });
	const exit = await runCommandLine(words, commands, terminal, "0.1.0");
	return { exit, out: terminal.outText(), err: terminal.errText(), questions: terminal.questions };
}
