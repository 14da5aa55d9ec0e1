/**
 * RSI entry and exit. TradingView computes the RSI and sends `buy` or `sell`; this file decides what that means.
 *
 *   buy   opens a long position with a stop-loss (an open short is reversed first: `on_opposite: reverse`)
 *   sell  closes the long position if there is one, otherwise opens a short one with a stop-loss
 *   close_long, close_short, stop_loss, take_profit  close what is open
 *
 * A second buy is left to nexus, which skips it unless `pyramiding` allows additions.
 * nexus.yaml may override all that is declared here: symbols, size, direction, and `settings: { stop: 3% }`.
 */
import { defineStrategy } from "nexus";

export default defineStrategy({
	name: "MyRSIStrategy",
	description: "RSI-based entry and exit",
	symbols: ["BTC/USD", "ETH/USD"],
	timeframes: ["1h", "4h"],
	settings: { stop: "2%" },

	validate({ stop }) {
		return /^\d+(\.\d+)?%$/.test(stop) ? undefined : `stop is ${stop}, not a percentage such as 2%`;
	},

	onAlert(alert, { position, settings, enterLong, enterShort, exit, skip }) {
		switch (alert.type) {
			case "LONG_ENTRY":
				return enterLong({ stopLoss: settings.stop, reason: "RSI says buy" });

			case "SHORT_ENTRY":
				if (position?.side === "long") return exit({ side: "long", reason: "RSI says sell" });
				return enterShort({ stopLoss: settings.stop, reason: "RSI says sell" });

			case "LONG_EXIT":
			case "SHORT_EXIT":
			case "STOP_LOSS":
			case "TAKE_PROFIT":
				if (position === null) return skip("nothing to close");
				return exit({ side: alert.type === "LONG_EXIT" ? "long" : alert.type === "SHORT_EXIT" ? "short" : "any" });

			case "CUSTOM":
				return skip(`this strategy does not know the action ${alert.action}`);
		}
	},
});
