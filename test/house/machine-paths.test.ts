/** House rule: nothing in the project knows the machine it was written on, nor where its packages came from. */
import { expect, test } from "bun:test";
import { linesWhere, type TextFile, trackedFiles } from "./tracked-files.ts";

/** Built from parts, so that this file keeps its own rule. */
const folders = ["work", "farm", "home/[a-z]", "root", "Users/[A-Za-z]", "tmp/bash"].join("|");
const machinePath = new RegExp(`(^|[\\s"'\`(=:])/(${folders})[/_.a-z]`);
const packageHost = /https?:\/\/[^/\s"]*(\bregistry\.|artifactory|verdaccio)/;

const rule = (files: readonly TextFile[]): readonly string[] => [
	...linesWhere(files, (line) => machinePath.test(line)).map(
		(at) => `${at} names a folder of one machine; write a path that every machine has`,
	),
	...linesWhere(files, (line) => packageHost.test(line)).map(
		(at) => `${at} names a package host; leave it to the reader's own configuration`,
	),
];

test("no tracked file names a folder of this machine or a package host", async () => {
	expect(rule(await trackedFiles())).toEqual([]);
});

test("the rule can fail, and leaves ordinary paths alone", () => {
	const lines = [
		`cd /${"work"}/main`,
		`"/${"home"}/someone/nexus"`,
		`https://${"registry"}.example.org/elysia`,
		"POST /webhook",
		"/etc/nexus/nexus.yaml",
		"https://example.org/workers/",
		"/var/lib/nexus/data",
	];
	expect(rule([{ path: "a.md", text: lines.join("\n") }]).map((finding) => finding.split(" ")[0])).toEqual([
		"a.md:1",
		"a.md:2",
		"a.md:3",
	]);
});
