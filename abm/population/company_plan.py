"""Company plan: what the company has planned on as_of, and what holders and later investors may do to its cash."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from abm.core import records
from abm.core.records import Records
from abm.population.contracts import musd, new_records
from abm.rules.company import lay_out_plan
from abm.scenario import Scenario
from abm.scenario.fields import StepSchedule
from abm.scenario.schema import ObligationTable


def plan_of(scenario: Scenario) -> Records:
    """Lay out the company's plan, week by week."""
    plan = new_records(records.PLAN, [{} for _ in range(int(scenario.horizon_weeks) + 1)])
    company = scenario.company
    if company is None:
        return plan
    burn, rate = _schedule(scenario, company.net_burn_bn_per_year), _schedule(scenario, company.revenue_growth_per_year)
    bills = np.array([_bill(scenario, contract) for contract in company.obligations], np.float64).reshape(-1, 4)
    lay_out_plan(plan, burn[0], burn[1] * 1000.0, *rate, company.revenue_bn_per_year * 1000.0, bills)
    return plan


def _bill(scenario: Scenario, contract: ObligationTable) -> tuple[float, float, float, float]:
    """What a contract costs beside the burn [USD million/year], its first and last day, and what of it can wait."""
    last = math.inf if contract.until is None else float(scenario.day(contract.until))
    cost = contract.bn_per_year * 1000.0 * (1.0 - contract.in_burn_share)
    return cost, float(scenario.day(contract.start)), last, float(contract.deferrable_share)


def _schedule(scenario: Scenario, steps: StepSchedule) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Days and yearly rates of a schedule."""
    days = [0.0 if date is None else scenario.day(date) for date, _ in steps]
    return np.array(days, np.float64), np.array([rate for _, rate in steps], np.float64)


def claims_of(scenario: Scenario, gate_ids: tuple[str, ...]) -> Records:
    """Money that holders may ask back."""
    rows = [
        {
            "day": scenario.day(claim.on),
            "musd": musd(claim.amount_bn * claim.exercise_share),
            "gate": gate_ids.index(claim.unless_gate) if claim.unless_gate else -1,
        }
        for claim in (scenario.company.claims if scenario.company else ())
    ]
    return new_records(records.CLAIM, rows)


def later_rounds_of(scenario: Scenario) -> Records:
    """Money from later financings."""
    rows = [
        {
            "day": scenario.day(later.on),
            "musd": musd(later.amount_bn),
            "if_closed": later.probability_if_closed,
            "if_not": later.probability_if_not,
        }
        for later in (scenario.company.later_rounds if scenario.company else ())
    ]
    return new_records(records.LATER_ROUND, rows)
