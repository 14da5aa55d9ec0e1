/** A command is read again where it names a strategy whose dialect is not the one it was read in. */
import type { PluginDialects } from "../domain/plugin-dialects.ts";
import { type ReadItem, refused } from "./dialect.ts";
import { JsonNumber, type JsonObject } from "./json-value.ts";
import { squeezedKey } from "./secret-field.ts";
import { type Speaker, speakerNamed, unknownSpeaker } from "./speaker.ts";
import { nexusSpellings, placesOf } from "./spellings.ts";

/** What a command became: at once, or, where a plugin is asked, later and perhaps as several. */
export type Item = ReadItem | Promise<readonly ReadItem[]>;

/** The dialect of the strategy that a message names, or of the one it is for where it names none; undefined where it has none. */
export type DialectOf = (strategy: string | undefined) => string | undefined;

export interface SecondReading {
	readonly dialectOf: DialectOf;
	readonly plugins: PluginDialects | undefined;
	/** The dialect of the first reading. */
	readonly used: string;
	/** The strategy's name as it stands in a command that the first reading refused. */
	readonly named: string | undefined;
	/** Reads the command in another dialect. */
	again(speaker: Speaker): Item;
}

/** The first reading where it holds, the second one where the strategy's dialect says so. */
export function settled(first: Item, reading: SecondReading): Item {
	if (!(first instanceof Promise)) return second(first, reading);
	return first.then(async (items) => {
		const [only] = items;
		if (items.length !== 1 || only === undefined) return items.map((item) => alone(item, reading));
		const item = second(only, reading);
		return item instanceof Promise ? item : [item];
	});
}

function second(item: ReadItem, { dialectOf, plugins, used, named, again }: SecondReading): Item {
	const name = item.ok ? item.reading.strategy : named;
	const wanted = dialectOf(name);
	if (wanted === undefined || wanted === used) return item;
	const speaker = speakerNamed(wanted, plugins);
	if (speaker === undefined) return unknownSpeaker(wanted, "strategy", plugins);
	const check = (read: ReadItem): ReadItem => sameStrategy(read, name, wanted, dialectOf);
	const read = again(speaker);
	return read instanceof Promise ? read.then((items) => items.map(check)) : check(read);
}

/** The second reading must be for a strategy of that very dialect; one that names none is for the one that the first found. */
function sameStrategy(read: ReadItem, name: string | undefined, wanted: string, dialectOf: DialectOf): ReadItem {
	if (!read.ok) return read;
	const { strategy = name } = read.reading;
	if (dialectOf(strategy) !== wanted) {
		return refused(
			"contradictory_fields",
			`by its shape the message is for ${name}, whose dialect is ${wanted}; read in that dialect it is for ${strategy}`,
			"Give each strategy a token of its own, or name the format in the URL with ?dialect=.",
		);
	}
	return strategy === undefined ? read : { ...read, reading: { ...read.reading, strategy } };
}

/** One of several commands that a plugin found in a message: it cannot be told which part of the message to read again. */
function alone(item: ReadItem, { dialectOf, used }: SecondReading): ReadItem {
	const wanted = item.ok ? dialectOf(item.reading.strategy) : undefined;
	return wanted === undefined || wanted === used || !item.ok ? item : sendAlone(item.reading.strategy, wanted, used);
}

/** The refusal of one of several commands in a body that cannot be taken apart. */
export function sendAlone(name: string | undefined, wanted: string, used: string): ReadItem {
	return refused(
		"contradictory_fields",
		`this command is for ${name ?? "a strategy"}, whose dialect is ${wanted}, but the body with several is in ${used}`,
		"Send it in a message of its own.",
	);
}

const places = placesOf(nexusSpellings);

/** The strategy's name in an object that no dialect could read. */
export function nameIn(command: JsonObject): string | undefined {
	for (const key in command) {
		if ((places.get(key) ?? places.get(squeezedKey(key)))?.field !== "strategy") continue;
		const value = command[key];
		const text = value instanceof JsonNumber ? value.text : value;
		if (typeof text === "string" && text.trim() !== "") return text.trim();
	}
	return undefined;
}
