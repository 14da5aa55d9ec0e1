/** Finds a strategy as a running nexus finds it: by name before alias, as written before any case. */

interface Named {
	readonly settings: { readonly name: string; readonly aliases: readonly string[] };
}

/** Undefined where nobody has the name. */
export function strategyNamed<T extends Named>(name: string, strategies: readonly T[]): T | undefined {
	const wanted = name.toLowerCase();
	const lower = (text: string): boolean => text.toLowerCase() === wanted;
	return (
		strategies.find(({ settings }) => settings.name === name) ??
		strategies.find(({ settings }) => settings.aliases.includes(name)) ??
		strategies.find(({ settings }) => lower(settings.name)) ??
		strategies.find(({ settings }) => settings.aliases.some(lower))
	);
}
