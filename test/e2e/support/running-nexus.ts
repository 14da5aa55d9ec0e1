/** The compiled binary as a user runs it: in a temporary folder of its own, with nothing on the PATH, spoken to over HTTP and by its commands. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { AlertView, Fill, Order, Position } from "../../../src/domain/records.ts";
import { compiledBinary, copyBinaryTo } from "./compiled-binary.ts";

const start_ms_max = 15_000;
const end_ms_max = 15_000;
const settled_ms_max = 30_000;
const command_ms_max = 20_000;
const stop_ms_max = 15_000;
const poll_ms = 10;

export interface Setup {
	/** The text of nexus.yaml; `webhook.port` should be 0. */
	readonly yaml: string;
	/** Files below plugins/, by their path there. */
	readonly plugins?: Readonly<Record<string, string>>;
	/** The environment beside the empty PATH. */
	readonly env?: Readonly<Record<string, string>>;
	/** True: the binary itself is copied into the folder, beside nexus.yaml and plugins/. */
	readonly alone?: boolean;
}

/** What nexus says about an alert, a refusal, or several of them. */
export interface Said {
	readonly id?: string;
	readonly status?: string | number;
	readonly code?: string | null;
	readonly title?: string;
	readonly detail?: string;
	readonly hint?: string;
	readonly items?: readonly Said[];
}

export interface Answer<T = Said> {
	readonly status: number;
	readonly headers: Headers;
	readonly text: string;
	readonly json: T;
}

export interface Ran {
	readonly exit: number;
	readonly out: string;
	readonly err: string;
}

interface PostOptions {
	readonly headers?: Readonly<Record<string, string>>;
	/** What follows the webhook's path, such as `/TOKEN` or `?wait=2s`. */
	readonly tail?: string;
}

/** What runs and stands at this moment; also after a test that was cut off by its timeout. */
const running = new Set<Bun.Subprocess>();
const folders = new Set<string>();

/** Ends and removes what is still there, such as a nexus that all tests of a file share; every file hands it to `afterAll`. */
export async function removeLeftovers(): Promise<void> {
	await Promise.all(
		[...running].map((child) => {
			child.kill("SIGKILL");
			return child.exited;
		}),
	);
	for (const folder of folders) rmSync(folder, { recursive: true, force: true });
	folders.clear();
}

/** A folder with nexus.yaml and plugins/, in which the binary's commands can be called; removed at the end of its scope. */
export class NexusFolder implements AsyncDisposable {
	readonly path = mkdtempSync(join(tmpdir(), "nexus-e2e-"));
	/** Of every process that is started here from now on. */
	env: Readonly<Record<string, string>>;
	binary: string;

	protected constructor(setup: Partial<Setup>, binary: string) {
		folders.add(this.path);
		this.binary = binary;
		this.env = { PATH: "", ...setup.env };
		if (setup.yaml !== undefined) this.write("nexus.yaml", setup.yaml);
		for (const [file, text] of Object.entries(setup.plugins ?? {})) this.write(join("plugins", file), text);
	}

	/** A folder in which nothing runs yet. */
	static async make(setup: Partial<Setup> = {}): Promise<NexusFolder> {
		return new NexusFolder(setup, await compiledBinary());
	}

	write(file: string, text: string): void {
		const path = join(this.path, file);
		mkdirSync(dirname(path), { recursive: true });
		writeFileSync(path, text);
	}

	read(file: string): string {
		return readFileSync(join(this.path, file), "utf8");
	}

	/** Runs one command of the binary to its end. */
	async command(...words: readonly string[]): Promise<Ran> {
		const child = this.spawn(words);
		const late = setTimeout(() => child.kill("SIGKILL"), command_ms_max);
		try {
			const [out, err, exit] = await Promise.all([
				new Response(child.stdout).text(),
				new Response(child.stderr).text(),
				child.exited,
			]);
			return { exit, out, err };
		} finally {
			clearTimeout(late);
		}
	}

	protected spawn(words: readonly string[]) {
		const child = Bun.spawn([this.binary, ...words], {
			cwd: this.path,
			env: { ...this.env },
			stdin: "ignore",
			stdout: "pipe",
			stderr: "pipe",
			onExit: (ended) => {
				running.delete(ended);
			},
		});
		running.add(child);
		return child;
	}

