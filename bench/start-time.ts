/** From the making of the process to the first 200 of /readyz, with an empty and with a full journal. */
import { median, rounded } from "./figures.ts";
import { NexusFolder } from "./nexus-under-test.ts";

/** Starts one after the other; the journal's file is in the system's cache after the first. */
export interface StartTime {
	readonly median_ms: number;
	readonly slowest_ms: number;
	readonly starts: number;
}

/** @param data a journal to start with again and again; a new empty one each time where absent */
export async function measureStarts(starts: number, data?: string): Promise<StartTime> {
	const times: number[] = [];
	for (let index = 0; index < starts; index += 1) {
		const folder = new NexusFolder(data);
		try {
			const nexus = await folder.start();
			times.push(nexus.ready_ms);
			await nexus.stop();
		} finally {
			folder.remove();
		}
	}
	return { median_ms: rounded(median(times), 1), slowest_ms: rounded(Math.max(...times), 1), starts };
}
