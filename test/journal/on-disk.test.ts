/** The contract on a journal in a folder. */
import { journalContract } from "./contract.ts";
import { open, tempFolder } from "./support/open.ts";

journalContract("a journal on disk", (options) => open(tempFolder(), options));
