/** What the stages before the answer work on: one request first, then each command found in its body. */
import { codes, type NoticeCode, type Refusal } from "../domain/codes.ts";
import type { Alert } from "../domain/records.ts";
import type { StageVerdict, Traced } from "./compose.ts";

/** A request to the webhook as it came in. */
export interface Arrival {
	readonly request: Request;
	/** Address of the other end of the connection; "" where it is unknown. */
	readonly peer: string;
	/** The path's last part behind the webhook path; "" where there is none. Secret. */
	readonly token: string;
	/** The format that the sender says the body is in; recognised by its shape where absent. */
	readonly dialect?: string;
}

/** What the credentials of a request proved. */
export interface Proof {
	/** `open`: no credential is configured at all; `request`: URL or headers; `body`: only a secret in the body still can. */
	readonly by: "open" | "request" | "body";
	/** Keeps the duplicate checks of different credentials apart; a digest or a word, never the credential. */
	readonly scope: string;
	/** The strategies the credential is good for; undefined for all. */
	readonly strategies: readonly string[] | undefined;
	/** Hex of a signature over the body alone: it would verify again for ever, so it must be remembered. */
	readonly body_mac: string | undefined;
	/** The sender's id for this message, from the `webhook-id` header. */
	readonly header_id: string | undefined;
}

/** Something about how a command was read that the trace shows. */
export interface CommandNote {
	readonly code?: NoticeCode;
	readonly detail: string;
}

/** One command of a body: an alert of its own, or why it is none. */
export type Command =
	| {
			readonly ok: true;
			/** Position in the body, from 0. */
			readonly index: number;
			readonly alert: Alert;
			/** 32 hex: what the alert means, see Reception. */
			readonly meaning: string;
			/** What the duplicate check is scoped to besides the strategy. */
			readonly scope: string;
			/** Worth showing in the trace, no reason to refuse. */
			readonly notes?: readonly CommandNote[];
	  }
	| { readonly ok: false; readonly index: number; readonly refusal: Refusal };

/** A request on its way through the stages; each stage fills in what it finds out. */
export interface ReceptionContext extends Traced {
	readonly arrival: Arrival;
	/** The sender's address, behind trusted proxies. */
	source: string;
	raw: Uint8Array;
	proof: Proof | undefined;
	/** The body with its secrets taken out. */
	redacted: string;
	commands: readonly Command[];
	/** Why the whole request is refused; undefined while it is not. */
	refusal: Refusal | undefined;
}

/** How one command ended for its sender. */
export type Outcome =
	| { readonly kind: "accepted"; readonly id: string; readonly alert: Alert; readonly id_reused: boolean }
	/** `id` is the first one's. */
	| { readonly kind: "duplicate"; readonly id: string }
	| { readonly kind: "refused"; readonly stage: string; readonly refusal: Refusal };

/** One command on its way to the journal. */
export interface CommandContext extends Traced {
	readonly request: ReceptionContext;
	readonly command: Extract<Command, { ok: true }>;
	outcome: Outcome | undefined;
}

/** Says one line to the program's log; never given a secret. */
export type Log = (level: "debug" | "info" | "warn" | "error", message: string) => void;

/** Refuses the whole request: keeps why, and is the stage's verdict. */
export function refuse(context: ReceptionContext, refusal: Refusal): StageVerdict {
	context.refusal = refusal;
	return { verdict: "refuse", code: refusal.code, detail: refusal.detail };
}

/** The HTTP status of a refusal. */
export function refusalStatus(refusal: Refusal): number {
	return codes[refusal.code].status;
}
