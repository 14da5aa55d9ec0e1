/** Bodies that nobody should send: broken, deep, huge, of the wrong types, random, and good ones with something changed. */
import fc from "fast-check";

const good = {
	alert_id: 0,
	action: "buy",
	symbol: "BTC/USD",
	exchange: "binance",
	price: 42000.5,
	strategy: "Hostile",
	timeframe: "1h",
	message: "Optional message",
	time: "2026-01-31T13:37:01Z",
};

const key = fc.oneof(
	fc.constantFrom(...Object.keys(good), "ticker", "close", "interval", "qty", "quantity", "timenow", "id", "secret"),
	fc.constantFrom("market_position", "prev_market_position", "position_size", "market_position_size", "sentiment"),
	fc.constantFrom("__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "__defineGetter__", "then"),
	fc.string({ unit: "binary", maxLength: 8 }),
);

const digits = fc.nat(3000).map((length) => "7".repeat(length + 1));
const hugeNumber = fc.oneof(
	fc.constantFrom("1e400", "-1e400", "1e-400", "-0", "0e0", "1E+308", "4.9e-324", "1e99999999999", "00001", "+1", ".5"),
	digits,
	digits.map((text) => `-0.${text}`),
	fc.tuple(digits, fc.integer({ min: -9999, max: 9999 })).map(([text, exponent]) => `${text}e${exponent}`),
);

const oddText = fc.constantFrom(
	...["\ud800", "\udc00x", "\u0000", "\u202e", "😀".repeat(50), "ﬀ", "NaN", "na", "{{close}}", "{{", "}}", "-1", "50%"],
	...[
		"flat",
		"long",
		"1D",
		"__proto__",
		"constructor",
		"null",
		"undefined",
		"' OR 1=1 --",
		"<script>",
		"../../etc",
		"\r\n",
	],
);

/** A JSON value's text. */
const value: fc.Arbitrary<string> = fc.oneof(
	fc.string({ unit: "binary", maxLength: 20 }).map((text) => JSON.stringify(text)),
	oddText.map((text) => JSON.stringify(text)),
	hugeNumber,
	hugeNumber.map((text) => JSON.stringify(text)),
	fc.constantFrom(
		"null",
		"true",
		"false",
		"{}",
		"[]",
		"NaN",
		"Infinity",
		"undefined",
		"{{close}}",
		'{"__proto__":{"x":1}}',
	),
	fc.double().map(String),
);

/** Some come again, under their own id or another one. */
const id = fc.nat(600);

const changed = fc.tuple(fc.array(fc.tuple(key, value), { maxLength: 5 }), id).map(([changes, alert_id]) => {
	const fields = Object.entries({ ...good, alert_id }).map(([name, field]) => [name, JSON.stringify(field)] as const);
	// Later keys of the same name stand behind the good ones: the body then says two things.
	const kept = fields.filter(([name], index) => changes.length === 0 || (index + name.length) % 3 !== 0);
	const all = [...kept, ...changes.map(([name, text]) => [name, text] as const)];
	return `{${all.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(",")}}`;
});

const piece = fc.constantFrom(
	"",
	"{",
	"}",
	"[",
	"]",
	",",
	":",
	'"',
	"'",
	"“",
	"\\",
	"/*",
	"//",
	"{{",
	"\n",
	"\u0000",
	"\\u12",
);
/** Cut, doubled, or with something put in. */
const spliced = fc
	.tuple(changed, fc.array(fc.tuple(fc.nat(300), fc.nat(8), piece), { minLength: 1, maxLength: 4 }))
	.map(([text, cuts]) =>
		cuts.reduce((left, [at, length, put]) => left.slice(0, at) + put + left.slice(at + length), text),
	);

const deep = fc
	.tuple(fc.constantFrom("[", '{"a":', '[{"b":[', "((", '{"action":'), fc.nat(4000), fc.boolean())
	.map(([open, depth, closed]) => {
		const closers = open
			.split("")
			.reverse()
			.map((one) => (one === "[" ? "]" : one === "{" ? "}" : ""));
		return open.repeat(depth) + (closed ? `1${closers.join("").repeat(depth)}` : "");
	});

const several = fc
	.tuple(
		fc.array(fc.oneof(changed, value), { maxLength: 12 }),
		fc.constantFrom("\n", ",", ";", " ", "\r\n\r\n"),
		fc.boolean(),
	)
	.map(([all, between, array]) => (array ? `[${all.join(",")}]` : all.join(between)));

const text = fc.oneof(
	{ weight: 4, arbitrary: spliced },
	{ weight: 3, arbitrary: changed },
	{ weight: 1, arbitrary: deep },
	{ weight: 1, arbitrary: several },
	{ weight: 1, arbitrary: fc.json({ maxDepth: 4 }) },
	{ weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 200 }) },
	{ weight: 1, arbitrary: value },
);

const encoder = new TextEncoder();
const body: fc.Arbitrary<Uint8Array> = fc.oneof(
	{ weight: 9, arbitrary: text.map((one) => encoder.encode(one)) },
	{ weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }) },
	{
		weight: 1,
		arbitrary: fc.tuple(changed, fc.uint8Array({ minLength: 1, maxLength: 6 }), fc.nat(200)).map(([one, bytes, at]) => {
			const whole = encoder.encode(one);
			whole.set(bytes, Math.min(at, Math.max(0, whole.length - bytes.length)));
			return whole;
		}),
	},
);

/** So many bodies; the same ones for the same seed. */
export function generatedBodies(count: number, seed: number): readonly Uint8Array[] {
	return fc.sample(body, { numRuns: count, seed });
}
