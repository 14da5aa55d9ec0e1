/** House rule: a link in the documentation leads somewhere. */
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "./source-tree.ts";
import { type TextFile, trackedFiles } from "./tracked-files.ts";

const link = /\[[^\]]*\]\(([^)\s]+)(?: "[^"]*")?\)/g;

/** The anchor that a heading gets on the usual hosts. */
const anchorOf = (heading: string): string =>
	heading
		.toLowerCase()
		.replace(/[^\p{L}\p{N}\s_-]/gu, "")
		.trim()
		.replace(/\s/g, "-");

const withoutCode = (text: string): string => text.replace(/^```[\s\S]*?^```/gm, (code) => code.replace(/[^\n]/g, " "));

function anchors(text: string): ReadonlySet<string> {
	return new Set([...withoutCode(text).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => anchorOf(heading)));
}

function broken(target: string, file: TextFile, texts: ReadonlyMap<string, string>): string | undefined {
	const [path = "", anchor] = decodeURI(target).split("#");
	const found = path === "" ? file.path : join(dirname(file.path), path);
	if (!texts.has(found) && !existsSync(join(root, found))) return `leads to ${found}, which is not there`;
	const text = texts.get(found);
	if (anchor === undefined || text === undefined || !found.endsWith(".md")) return undefined;
	return anchors(text).has(anchor) ? undefined : `leads to #${anchor}, a heading that ${found} has not`;
}

function rule(files: readonly TextFile[]): readonly string[] {
	const texts = new Map(files.map(({ path, text }) => [path, text]));
	return files
		.filter(({ path }) => path.endsWith(".md"))
		.flatMap((file) =>
			withoutCode(file.text)
				.split("\n")
				.flatMap((line, index) =>
					[...line.matchAll(link)].flatMap(([, target = ""]) => {
						if (/^[a-z]+:/.test(target)) return [];
						const why = broken(target, file, texts);
						return why === undefined ? [] : [`${file.path}:${index + 1} ${why}; correct the link`];
					}),
				),
		);
}

test("relative links in the documentation exist, and so do their headings", async () => {
	expect(rule(await trackedFiles())).toEqual([]);
});

test("the rule can fail, and leaves the web and code blocks alone", () => {
	const files = [
		{
			path: "docs/a.md",
			text: "[gone](gone.md)\n[b](b.md#the-words)\n[no heading](b.md#other)\n[web](https://example.org)\n```\n[x](y.md)\n```\n[own](#here)\n# Here\n",
		},
		{ path: "docs/b.md", text: "# The words\n" },
	];
	expect(rule(files).map((finding) => finding.split(",")[0])).toEqual([
		"docs/a.md:1 leads to docs/gone.md",
		"docs/a.md:3 leads to #other",
	]);
});