	async [Symbol.asyncDispose](): Promise<void> {
		rmSync(this.path, { recursive: true, force: true });
		folders.delete(this.path);
	}
}

/** A nexus that serves. Each start gets a port of its own. */
export class RunningNexus extends NexusFolder {
	/** `http://127.0.0.1:PORT` */
	url = "";
	/** What it has written to stderr since the first start. */
	log = "";
	/** How the process ended where nobody here asked it to; undefined while it runs. */
	get ending(): string | undefined {
		const child = this.#child;
		if (child === undefined || (child.exitCode === null && child.signalCode === null)) return undefined;
		return `nexus ended by itself (exit ${child.exitCode}, signal ${child.signalCode}); its log:\n${this.log.slice(-4000)}`;
	}
	#data = "";
	#child: ReturnType<NexusFolder["spawn"]> | undefined;

	/** A folder in which nexus does not run yet. */
	static async prepare(setup: Partial<Setup>): Promise<RunningNexus> {
		const nexus = new RunningNexus(setup, await compiledBinary());
		if (setup.alone === true) nexus.binary = await copyBinaryTo(nexus.path);
		return nexus;
	}

	/** Starts the binary and waits until it says that it is ready. Throws with its log where it does not get there. */
	static async start(setup: Setup): Promise<RunningNexus> {
		const nexus = await RunningNexus.prepare(setup);
		try {
			await nexus.launch();
			return nexus;
		} catch (error) {
			await nexus[Symbol.asyncDispose]();
			throw error;
		}
	}

	/** Starts it in its folder, with `words` behind `nexus run`. */
	async launch(...words: readonly string[]): Promise<void> {
		const child = this.spawn(["run", "--json", ...words]);
		this.#child = child;
		const logged = this.#keepLog(child.stderr);
		const late = setTimeout(() => child.kill("SIGKILL"), start_ms_max);
		try {
			const said = await firstJson(child.stdout);
			if (said === undefined) {
				const code = await child.exited;
				await logged;
				throw new Error(`nexus did not start (exit ${code}):\n${this.log}`);
			}
			this.url = said.url;
			this.#data = said.data;
		} finally {
			clearTimeout(late);
		}
	}

	/** Ends the process as a power cut does. */
	async kill9(): Promise<void> {
		this.#child?.kill("SIGKILL");
		await this.#child?.exited;
		this.#child = undefined;
	}

	/** Starts again on the same folder. */
	async restart(): Promise<void> {
		await this.kill9();
		await this.launch();
	}

	/** Starts another one beside it that takes its place; the exit code of the one that left. */
	async takeOver(): Promise<number> {
		const old = this.#child;
		if (old === undefined) throw new Error("it does not run");
		await this.launch("--take-over");
		return await old.exited;
	}

	/** Sends the process a signal and waits for nothing. */
	signal(name: NodeJS.Signals): void {
		this.#child?.kill(name);
	}

