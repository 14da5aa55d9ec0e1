/** The journal's thread. Second entry point of the binary. */
import { answerCalls, type Port } from "./answer-calls.ts";

declare const self: Port;

answerCalls(self);
