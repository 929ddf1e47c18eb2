"""Lateness: how often one event comes by its day, so that whole rounds close by theirs as often as cases did."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from abm.history.case import Case
from abm.history.common_luck import chance_of_all
from abm.history.counting import CARRIES, closed_by_its_date, jeffreys_quantile
from abm.history.deal import Deal
from abm.history.fitting import expit
from abm.history.forecasting import ClassValues
from abm.history.priors import CLASSES
from abm.scenario.class_rows import ClassRow

_AT_ONCE = ("signed", "underwritten")  # what is signed needs no time
_LEAST, _MOST = 1e-3, 1 - 1e-3


def one_in_time(cases: Sequence[Case], deals: Sequence[Deal], values: ClassValues) -> ClassRow:
    """Chance that an event which happens in the end does so by the day on which the money is wanted.

    A round closes by its date where all of its events do. The chance of one is that at which the mean chance of the
    dated cases is the share of them that closed in full by the date.

    Examples
    --------
    >>> from abm.history import library
    >>> from abm.history.class_table import packaged_values
    >>> from abm.history.translation import translate
    >>> cases = list(library())
    >>> row = one_in_time(cases, [translate(case) for case in cases], packaged_values())
    >>> row.low < row.value < row.high
    True
    """
    dated = [
        (case, deal)
        for case, deal in zip(cases, deals, strict=True)
        if case.outcome is not None and case.deadline is not None and deal.trust_needed is None
    ]
    came, n = sum(closed_by_its_date(case) for case, _ in dated), len(dated)
    shares = [jeffreys_quantile(came, n, share) for share in (0.05, 0.5, 0.95)]
    low, value, high = (_chance_at(share, [deal for _, deal in dated], values) for share in shares)
    words = f"rounds with a date close in full by it as often as {came} of {n} did, with events of one luck"
    grade = "history" if n >= CARRIES else "judgement"
    what = "an event that happens does so by the day on which the money is wanted"
    return ClassRow("one_in_time", "time", what, value, low, high, "-", n, words, grade)  # type: ignore[arg-type]


def _chance_at(share: float, deals: Sequence[Deal], values: ClassValues) -> float:
    """The chance of one event at which this share of rounds closes by the date; bounded."""
    from scipy.optimize import brentq

    def beyond(chance: float) -> float:
        return float(np.mean([_by_date(deal, values, chance) for deal in deals])) - share

    if not deals or beyond(_MOST) <= 0:
        return _MOST
    return float(brentq(beyond, _LEAST, _MOST)) if beyond(_LEAST) < 0 else _LEAST


def _by_date(deal: Deal, values: ClassValues, chance: float) -> float:
    """Chance that a round closes in full by its date."""
    each = dict(zip(CLASSES, expit(values.logits).tolist(), strict=True))
    events = [each[name] * (1 if name in _AT_ONCE else chance) for name in deal.events]
    return chance_of_all(events, values.variance)
