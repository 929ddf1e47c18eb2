"""Frames: what the pictures of a round show, as tables; figures and pages draw the same ones."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from abm.runs.terms import CAUSE_WORDS

if TYPE_CHECKING:
    import pandas as pd

    from abm.runs.outcomes import Outcomes

_MOST_PAYERS = 20
_BINS = 40  # of the money that is paid
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)  # of a fan: nine tenths of the runs, the middle half, the median


class BookFrames(NamedTuple):
    """The book over the weeks: dates, money committed and paid [USD billion], a run a row; and the days of consents."""

    dates: list[dt.date]
    committed: pd.DataFrame
    paid: pd.DataFrame
    consent_days: pd.DataFrame


def book_frames(outcomes: Outcomes) -> BookFrames:
    """Money committed and paid until the last day of the round, or the end of its extension where a run had one."""
    scenario, gates = outcomes.scenario, [f"gate_day.{gate}" for gate in outcomes.gate_ids]
    frame = outcomes.columns.frame(outcomes.batch, ["extended", *gates])
    extended = bool(frame["extended"].any())
    days = scenario.window_days + (int(scenario.round.extension_days) if extended else 0)
    weeks = min(int(scenario.horizon_weeks), -(-days // 7) + 1)
    dates = [scenario.as_of + dt.timedelta(days=_day_shown(week, scenario.window_days)) for week in range(weeks + 1)]
    committed, paid = (_from_the_start(outcomes, name, weeks) for name in ("committed", "paid"))
    return BookFrames(dates, committed, paid, frame[gates])


def _from_the_start(outcomes: Outcomes, name: str, weeks: int) -> pd.DataFrame:
    """Put what was signed on as_of in front of the first week."""
    signed = sum(float(i.ticket_bn or 0.0) for i in outcomes.scenario.investors if i.signed_at_start)
    path = outcomes.path(name).iloc[:, :weeks].copy()
    path.insert(0, 0, signed if name == "committed" else 0.0)
    return path


def _day_shown(week: int, window_days: int) -> int:
    """Day of a week's closing: the last day of the round itself, in the week that contains it."""
    return window_days if 7 * (week - 1) < window_days <= 7 * week else 7 * week


def money_edges(most_bn: float) -> list[float]:
    """Edges of the bars in which money is counted, up to the largest amount or the target [USD billion].

    Examples
    --------
    >>> edges = money_edges(8.0)
    >>> len(edges), edges[0], edges[-1] > 8.0
    (41, 0.0, True)
    """
    # a hair wider than the largest amount, which rounding could push over the last edge otherwise
    edges: list[float] = np.linspace(0, most_bn * (1 + 1e-9), _BINS + 1).tolist()
    return edges


def cause_rows(outcomes: Outcomes) -> pd.DataFrame:
    """One row an ending, closed first: ``words``, ``p``, ``low``, ``high`` [shares of all runs], ``closed``."""
    import pandas as pd

    rows = [{"words": "closed", **vars(outcomes.probability("closed")), "closed": True}]
    for cause, chance in outcomes.causes().items():
        rows.append({"words": f"failed: {CAUSE_WORDS[cause]}", **vars(chance), "closed": False})
    return pd.DataFrame(rows)


def payer_rows(outcomes: Outcomes) -> pd.DataFrame:
    """One row a named investor or pool, the largest first: ``name``, ``mean_bn``, ``p``, ``low``, ``high``."""
    import pandas as pd

    scenario = outcomes.scenario
    names = {investor.id: investor.name or investor.id for investor in scenario.investors}
    names |= {pool.id: pool.name or pool.id for pool in scenario.investor_pools}
    return pd.DataFrame(
        {"name": names[payer.id], "mean_bn": payer.mean_bn, **vars(payer.pays)}
        for payer in outcomes.totals.payers()[:_MOST_PAYERS]
    )


def has_frames(outcomes: Outcomes, name: str) -> bool:
    """Whether the scenario has what a picture shows: somebody who may pay, a company that spends."""
    company = outcomes.scenario.company
    return bool(outcomes.ids) if name == "payers" else name != "cash" or (company is not None and company.spends)
