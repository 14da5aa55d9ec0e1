/** The risk officer: the only maker of an approved order. */
import type { Approved } from "../domain/approved.ts";
import type { Approval, RiskOfficer, RuleResult, Situation } from "../domain/ports.ts";
import type { Order } from "../domain/records.ts";
import type { RiskSettings } from "../domain/settings.ts";
import { type Rule, rules } from "./rules.ts";

function evaluate(rule: Rule, situation: Situation, limits: RiskSettings): RuleResult {
	if (rule.holds === "openings" && !situation.opening) {
		return { rule: rule.code, result: "not_applicable", detail: "exits are not held back by it" };
	}
	const said = rule.check(situation, limits);
	if (said === undefined) return { rule: rule.code, result: "not_applicable", detail: "loosened in nexus.yaml" };
	return { rule: rule.code, result: said.denies ? "deny" : "pass", detail: said.detail };
}

/** A risk officer with these limits. Every rule is evaluated for every order, so that the trace shows all their numbers. */
export function riskOfficer(limits: RiskSettings): RiskOfficer {
	return {
		limits,
		approve(situation): Approval {
			const results = rules.map((rule) => evaluate(rule, situation, limits));
			const denial = results.find((result) => result.result === "deny");
			if (denial !== undefined) return { denied: { code: denial.rule, detail: denial.detail }, results };
			return { approved: situation.order as Approved<Order>, results };
		},
		reinstate: (order) => order as Approved<Order>,
	};
}
