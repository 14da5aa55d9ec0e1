/** Tables for people: columns aligned and fitted to the width of the terminal. */
import { harmless, type Paint, paint, type Terminal } from "./terminal.ts";

export interface Column<T> {
	readonly title: string;
	/** Plain text; control characters are taken out here. */
	readonly text: (row: T) => string;
	readonly align?: "left" | "right";
	/** Columns that must stay when it is cut with …; without it the column is never cut. */
	readonly min?: number;
	/** Left out where the table is too wide otherwise, the last one first. */
	readonly optional?: boolean;
	readonly paint?: (row: T) => Paint | undefined;
}

const gap = "  ";

/** The longest beginning of `text` that fills at most `columns` columns. */
function beginning(text: string, columns: number): string {
	let kept = "";
	for (const { segment } of new Intl.Segmenter().segment(text)) {
		if (Bun.stringWidth(kept + segment) > columns) break;
		kept += segment;
	}
	return kept;
}

/** `text` in at most `columns` columns, the last one … where something was cut. */
export function cut(text: string, columns: number): string {
	return Bun.stringWidth(text) <= columns ? text : `${beginning(text, columns - 1)}…`;
}

function pad(text: string, columns: number, align: "left" | "right"): string {
	const blanks = " ".repeat(Math.max(columns - Bun.stringWidth(text), 0));
	return align === "right" ? blanks + text : text + blanks;
}

interface Fitted<T> {
	readonly column: Column<T>;
	readonly texts: readonly string[];
	width: number;
}

function fit<T>(all: readonly Fitted<T>[], columns: number): readonly Fitted<T>[] {
	let shown = all;
	const total = () => shown.reduce((sum, { width }) => sum + width, gap.length * (shown.length - 1));
	while (total() > columns) {
		const victim = shown.findLastIndex(({ column }) => column.optional === true);
		if (victim < 0) break;
		shown = shown.filter((_, index) => index !== victim);
	}
	// Words are cut before numbers are: half a price is worth less than half a name.
	for (const align of ["left", "right"]) {
		const room = ({ column, width }: Fitted<T>): number =>
			column.min === undefined || (column.align ?? "left") !== align ? 0 : width - column.min;
		while (total() > columns) {
			const widest = shown
				.filter((fitted) => room(fitted) > 0)
				.reduce<Fitted<T> | undefined>(
					(best, next) => (best === undefined || next.width > best.width ? next : best),
					undefined,
				);
			if (widest === undefined) break;
			widest.width -= 1;
		}
	}
	return shown;
}

/** The lines of a table, titles first, no blanks at line ends. */
export function table<T>(terminal: Terminal, columns: readonly Column<T>[], rows: readonly T[], indent = ""): string[] {
	const fitted = columns.map((column) => {
		const texts = rows.map((row) => harmless(column.text(row)));
		return { column, texts, width: Math.max(column.title.length, ...texts.map((text) => Bun.stringWidth(text))) };
	});
	const shown = fit(fitted, terminal.columns - indent.length);
	const line = (cell: (column: Fitted<T>) => string) => (indent + shown.map(cell).join(gap)).trimEnd();
	const heads = line(({ column, width }) => pad(column.title, width, column.align ?? "left"));
	const body = rows.map((row, index) =>
		line(({ column, texts, width }) => {
			const text = cut(texts[index] ?? "", width);
			const color = column.paint?.(row);
			const blanks = " ".repeat(Math.max(width - Bun.stringWidth(text), 0));
			const painted = color === undefined ? text : paint(terminal, color, text);
			return column.align === "right" ? blanks + painted : painted + blanks;
		}),
	);
	return [paint(terminal, "bold", heads), ...body];
}

/** Text broken between words into lines of at most `columns`; a longer word is broken where it must be. Never empty. */
export function wrap(text: string, columns: number): string[] {
	const width = Math.max(columns, 10);
	const lines: string[] = [];
	let line = "";
	for (const word of text.split(" ")) {
		const joined = line === "" ? word : `${line} ${word}`;
		if (Bun.stringWidth(joined) <= width) {
			line = joined;
			continue;
		}
		if (line !== "") lines.push(line);
		line = word;
		while (Bun.stringWidth(line) > width) {
			const head = beginning(line, width);
			lines.push(head);
			line = line.slice(head.length);
		}
	}
	lines.push(line);
	return lines;
}
