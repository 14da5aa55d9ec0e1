/** The characters that JSON is made of, and those that people's keyboards and phones put in their place. */

export const code = {
	tab: 0x09,
	newline: 0x0a,
	carriageReturn: 0x0d,
	space: 0x20,
	doubleQuote: 0x22,
	hash: 0x23,
	singleQuote: 0x27,
	star: 0x2a,
	comma: 0x2c,
	minus: 0x2d,
	point: 0x2e,
	slash: 0x2f,
	zero: 0x30,
	nine: 0x39,
	colon: 0x3a,
	openBracket: 0x5b,
	backslash: 0x5c,
	closeBracket: 0x5d,
	openBrace: 0x7b,
	closeBrace: 0x7d,
} as const;

const doubleQuotes = "“”„‟«»";
const singleQuotes = "'‘’‚‛";

/** Space, tab, line breaks; also the no-break and zero-width spaces and the byte order mark that editors leave behind. */
export function isSpace(character: number): boolean {
	if (character <= code.space) return character === code.space || (character >= code.tab && character <= 0x0d);
	if (character < 0xa0) return false;
	return (
		character === 0xa0 ||
		character === 0xfeff ||
		(character >= 0x2000 && character <= 0x200d) ||
		character === 0x2028 ||
		character === 0x2029 ||
		character === 0x202f ||
		character === 0x3000
	);
}

/** True for the ten ASCII digits only. */
export function isDigit(character: number): boolean {
	return character >= code.zero && character <= code.nine;
}

/** Which quotes may close a text that this character opens; undefined where it opens none. */
export function closersOf(character: number): string | undefined {
	if (character === code.doubleQuote) return '"';
	if (character !== code.singleQuote && character < 0xab) return undefined;
	const text = String.fromCharCode(character);
	if (doubleQuotes.includes(text)) return `${doubleQuotes}"`;
	return singleQuotes.includes(text) ? singleQuotes : undefined;
}
