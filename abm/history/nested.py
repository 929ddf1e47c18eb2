"""Nested: the width of the priors chosen within each fold by what the other groups say, as nobody may look ahead."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from abm.core.arguments import checked
from abm.history.collection import Library
from abm.history.common_luck import Floats
from abm.history.fitting import Question, fit
from abm.history.forecasting import forecast
from abm.history.scores import brier_score
from abm.history.studied import Studied

WIDTHS = (0.3, 0.5, 0.7, 1.0)  # of all priors of chances, in log odds
_INNER = 8  # folds of groups in which a width is tried


@dataclass(frozen=True)
class Nested:
    """Forecasts with everything chosen inside of the fold.

    Attributes
    ----------
    p
        Chance of each case to close in full, its group left out of the choice and of the fit [-].
    chosen
        How often each width was the best of its fold.
    brier
        Score of the forecasts.
    brier_of_width
        Score where one width is taken for all folds.
    """

    p: Floats = field(repr=False)
    chosen: dict[float, int]
    brier: float
    brier_of_width: dict[float, float]


@checked
def nested_backtest(cases: Library, seed: int = 1) -> Nested:
    """Leave one group out, and choose the width of the priors among the others, by folds of their groups.

    Parameters
    ----------
    cases
        Those that are still open are left out.
    seed
        Of the folds.

    Examples
    --------
    >>> from abm.history import library
    >>> few = library().filtered(lambda case: case.library == "0" and case.announced.year > 2023)
    >>> found = nested_backtest(few)
    >>> sum(found.chosen.values()) == len(set(few.groups().values()))
    True
    """
    known = Studied.of(cases)
    known = known[known.ended]
    groups = np.unique(known.groups)
    inner = dict(zip(groups, np.random.default_rng(seed).permutation(len(groups)) % _INNER, strict=True))
    fold = np.array([inner[group] for group in known.groups])
    alone = {width: np.empty(len(known)) for width in WIDTHS}
    p, chosen = np.empty(len(known)), dict.fromkeys(WIDTHS, 0)
    for group in groups:
        here = known.groups == group
        rest, folds = known[~here], fold[~here]
        tried = {width: _brier_in_folds(rest, folds, width) for width in WIDTHS}
        best = min(tried, key=lambda width: tried[width])
        chosen[best] += 1
        for width in WIDTHS:
            alone[width][here] = _forecast(rest, known[here], width)
        p[here] = alone[best][here]
    scores = {width: brier_score(each, known.full) for width, each in alone.items()}
    return Nested(p, chosen, brier_score(p, known.full), scores)


def _brier_in_folds(known: Studied, folds: Floats, width: float) -> float:
    p = np.empty(len(known))
    for one in np.unique(folds):
        here = folds == one
        p[here] = _forecast(known[~here], known[here], width)
    return brier_score(p, known.full)


def _forecast(known: Studied, asked: Studied, width: float) -> Floats:
    return forecast(asked.deals, fit(Question(known.deals, known.full, width=width), known.part).values).full
