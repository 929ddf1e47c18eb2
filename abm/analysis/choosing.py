"""Choosing: which of many runs is worth telling, by a stated rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from abm.core.arguments import checked
from abm.rules.failure import CASH, CAUSES
from abm.runs.terms import CAUSE_WORDS
from abm.scenario import Scenario

if TYPE_CHECKING:
    from abm.runs.outcomes import Outcomes

Which = Literal["typical", "closed", "failed"]

_PAYERS = 5  # largest payers whose amounts are compared
_NORMAL_IQR = 1.349  # interquartile range of a standard normal, in standard deviations


@dataclass(frozen=True)
class Choice:
    """A run, and why this one.

    Attributes
    ----------
    run
        Its number.
    why
        The rule, in a sentence.
    ending
        ``closed``, or the first cause of failure.
    like, looked
        Runs that it was chosen from, and runs that were simulated [-].
    """

    run: int
    why: str
    ending: str
    like: int
    looked: int


@checked
def choose(
    scenario: Scenario | str, seed: int = 1, which: Which = "typical", runs: int = 2_000, *, central: bool = False
) -> Choice:
    """Choose a run: the one nearest to the median of its like.

    Its like are, for ``typical``, the runs with the most frequent ending (closed, or a first cause of failure); for
    ``closed`` and ``failed``, the runs that closed or failed. Compared are the money paid, the day of the end, the days
    of the consents (never later than the deadline), the number who signed, and what the five largest payers paid; each
    in units of its spread (the interquartile range, or the standard deviation where that is zero). Of equals, the
    lowest number.

    Parameters
    ----------
    scenario
        A scenario, or the id of a packaged one.
    seed
        Seed of the runs.
    which
        What kind of run is wanted.
    runs
        Runs to look at, from number 0 on [-].
    central
        Whether every number keeps its value, as in :func:`abm.simulate`.

    Raises
    ------
    ValueError
        Where there is no such run.

    Examples
    --------
    >>> choose("three-investors", seed=1, which="closed", runs=100).ending
    'closed'
    """
    from abm.runs.simulation import simulate

    outcomes = simulate(scenario, runs=runs, seed=seed, keep="rows", central=central)
    closed, cause = outcomes.batch.rows["closed"].astype(bool), outcomes.batch.rows["cause"]
    endings = np.where(closed, 0, cause)
    like = {"closed": closed, "failed": ~closed, "typical": endings == np.bincount(endings).argmax()}[which]
    if not like.any():
        raise ValueError(f"expected a run that {which} among {runs:,} runs (seed {seed}), got none")
    run = int(outcomes.batch.rows["run"][_nearest_to_the_median(_features(outcomes, like), like)])
    ending = CAUSES[endings[run]] or "closed"
    found = int(np.count_nonzero(like))
    return Choice(run, _why(which, ending, run, found, runs, seed), ending, found, runs)


def _why(which: Which, ending: str, run: int, found: int, runs: int, seed: int) -> str:
    end = "closed" if ending == "closed" else f"failed, first of all because {CAUSE_WORDS[ending]}"
    group = {
        "typical": f"{found:,} of {runs:,} runs (seed {seed}) {end}, the most frequent ending",
        "closed": f"{found:,} of {runs:,} runs (seed {seed}) closed",
        "failed": f"{found:,} of {runs:,} runs (seed {seed}) failed",
    }[which]
    return f"{group}; run {run} is the nearest to their median in money paid, days, signatures and largest payers."


def _features(outcomes: Outcomes, like: NDArray[np.bool_]) -> NDArray[np.float64]:
    """One row a run: what runs are compared by, in their own units."""
    rows, fates, terms = outcomes.batch.rows, outcomes.batch.fates, outcomes.scenario.round
    deadline = outcomes.scenario.window_days + rows["extended"] * float(terms.extension_days)
    over = np.where(rows["cause"] == CASH, rows["default_day"], deadline)
    end = np.where(rows["closed"], rows["closed_day"], over)
    consents = np.minimum(outcomes.batch.gate_days, deadline[:, None])
    signed = np.isfinite(fates["sign_day"]).sum(axis=1)
    largest = np.argsort(-fates["paid_musd"][like].mean(axis=0), kind="stable")[:_PAYERS]
    return np.column_stack([rows["paid_musd"], end, consents, signed, fates["paid_musd"][:, largest]]).astype(float)


def _nearest_to_the_median(features: NDArray[np.float64], like: NDArray[np.bool_]) -> int:
    """Place of the run, of those alike, with the least distance to their median."""
    group = features[like]
    low, middle, high = np.quantile(group, (0.25, 0.5, 0.75), axis=0)
    spread = np.where(high > low, (high - low) / _NORMAL_IQR, group.std(axis=0))
    differs = spread > 0
    distance = (((group - middle)[:, differs] / spread[differs]) ** 2).sum(axis=1)
    return int(np.flatnonzero(like)[distance.argmin()])
