/** Alertatron's scripts cut into blocks `NAME(SYMBOL) { … }` and these into their commands. */
import type { Refusal } from "../domain/codes.ts";
import { refused } from "./dialect.ts";
import type { HiddenSpan } from "./json.ts";
import { placeholderIn, unfilled } from "./placeholder.ts";
import { shown } from "./shown.ts";
import { linesOf, type Piece, piecesOf } from "./text-pieces.ts";

/** One `name(key=value, …)`. */
export interface ScriptCommand {
	readonly name: string;
	/** What stands between the parentheses. */
	readonly text: string;
	/** Its parts, cut at the commas. */
	readonly pieces: readonly Piece[];
}

/** The commands for one account and symbol. */
export interface ScriptBlock {
	readonly account: string;
	readonly symbol: string;
	readonly commands: readonly ScriptCommand[];
	/** Where the block cannot be read; its commands then mean nothing. */
	readonly refusal?: Refusal;
}

/** The head of a block, at the beginning of a line. */
const head = /^[ \t]{0,40}([\w.-]{1,64})[ \t]{0,8}\(([^()\r\n]{1,100})\)\s{0,40}\{/m;
const headFrom = new RegExp(head.source, "gm");
const command = /\s*([A-Za-z]\w{0,31})[ \t]{0,8}\(([^()]*)\)\s*;?/y;
const comment = /^\s*(?:#|\/\/)/;

/** True where a line begins a block. */
export function hasBlock(body: string): boolean {
	return head.test(body);
}

/** The blocks in order; text around them, such as `#bot`, is none of them. */
export function blocksOf(body: string): readonly ScriptBlock[] {
	const text = withoutComments(body);
	const blocks: ScriptBlock[] = [];
	let end = 0;
	for (const match of text.matchAll(headFrom)) {
		if (match.index < end) continue;
		const [whole, account = "", symbol = ""] = match;
		const start = match.index + whole.length;
		const close = closingBrace(text, start);
		end = close ?? text.length;
		const inside = commandsOf(text.slice(start, end), start);
		const open = close === undefined ? refused("bad_field", "the block's closing } is missing").refusal : undefined;
		const refusal = open ?? inside.refusal;
		const block = { account, symbol: symbol.trim(), commands: inside.commands };
		blocks.push(refusal === undefined ? block : { ...block, refusal });
	}
	return blocks;
}

/** Where the comments stand: they may hold anything. */
export function commentsOf(body: string): readonly HiddenSpan[] {
	return linesOf(body)
		.filter(({ text }) => comment.test(text) && !/^\s*#\w+\s*$/.test(text))
		.map(({ text, start }) => ({ start, end: start + text.length, replacement: "" }));
}

/** Blanks in place of comments, so that everything else keeps its place. */
function withoutComments(body: string): string {
	let kept = "";
	let from = 0;
	for (const { text, start } of linesOf(body)) {
		if (!comment.test(text)) continue;
		kept += body.slice(from, start) + " ".repeat(text.length);
		from = start + text.length;
	}
	return kept + body.slice(from);
}

/** The block's `}`, which is none of a placeholder's. */
function closingBrace(text: string, start: number): number | undefined {
	for (let at = start; at < text.length; at++) {
		if (text.startsWith("{{", at)) {
			const end = text.indexOf("}}", at);
			if (end < 0) return undefined;
			at = end + 1;
		} else if (text[at] === "}") return at;
	}
	return undefined;
}

function commandsOf(
	text: string,
	offset: number,
): { readonly commands: readonly ScriptCommand[]; readonly refusal?: Refusal } {
	const commands: ScriptCommand[] = [];
	let at = 0;
	const end = text.trimEnd().length;
	while (at < end) {
		command.lastIndex = at;
		const match = command.exec(text);
		if (match === null) return { commands, refusal: unreadableCommand(text.slice(at).trim()) };
		const [whole, name = "", inner = ""] = match;
		const start = offset + at + whole.indexOf("(") + 1;
		commands.push({ name, text: inner.trim(), pieces: piecesOf(inner, ",\r\n", start) });
		at += whole.length;
	}
	return { commands };
}

function unreadableCommand(text: string): Refusal {
	const [line = ""] = text.split(/[;\r\n]/, 1);
	const placeholder = placeholderIn(line);
	if (placeholder !== undefined) return unfilled("the script", placeholder).refusal;
	return refused("bad_field", `${shown(line)} is no command such as market(side=buy, amount=1);`).refusal;
}
