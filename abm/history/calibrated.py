"""Calibrated: the table of classes as cases say it: values, ranges, and how much was learned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from abm.core.arguments import checked
from abm.core.errors import Refusal
from abm.core.notebook import Printed
from abm.history.collection import Library
from abm.history.common_luck import Floats
from abm.history.counting import CARRIES, READ, counted_rows, part_counts
from abm.history.deal import Deal
from abm.history.fitting import CENTRE, Fitted, Question, expit, fit
from abm.history.forecasting import DealTable
from abm.history.lateness import one_in_time
from abm.history.posterior import Draws, sample
from abm.history.priors import CLASSES, KEPT, PRIORS, VARIANCE
from abm.history.translation import translate
from abm.scenario.class_rows import ClassRow

DRAWS = 4_000  # behind the ranges
_MOVED = 0.1  # of a prior's variance, which cases have to take away for a row to be called history
_FEWEST = 2
_DIGITS = 4


@dataclass(frozen=True, repr=False)
class Calibrated(Printed):
    """What cases say about the classes.

    Attributes
    ----------
    rows
        The table.
    where, cases, seed
        Which cases, how many of them ended, and the seed of the draws.
    learned
        How much of each fitted number the cases say rather than its prior, by id [-].
    effective_draws
        What the draws are worth that the ranges come from [-].
    """

    rows: tuple[ClassRow, ...]
    where: str
    cases: int
    seed: int
    learned: dict[str, float] = field(repr=False)
    effective_draws: float
    fitted: Fitted = field(repr=False)

    @property
    def effective_parameters(self) -> float:
        """Number of parameters that the cases determine: the sum of what was learned of each [-]."""
        return sum(self.learned.values())

    def __str__(self) -> str:
        """Say how much was learned."""
        return (
            f"{self.cases} cases ({self.where}) determine {self.effective_parameters:.1f} of {len(self.learned)}"
            f" numbers; seed {self.seed}, {self.effective_draws:,.0f} effective draws"
        )

    def json(self) -> dict[str, Any]:
        """Everything as one object."""
        return {
            "where": self.where,
            "cases": self.cases,
            "seed": self.seed,
            "effective_parameters": self.effective_parameters,
            "parameters": len(self.learned),
            "effective_draws": self.effective_draws,
            "learned": self.learned,
            "rows": [asdict(row) for row in self.rows],
        }


@checked
def calibrate(cases: Library, seed: int = 1, intercepts: bool = False) -> Calibrated:
    """Find what the classes are worth from cases with known ends; the same seed gives the same numbers.

    Parameters
    ----------
    cases
        Those that are still open are left out.
    seed
        Of the draws that ranges come from; values do not depend on it.
    intercepts
        Give each library a nuisance intercept, for what its selection did; no forecast uses them.

    Examples
    --------
    >>> from abm.history import library
    >>> found = calibrate(library().filtered(lambda case: case.library == "0"))
    >>> found.cases, 1 < found.effective_parameters < 8
    (38, True)
    """
    ended = [case for case in cases if case.outcome is not None]
    check_ended(len(ended), cases.where)
    deals = [translate(case) for case in ended]
    names = sorted({case.library for case in ended})
    libraries = np.array([names.index(case.library) for case in ended], np.int64) if intercepts else None
    full = np.array([case.closed == "full" for case in ended], bool)
    question = Question(DealTable.of(deals), full, libraries=libraries)
    fitted = fit(question, part_counts(ended, deals))
    draws = sample(fitted, question, DRAWS, seed)
    count = len(CENTRE)
    ids = [*CLASSES, "luck_variance", "kept"]
    learned = dict(zip(ids, (1 - (draws.sd / fitted.prior_sd) ** 2)[:count].tolist(), strict=True))
    rows = [*_fitted_rows(fitted, draws, deals, full, learned), *counted_rows(ended, deals)]
    rows += [one_in_time(ended, deals, fitted.values), READ]
    rounded = tuple(_rounded(row) for row in rows)
    return Calibrated(rounded, cases.where, len(ended), seed, learned, draws.effective, fitted)


def check_ended(number: int, where: str) -> None:
    """Refuse to learn from fewer cases with an outcome than two.

    Raises
    ------
    Refusal
        With how many there are.
    """
    if number < _FEWEST:
        raise Refusal(f"{where}: expected at least {_FEWEST} cases with an outcome, got {number}")


def _fitted_rows(
    fitted: Fitted, draws: Draws, deals: list[Deal], full: Any, learned: dict[str, float]
) -> Iterator[ClassRow]:
    """Rows of the fit: chances of the classes, the variance of luck, the share of a trust that is kept."""
    values, low, high = (_natural(numbers) for numbers in (fitted.mode, draws.quantile(0.05), draws.quantile(0.95)))
    has_trust = [deal.trust_needed is not None for deal in deals]
    about = [
        *((prior, np.array([name in deal.events for deal in deals], bool)) for name, prior in PRIORS.items()),
        (None, np.ones(len(deals), bool)),
        (KEPT, np.array(has_trust, bool)),
    ]
    for k, (name, (prior, needs)) in enumerate(zip(learned, about, strict=True)):
        n, ended = int(needs.sum()), int(full[needs].sum())
        words = f"needed in {n} cases, of which {ended} closed in full; posterior of all classes together"
        grade = "history" if learned[name] >= _MOVED and n >= CARRIES else "judgement"
        of, what, before = (prior.of, prior.what, prior.chance) if prior else _LUCK
        yield ClassRow(name, of, what, values[k], low[k], high[k], "-", n, words, grade, before)  # type: ignore[arg-type]


_LUCK = ("structure", "variance of the luck that all events of one round share, gamma of mean 1", VARIANCE)


def _natural(numbers: Floats) -> list[float]:
    """From the scale of the priors to chances and a variance."""
    k = len(CLASSES)
    chances = expit(numbers)
    return [*chances[:k].tolist(), float(np.exp(numbers[k])), float(chances[k + 1])]


def _rounded(row: ClassRow) -> ClassRow:
    value, low, high = (round(float(number), _DIGITS) for number in (row.value, row.low, row.high))
    return ClassRow(**{**asdict(row), "value": value, "low": low, "high": high})
