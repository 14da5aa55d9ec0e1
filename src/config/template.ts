/** The commented nexus.yaml that `nexus init` writes; the binary carries it. */
import yaml from "../../nexus.yaml" with { type: "text" };

/** The project's own nexus.yaml, its first line pointing to a `nexus.schema.json` beside the new file. */
export const nexusYamlTemplate: string = pointedToItsFolder(yaml);

function pointedToItsFolder(text: unknown): string {
	if (typeof text !== "string") throw new Error("nexus.yaml was not bundled as text");
	return text.replace("$schema=docs/nexus.schema.json", "$schema=nexus.schema.json");
}
