"""Levers: all that a scenario has, found by kind and picked by name; what each is made of is in ``lever/``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from abm.analysis.lever import Changes, Lever
from abm.analysis.lever.kinds import KINDS
from abm.core.arguments import checked
from abm.scenario import Scenario, load_scenario

__all__ = ["KINDS", "Changes", "Lever", "chosen", "lever_named", "levers_of"]


@checked
def levers_of(scenario: Scenario | str | Path) -> list[Lever]:
    """List what could be changed about a round, as far as the scenario has it.

    Parameters
    ----------
    scenario
        A scenario, a packaged id, or the path of a file.

    Returns
    -------
    list of Lever
        Terms first, then time, size, investors, company and consents.

    Examples
    --------
    >>> [lever.id for lever in levers_of("three-investors") if lever.who == "lead"]
    ['fallback.lead', 'conditions.lead']
    >>> price = lever_named(levers_of("three-investors"), "price")
    >>> price.words, price.changes()["round.pre_money_bn"], round(price.cost(), 3)
    ('the price is cut by 10 %', [36.0], 0.727)
    """
    scenario = load_scenario(scenario)
    return [lever for kind in KINDS for lever in kind(scenario)]


@checked
def lever_named(levers: Sequence[Lever], name: str) -> Lever:
    """Return the lever with an id.

    Raises
    ------
    ValueError
        Where there is none.
    """
    for lever in levers:
        if lever.id == name:
            return lever
    raise ValueError(f"expected a lever out of {', '.join(lever.id for lever in levers)}, got {name!r}")


@checked
def chosen(scenario: Scenario, levers: Sequence[Lever | str] | None) -> list[Lever]:
    """Return levers that are given by id or as they are; None: all of the scenario."""
    known = levers_of(scenario)
    if levers is None:
        return known
    return [lever_named(known, lever) if isinstance(lever, str) else lever for lever in levers]
