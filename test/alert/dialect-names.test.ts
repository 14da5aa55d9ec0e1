/** The list of names that the configuration knows is the table of dialects that the reader has. */
import { expect, test } from "bun:test";
import { dialects } from "../../src/alert/dialects.ts";
import { dialectName, dialectNames, isBuiltInDialect } from "../../src/domain/dialect-names.ts";

test("every dialect of the table is in the list of names, and no other", () => {
	expect(dialects.map(({ name }) => name).toSorted()).toEqual([...dialectNames]);
});

test("every name has the form that a name must have, and a plugin's name is not built in", () => {
	for (const name of dialectNames) expect(name).toMatch(dialectName);
	expect([isBuiltInDialect("traderspost"), isBuiltInDialect("Traderspost"), isBuiltInDialect("ninja")]).toEqual([
		true,
		false,
		false,
	]);
});
