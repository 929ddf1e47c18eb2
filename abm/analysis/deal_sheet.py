"""Deal sheet: who is asked for how much, how each stands, on which condition, and what each is expected to pay."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from abm.agents import FundingModel
from abm.analysis.prose.phrases import Names, either, figure
from abm.core.arguments import checked
from abm.runs.clusters import mean_interval
from abm.runs.estimates import Interval
from abm.scenario.fields import Distribution

if TYPE_CHECKING:
    from abm.runs.outcomes import Outcomes
    from abm.scenario.investor_tables import InvestorPoolTable, InvestorTable

_KEYS = {
    "total": "a total in the round", "lead": "the lead is in", "peers": "two of the named are in",
    "sentiment": "the market has not broken",
}  # fmt: skip


class Party(NamedTuple):
    """One line of the sheet.

    Attributes
    ----------
    id, name
        Of an investor, or of a pool as a whole.
    ticket, standing, condition
        In words; no condition is an empty text.
    paid_bn
        Money paid by the deadline on average, and its 95 % interval [USD billion].
    """

    id: str
    name: str
    ticket: str
    standing: str
    condition: str
    paid_bn: Interval


@checked
def parties_of(outcomes: Outcomes) -> list[Party]:
    """List everybody who is asked, in the order of the file, with what the runs say that each pays.

    Parameters
    ----------
    outcomes
        Runs of the scenario.

    Examples
    --------
    >>> import abm
    >>> sheet = parties_of(abm.simulate("three-investors", runs=50, seed=1))
    >>> print("; ".join(sheet[0][1:5]))
    Lead Capital; 6 bn, 1 bn if the condition fails; signed; the consent 'Conversion to a public benefit corporation' \
is in force by 31 December 2025
    """
    scenario = outcomes.scenario
    named = zip(scenario.investors, _conditions(outcomes), strict=True)
    sheet = [
        Party(who.id, who.name or who.id, _ticket(who), _standing(who), condition, _paid(outcomes, who.id))
        for who, condition in named
    ]
    return sheet + [
        Party(
            pool.id, pool.name or pool.id, _ticket(pool), _standing(pool), _of_members(pool), _paid(outcomes, pool.id)
        )
        for pool in scenario.investor_pools
    ]


@checked
def cash_ends(outcomes: Outcomes) -> dt.date | None:
    """Date on which the cash is used up with burn and bills as planned: no new money, credit, cuts or luck.

    Returns
    -------
    datetime.date or None
        None where there is no company, or its cash lasts to the horizon.

    Examples
    --------
    >>> import abm
    >>> cash_ends(abm.simulate("three-investors", runs=1))
    datetime.date(2026, 10, 5)
    """
    model = FundingModel(outcomes.scenario, outcomes.seed, narrate=False, central=True)
    if model.company is None:
        return None
    plan = model.population.plan
    spent = np.cumsum(plan["burn_musd"] + plan["firm_musd"] + plan["deferrable_musd"])
    week = int(np.argmax(spent > model.company.firm.cash_musd))
    return outcomes.scenario.date(7.0 * week) if spent[week] > model.company.firm.cash_musd else None


def _conditions(outcomes: Outcomes) -> Iterator[str]:
    """What each investor by name asks for."""
    model = FundingModel(outcomes.scenario, outcomes.seed, central=True)
    names = Names(outcomes.scenario, model.population)
    for index in range(len(outcomes.scenario.investors)):
        model.narrator.conditions(index)
        asked = model.narrator.asked.get(index, ())
        yield either([names.asks(need) for need in clause] for clause in asked) if asked else ""


def _of_members(pool: InvestorPoolTable) -> str:
    """What the members of a pool ask for."""
    if not pool.conditional_share:
        return ""
    kinds = ", ".join(words for key, words in _KEYS.items() if getattr(pool.condition_mix, key))
    return f"of {pool.conditional_share:.0%} of them, one of: {kinds}"


def _ticket(who: InvestorTable | InvestorPoolTable) -> str:
    """How much, as far as the file says."""
    size, most, least = who.ticket_bn, who.max_ticket_bn, who.min_ticket_bn
    if size is not None:
        words = _size(size)
    elif most is not None:
        words = f"{figure(least)} to {_size(most)}" if least and not isinstance(most, Distribution) else _size(most)
    else:
        words = "what it wants"
    fallback = getattr(who, "fallback_bn", 0.0)
    words += f", {figure(fallback)} bn if the condition fails" if fallback else ""
    count = int(getattr(who, "count", 1))
    return f"{count} of {words} each" if count > 1 else words


def _size(size: float | Distribution) -> str:
    """Say a size, or how the sizes of members are spread."""
    if not isinstance(size, Distribution):
        return f"{figure(size)} bn"
    if size.family == "uniform":
        return f"{figure(size.first)} to {figure(size.second)} bn"
    return f"around {figure(size.first)} bn"


def _standing(who: InvestorTable | InvestorPoolTable) -> str:
    """How sure its signature is."""
    standing, chance = getattr(who, "standing", None), getattr(who, "chance", None)
    if getattr(who, "signed_at_start", False):
        return "underwrites" if standing == "underwritten" else "signed"
    if chance is not None:
        return f"{(standing or 'unsigned').replace('_', ' ')}: signs in the end with {chance:.0%}"
    if who.signing_probability is not None:
        return f"signs with {who.signing_probability:.0%}"
    return "still looks" if who.inclination is None else f"inclined: {who.inclination:.0%}"


def _paid(outcomes: Outcomes, who: str) -> Interval:
    """Mean of what one investor, or all members of a pool, paid."""
    mine = [name for name in outcomes.ids if name.partition("#")[0] == who]
    paid = [outcomes.columns.numbers(outcomes.batch, f"paid_bn.{name}") for name in mine]
    return mean_interval(np.sum([values / scale for values, scale in paid], axis=0), outcomes.drawn_runs)
