/** The cases of test/corpus: how they are written, and how one is held against a running nexus. */
import { expect } from "bun:test";
import { join } from "node:path";
import type { AlertView } from "../../../src/domain/records.ts";
import type { Answer, RunningNexus, Said } from "./running-nexus.ts";

const folder = join(import.meta.dir, "../../corpus");

/** Fields of which those named must be as named. */
type Fields = Readonly<Record<string, unknown>>;

/** What one command must come to. */
interface ItemExpectation {
	readonly status?: string;
	readonly code?: string;
	readonly alert?: Fields;
}

export interface Expectation {
	/** HTTP status. */
	readonly status: number;
	/** Of a refusal. */
	readonly code?: string;
	/** Of the answer; a `detail` need only be contained. */
	readonly says?: Fields;
	readonly items?: readonly ItemExpectation[];
	readonly alert?: Fields;
	/** Words that stand in the alert's reason. */
	readonly reason?: string;
	/** The codes of the notices in the trace, all of them. */
	readonly notices?: readonly string[];
	/** Fields of the orders, all of them, in the order in which they were sent. */
	readonly orders?: readonly Fields[];
}

export interface AlertCase {
	readonly name: string;
	readonly body: string;
	readonly headers?: Readonly<Record<string, string>> | null;
	readonly expect: Expectation;
}

export interface Step {
	readonly body?: unknown;
	readonly switch?: "halt" | "reduce" | "resume" | "flatten";
	readonly wait_ms?: number;
	readonly expect?: Expectation;
}

export interface Story {
	readonly name: string;
	readonly configuration?: string;
	readonly steps: readonly Step[];
	readonly expect: { readonly positions: readonly Fields[]; readonly orders?: number };
}

/** The text of a configuration, on a port that the system chooses. */
export async function configuration(file: string): Promise<string> {
	const text = await Bun.file(join(folder, file)).text();
	return text.replace(/\bport: \d+/, "port: 0");
}

export async function alertCases(file: string): Promise<readonly AlertCase[]> {
	const text = await Bun.file(join(folder, file)).text();
	return text
		.split("\n")
		.filter((line) => line !== "")
		.map((line) => JSON.parse(line) as AlertCase);
}

export async function stories(file: string): Promise<readonly Story[]> {
	return (await Bun.file(join(folder, file)).json()) as readonly Story[];
}

/** A body as it is sent now, with `<30 minutes ago>` and `<bar of 90 minutes ago>` filled in. */
export function bodyNow(body: unknown): string {
	const text = typeof body === "string" ? body : JSON.stringify(body);
	const minute = 60_000;
	return text.replace(/<(bar of )?(\d+) minutes ago>/g, (_all, bar: string | undefined, minutes: string) => {
		const then = Date.now() - Number(minutes) * minute;
		const at = bar === undefined ? then : then - (then % (15 * minute));
		return new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
	});
}

/** Posts a body and holds the answer, and what became of the alert, against what is expected. */
export async function postAndExpect(
	nexus: RunningNexus,
	body: unknown,
	expected: Expectation,
	headers: Readonly<Record<string, string>> = {},
): Promise<void> {
	const answer = await nexus.post(bodyNow(body), { headers });
	expectAnswer(answer, expected);
	const { items } = expected;
	if (items !== undefined) {
		await Promise.all(items.map((item, index) => expectItem(nexus, answer.json.items?.[index], item)));
	} else if (answer.status < 300) {
		await expectAlert(nexus, answer.json.id ?? "", expected);
	}
}

function expectAnswer({ status, headers, json, text }: Answer, expected: Expectation): void {
	expect({ status, text }).toEqual({ status: expected.status, text });
	if (expected.code !== undefined) expect(json.code).toBe(expected.code);
	if (status >= 400) {
		expect(headers.get("content-type")).toBe("application/problem+json");
		expect(json.hint).not.toBe("");
	}
	const { detail, ...says } = expected.says ?? {};
	expect(json).toMatchObject(says);
	if (detail !== undefined) expect(json.detail).toContain(String(detail));
	if (expected.items !== undefined) expect(json.items).toHaveLength(expected.items.length);
}

async function expectItem(nexus: RunningNexus, said: Said | undefined, { alert, ...fields }: ItemExpectation) {
	expect(said).toMatchObject(fields);
	if (alert !== undefined) await expectAlert(nexus, said?.id ?? "", { status: 202, alert });
}

async function expectAlert(nexus: RunningNexus, id: string, expected: Expectation): Promise<void> {
	const { alert = {}, reason, notices, orders } = expected;
	const mustEnd = ["status", "code"].some((key) => key in alert) || notices !== undefined || orders !== undefined;
	const seen: AlertView = mustEnd ? await nexus.ended(id) : await nexus.alert(id);
	expect(seen).toMatchObject(alert);
	if (reason !== undefined) expect(seen.reason).toContain(reason);
	if (notices !== undefined) {
		const found = (seen.trace ?? []).filter(({ verdict }) => verdict === "notice");
		expect(found.flatMap(({ code }) => (code === undefined ? [] : [code]))).toEqual([...notices]);
	}
	if (orders !== undefined) {
		expect(seen.orders ?? []).toHaveLength(orders.length);
		expect(seen.orders).toMatchObject([...orders]);
	}
}

/** Takes a story's steps, one after the other, and waits until all their alerts have ended. */
export async function tell(nexus: RunningNexus, { steps }: Story): Promise<void> {
	const accepted: string[] = [];
	for (const step of steps) {
		if (step.wait_ms !== undefined) await Bun.sleep(step.wait_ms);
		if (step.switch !== undefined) {
			const { status, text } = await nexus.api(step.switch, (step.body ?? {}) as object);
			expect({ status, text }).toEqual({ status: 200, text });
		} else if (step.expect !== undefined) {
			await postAndExpect(nexus, step.body, step.expect);
		} else {
			const { json } = await nexus.post(bodyNow(step.body));
			if (json.id !== undefined) accepted.push(json.id);
		}
	}
	await Promise.all(accepted.map((id) => nexus.ended(id)));
}

/** What stands must be exactly what the story says: each position as far as it is described, and no other one. */
export async function expectStanding(nexus: RunningNexus, { positions, orders }: Story["expect"]): Promise<void> {
	const order = (a: Fields, b: Fields) => placeOf(a).localeCompare(placeOf(b));
	const standing = [...(await nexus.positions())].sort(order);
	expect(standing).toHaveLength(positions.length);
	expect(standing).toMatchObject([...positions].sort(order));
	if (orders !== undefined) expect(await nexus.orders()).toHaveLength(orders);
}

function placeOf({ account = "paper", strategy, symbol }: Fields): string {
	return [account, strategy, symbol].join(" ");
}
