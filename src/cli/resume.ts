/** `nexus resume`: trade again; says what is still held back. */
import { switchCommand } from "./switch-command.ts";

export const command = switchCommand({
	name: "resume",
	summary: "trade again, and say what is still held back",
	about: ["Without a scope everything is resumed, whatever was halted or reduced."],
	freeze: false,
	example: "nexus resume --strategy MyRSIStrategy",
	done: (whom) => `Resumed for ${whom}.`,
});
