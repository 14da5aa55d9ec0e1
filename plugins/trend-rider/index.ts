/**
 * Rides a trend on the long side: enters with a stop, adds at most twice while the position is in profit, and
 * takes a rest after two stop-losses in a row. Shows position, stop, settings and a state of its own.
 *
 *   buy        enters, or adds to a position that is in profit
 *   sell       closes the position
 *   stop_loss  closes the position and counts as a loss; after `losses` in a row nothing is bought for `rest_hours`
 *
 * Try it: {"action": "buy", "symbol": "BTC/USD", "price": 42000, "strategy": "TrendRider", "timeframe": "1h"}
 */
import { defineStrategy } from "nexus";
import { hoursLater, isInProfit } from "./trend.ts";

export default defineStrategy({
	name: "TrendRider",
	description: "Long only, adds twice, rests after losses",
	symbols: ["BTC/USD", "ETH/USD"],
	direction: "long",
	pyramiding: 2,
	size: "1%",
	settings: { stop: "3%", losses: 2, rest_hours: 24 },
	state: { losses_in_a_row: 0, rests_until: "" },

	validate({ losses, rest_hours }) {
		const wrong: string[] = [];
		if (!Number.isInteger(losses) || losses < 1) wrong.push(`losses is ${losses}, not a whole number from 1`);
		if (rest_hours < 0) wrong.push(`rest_hours is ${rest_hours}, below 0`);
		return wrong;
	},

	onAlert(alert, { position, state, settings, now, enterLong, exit, skip, log }) {
		if (alert.type === "LONG_ENTRY") {
			if (now < state.rests_until) return skip(`resting until ${state.rests_until}`);
			if (position === null) return enterLong({ stopLoss: settings.stop, reason: "trend begins" });
			if (position.additions >= 2) return skip("has been added to twice");
			if (!isInProfit(position, alert.price)) return skip("does not add to a position that is not in profit");
			return enterLong({ stopLoss: settings.stop, reason: `addition ${position.additions + 1}` });
		}

		if (position === null) return skip("nothing to close");
		if (alert.type === "STOP_LOSS") {
			state.losses_in_a_row += 1;
			if (state.losses_in_a_row >= settings.losses) {
				state.losses_in_a_row = 0;
				state.rests_until = hoursLater(now, settings.rest_hours);
				log(`rests until ${state.rests_until}`);
			}
			return exit({ reason: "stopped out" });
		}
		if (alert.type === "CUSTOM") return skip(`this strategy does not know the action ${alert.action}`);
		state.losses_in_a_row = 0;
		return exit({ ...(alert.quantity === undefined ? {} : { quantity: alert.quantity }), reason: "trend ends" });
	},
});
