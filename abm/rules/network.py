"""Network: who has a tie to whom, and hears of his signature before it is public (B6)."""

from __future__ import annotations

from abm.core import draws
from abm.core.jit import rule
from abm.core.records import Record
from abm.rules.book import weeks_since


@rule
def tied(seed: int, run: int, terms: Record, one: Record, other: Record) -> bool:
    """Whether two investors have a tie: a deal that both were in, or else the luck of their pair in this run.

    A stochastic block model: pairs of one kind have a tie with one chance, pairs of two kinds with another.

    Parameters
    ----------
    seed, run
        The run's key.
    terms
        The ``records.ROUND`` record.
    one, other
        ``records.TRAITS`` records.

    References
    ----------
    Model basis, B6. Holland, P. W., Laskey, K. B. & Leinhardt, S. (1983). Stochastic blockmodels: first steps. Social
    Networks 5(2), 109-137. doi:10.1016/0378-8733(83)90021-7
    """
    chance = terms.tie_same_kind if one.kind == other.kind else terms.tie_other_kind
    drawn = False
    if chance > 0.0:
        first, second = min(one.address, other.address), max(one.address, other.address)
        drawn = draws.uniform(seed, run, first, 0, draws.TIE, second) < chance
    return drawn or (one.deals & other.deals) != 0


@rule
def reaches(weeks: int, public_after_weeks: int, has_tie: bool) -> bool:
    """Whether a signature of so many weeks ago is heard of now: a week after it over a tie, later without.

    Examples
    --------
    >>> [reaches(weeks, 3, True) for weeks in (1, 2, 3)], [reaches(weeks, 3, False) for weeks in (1, 2, 3)]
    ([True, False, False], [False, False, True])
    """
    return weeks == (1 if has_tie else public_after_weeks)


@rule
def old_news(signed: int, week: int, terms: Record) -> bool:
    """Whether a signature has reached everybody by the end of a week."""
    return weeks_since(week, signed) >= terms.public_after_weeks
