/** One difference between what a journal's facts say and what it has stored, as a line that a person can act on. */

export interface Finding {
	/** What was compared. */
	readonly check: "file" | "alerts" | "intents" | "orders" | "fills" | "positions" | "accounts" | "stated";
	/** The alert, order, position, account or stated position. */
	readonly subject: string;
	/** What is stored, what it should be, and what can have led to that. */
	readonly detail: string;
}
