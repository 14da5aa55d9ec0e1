/** The table of dialects: a body's commands are read by the first one that recognises them. */
import type { Dialect } from "./dialect.ts";
import { threeCommas } from "./dialects/3commas.ts";
import { alertatron } from "./dialects/alertatron.ts";
import { autoview } from "./dialects/autoview.ts";
import { finandy } from "./dialects/finandy.ts";
import { nexus } from "./dialects/nexus.ts";
import { octobot } from "./dialects/octobot.ts";
import { okx } from "./dialects/okx.ts";
import { openAlgo } from "./dialects/openalgo.ts";
import { passphrase } from "./dialects/passphrase.ts";
import { pickMyTrade } from "./dialects/pickmytrade.ts";
import { pineConnector } from "./dialects/pineconnector.ts";
import { signalStack } from "./dialects/signalstack.ts";
import { signalStackJson } from "./dialects/signalstack-json.ts";
import { tradeRelay } from "./dialects/trade-relay.ts";
import { tradersPost } from "./dialects/traderspost.ts";
import { tvHub } from "./dialects/tvhub.ts";
import { whook } from "./dialects/whook.ts";
import { wunderTrading } from "./dialects/wundertrading.ts";

/** In the order of trying; `nexus` recognises every JSON object and stays last. */
export const dialects: readonly Dialect[] = [
	// Before TradersPost, whose words for the order it has too.
	tradeRelay,
	tradersPost,
	passphrase,
	threeCommas,
	okx,
	wunderTrading,
	pineConnector,
	autoview,
	alertatron,
	octobot,
	whook,
	signalStack,
	signalStackJson,
	pickMyTrade,
	finandy,
	tvHub,
	openAlgo,
	nexus,
];
