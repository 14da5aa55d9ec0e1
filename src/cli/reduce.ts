/** `nexus reduce`: only exits are let through. */
import { switchCommand } from "./switch-command.ts";

export const command = switchCommand({
	name: "reduce",
	summary: "let only exits through",
	about: ["Holds until `nexus resume`, also over restarts."],
	example: "nexus reduce --symbol BTC/USD",
	done: (whom) => `Reducing: only exits are let through for ${whom}.`,
});
