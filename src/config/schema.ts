/** nexus.yaml as written: every key with its unit, range, default and one sentence; the one source of reader, table and editor schema. */
import { type Static, Type } from "@sinclair/typebox";
import { AccountSchema } from "./account-schema.ts";
import { address, source } from "./address.ts";
import { bytes, duration, integer, rate, share } from "./amounts.ts";
import { named, oneOrSome } from "./collections.ts";
import { symbol } from "./market-words.ts";
import { pipeline } from "./pipeline.ts";
import { accountName, StrategySchema, tokens_max } from "./strategy-schema.ts";
import { token } from "./token.ts";
import { publicUrl, webhookPath } from "./url.ts";
import { choice, secret, text, yesOrNo } from "./words.ts";

const strict = { additionalProperties: false };

export const WebhookSchema = Type.Object(
	{
		host: text(
			{
				unit: "address",
				default: "0.0.0.0",
				description: "Address to listen on; 127.0.0.1 where a proxy on the same machine stands in front.",
			},
			{ pattern: /^[A-Za-z0-9.:_-]+$/, what: "an address or a host name" },
		),
		port: integer({
			unit: "port",
			range: ["0", "65535"],
			default: 8080,
			description: "Port to listen on; 0 lets the system choose.",
		}),
		path: webhookPath({
			default: "/webhook",
			allowed: "begins with /",
			description: "Where alerts are posted; a token follows as /webhook/TOKEN.",
		}),
		secret_key: secret({
			default: "",
			description: "Key of the HMAC-SHA256 signatures of your own senders; empty: no signature is checked.",
		}),
		token: oneOrSome(token({ description: "A path token." }), tokens_max, {
			unit: "secret, or list of them",
			default: [],
			allowed: "at least 32 hex digits or 22 other characters, at most 2 tokens",
			description: "Secret end of the webhook URL, valid for every strategy; two at once while rotating.",
		}),
		sources: Type.Array(source({ description: "An address, a range or the word tradingview." }), {
			unit: "list of addresses, CIDR ranges, `tradingview`",
			default: [],
			description: "Who may post; `tradingview` stands for its four addresses, an empty list allows all.",
		}),
		trusted_proxies: Type.Array(address({ description: "An address or a range." }), {
			unit: "list of addresses, CIDR ranges",
			default: [],
			description: "Proxies whose X-Forwarded-For header is believed.",
		}),
		body_max: bytes({
			range: ["1KB", "16MB"],
			default: "64KB",
			description: "Largest body that is read; larger ones get 413.",
		}),
		failures: Type.Object(
			{
				rate: rate({
					range: ["1/h", "10000/s"],
					default: "10/s",
					description: "Failed attempts allowed for each source; more get 429.",
				}),
				burst: integer({
					unit: "attempts",
					range: ["1", "100000"],
					default: 100,
					description: "Failed attempts allowed at once before the rate holds.",
				}),
			},
			{ ...strict, description: "How many failed attempts one source may make." },
		),
		public_url: publicUrl({
			default: "",
			allowed: "http or https",
			description: "How the outside reaches the server, for the URLs that are printed; empty: host and port.",
		}),
	},
	{ ...strict, description: "Where alerts arrive and who may send them." },
);

export const PluginLimitsSchema = Type.Object(
	{
		deadline: duration({ range: ["1ms", "1m"], default: "2s", description: "Time for one call of a plugin." }),
		memory: bytes({ range: ["32MB", "64GB"], default: "128MB", description: "Memory of one plugin's process." }),
		start: duration({ range: ["100ms", "5m"], default: "5s", description: "Time for a plugin to start." }),
	},
	{ ...strict, description: "What each plugin's process may use." },
);

const rail = { range: ["0.01%", "1000%"] } as const;

export const RiskSchema = Type.Object(
	{
		max_position_size: Type.Optional(
			share({ ...rail, default: "10%", description: "Largest worth of one position, as a share of equity." }),
		),
		max_exposure: Type.Optional(
			share({ ...rail, default: "50%", description: "Largest worth of all positions together, as a share of equity." }),
		),
		max_daily_loss: Type.Optional(
			share({
				range: ["0.01%", "100%"],
				default: "5%",
				description: "Loss since 00:00 UTC, as a share of equity, after which only exits are let through.",
			}),
		),
		unlimited_position_size: yesOrNo({ default: false, description: "`true` takes max_position_size away." }),
		unlimited_exposure: yesOrNo({ default: false, description: "`true` takes max_exposure away." }),
		no_daily_loss_limit: yesOrNo({ default: false, description: "`true` takes max_daily_loss away." }),
	},
	{ ...strict, description: "Limits for every account; an order over a limit is denied, never made smaller." },
);

export const JournalSchema = Type.Object(
	{
		size_max: bytes({
			range: ["10MB", "100TB"],
			default: "10GB",
			description: "Size of the journal's file at which new alerts get 503.",
		}),
		keep: duration({
			range: ["1h", "36500d"],
			default: "365d",
			description: "How long ended alerts are kept.",
		}),
	},
	{ ...strict, description: "The record of everything that happened." },
);

export const AdminSchema = Type.Object(
	{
		token: Type.Optional(
			secret({
				description:
					"Bearer token of the API; NEXUS_ADMIN_TOKEN goes before it; without both one is made at the first start and kept in the data folder.",
			}),
		),
	},
	{ ...strict, description: "Who may look and switch." },
);

export const LogSchema = Type.Object(
	{
		level: choice(["debug", "info", "warn", "error"], { default: "info", description: "The least that is logged." }),
		format: choice(["text", "json"], { default: "text", description: "Lines for people or for machines." }),
	},
	{ ...strict, description: "What nexus writes to its standard error." },
);

const mapped = { pattern: /^[^\p{C}\s]{1,64}$/u, what: "a symbol of 1 to 64 characters" };

/** The whole file. */
export const NexusSchema = Type.Object(
	{
		webhook: WebhookSchema,
		data: text({
			unit: "folder",
			default: "./data",
			description: "Where the journal is kept, from the folder of this file.",
		}),
		plugins: text({
			unit: "folder",
			default: "./plugins",
			description: "Where strategies of your own are, from the folder of this file.",
		}),
		plugin_limits: PluginLimitsSchema,
		accounts: named(AccountSchema, accountName, {
			unit: "map of name to account",
			default: { paper: {} },
			description: "Where the money is; without this key there is one paper account, `paper`.",
		}),
		strategies: Type.Array(StrategySchema, {
			unit: "list",
			default: [],
			description: "What may be traded when an alert comes; a plugin file needs no entry here, but one overrides it.",
		}),
		risk: RiskSchema,
		pipeline,
		symbols_map: named(symbol({ description: "The symbol that is meant." }), mapped, {
			unit: "map of spelling to symbol",
			default: {},
			description: "Spellings in alerts that stand for a symbol, before every rule of nexus's own.",
		}),
		journal: JournalSchema,
		admin: AdminSchema,
		log: LogSchema,
	},
	{ ...strict, description: "nexus.yaml" },
);
export type WrittenNexus = Static<typeof NexusSchema>;
