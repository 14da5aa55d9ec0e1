/** `nexus send`: posts an alert to a running nexus, with the credential that is configured, and tells its verdict. */
import { randomBytes } from "node:crypto";
import type { Page } from "../domain/ports.ts";
import type { AlertView, Order } from "../domain/records.ts";
import type { Settings } from "../domain/settings.ts";
import { answer } from "./answer.ts";
import { bodyBytes } from "./body-bytes.ts";
import { type ApiClient, connect, type Problem } from "./client.ts";
import { type Call, defineCommand, urlOption } from "./command.ts";
import { type Credential, credentialFor, signatureOf } from "./credential.ts";
import { CommandFailure, type ExitCode, exitCode } from "./exit-code.ts";
import { outcomeWords } from "./outcome.ts";
import { samplePayload } from "./sample.ts";
import { harmless, type Terminal } from "./terminal.ts";

/** How long --wait waits for the end of an alert. */
const wait_ms_max = 30_000;
const poll_ms = 100;
const path_default = "/webhook";

const options = {
	wait: { type: "boolean", help: "wait for the outcome and print it (at most 30 s)" },
	...urlOption,
} as const;

/** What the webhook says about one alert; with ?wait also how it ended. */
interface Item {
	readonly id: string;
	readonly status: AlertView["status"];
	readonly code?: string | null;
	readonly reason?: string | null;
	readonly orders?: readonly Order[];
}

/** Of several commands in one body some may be refused. */
const isItem = (item: Item | Problem): item is Item => "id" in item;
const isNo = (item: Item | Problem): boolean => !isItem(item) || item.status === "rejected" || item.status === "failed";

/** The sample for the first strategy that is switched on; the running nexus knows those of plugins, too. */
async function sampleBytes(client: ApiClient, settings: Settings | undefined, terminal: Terminal): Promise<Uint8Array> {
	const running = await client.strategies().catch((error: unknown) => {
		if (error instanceof CommandFailure && error.exit !== exitCode.unreachable) return [];
		throw error;
	});
	const strategy = [...running, ...(settings?.strategies ?? [])].find(({ enabled }) => enabled !== false);
	const payload = samplePayload(strategy, `sample-${randomBytes(6).toString("hex")}`);
	const credential: Credential = settings === undefined ? { kind: "none" } : credentialFor(settings, strategy?.name);
	const text = JSON.stringify(payload);
	terminal.err(harmless(`nexus: no FILE given, sending this sample: ${text}`));
	return Buffer.from(credential.kind === "secret" ? JSON.stringify({ ...payload, secret: credential.secret }) : text);
}

/** The strategy that a body names, so that its own credential is used; undefined where it names none. */
function strategyNamed(body: Uint8Array): string | undefined {
	try {
		const parsed: unknown = JSON.parse(new TextDecoder().decode(body));
		if (typeof parsed !== "object" || parsed === null || !("strategy" in parsed)) return undefined;
		return typeof parsed.strategy === "string" ? parsed.strategy : undefined;
	} catch (error) {
		// Not JSON: nexus will say so, or it is another vendor's format.
		if (error instanceof SyntaxError) return undefined;
		throw error;
	}
}

/** A --url with a path is the whole webhook URL, as it stands in TradingView. */
function pathOf(url: string | undefined, settings: Settings | undefined, credential: Credential): string {
	const given = url === undefined ? "/" : (URL.parse(url)?.pathname ?? "/");
	if (given !== "/") return given;
	const path = settings?.webhook.path ?? path_default;
	return credential.kind === "token" ? `${path.replace(/\/$/, "")}/${credential.token}` : path;
}

async function deliver(
	call: Call<typeof options>,
	client: ApiClient,
	settings: Settings | undefined,
	body: Uint8Array,
) {
	const { values, version } = call;
	const credential: Credential =
		settings === undefined ? { kind: "none" } : credentialFor(settings, strategyNamed(body));
	const path = pathOf(values.url, settings, credential) + (values.wait ? "?wait=2s" : "");
	return await client.request(path, {
		method: "POST",
		headers: {
			"content-type": "application/json",
			"user-agent": `nexus-send/${version}`,
			...(credential.kind === "signature" ? { "x-signature": signatureOf(body, credential.secretKey) } : {}),
		},
		body,
	});
}

/** Asks until the alert has ended or `until` has come. What the webhook said stands where the API is closed to us. */
async function ended(client: ApiClient, item: Item, until: number, terminal: Terminal): Promise<Item> {
	for (;;) {
		const seen = await client.alert(item.id).catch((error: unknown) => {
			if (error instanceof CommandFailure) return undefined;
			throw error;
		});
		if (seen === undefined) return item;
		// A duplicate has no end of its own: what is shown is how the first one ended.
		if (seen.status !== "accepted" || terminal.now() >= until) return item.status === "duplicate" ? item : seen;
		await Bun.sleep(poll_ms);
	}
}

function itemWords(item: Item | Problem, waited: boolean): readonly string[] {
	if (!isItem(item)) return [harmless(`refused ${problemWords(item)}`)];
	const { id, status, code = null, reason = null, orders } = item;
	if (status === "duplicate") return [`${id} was there already: this is a duplicate, nothing was done`];
	const why = `  nexus explain ${id}`;
	if (!waited) return [`${id} ${status}`, why];
	const ended = outcomeWords({ status, code, reason, ...(orders === undefined ? {} : { orders: [...orders] }) });
	return [`${id} ${status}${code === null ? "" : ` ${code}`}`, harmless(`  ${ended}`), why];
}

/** `missing_field: the field symbol is missing; Add it.` */
function problemWords({ code = "without a code", detail, title = "no reason was given", hint = "" }: Problem): string {
	return `${code}: ${(detail ?? title).replace(/\.$/, "")}${hint === "" ? "" : `; ${hint}`}`;
}

function refused(call: Call<typeof options>, problem: Problem, status: number): ExitCode {
	if (call.values.json) call.terminal.out(JSON.stringify({ status, ...problem }, null, 2));
	call.terminal.err(harmless(`nexus: refused with ${status} ${problemWords(problem)}`));
	return exitCode.no;
}

export const command = defineCommand({
	name: "send",
	summary: "post an alert to a running nexus and print its verdict",
	about: [
		"FILE holds the alert's body, - is standard input. Without either a sample alert for the first strategy is sent. It is signed with webhook.secret_key, or sent to the strategy's URL with its token.",
		"Exits with 1 where it was refused and, with --wait, where it was rejected or failed.",
	],
	positionals: ["[FILE or -]"],
	options,
	example: "nexus send alert.json --wait",
	async run(call) {
		const { values, terminal, positionals } = call;
		const [file] = positionals;
		const { client, settings } = await connect(call);
		const body = file === undefined ? await sampleBytes(client, settings, terminal) : await bodyBytes(file, terminal);
		const response = await deliver(call, client, settings, body);
		const said = await client.json(response);
		if (!response.ok) return refused(call, said, response.status);
		const several = (said as Partial<Page<Item | Problem>>).items;
		const accepted = several ?? [said as Item];
		const until = terminal.now() + wait_ms_max;
		const items = values.wait
			? await Promise.all(
					accepted.map(async (item) => (isItem(item) ? await ended(client, item, until, terminal) : item)),
				)
			: accepted;
		answer(call, several === undefined ? items[0] : { items }, () =>
			items.flatMap((item) => itemWords(item, values.wait)),
		);
		return items.some(isNo) ? exitCode.no : exitCode.ok;
	},
});
