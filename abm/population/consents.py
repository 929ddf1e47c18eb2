"""Consents: gatekeepers as records: at which rate, or with which chance and when, each says yes or no."""

from __future__ import annotations

from collections.abc import Sequence
from graphlib import TopologicalSorter
from typing import Any

import numpy as np

from abm.core import records
from abm.core.records import Record, Records
from abm.population.contracts import new_records
from abm.population.moods import stated_hazard
from abm.rules.eventual import share_by
from abm.rules.gatekeepers import base_hazard, with_second_chance
from abm.scenario import Scenario
from abm.scenario.fields import Section
from abm.scenario.investor_tables import InvestorTable
from abm.scenario.schema import GatekeeperTable


def numbers_in(section: Section, layout: np.dtype[Any]) -> dict[str, Any]:
    """Fields of a section that a record has under the same name."""
    known = layout.names or ()
    return {name: getattr(section, name) for name in type(section).model_fields if name in known}


def gate_params(scenario: Scenario, market: Record) -> Records:
    """Lay out ``records.GATEKEEPER`` of every gatekeeper of a scenario, in the order of the file."""
    rows, first, waiver = [], 0, float(scenario.round.waiver_probability)
    for gate in scenario.gatekeepers:
        scale, days = float(gate.deadline_scale_weeks) * 7.0, float(scenario.window_days)
        rows.append(
            {
                **numbers_in(gate, records.GATEKEEPER),
                "h0_per_year": 0.0 if gate.chance is not None else _rate(gate, scale, days, market, waiver),
                "effect": gate.deadline_effect,
                "scale_days": scale,
                "block_per_year": gate.block_hazard_per_year,
                "loading": gate.sentiment_loading,
                **law_of(gate, days, waiver),
                "on_day": 0.0 if gate.on is None else scenario.day(gate.on),
                "first": first,
                "last": first + len(gate.requires),
            }
        )
        first += len(gate.requires)
    return new_records(records.GATEKEEPER, rows)


def _rate(gate: GatekeeperTable, scale: float, days: float, market: Record, waiver: float) -> float:
    """Hazard far from the deadline of a consent that comes at a rate [1/year]."""
    effect = float(gate.deadline_effect)
    if gate.hazard_per_year is not None:
        return base_hazard(float(gate.hazard_per_year), effect, scale, days)
    chance = with_second_chance(float(gate.probability_by_deadline or 0.0), waiver)
    loading = float(gate.sentiment_loading)
    return stated_hazard(chance, loading, effect, scale, days, float(market.frailty_variance), market)


def law_of(table: GatekeeperTable | InvestorTable, days: float, second: float) -> dict[str, Any]:
    """What is decided in the end, and when: of a consent, or of a signature."""
    chance, median, sd = table.chance, float(table.median_days or 0.0), float(table.time_sd_log)
    return {
        "in_the_end": chance is not None,
        "chance": with_second_chance(float(chance or 0.0), second),
        "median_days": median,
        "time_sd_log": sd,
        "within": share_by(days, median, sd),
    }


def gates_in_order(requires: Sequence[Sequence[int]]) -> list[int]:
    """Sort gatekeepers so that each comes after those it requires: first all who require nobody, and so on.

    Examples
    --------
    >>> gates_in_order([[2], [], [1], []])
    [1, 3, 2, 0]
    """
    sorter, order = TopologicalSorter(dict(enumerate(requires))), list[int]()
    sorter.prepare()
    while sorter.is_active():
        ready = sorted(sorter.get_ready())  # in the order of the file, which the sorter does not promise
        order += ready
        sorter.done(*ready)
    return order
