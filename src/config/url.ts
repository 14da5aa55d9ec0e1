/** The webhook's place as the outside sees it: its path here, and the URL in front of it. */
import { type Leaf, type Notes, scalarLeaf } from "./leaf.ts";

/** Paths that nexus itself answers. */
const ownPaths = ["/api", "/docs", "/openapi.json", "/healthz", "/readyz", "/metrics"];

/** A path on our own server; a slash at its end is left out. */
export const webhookPath = (notes: Notes): Leaf<string> =>
	scalarLeaf<string>({ type: "string", pattern: "^/.+" }, { ...notes, unit: "path" }, (text, shown) => {
		const path = text.trim().replace(/\/+$/, "");
		if (!text.trim().startsWith("/")) return { message: `${shown} must begin with /, as in /webhook` };
		if (path === "") return { message: `${shown} is the dashboard's; write a path such as /webhook` };
		if (!/^(\/[A-Za-z0-9._~-]+)+$/.test(path)) {
			return { message: `${shown} is not a path of letters, digits, -, _, . and ~ between slashes` };
		}
		const taken = ownPaths.find((own) => path === own || path.startsWith(`${own}/`));
		if (taken !== undefined) return { message: `${shown} is taken by nexus's own ${taken}; write another path` };
		return { value: path };
	});

/** An http or https URL without query; a slash at its end is left out. Empty where there is none. */
export const publicUrl = (notes: Notes): Leaf<string> => plainUrl("a public URL", "https://nexus.example.com", notes);

/** The same for a bridge; its key has a key of its own. */
export const bridgeUrl = (notes: Notes): Leaf<string> => plainUrl("a bridge's URL", "http://127.0.0.1:9000", notes);

const plainUrl = (what: string, example: string, notes: Notes): Leaf<string> =>
	scalarLeaf<string>({ type: "string" }, { ...notes, unit: "URL" }, (text) => {
		const trimmed = text.trim();
		if (trimmed === "") return { value: "" };
		const url = URL.canParse(trimmed) ? new URL(trimmed) : undefined;
		const usable = url !== undefined && (url.protocol === "https:" || url.protocol === "http:");
		if (!usable) return { message: `this is not a URL such as ${example}` };
		if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
			return { message: `${what} has no user, password, ? or #; leave them out` };
		}
		return { value: trimmed.replace(/\/+$/, "") };
	});
