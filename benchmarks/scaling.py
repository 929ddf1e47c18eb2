"""Cost against the number of investors, of weeks and of runs, with the exponent of a power law."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import abm
from abm.ensemble import Ensemble
from abm.population import prepare
from benchmarks.engines import SEED, flagship
from benchmarks.sizes import Sizes
from benchmarks.timing import Figure, exponent, median, said, seconds

AS_OF = dt.date(2025, 7, 28)
_TICKET_BN = 0.05
_WHOLE = 16  # runs at once: a block of the largest rounds holds eight, and takes as long if it is half empty

#: What the members of the two pools of investors are like.
STATED = {"ticket_bn": _TICKET_BN, "signing_probability": 0.7, "conditional_share": 0.3}
BEHAVIOURAL = {
    "wealth_bn": {"lognormal_median": 15.0, "sd_log": 1.0},
    "risk_aversion": {"lognormal_median": 4, "sd_log": 0.4},
    "max_ticket_bn": _TICKET_BN,
    "diligence_days": 20.0,
    "conditional_share": 0.3,
}
COMPANY = {
    "cash_bn": 9_000.0,  # lives to the horizon, so that every week is simulated
    "revenue_bn_per_year": 5.0,
    "revenue_growth_per_year": 0.2,
    "revenue_volatility": 0.2,
    "net_burn_bn_per_year": 3.0,
    "burn_volatility_bn": 1.0,
}


def a_round(members: int, law: dict[str, Any], weeks: int, **sections: Any) -> abm.Scenario:
    """Scenario of a round that a pool of investors may fill, open for all of its weeks, and as large as they are."""
    pool = {"id": "pool", "count": members, "kind": "crossover"} | law
    terms = {"target_bn": 0.5 * _TICKET_BN * members, "cap_bn": _TICKET_BN * members, "pre_money_bn": 60.0}
    terms["deadline"] = AS_OF + dt.timedelta(weeks=weeks)
    head = {"format": 1, "id": "scaling", "title": "A round of any size", "as_of": AS_OF, "horizon_weeks": weeks}
    return abm.scenario_from(head | {"round": terms, "investor_pools": [pool]} | sections)


def over_investors(sizes: Sizes) -> Iterator[Figure]:
    """Row d: from a handful of investors to a hundred thousand, of two sorts."""
    for name, law in (("stated", STATED), ("behavioural", BEHAVIOURAL)):
        rounds = [a_round(members, law, 26) for members in sizes.investors]
        yield from _series("investors", f"{name} investors", sizes.investors, rounds, sizes)


def over_weeks(sizes: Sizes) -> Iterator[Figure]:
    """Row d: from half a year to ten, with a company that lives, and a round that stays open."""
    rounds = [a_round(30, STATED, weeks, company=COMPANY) for weeks in sizes.weeks]
    yield from _series("weeks", "weeks", sizes.weeks, rounds, sizes)


def over_runs(sizes: Sizes) -> Iterator[Figure]:
    """Row d: from a hundred runs of the flagship to a hundred thousand."""
    ensemble = Ensemble(flagship()[1])
    times = []
    for runs in sizes.runs:
        measured = _measured(lambda runs=runs: ensemble(SEED, range(runs)), sizes, most=3)
        times.append(median(measured))
        yield _size("runs", f"{runs:,} runs", [s / runs for s in measured])
    yield _slope("runs", "runs", sizes.runs, times)


def _series(
    row: str, name: str, values: Sequence[int], rounds: Sequence[abm.Scenario], sizes: Sizes
) -> Iterator[Figure]:
    """Time of a run for each of ``values``, one round after the other and again, and the exponent."""
    engines = [Ensemble(prepare(scenario)) for scenario in rounds]
    counts = []
    for engine in engines:
        engine(SEED, range(2))  # compiles, and lays the memory out
        once = seconds(lambda engine=engine: engine(SEED, range(_WHOLE))) / _WHOLE
        counts.append(_WHOLE * max(1, math.ceil(sizes.budget_s / once / _WHOLE)))
    passes = min(5, sizes.pairs)
    measured = [
        [seconds(lambda e=e, n=n: e(SEED, range(n))) / n for e, n in zip(engines, counts, strict=True)]
        for _ in range(passes)
    ]
    columns = list(zip(*measured, strict=True))
    for value, column in zip(values, columns, strict=True):
        yield _size(row, f"{value:,} {name}", column)
    yield _slope(row, name, values, [median(column) for column in columns])


def _measured(work: Callable[[], Any], sizes: Sizes, most: int) -> list[float]:
    """Times of a few calls [s]."""
    work()
    return [seconds(work) for _ in range(min(most, sizes.pairs))]


def _size(row: str, what: str, times: Sequence[float]) -> Figure:
    return Figure(row, f"{what}, time of a run", tuple(times), "s")


def _slope(row: str, name: str, values: Sequence[float], times: Sequence[float]) -> Figure:
    half = min(len(values) // 2, len(values) - 2)
    upper = exponent(values[half:], times[half:])
    detail = f"{said(times[0])} to {said(times[-1])}; over the larger half of the sizes: {upper:.2f}"
    return Figure(row, f"exponent over {name}", (exponent(values, times),), "-", "1", detail)
