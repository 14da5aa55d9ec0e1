/** Stage `size`: reads the raw bytes once, and not more of them than webhook.body_max. */
import type { Refusal } from "../domain/codes.ts";
import type { Clock } from "../domain/ports.ts";
import type { Stage } from "./compose.ts";
import { Deadlines } from "./deadlines.ts";
import { type ReceptionContext, refuse } from "./reception-context.ts";

export interface SizeOptions {
	/** Bytes, 1 or more. */
	readonly body_bytes_max: number;
	/** Milliseconds a body may take to arrive; default 10,000. */
	readonly body_ms_max?: number;
	readonly clock: Pick<Clock, "after" | "monotonic">;
}

/** @throws RangeError where a limit is not positive */
export function size(options: SizeOptions): Stage<ReceptionContext> {
	const { body_bytes_max: bytes_max, body_ms_max = 10_000 } = options;
	if (!(bytes_max >= 1) || !(body_ms_max >= 1)) throw new RangeError("size: limits must be 1 or more");
	const deadlines = new Deadlines(body_ms_max, options.clock);
	return {
		name: "size",
		async run(context, next) {
			const body = await readBytes(context.arrival.request, bytes_max, deadlines);
			if (!(body instanceof Uint8Array)) return refuse(context, body);
			context.raw = body;
			await next();
			return undefined;
		},
	};
}

/**
 * The body's raw bytes. A body that says it is too large is not read at all; one that does not say is read up to the limit.
 * @returns the refusal where it is too large, too slow or cut off
 */
export async function readBytes(
	request: Request,
	bytes_max: number,
	deadlines: Deadlines,
): Promise<Uint8Array | Refusal> {
	const said = request.headers.get("content-length");
	if (said !== null && Number(said) > bytes_max) return tooLarge(bytes_max, `${said} bytes`);
	const reading = said === null ? readStream(request, bytes_max) : readWhole(request, bytes_max);
	return new Promise((resolve) => {
		const cancel = deadlines.after(() => {
			const detail = `the body did not arrive within ${deadlines.ms} ms`;
			resolve({ code: "unreadable_body", detail, hint: "Send the whole body at once." });
		});
		const end = (body: Uint8Array | Refusal): void => {
			cancel();
			resolve(body);
		};
		reading.then(end, (error) => {
			const cause = error instanceof Error ? error.name : "unknown cause";
			end({ code: "unreadable_body", detail: `the connection ended before the body did (${cause})` });
		});
	});
}

async function readWhole(request: Request, bytesMax: number): Promise<Uint8Array | Refusal> {
	const bytes = await request.bytes();
	return bytes.length > bytesMax ? tooLarge(bytesMax, `${bytes.length} bytes`) : bytes;
}

async function readStream(request: Request, bytesMax: number): Promise<Uint8Array | Refusal> {
	const body: ReadableStream<Uint8Array> | null = request.body;
	if (body === null) return new Uint8Array(0);
	const chunks: Uint8Array[] = [];
	let length = 0;
	for await (const chunk of body) {
		length += chunk.length;
		if (length > bytesMax) return tooLarge(bytesMax, "more");
		chunks.push(chunk);
	}
	return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : new Uint8Array(Buffer.concat(chunks, length));
}

function tooLarge(bytesMax: number, found: string): Refusal {
	return { code: "body_too_large", detail: `the body has ${found}; at most ${bytesMax} bytes are read` };
}
