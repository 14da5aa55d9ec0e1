/** A kept-alive HTTP connection on a bare socket: sends bytes as they are and notices an answer that never comes. */
import type { Socket } from "bun";

/** Longer than this without an answer is a hang. */
const answer_ms_max = 10_000;

const headEnd = Buffer.from("\r\n\r\n");

export interface RawAnswer {
	readonly status: number;
	readonly body: string;
	/** The server closes the connection after it. */
	readonly last: boolean;
}

interface Waiting {
	readonly resolve: (answer: RawAnswer) => void;
	readonly reject: (error: Error) => void;
}

export class RawConnection implements Disposable {
	#socket: Socket | undefined;
	#received = Buffer.alloc(0);
	#unsent = Buffer.alloc(0);
	#waiting: Waiting | undefined;
	#closed = false;

	static async open(port: number): Promise<RawConnection> {
		const connection = new RawConnection();
		connection.#socket = await Bun.connect({
			hostname: "127.0.0.1",
			port,
			socket: {
				data: (_socket, chunk) => connection.#take(chunk),
				drain: () => connection.#flush(),
				close: () => connection.#end(new Error("the server closed the connection without an answer")),
				error: (_socket, error) => connection.#end(error),
			},
		});
		return connection;
	}

	/** True once the server has closed it; open another one then. */
	get closed(): boolean {
		return this.#closed;
	}

	/** Sends bytes and expects no answer yet. */
	write(bytes: Uint8Array): void {
		this.#unsent = Buffer.concat([this.#unsent, bytes]);
		this.#flush();
	}

	/** Sends one request; rejects where the connection ends without an answer or none comes in time. */
	async ask(request: Uint8Array): Promise<RawAnswer> {
		const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>();
		this.#waiting = { resolve, reject };
		const late = setTimeout(() => this.#end(new Error(`no answer after ${answer_ms_max} ms`)), answer_ms_max);
		this.write(request);
		try {
			return await promise;
		} finally {
			clearTimeout(late);
			this.#waiting = undefined;
		}
	}

	[Symbol.dispose](): void {
		this.#socket?.terminate();
	}

	#flush(): void {
		if (this.#unsent.length === 0 || this.#socket === undefined) return;
		const written = this.#socket.write(this.#unsent);
		this.#unsent = this.#unsent.subarray(Math.max(0, written));
	}

	#end(error: Error): void {
		this.#closed = true;
		this.#waiting?.reject(error);
	}

	#take(chunk: Buffer): void {
		// The chunk's memory is used again after this call.
		this.#received = Buffer.concat([this.#received, chunk]);
		const end = this.#received.indexOf(headEnd);
		if (end < 0) return;
		const head = this.#received.toString("latin1", 0, end);
		const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
		const whole = end + headEnd.length + length;
		if (this.#received.length < whole) return;
		const body = this.#received.toString("utf8", end + headEnd.length, whole);
		this.#received = this.#received.subarray(whole);
		const last = /\r\nconnection: *close/i.test(head);
		this.#waiting?.resolve({ status: Number(head.slice(9, 12)), body, last });
	}
}

/** The bytes of a POST. */
export function postRequest(path: string, body: Uint8Array): Uint8Array {
	const head = `POST ${path} HTTP/1.1\r\nhost: nexus\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
	return Buffer.concat([Buffer.from(head), body]);
}
