/** What a plugin prints: cut into lines, limited in length and number, and slowed down instead of kept in memory. */
import { describe, expect, test } from "bun:test";
import type { Clock } from "../../src/domain/ports.ts";
import { line_characters_max, lines_per_second_max, readOutput } from "../../src/strategy/plugin-output.ts";

/** A clock that only sleeping moves. */
function sleeper(): Clock & { slept: number } {
	const clock = {
		slept: 0,
		now: () => clock.slept,
		monotonic: () => clock.slept,
		sleep: async (ms: number) => {
			clock.slept += ms;
		},
		after: () => () => undefined,
	};
	return clock;
}

async function read(chunks: readonly string[]): Promise<{ lines: string[]; slept: number }> {
	const lines: string[] = [];
	const clock = sleeper();
	const stream = new ReadableStream<Uint8Array>({
		start(controller) {
			for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
			controller.close();
		},
	});
	await readOutput(stream, { clock, line: (text) => lines.push(text) });
	return { lines, slept: clock.slept };
}

describe("readOutput", () => {
	const rows: { name: string; chunks: string[]; lines: string[] }[] = [
		{ name: "lines split over chunks are joined", chunks: ["ab", "c\nd", "\n"], lines: ["abc", "d"] },
		{ name: "a last line without an end is told", chunks: ["a\nb"], lines: ["a", "b"] },
		{ name: "empty lines and carriage returns are left out", chunks: ["a\r\n\n\r\nb\n"], lines: ["a", "b"] },
		{ name: "nothing gives nothing", chunks: [], lines: [] },
		{
			name: "a long line is cut",
			chunks: ["x".repeat(700), "x".repeat(700), "\nshort\n"],
			lines: [`${"x".repeat(line_characters_max)}…`, "short"],
		},
	];
	for (const { name, chunks, lines } of rows) {
		test(name, async () => {
			expect(await read(chunks)).toEqual({ lines, slept: 0 });
		});
	}

	test("more lines in a second than allowed are counted, not told", async () => {
		const { lines } = await read(["line\n".repeat(lines_per_second_max + 7)]);
		expect(lines.length).toBe(lines_per_second_max + 1);
		expect(lines.at(-1)).toBe("… and 7 more lines in that second");
	});

	test("more bytes in a second than allowed make the writer wait, and the next second starts afresh", async () => {
		const { lines, slept } = await read([`${"x".repeat(300_000)}\n`, "after\n"]);
		expect(slept).toBe(1000);
		expect(lines.at(-1)).toBe("after");
	});
});
