/** The known word that a misspelt one was probably meant to be. */

/** Words longer than this are not compared: no key is so long, and the comparison costs length × length. */
const compared_characters_max = 64;

/** `riskMultiplier` and `risk-multiplier` are spellings of `risk_multiplier`. */
const bare = (word: string): string => word.toLowerCase().replace(/[^a-z0-9]/g, "");

/** The nearest of `known` to `word`, or undefined where none is near: at most 1 edit in 3 letters, never more than 3. */
export function nearest(word: string, known: readonly string[]): string | undefined {
	if (word.length > compared_characters_max) return undefined;
	const written = bare(word);
	let best: { readonly word: string; readonly distance: number } | undefined;
	for (const candidate of known) {
		const distance = editDistance(written, bare(candidate));
		const allowed = Math.min(3, Math.floor(Math.max(written.length, candidate.length) / 3));
		if (distance <= allowed && (best === undefined || distance < best.distance)) best = { word: candidate, distance };
	}
	return best?.word;
}

/** Insertions, deletions, replacements and swaps of neighbours that lead from `a` to `b`. */
function editDistance(a: string, b: string): number {
	let beforeLast: number[] = [];
	let last = Array.from({ length: b.length + 1 }, (_, index) => index);
	for (let i = 1; i <= a.length; i++) {
		const row = [i];
		for (let j = 1; j <= b.length; j++) {
			const replaced = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
			let distance = Math.min(replaced, at(last, j) + 1, at(row, j - 1) + 1);
			const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
			if (swapped) distance = Math.min(distance, at(beforeLast, j - 2) + 1);
			row.push(distance);
		}
		beforeLast = last;
		last = row;
	}
	return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
	return row[index] ?? Number.POSITIVE_INFINITY;
}
