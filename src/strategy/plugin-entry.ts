/** Where a plugin's process starts when nexus runs uncompiled; the compiled binary starts in main.ts instead. */
import { pluginProcessMain } from "./plugin-process.ts";

await pluginProcessMain(process.argv);
