"""In the end: events with a chance, and a law of the day on which they are decided, yes or no."""

from __future__ import annotations

import math

from abm.core.arithmetic import exp, log
from abm.core.draws import normal_cdf, normal_quantile
from abm.core.jit import rule
from abm.core.records import BLOCKED, OPEN, SATISFIED, Record
from abm.rules.gatekeepers import chance_under_luck

_EDGE = 1e-15  # nearer to 0 and 1 no law of time is looked at


@rule
def place_of(threshold: float, frailty: float, variance: float) -> float:
    r"""Where a run stands among all, least lucky last: uniform between 0 and 1, :math:`1 - (1 + v E / G)^{-1/v}`.

    Parameters
    ----------
    threshold
        E, a unit exponential that was drawn once [-].
    frailty, variance
        Luck of the run that all events share, G, gamma of mean 1, and its variance v [-].

    Returns
    -------
    float
        Below p in exactly those runs in which a hazard that is crossed with chance p is crossed, so that events of one
        run share its luck.

    References
    ----------
    Model basis, D4.

    Examples
    --------
    >>> place_of(1.0, 1.0, 1.0), round(place_of(1.0, 3.0, 1.0), 9), place_of(1.0, 0.0, 1.0)
    (0.5, 0.25, 1.0)
    """
    if frailty <= 0.0:
        return 1.0
    return chance_under_luck(threshold / frailty, variance)


@rule
def happens(place: float, chance: float) -> bool:
    """Whether an event of this chance happens in the end.

    Examples
    --------
    >>> happens(0.3, 0.5), happens(0.5, 0.5)
    (True, False)
    """
    return place < chance


@rule
def days_until(place: float, chance: float, median_days: float, sd_log: float, within: float) -> float:
    """Days until an event is decided; yes and no take as long.

    Parameters
    ----------
    place, chance
        As in :func:`happens` [-].
    median_days, sd_log
        Of the lognormal law of time [days, log-points].
    within
        Share of that law that lies before the horizon, to which it is cut [-].

    Examples
    --------
    >>> days_until(0.25, 0.5, 30.0, 0.0, 1.0), round(days_until(0.75, 0.5, 30.0, 1.0, 1.0), 9)
    (30.0, 30.0)
    """
    if sd_log <= 0.0:
        return median_days
    share = place / chance if place < chance else (place - chance) / (1.0 - chance)
    return median_days * exp(sd_log * normal_quantile(min(max(share * within, _EDGE), 1.0 - _EDGE)))


@rule
def decision(gate: Record, place: float, asked_day: float, until_day: float) -> tuple[int, float]:
    """How a consent in the end stands on a day, and when it was decided.

    Parameters
    ----------
    gate
        A ``records.GATEKEEPER`` record with a chance.
    place
        Of this run, from :func:`place_of` [-].
    asked_day, until_day
        Start of its clock, and the day in question [days after as_of].

    Returns
    -------
    tuple
        OPEN, SATISFIED or BLOCKED, and the day of the decision; a vote is held on its day, and what it needs must be
        there by then.
    """
    yes = happens(place, gate.chance)
    if gate.on_day <= 0.0:
        day = asked_day + days_until(place, gate.chance, gate.median_days, gate.time_sd_log, gate.within)
    else:
        day = gate.on_day
        yes = yes and asked_day <= day
    if day > until_day:
        return OPEN, day
    return SATISFIED if yes else BLOCKED, day


@rule
def signing_day(investor: Record, place: float) -> float:
    """Day on which somebody signs who does so with a chance in the end; infinite, if never [days after as_of]."""
    if not happens(place, investor.chance):
        return math.inf
    return days_until(place, investor.chance, investor.median_days, investor.time_sd_log, investor.within)


@rule
def share_by(day: float, median_days: float, sd_log: float) -> float:
    r"""Share of a lognormal law of time that lies before a day, :math:`\Phi(\ln(t / m) / s)` [-].

    Examples
    --------
    >>> share_by(30.0, 30.0, 1.0), share_by(29.0, 30.0, 0.0), share_by(0.0, 30.0, 1.0)
    (0.5, 0.0, 0.0)
    """
    if day <= 0.0:
        return 0.0
    if sd_log <= 0.0:
        return 1.0 if day >= median_days else 0.0
    return normal_cdf(log(day / median_days) / sd_log)


@rule
def still_to_come(chance: float, decided: float, later: float) -> float:
    """Chance that an event which is not decided yet happens by a later day [-].

    Parameters
    ----------
    chance
        In the end [-].
    decided, later
        Shares of its law of time by now and by then, both cut to the horizon [-].

    Examples
    --------
    >>> still_to_come(0.5, 0.0, 1.0), still_to_come(0.5, 0.5, 0.75), still_to_come(0.5, 1.0, 1.0)
    (0.5, 0.25, 0.0)
    """
    if decided >= 1.0 or later <= decided:
        return 0.0
    return chance * (later - decided) / (1.0 - decided)


@rule
def chance_between(gate: Record, since: float, later: float) -> float:
    """Chance that a consent, open after so many days of its clock, is given by a later one [-].

    Parameters
    ----------
    gate
        A ``records.GATEKEEPER`` record with a chance.
    since, later
        Days since its clock started [days].
    """
    decided = share_by(since, gate.median_days, gate.time_sd_log) / gate.within
    return still_to_come(gate.chance, decided, share_by(later, gate.median_days, gate.time_sd_log) / gate.within)
