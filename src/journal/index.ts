/** What the rest of nexus imports from the journal. */
export { JournalError, type JournalErrorKind } from "./journal-error.ts";
export { journalBytes, journalFile } from "./journal-file.ts";
export { lockDataFolder } from "./lock.ts";
export { openReader } from "./reader.ts";
export { type JournalOptions, openJournal } from "./sqlite-journal.ts";
