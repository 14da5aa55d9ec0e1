/** The table of dialects: a body's commands are read by the first one that recognises them. */
import type { Dialect } from "./dialect.ts";
import { nexus } from "./dialects/nexus.ts";
import { tradersPost } from "./dialects/traderspost.ts";

/** In the order of trying; `nexus` recognises every JSON object and stays last. */
export const dialects: readonly Dialect[] = [tradersPost, nexus];
