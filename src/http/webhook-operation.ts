/** The webhook's own entries in /openapi.json. */
import { type OpenApi, problemResponses } from "./openapi.ts";
import { Receipt } from "./webhook-answer.ts";

/** @param path the webhook's path, without a slash at its end */
export function webhookPaths(path: string): OpenApi["paths"] {
	const operation = {
		summary: "Takes an alert; authentic by the token in the path, a signature, or a secret in the body",
		security: [],
		requestBody: { required: true, content: { "application/json": { schema: {} }, "text/plain": { schema: {} } } },
		responses: {
			202: { description: "Recorded", content: { "application/json": { schema: Receipt } } },
			200: { description: "Seen before, or ended within ?wait=", content: { "application/json": { schema: Receipt } } },
			...problemResponses([
				"unreadable_body",
				"missing_field",
				"not_authentic",
				"source_not_allowed",
				"body_too_large",
				"too_many",
				"not_recorded",
			]),
		},
	};
	const wait = { name: "wait", in: "query", required: false, schema: { type: "string", examples: ["2s"] } };
	const token = { name: "token", in: "path", required: true, schema: { type: "string" } };
	return {
		[path]: { post: { ...operation, parameters: [wait] } },
		[`${path}/{token}`]: { post: { ...operation, parameters: [token, wait] } },
	};
}
