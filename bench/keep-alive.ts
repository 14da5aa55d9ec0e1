/** The smallest HTTP/1.1 client that can measure: one request at a time on each raw connection, which stays open. */
import type { Socket } from "bun";

/** Bytes of one answer that is still arriving. */
interface Arriving {
	pending: Buffer | undefined;
	connection: Connection | undefined;
}

const headEnd = Buffer.from("\r\n\r\n");
const contentLength = /\r\ncontent-length: *(\d+)\r\n/i;

/** Length of the first whole answer in the bytes, or undefined where some of it is missing. */
function answerLength(bytes: Buffer): number | undefined {
	const end = bytes.indexOf(headEnd);
	if (end < 0) return undefined;
	const length = contentLength.exec(bytes.toString("latin1", 0, end + 2))?.[1];
	if (length === undefined) throw new Error("an answer without content-length; this client reads no other");
	const whole = end + headEnd.length + Number(length);
	return bytes.length >= whole ? whole : undefined;
}

/** Called with the status of each answer; the body is left out where nobody looks. */
type OnAnswer = (status: number) => void;

/** One open connection. */
export class Connection {
	readonly #socket: Socket<Arriving>;
	#onAnswer: OnAnswer | undefined;
	#onError: (error: Error) => void = () => undefined;

	private constructor(socket: Socket<Arriving>) {
		this.#socket = socket;
	}

	/** @param onError told once when the server closes the connection or its answer cannot be read */
	static async open(port: number, onError: (error: Error) => void): Promise<Connection> {
		const socket = await Bun.connect<Arriving>({
			hostname: "127.0.0.1",
			port,
			data: { pending: undefined, connection: undefined },
			socket: {
				data: (from, chunk) => from.data.connection?.receive(from.data, chunk),
				error: (_from, error) => onError(error),
				close: (from) => {
					if (from.data.connection !== undefined) onError(new Error("the server closed the connection"));
				},
			},
		});
		const connection = new Connection(socket);
		connection.#onError = onError;
		socket.data.connection = connection;
		return connection;
	}

	/** Writes one request; `onAnswer` is called when its whole answer is here. */
	send(request: Uint8Array, onAnswer: OnAnswer): void {
		this.#onAnswer = onAnswer;
		const written = this.#socket.write(request);
		if (written !== request.length) this.#onError(new Error(`only ${written} bytes of a request could be written`));
	}

	/** Takes what has arrived; calls back once the answer is whole. */
	receive(state: Arriving, chunk: Buffer): void {
		const bytes = state.pending === undefined ? chunk : Buffer.concat([state.pending, chunk]);
		try {
			const length = answerLength(bytes);
			if (length === undefined) {
				// The chunk's memory is used again after this call.
				state.pending = Buffer.from(bytes);
				return;
			}
			if (length !== bytes.length) throw new Error("more bytes than the answer to one request");
			state.pending = undefined;
			const status = Number(bytes.toString("latin1", 9, 12));
			const onAnswer = this.#onAnswer;
			this.#onAnswer = undefined;
			onAnswer?.(status);
		} catch (error) {
			this.#onError(error instanceof Error ? error : new Error(String(error)));
		}
	}

	close(): void {
		this.#socket.data.connection = undefined;
		this.#socket.end();
	}
}
