/** What YAML's own errors mean, in words that never quote the file: a quoted piece could be a secret. */
import type { ErrorCode } from "yaml";

const sentences: Readonly<Record<ErrorCode, string>> = {
	ALIAS_PROPS: "an alias (*name) can have neither an anchor nor a tag; remove it",
	BAD_ALIAS: "this anchor or alias has no usable name; write &name and *name",
	BAD_COLLECTION_TYPE: "the tag does not fit what follows it; remove the tag",
	BAD_DIRECTIVE: "a line that begins with % is a YAML directive; remove it",
	BAD_DQ_ESCAPE: 'inside "…" this backslash means nothing; use single quotes, or double the backslash',
	BAD_INDENT: "this line's indentation does not fit the lines above it, or a bracket is not closed",
	BAD_PROP_ORDER: "an anchor or a tag stands in the wrong place; put it right before the value",
	BAD_SCALAR_START: "a value cannot begin with this character; put the value in quotes",
	BLOCK_AS_IMPLICIT_KEY: "a second key on one line, or a line indented too far; one key a line, or quote the value",
	BLOCK_IN_FLOW: "a block cannot stand inside { } or [ ]; write it on lines of its own, outside the brackets",
	DUPLICATE_KEY: "this key stands twice in the same map; keep one",
	IMPOSSIBLE: "this is not YAML",
	KEY_OVER_1024_CHARS: "a key is longer than 1024 characters; put a value that contains ': ' in quotes",
	MISSING_CHAR: "a closing quote, a bracket, a comma or the ': ' after a key is missing",
	MULTILINE_IMPLICIT_KEY: "a key without its ': ', or a value that runs on over the next line",
	MULTIPLE_ANCHORS: "one value cannot have two anchors; keep one",
	MULTIPLE_DOCS: "a second document begins here (---); nexus reads one document a file",
	MULTIPLE_TAGS: "one value cannot have two tags; remove them",
	NON_STRING_KEY: "a key must be plain text",
	RESOURCE_EXHAUSTION: "the file is nested too deeply",
	TAB_AS_INDENT: "a tab indents this line; YAML wants spaces",
	TAG_RESOLVE_FAILED: "this tag (!…) is not used here; remove it",
	UNEXPECTED_TOKEN: "this does not belong here; put a value with special characters in quotes",
};

/** The sentence for one error at `offset` of `text`. */
export function syntaxMessage(code: ErrorCode, text: string, offset: number): string {
	const reference = text[offset] === "{" && text[offset - 1] === "$";
	return reference ? 'inside { } or [ ] a reference must be quoted: "${NAME}"' : sentences[code];
}
