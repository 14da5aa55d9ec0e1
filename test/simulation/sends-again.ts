/** A deliberate bug: whatever was not answered goes out again at once, without quarantine and without asking. */
import type { Mutation } from "./live.ts";

/** Counts every order as absent, so that it is sent again. */
export const sendsAgain: Mutation = {
	broker: (broker) =>
		new Proxy(broker, {
			get(target, key) {
				if (key === "lookup") return async () => ({ outcome: "not_found" });
				if (key === "abilities") return { ...target.abilities, request_expiry_ms: -10_000, read_lag_ms: 0 };
				const value: unknown = Reflect.get(target, key);
				return typeof value === "function" ? value.bind(target) : value;
			},
		}),
};
