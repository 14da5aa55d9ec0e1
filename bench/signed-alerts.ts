/** Webhook requests rendered before the clock starts: the mission's payload with an id of its own each, signed. */

/** One alert of a load. */
export interface AlertFields {
	readonly action: string;
	readonly symbol: string;
	readonly strategy: string;
}

/** How requests are made. */
export interface Rendering {
	readonly host: string;
	readonly path: string;
	/** HMAC key; the same as `webhook.secret_key`. */
	readonly secret: string;
	/** Makes the ids of this run its own. */
	readonly run: string;
}

/** The body of the n-th alert. */
export function alertBody(fields: AlertFields, id: string): string {
	return `{"action":"${fields.action}","symbol":"${fields.symbol}","exchange":"binance","price":42000.5,"strategy":"${fields.strategy}","timeframe":"1h","alert_id":"${id}","message":"Optional message"}`;
}

/** A whole HTTP/1.1 request, head and body, ready to be written to a socket. */
export function renderRequest(rendering: Rendering, fields: AlertFields, index: number): Uint8Array {
	const body = alertBody(fields, `${rendering.run}-${index}`);
	const signature = new Bun.CryptoHasher("sha256", rendering.secret).update(body).digest("hex");
	return Buffer.from(
		`POST ${rendering.path} HTTP/1.1\r\nhost: ${rendering.host}\r\ncontent-type: application/json\r\nx-signature: ${signature}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
		"latin1",
	);
}
