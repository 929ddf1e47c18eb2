"""Behaving: a case in which the unsigned decide by the rules, from what their class is worth, in place of a chance."""

from __future__ import annotations

from typing import Any

from abm.history.case import Case
from abm.history.case_scenario import tables_of_case
from abm.scenario import Scenario, scenario_from
from abm.scenario.class_rows import classes
from abm.scenario.fields import Kind

#: Kinds of investors as rules know them, by the types of cases.
KIND_OF: dict[str, Kind] = {
    "bank_lender": "lender",
    "conglomerate": "conglomerate",
    "founder": "person",
    "government": "government",
    "growth_crossover": "crossover",
    "private_equity": "private_equity",
    "retail_public": "public",
    "sovereign": "sovereign",
    "strategic": "strategic",
    "venture": "venture",
}
_WEALTH = 100.0  # of tickets: so much that no cap of his stands in the way of his ticket
_UNSIGNED = ("in_talks", "letter_of_intent", "rumoured")


def behaving_scenario_of_case(case: Case) -> Scenario | None:
    """Make a case a scenario in which whoever has not signed is inclined to, as much as his class signs in the end.

    He looks at the price, the book and the mood as everybody does who decides by the rules, and shares the luck of
    consents no longer. None where nobody decides, as all have signed; and where his inclination is out of reach.

    Examples
    --------
    >>> from abm.history import library
    >>> behaving_scenario_of_case(library()["metro_bank_2023"]) is None
    True
    """
    tables = tables_of_case(case)
    types = {one.name: one.type for one in case.investors}
    unsigned = [one for one in tables["investors"] if one.get("standing") in _UNSIGNED and not one.get("redeemable")]
    if not unsigned:
        return None
    for one in unsigned:
        _decide_by_rules(one, KIND_OF[types[one["name"]]])
    return scenario_from(tables, case.id)


def _decide_by_rules(one: dict[str, Any], kind: Kind) -> None:
    """Put an inclination in the place of a standing, in place."""
    name, ticket = "others_unsigned" if one.get("role") != "lead" else one["standing"], float(one.pop("ticket_bn"))
    del one["standing"]
    one |= {
        "kind": kind,
        "inclination": classes()[name].value,
        "max_ticket_bn": ticket,
        "min_ticket_bn": ticket / 2,
        "dry_powder_bn": ticket,
        "wealth_bn": _WEALTH * ticket,
    }
