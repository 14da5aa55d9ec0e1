/** House rule: data flows one way, so parts know `domain/` and themselves, and only the joining places know the parts. */
import { expect, test } from "bun:test";
import { importsOf } from "./imports.ts";
import { type Rule, sample, sourcesUnder } from "./source-tree.ts";

/** What each part may import besides `domain/` and its own folder. Files at the top of `src/` stand by their own name. */
const allowed: Readonly<Record<string, readonly string[]>> = {
	domain: [],
	alert: [],
	broker: [],
	config: [],
	engine: [],
	journal: [],
	pipeline: [],
	risk: [],
	sequence: [],
	strategy: [],
	dashboard: [],
	http: ["pipeline"],
	// One nexus after another: it joins the port and the lock, and nothing that works on alerts.
	"take-over": ["http", "journal"],
	cli: ["alert", "config", "journal", "strategy", "take-over", "nexus.ts", "system-clock.ts", "version.ts"],
	"system-clock.ts": [],
	"version.ts": [],
};

/** The places that join the parts. */
const joining: readonly string[] = ["src/main.ts", "src/nexus.ts", "src/index.ts"];

/** Packages that live in one part only. */
const packages: readonly { readonly name: RegExp; readonly parts: readonly string[] }[] = [
	{ name: /^(elysia|@elysiajs\/.*)(\/|$)/, parts: ["http"] },
	{ name: /^bun:sqlite$/, parts: ["journal"] },
	{ name: /^yaml(\/|$)/, parts: ["config"] },
];

const tools = /^(scripts|test|bench)\//;

const domainPackages: readonly string[] = ["@sinclair/typebox"];

const partOf = (path: string): string => path.split("/")[1] ?? "";

const directions: Rule = (sources) =>
	sources.flatMap((source) => {
		const part = partOf(source.path);
		if (joining.includes(source.path)) return [];
		const may = allowed[part];
		if (may === undefined) return [`${source.path}:1 is in no known part; add it to the table in this test`];
		return importsOf(source).flatMap(({ path, specifier, at }) => {
			if (path === undefined) return [];
			// What the binary embeds from outside src (the example configuration, a plugin's text) is data, tools are not.
			if (!path.startsWith("src/") && !tools.test(path)) return [];
			const target = path.startsWith("src/") ? partOf(path) : path;
			if (target === part || target === "domain" || may.includes(target)) return [];
			return [`${at} ${part} imports ${specifier}; take it in as a port of domain/ and join the two in src/nexus.ts`];
		});
	});

const homes: Rule = (sources) =>
	sources.flatMap((source) => {
		const part = partOf(source.path);
		return importsOf(source).flatMap(({ path, specifier, at }) => {
			if (path !== undefined) return [];
			if (part === "domain" && !domainPackages.includes(specifier)) {
				return [`${at} domain imports ${specifier}; domain/ may import only ${domainPackages.join(", ")}`];
			}
			const home = packages.find(({ name }) => name.test(specifier));
			if (home === undefined || home.parts.includes(part)) return [];
			return [`${at} ${part} imports ${specifier}; it lives in src/${home.parts.join(", src/")} only`];
		});
	});

test("parts import only domain and themselves; http may know the pipeline, take-over the port and the lock, cli what it asks", async () => {
	expect(directions(await sourcesUnder("src"))).toEqual([]);
});

test("elysia lives in http, SQLite in journal, yaml in config, and domain imports TypeBox alone", async () => {
	expect(homes(await sourcesUnder("src"))).toEqual([]);
});

test("the rule of directions can fail: static, as a type, dynamic, re-exported", async () => {
	const sources = await sample({
		"src/engine/a.ts": 'import { x } from "../risk/x.ts";\nexport * from "../broker/y.ts";\n',
		"src/risk/x.ts": 'export const x: import("../journal/z.ts").Z = 1;\n',
		"src/cli/c.ts": 'export const load = () => import("../http/server.ts");\nimport "../config/load.ts";\n',
		"src/http/h.ts": 'import "../pipeline/compose.ts";\nimport "../domain/id.ts";\nimport "./own.ts";\n',
		"src/nexus.ts": 'import "./engine/a.ts";\nimport "./http/h.ts";\n',
		"src/helpers/h.ts": "export {};\n",
		"src/config/t.ts": 'import "../../nexus.yaml";\nimport "../../scripts/build.ts";\n',
	});
	expect(directions(sources).map((finding) => finding.split(";")[0])).toEqual([
		"src/cli/c.ts:1 cli imports ../http/server.ts",
		"src/config/t.ts:2 config imports ../../scripts/build.ts",
		"src/engine/a.ts:1 engine imports ../risk/x.ts",
		"src/engine/a.ts:2 engine imports ../broker/y.ts",
		"src/helpers/h.ts:1 is in no known part",
		"src/risk/x.ts:1 risk imports ../journal/z.ts",
	]);
});

test("the rule of homes can fail", async () => {
	const sources = await sample({
		"src/engine/a.ts": 'import { Database } from "bun:sqlite";\nimport { Elysia } from "elysia";\n',
		"src/domain/b.ts": 'import { readFileSync } from "node:fs";\nimport { Type } from "@sinclair/typebox";\n',
		"src/journal/c.ts": 'import { Database } from "bun:sqlite";\n',
		"src/cli/d.ts": 'import { parse } from "yaml";\n',
	});
	expect(homes(sources).map((finding) => finding.split(";")[0])).toEqual([
		"src/cli/d.ts:1 cli imports yaml",
		"src/domain/b.ts:1 domain imports node:fs",
		"src/engine/a.ts:1 engine imports bun:sqlite",
		"src/engine/a.ts:2 engine imports elysia",
	]);
});
