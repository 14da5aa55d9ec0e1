/** `nexus halt`: nothing new goes out; standing stops keep protecting unless frozen. */
import { switchCommand } from "./switch-command.ts";

export const command = switchCommand({
	name: "halt",
	summary: "send nothing new; standing stops keep protecting",
	about: [
		"Holds until `nexus resume`, also over restarts. Exits are held back as well; `nexus reduce` lets them through.",
	],
	flags: { freeze: { type: "boolean", help: "hold back standing stops as well" } },
	example: `nexus halt --strategy MyRSIStrategy --reason "news at 14:30"`,
	done: (whom) => `Halted: nothing new goes out for ${whom}.`,
});
