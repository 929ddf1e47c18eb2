"""Stopping: how many runs a point of a sweep gets."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import ClassVar

from abm.population.sobol import Sampling
from abm.runs.bets import capital_against, mean_sequence, mean_verdict
from abm.runs.clusters import Counts, Kinship, estimate_of_worlds, pair_means
from abm.runs.estimates import Z95, Estimate, confidence_sequence, estimate, half_width, verdict

ERROR = 0.05  # chance of a wrong verdict that is put up with


@dataclass(frozen=True)
class Stopping:
    """When a point has had enough runs: all of them, its interval is narrow enough, or its question is answered.

    What is known of a point are its successes and runs, and, where what nobody knows is drawn, those of each of its
    ``worlds`` from the first on, int64[worlds, 2]: the runs of a world stand or fall together.

    Attributes
    ----------
    most
        Runs of a point at most; where neither of the others is given, exactly so many.
    within
        Half-width of the Wilson 95 % interval of ``event`` to reach [-].
    event
        What the interval, or the question, is about.
    threshold
        Stop as soon as it is clear whether the probability of ``event`` is above this [-].
    """

    most: int
    within: float | None = None
    event: str = "closed"
    threshold: float | None = None

    kin: ClassVar[Kinship] = Kinship(
        worlds=True
    )  #: how the runs of a point hang together, where their worlds are known

    @property
    def words(self) -> str:
        """When a point has had enough, in words.

        Examples
        --------
        >>> Stopping(2_000).words
        '2,000 runs each'
        """
        if self.within is not None:
            return f"until the 95 % interval is at most ±{self.within:g} wide"
        if self.threshold is not None:
            return f"until it is clear whether the probability is above {self.threshold:g} (wrong in 5 % at most)"
        return f"{self.most:,} runs each"

    def settled(self, successes: int, runs: int, worlds: Counts | None = None) -> bool:
        """Whether so many runs are enough.

        Examples
        --------
        >>> Stopping(1_000, within=0.05).settled(100, 500), Stopping(1_000, threshold=0.5).settled(240, 500)
        (True, False)
        """
        if self.within is not None and runs:
            return self.doubt(successes, runs, worlds) <= self.within
        return self.above(successes, runs, worlds) is not None

    def estimate(self, successes: int, runs: int, seed: int, worlds: Counts | None = None) -> Estimate:
        """Estimate the probability, with an interval that holds in spite of the stopping.

        Where runs stopped at a verdict that is a confidence sequence, otherwise Wilson's interval.
        """
        if self.threshold is None:
            return estimate(successes, runs, seed) if worlds is None else estimate_of_worlds(worlds, seed, self.kin)
        bounds = confidence_sequence(successes, runs) if worlds is None else mean_sequence(pair_means(worlds))
        p = successes / runs if runs else math.nan
        return Estimate(p, *bounds, runs, seed, 0 if worlds is None else len(worlds))

    def above(self, successes: int, runs: int, worlds: Counts | None = None) -> bool | None:
        """Whether the probability is above the threshold; None where that is open, or was not asked."""
        if self.threshold is None:
            return None
        if worlds is None:
            return verdict(successes, runs, self.threshold, ERROR)
        return mean_verdict(pair_means(worlds), self.threshold, ERROR)

    def expected(self, successes: int, runs: int, worlds: Counts | None = None) -> int:
        """Runs that the point will take in all, by what is known of it now [-].

        Examples
        --------
        >>> Stopping(10_000).expected(3, 500), Stopping(100_000, within=0.01).expected(250, 500)
        (10000, 9600)
        """
        p = min(max((successes + 1) / (runs + 2), 1e-6), 1 - 1e-6)
        if self.within is not None:
            wider = 1.0 if worlds is None else (self.doubt(successes, runs, worlds) / half_width(successes, runs)) ** 2
            return min(self.most, max(runs, round(wider * p * (1 - p) * (Z95 / self.within) ** 2 / 100) * 100))
        if self.threshold is not None and worlds is not None:
            means = pair_means(worlds)
            gained = capital_against(means, self.threshold, ERROR) + math.log(2)
            needed = -math.log(ERROR / 2) * runs / max(gained, 1e-12)
            return int(min(self.most, max(runs, needed)))
        if self.threshold is not None:
            q = self.threshold
            distance = p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q))
            # evidence grows by the distance a run, less half the log of the runs that the mixture costs
            needed = (-math.log(ERROR) + 0.5 * math.log(self.most)) / max(distance, 1e-12)
            return int(min(self.most, max(runs, needed)))
        return self.most

    def doubt(self, successes: int, runs: int, worlds: Counts | None = None) -> float:
        """Half-width of the Wilson 95 % interval [-]."""
        if worlds is None:
            return half_width(successes, runs)
        found = estimate_of_worlds(worlds, 0, self.kin)
        return (found.high - found.low) / 2


class _OverPoints(Stopping):
    kin = Kinship(worlds=True, points=True)


class _AtPoints(Stopping):
    kin = Kinship(points=True)


def stopping_for(sampling: Sampling, drawn: bool) -> type[Stopping]:
    """Kind of stopping for runs that take Sobol' points or not, in worlds or not.

    Examples
    --------
    >>> stopping_for("random", True).kin, stopping_for("sobol", False).kin
    (Kinship(worlds=True, points=False), Kinship(worlds=False, points=True))
    """
    if sampling == "random":
        return Stopping
    return _OverPoints if drawn else _AtPoints


def stopping_of(runs: int | None, within: float | None, decide: str | None, event: str, most: int) -> Stopping:
    """Read what was asked for.

    Parameters
    ----------
    runs
        Runs of a point, or the most of them.
    within, decide
        At most one of them: a half-width, or a question such as ``"closed > 0.5"``.
    event
        What the half-width is about.
    most
        Where nobody says how many runs may be spent on a point.

    Raises
    ------
    ValueError
        Where that makes no sense.

    Examples
    --------
    >>> stopping_of(None, None, "funded_bn >= 20 > 0.5", "closed", 100_000)
    Stopping(most=100000, within=None, event='funded_bn >= 20', threshold=0.5)
    """
    if runs is not None and runs < 1:
        raise ValueError(f"expected at least 1 run for a point, got {runs}")
    if within is not None and decide is not None:
        raise ValueError("expected a half-width within, or a question to decide, not both")
    if within is not None and not 0 < within < 0.5:  # noqa: PLR2004, no interval is wider
        raise ValueError(f"expected a half-width within above 0 and below 0.5, got {within:g}")
    if decide is None:
        return Stopping(runs or most, within, event)
    read = re.fullmatch(r"\s*(.+?)\s*[<>]=?\s*([0-9.eE+-]+)\s*", decide)
    try:
        threshold = float(read[2]) if read else math.nan
    except ValueError:
        threshold = math.nan
    if read is None or not 0 < threshold < 1:
        raise ValueError(
            f"expected a question such as 'closed > 0.5', with a threshold between 0 and 1, got {decide!r}"
        )
    return Stopping(runs or most, None, read[1], threshold)
