/** An embedding program that says nothing and a nexus.yaml that says nothing mean the same. */
import { expect, test } from "bun:test";
import { parseSettings } from "../../src/config/load.ts";
import { dedupeDefaults, settingsOf } from "../../src/http/webhook-defaults.ts";

const result = parseSettings("data: ./data\n", { file: "/etc/nexus/nexus.yaml", env: {} });
if (!result.ok) throw new Error("an empty configuration is refused");
const { settings } = result;

test("the webhook of an embedding program has the defaults of nexus.yaml", () => {
	expect(settingsOf({})).toEqual(settings.webhook);
});

test("so has its duplicate check", () => {
	const dedupe = settings.pipeline.find(({ stage }) => stage === "dedupe");
	expect(dedupe).toEqual({ stage: "dedupe", ...dedupeDefaults });
});
