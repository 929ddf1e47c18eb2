"""Deal sheet: who is asked for how much, on which condition, what each pays, and how long the cash lasts."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

import abm
from abm.analysis.deal_sheet import cash_ends, parties_of

AS_OF = dt.date(2025, 7, 28)


def outcomes(runs: int = 20, **tables: Any) -> abm.Outcomes:
    """A round of 10 billion until New Year's Eve."""
    basis = {
        "format": 1, "id": "sheet", "title": "A round", "as_of": AS_OF, "horizon_weeks": 104,
        "round": {"target_bn": 10.0, "deadline": dt.date(2025, 12, 31), "pre_money_bn": 40.0},
    }  # fmt: skip
    return abm.simulate(abm.scenario_from(basis | tables), runs, 1, workers=1)


def test_a_sheet_says_of_everybody_what_the_file_says():
    book = [
        {"id": "lead", "name": "Lead Capital", "role": "lead", "kind": "strategic", "ticket_bn": 6.0,
         "signed_at_start": True, "fallback_bn": 1.5, "conditions": [[{"gate": "law", "by": dt.date(2025, 12, 31)}]]},
        {"id": "fund", "kind": "venture", "ticket_bn": 3.0, "signing_probability": 0.6,
         "conditions": [[{"investor": "lead"}, {"total_bn": 9.0}]]},
        {"id": "swf", "kind": "sovereign", "inclination": 0.3, "wealth_bn": 900, "min_ticket_bn": 0.25,
         "max_ticket_bn": 1.0, "dry_powder_bn": 2.0},
        {"id": "wide", "kind": "crossover", "inclination": 0.3, "wealth_bn": 90},
    ]  # fmt: skip
    pool = {"id": "small", "name": "Small funds", "count": 4, "kind": "venture", "signing_probability": 0.5,
            "ticket_bn": {"uniform_low": 0.1, "uniform_high": 0.25}, "conditional_share": 0.35,
            "condition_mix": {"total": 1, "lead": 1, "peers": 0, "sentiment": 0}}  # fmt: skip
    gates = [{"id": "law", "name": "The law", "hazard_per_year": 2.0}]
    sheet = parties_of(outcomes(investors=book, investor_pools=[pool], gatekeepers=gates))
    assert [party[1:5] for party in sheet] == [
        ("Lead Capital", "6 bn, 1.5 bn if the condition fails", "signed",
         "the consent 'The law' is in force by 31 December 2025"),
        ("fund", "3 bn", "signs with 60%", "Lead Capital is in and at least 9 billion are in the round"),
        ("swf", "0.25 to 1 bn", "inclined: 30%", ""),
        ("wide", "what it wants", "inclined: 30%", ""),
        ("Small funds", "4 of 0.1 to 0.25 bn each", "signs with 50%",
         "of 35% of them, one of: a total in the round, the lead is in"),
    ]  # fmt: skip


def test_expected_payments_are_means_of_what_was_paid():
    book = [
        {"id": "sure", "kind": "venture", "ticket_bn": 2.0, "signed_at_start": True},
        {"id": "coin", "kind": "venture", "ticket_bn": 4.0, "signing_probability": 0.5},
    ]
    pool = {"id": "two", "count": 2, "kind": "venture", "ticket_bn": 1.0, "signing_probability": 1.0}
    made = outcomes(400, investors=book, investor_pools=[pool])
    paid = {party.id: party.paid_bn for party in parties_of(made)}
    assert paid["sure"] == (2.0, 2.0, 2.0)
    assert paid["two"] == (2.0, 2.0, 2.0)
    share = made.probability("paid_bn.coin > 0").p
    mean, low, high = paid["coin"]
    assert mean == pytest.approx(4 * share)
    assert high - low == pytest.approx(2 * 1.959964 * 4 * (share * (1 - share) / 399) ** 0.5)
    assert abs(mean - 2.0) < 2 * (high - low)


@pytest.mark.parametrize(("cash", "ends"), [(1.0, 365), (1.5, 365 + 91), (9.0, None)])
def test_cash_ends_when_burn_as_planned_has_used_it_up(cash, ends):
    """One billion a year, then two."""
    burn = [[AS_OF, 1.0], [AS_OF + dt.timedelta(days=365), 2.0]]
    firm = {"name": "Acme", "cash_bn": cash, "revenue_bn_per_year": 0.0, "net_burn_bn_per_year": burn}
    found = cash_ends(outcomes(1, company=firm))
    if ends is None:
        assert found is None
    else:
        assert abs((found - AS_OF).days - ends) <= 7


def test_a_round_without_a_company_has_no_runway():
    assert cash_ends(outcomes(1)) is None