	/** Resolves to the exit code once the process has ended by itself. */
	async exited(): Promise<number> {
		return (await this.#child?.exited) ?? -1;
	}

	/** Asks it to leave; its exit code. */
	async stop(): Promise<number> {
		const child = this.#child;
		if (child === undefined) throw new Error("it does not run");
		child.kill("SIGTERM");
		const late = setTimeout(() => child.kill("SIGKILL"), stop_ms_max);
		const code = await child.exited;
		clearTimeout(late);
		this.#child = undefined;
		return code;
	}

	/** Posts to the webhook; an object is sent as JSON, a text as it is. */
	async post(body: object | string, { headers = {}, tail = "" }: PostOptions = {}): Promise<Answer> {
		// Bytes, because fetch gives every text a content type of its own.
		const bytes = new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body));
		return await this.#ask<Said>(`/webhook${tail}`, {
			method: "POST",
			body: bytes,
			headers: Object.entries({ "content-type": "application/json", ...headers }).filter(([, value]) => value !== ""),
		});
	}

	/** Posts an alert that must be accepted and waits for its end. */
	async send(body: object | string, options: PostOptions = {}): Promise<AlertView> {
		const { status, json, text } = await this.post(body, options);
		if (status !== 202 || json.id === undefined) throw new Error(`not accepted: ${status} ${text}`);
		return await this.ended(json.id);
	}

	/** Asks the API, with the token that nexus keeps in its data folder. */
	async api<T>(path: string, body?: object): Promise<Answer<T>> {
		const token = this.env["NEXUS_ADMIN_TOKEN"] ?? readFileSync(join(this.#data, "admin.token"), "utf8").trim();
		const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
		const post = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
		return await this.#ask<T>(`/api/v1/${path}`, { headers, ...post });
	}

	/** The alert as the API shows it now. */
	async alert(id: string): Promise<AlertView> {
		const { status, json, text } = await this.api<AlertView>(`alerts/${encodeURIComponent(id)}`);
		if (status !== 200) throw new Error(`alert ${id}: ${status} ${text}`);
		return json;
	}

	/** The alert once it has ended. Throws where it does not end in time. */
	async ended(id: string): Promise<AlertView> {
		const late = performance.now() + end_ms_max;
		for (;;) {
			const seen = await this.alert(id);
			if (seen.status !== "accepted") return seen;
			if (performance.now() > late) throw new Error(`alert ${id} has not ended after ${end_ms_max} ms`);
			await Bun.sleep(poll_ms);
		}
	}

	/** Resolves once every recorded alert has ended. Throws where that takes too long. */
	async settled(): Promise<void> {
		const late = performance.now() + settled_ms_max;
		for (;;) {
			const { json } = await this.api<{ items: readonly AlertView[] }>("alerts?status=accepted&limit=1");
			if (json.items.length === 0) return;
			if (performance.now() > late) throw new Error(`alerts are still open after ${settled_ms_max} ms`);
			await Bun.sleep(poll_ms * 2);
		}
	}

	async list<T>(path: "alerts" | "orders" | "fills" | "strategies" | "accounts" | "stated"): Promise<readonly T[]> {
		const items: T[] = [];
		const paged = path === "alerts" || path === "orders" || path === "fills";
		for (let cursor: string | null = ""; cursor !== null; ) {
			const query = paged ? `?limit=500${cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`}` : "";
			const answer: Answer<{ items: readonly T[]; next: string | null }> = await this.api(path + query);
			if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.text}`);
			items.push(...answer.json.items);
			cursor = answer.json.next;
		}
		return items;
	}

	orders(): Promise<readonly Order[]> {
		return this.list<Order>("orders");
	}

	fills(): Promise<readonly Fill[]> {
		return this.list<Fill>("fills");
	}

	/** What is held: positions that are not flat. */
	async positions(): Promise<readonly Position[]> {
		const { json } = await this.api<{ items: readonly Position[] }>("positions");
		return json.items.filter(({ side }) => side !== "flat");
	}

	/** Runs a command against this very nexus. */
	ask(...words: readonly string[]): Promise<Ran> {
		return this.command(...words, "--url", this.url);
	}

	override async [Symbol.asyncDispose](): Promise<void> {
		await this.kill9();
		await super[Symbol.asyncDispose]();
	}

	async #ask<T>(path: string, init: RequestInit): Promise<Answer<T>> {
		const response = await fetch(this.url + path, { ...init, redirect: "manual" });
		const text = await response.text();
		const isJson = /\bjson\b/.test(response.headers.get("content-type") ?? "");
		return { status: response.status, headers: response.headers, text, json: (isJson ? JSON.parse(text) : {}) as T };
	}

	async #keepLog(stream: ReadableStream<Uint8Array>): Promise<void> {
		const decoder = new TextDecoder();
		for await (const chunk of stream) this.log += decoder.decode(chunk, { stream: true });
	}
}

/** The first JSON object that a program prints; undefined where it ends without one. */
async function firstJson(
	stream: ReadableStream<Uint8Array>,
): Promise<{ readonly url: string; readonly data: string } | undefined> {
	const reader = stream.getReader();
	const decoder = new TextDecoder();
	let text = "";
	for (;;) {
		const { value, done } = await reader.read();
		if (done) return undefined;
		text += decoder.decode(value, { stream: true });
		if (text.endsWith("\n}\n")) return JSON.parse(text);
	}
}
