/** The version this nexus calls itself: package.json's and, in a binary built from a git checkout, its commit (`0.1.0+2ee89c0`). */
import { version as declared } from "../package.json";

/** Put in by scripts/build.ts; not there when the sources run uncompiled. */
declare const NEXUS_VERSION: string | undefined;

export const version: string = typeof NEXUS_VERSION === "undefined" ? declared : NEXUS_VERSION;
