/** A plugin's settings: its declared defaults with nexus.yaml over them; the defaults are also the schema. */

type Settings = Readonly<Record<string, unknown>>;

function kindOf(value: unknown): string {
	return Array.isArray(value) ? "list" : value === null ? "null" : typeof value;
}

/**
 * Where the plugin declares settings, an override must have one of their names and its default's kind (a default of
 * null takes any). A plugin that declares none gets everything as it is.
 */
export function mergeSettings(
	declared: Settings | undefined,
	overrides: Settings | undefined,
): { readonly ok: true; readonly settings: Settings } | { readonly ok: false; readonly reason: string } {
	if (declared === undefined) return { ok: true, settings: overrides ?? {} };
	for (const [name, value] of Object.entries(overrides ?? {})) {
		if (!Object.hasOwn(declared, name)) {
			const names = Object.keys(declared).join(", ") || "none";
			return { ok: false, reason: `nexus.yaml sets settings.${name}, which the plugin does not have; it has ${names}` };
		}
		const wanted = kindOf(declared[name]);
		if (wanted !== "null" && kindOf(value) !== wanted) {
			return {
				ok: false,
				reason: `nexus.yaml sets settings.${name} to a ${kindOf(value)}; the plugin wants a ${wanted}`,
			};
		}
	}
	return { ok: true, settings: { ...declared, ...overrides } };
}
