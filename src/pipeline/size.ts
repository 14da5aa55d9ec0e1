/** Stage `size`: reads the raw bytes once, and not more of them than webhook.body_max. */
import type { Refusal } from "../domain/codes.ts";
import type { Clock } from "../domain/ports.ts";
import type { Check } from "./compose.ts";
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
export function size(options: SizeOptions): Check<ReceptionContext> {
	const { body_bytes_max: bytes_max, body_ms_max = 10_000 } = options;
	if (!(bytes_max >= 1) || !(body_ms_max >= 1)) throw new RangeError("size: limits must be 1 or more");
	const deadlines = new Deadlines(body_ms_max, options.clock);
	return {
		name: "size",
		check: (context) =>
			new Promise((resolve) => {
				receive(context.arrival.request, bytes_max, deadlines, (body) => {
					if (!(body instanceof Uint8Array)) return resolve(refuse(context, body));
					context.raw = body;
					resolve(undefined);
				});
			}),
	};
}

/**
 * The body's raw bytes. A body that says it is too large is not read at all; one that does not say is read up to the limit.
 * @returns the refusal where it is too large, too slow or cut off
 */
export function readBytes(request: Request, bytes_max: number, deadlines: Deadlines): Promise<Uint8Array | Refusal> {
	return new Promise((resolve) => {
		receive(request, bytes_max, deadlines, resolve);
	});
}

/** Calls `end` once with what {@link readBytes} resolves to: a callback, because every promise in between is paid for by every alert. */
function receive(
	request: Request,
	bytesMax: number,
	deadlines: Deadlines,
	end: (body: Uint8Array | Refusal) => void,
): void {
	const said = request.headers.get("content-length");
	if (said !== null && Number(said) > bytesMax) {
		end(tooLarge(bytesMax, `${said} bytes`));
		return;
	}
	let waiting = true;
	const settle = (body: Uint8Array | Refusal): void => {
		if (!waiting) return;
		waiting = false;
		cancel();
		end(body);
	};
	const cancel = deadlines.after(() => {
		const detail = `the body did not arrive within ${deadlines.ms} ms`;
		settle({ code: "unreadable_body", detail, hint: "Send the whole body at once." });
	});
	const reading: Promise<Uint8Array | Refusal> = said === null ? readStream(request, bytesMax) : request.bytes();
	reading.then(
		(body) => {
			const fits = !(body instanceof Uint8Array) || body.length <= bytesMax;
			settle(fits ? body : tooLarge(bytesMax, `${body.length} bytes`));
		},
		(error: unknown) => {
			const cause = error instanceof Error ? error.name : "unknown cause";
			settle({ code: "unreadable_body", detail: `the connection ended before the body did (${cause})` });
		},
	);
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
