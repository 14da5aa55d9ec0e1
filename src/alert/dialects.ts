/** The table of dialects: a body's commands are read by the first one that recognises them. */
import type { Dialect } from "./dialect.ts";
import { nexus } from "./dialects/nexus.ts";

/** In the order of trying; `nexus` recognises everything and stays last. */
export const dialects: readonly Dialect[] = [nexus];
