"""Stopping: how many runs a point of a sweep gets."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from abm.runs.estimates import Z95, Estimate, confidence_sequence, estimate, half_width, verdict

ERROR = 0.05  # chance of a wrong verdict that is put up with


@dataclass(frozen=True)
class Stopping:
    """When a point has had enough runs: all of them, its interval is narrow enough, or its question is answered.

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

    def settled(self, successes: int, runs: int) -> bool:
        """Whether so many runs are enough.

        Examples
        --------
        >>> Stopping(1_000, within=0.05).settled(100, 500), Stopping(1_000, threshold=0.5).settled(240, 500)
        (True, False)
        """
        if self.within is not None and runs:
            return half_width(successes, runs) <= self.within
        return self.threshold is not None and verdict(successes, runs, self.threshold, ERROR) is not None

    def estimate(self, successes: int, runs: int, seed: int) -> Estimate:
        """Estimate the probability, with an interval that holds in spite of the stopping.

        Where runs stopped at a verdict that is the confidence sequence, otherwise Wilson's interval.
        """
        if self.threshold is None:
            return estimate(successes, runs, seed)
        return Estimate(successes / runs if runs else math.nan, *confidence_sequence(successes, runs), runs, seed)

    def above(self, successes: int, runs: int) -> bool | None:
        """Whether the probability is above the threshold; None where that is open, or was not asked."""
        return None if self.threshold is None else verdict(successes, runs, self.threshold, ERROR)

    def expected(self, successes: int, runs: int) -> int:
        """Runs that the point will take in all, by what is known of it now [-].

        Examples
        --------
        >>> Stopping(10_000).expected(3, 500), Stopping(100_000, within=0.01).expected(250, 500)
        (10000, 9600)
        """
        p = min(max((successes + 1) / (runs + 2), 1e-6), 1 - 1e-6)
        if self.within is not None:
            z = Z95
            return min(self.most, max(runs, round(p * (1 - p) * (z / self.within) ** 2 / 100) * 100))
        if self.threshold is not None and 0 < self.threshold < 1:
            q = self.threshold
            distance = p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q))
            # evidence grows by the distance a run, less half the log of the runs that the mixture costs
            needed = (-math.log(ERROR) + 0.5 * math.log(self.most)) / max(distance, 1e-12)
            return int(min(self.most, max(runs, needed)))
        return self.most

    def doubt(self, successes: int, runs: int) -> float:
        """How far the point is from settled, for a progress line: the half-width of its interval [-]."""
        return half_width(successes, runs)


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
