/** Takes the place of the nexus that runs on the same data folder and port: ready first, then its new connections, then its lock. */
import type { Clock, Log } from "../domain/ports.ts";
import { HeldPort } from "../http/held-port.ts";
import { canSharePorts } from "../http/reuse-port.ts";
import { JournalError } from "../journal/journal-error.ts";
import { type FolderLock, lockDataFolder, lockSuccession } from "../journal/lock.ts";
import { predecessorOf } from "./predecessor.ts";
import { handOverSignal, requestHandOver, withdrawRequest } from "./request.ts";

/** How long the running nexus may take to begin leaving. */
const asked_ms_max = 15_000;
/** Once it has begun it ends within its own limit, or is ended by it; this is a little more. */
const leaving_ms_max = 12_000;
const look_every_ms = 10;

/** The place cannot be taken; the running nexus goes on unless the message says otherwise. */
export class TakeOverError extends Error {
	override readonly name = "TakeOverError";
}

export interface TakeOverOptions {
	/** The data folder. */
	readonly folder: string;
	readonly host: string;
	readonly port: number;
	readonly body_bytes_max: number;
	readonly clock: Clock;
	readonly log: Log;
	/** Does everything that can fail before the running nexus is asked; it goes on where this throws. */
	readonly prepare: () => Promise<void>;
	/** Milliseconds the running nexus may take to begin leaving; default 15,000. */
	readonly asked_ms_max?: number;
	/** Default: as this system is. */
	readonly can_share_ports?: boolean;
}

/** The place, taken. */
export interface Place {
	readonly lock: FolderLock;
	/** Open, with requests that wait for their answer; undefined where no nexus ran, so that the port opens as ever. */
	readonly port: HeldPort | undefined;
}

/**
 * Takes the place of the nexus on the folder; where there is none, just its lock.
 * @throws TakeOverError where it cannot be asked or does not leave; whatever `prepare` throws; Error where the port cannot be had
 */
export async function takeOver(options: TakeOverOptions): Promise<Place> {
	const { folder } = options;
	if (!(options.can_share_ports ?? canSharePorts)) {
		throw new TakeOverError(
			"--take-over works on Linux alone; elsewhere put a proxy in front and restart: its 502 is sent again by TradingView",
		);
	}
	const free = tryLock(folder);
	if (free !== undefined) return { lock: free, port: undefined };
	const succession = lockSuccession(folder);
	try {
		// What an earlier newcomer left behind must not be taken for ours.
		withdrawRequest(folder);
		askable(folder);
		await options.prepare();
		return await relieve(options);
	} finally {
		succession.release();
	}
}

async function relieve(options: TakeOverOptions): Promise<Place> {
	const { folder, log } = options;
	// It may have ended while we got ready.
	const free = tryLock(folder);
	if (free !== undefined) return { lock: free, port: undefined };
	const pid = askable(folder);
	const port = await HeldPort.open({ ...options, beside: pid });
	try {
		requestHandOver(folder);
		process.kill(pid, handOverSignal);
		log.info("take_over_asked", { pid, port: port.server.port });
		return { lock: await released(options, pid), port };
	} catch (error) {
		withdrawRequest(folder);
		await port.giveBack();
		throw error;
	}
}

/** The process to ask. */
function askable(folder: string): number {
	const found = predecessorOf(folder);
	if ("pid" in found) return found.pid;
	throw new TakeOverError(`the nexus on ${folder} cannot be asked to hand over (${found.reason}); stop it, then start`);
}

/** Waits for the lock, however the running nexus comes to let go of it. */
async function released({ folder, clock, ...options }: TakeOverOptions, pid: number): Promise<FolderLock> {
	const limit = options.asked_ms_max ?? asked_ms_max;
	const start = clock.monotonic();
	let leavingSince: number | undefined;
	for (;;) {
		const lock = tryLock(folder);
		if (lock !== undefined) {
			// Where it died instead of leaving, nobody has taken the wish.
			withdrawRequest(folder);
			return lock;
		}
		const now = clock.monotonic();
		if (leavingSince === undefined && now - start > limit) {
			if (withdrawRequest(folder)) {
				throw new TakeOverError(`nexus (pid ${pid}) did not begin to leave within ${limit} ms; it goes on serving`);
			}
			leavingSince = now;
		}
		if (leavingSince !== undefined && now - leavingSince > leaving_ms_max) {
			throw new TakeOverError(`nexus (pid ${pid}) began to leave and has not ended; end it, then start`);
		}
		await clock.sleep(look_every_ms);
	}
}

function tryLock(folder: string): FolderLock | undefined {
	try {
		return lockDataFolder(folder, 0);
	} catch (error) {
		if (error instanceof JournalError && error.kind === "locked") return undefined;
		throw error;
	}
}
