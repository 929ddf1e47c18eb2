"""Gatekeepers: consents as accumulated hazard that crosses a unit exponential drawn once (D2 to D4)."""

from __future__ import annotations

import math

from abm.core.arithmetic import exp, expm1, log1p
from abm.core.jit import rule

DAYS_PER_YEAR = 365.0


@rule
def base_hazard(average_per_year: float, effect: float, scale_days: float, deadline_day: float) -> float:
    r"""Hazard far from the deadline, so that the average over the window is the one stated.

    .. math:: h_0 = \bar h \big/ \big(1 + a s (1 - e^{-T/s}) / T\big)

    Parameters
    ----------
    average_per_year
        Average hazard over [0, T] [1/year].
    effect, scale_days
        Deadline effect a [-] and its scale s [days].
    deadline_day
        T > 0 [days].

    Returns
    -------
    float
        h0 [1/year].

    References
    ----------
    Model basis, D2 and D5.

    Examples
    --------
    >>> base_hazard(2.0, 0.0, 28.0, 156.0)
    2.0
    >>> round(2.0 / base_hazard(2.0, 3.0, 28.0, 156.0), 3)
    1.536
    """
    return average_per_year / (1.0 + effect * scale_days * -expm1(-deadline_day / scale_days) / deadline_day)


@rule
def hazard_between(
    h0_per_year: float, effect: float, scale_days: float, deadline_day: float, day0: float, day1: float
) -> float:
    r"""Hazard accumulated between two days, exactly, with the deadline effect of D2.

    .. math:: \int h_0 \big(1 + a e^{-(D - t)/s}\big)\, dt \quad (t \le D), \qquad h_0 \text{ alone after } D

    Parameters
    ----------
    h0_per_year
        Hazard far from the deadline [1/year].
    effect, scale_days
        Deadline effect a [-] and its scale s [days].
    deadline_day
        D [days after as_of].
    day0, day1
        From, to [days after as_of].

    Returns
    -------
    float
        Accumulated hazard [-], 0 where day1 <= day0.

    References
    ----------
    Model basis, D2.

    Examples
    --------
    Verification case V10f: h0 = 1.5, a = 3, s = 4/52 years, T = 156 days.

    >>> round(hazard_between(1.5, 3.0, 365 * 4 / 52, 156.0, 0.0, 156.0), 6)
    0.985912
    """
    if day1 <= day0:
        return 0.0
    total = day1 - day0
    if effect > 0.0 and day0 < deadline_day:
        last = min(day1, deadline_day)
        pull = exp((last - deadline_day) / scale_days) - exp((day0 - deadline_day) / scale_days)
        total += effect * scale_days * pull
    return h0_per_year * total / DAYS_PER_YEAR


@rule
def crossing_day(
    left: float, h0_per_year: float, effect: float, scale_days: float, deadline_day: float, day0: float, day1: float
) -> float:
    """Day on which accumulated hazard crosses its threshold, or infinity if not by ``day1``.

    Parameters
    ----------
    left
        Threshold minus hazard accumulated up to day0 [-].
    h0_per_year, effect, scale_days, deadline_day, day0, day1
        As in :func:`hazard_between`.

    Returns
    -------
    float
        Day of the event [days after as_of], exact to 1e-9 days.

    References
    ----------
    Model basis, 2.5: an event is the first crossing, so it does not depend on the length of the step.

    Examples
    --------
    At a constant hazard of 1 per 365 days, half a unit takes half the time:

    >>> crossing_day(0.5, 1.0, 0.0, 28.0, 156.0, 0.0, 365.0)
    182.5
    >>> crossing_day(2.0, 1.0, 0.0, 28.0, 156.0, 0.0, 365.0)
    inf
    """
    if day1 <= day0 or hazard_between(h0_per_year, effect, scale_days, deadline_day, day0, day1) < left:
        return math.inf
    if left <= 0.0:
        return day0
    if effect == 0.0:
        return min(day1, day0 + left * DAYS_PER_YEAR / h0_per_year)
    low, high = day0, day1
    while high - low > 1e-9:
        middle = 0.5 * (low + high)
        if hazard_between(h0_per_year, effect, scale_days, deadline_day, day0, middle) < left:
            low = middle
        else:
            high = middle
    return high


@rule
def moved_hazard(h0_per_year: float, frailty: float, loading: float, sentiment: float) -> float:
    r"""Hazard under shared luck and sentiment, :math:`h_0 G e^{b x}` [1/year].

    Examples
    --------
    >>> moved_hazard(1.5, 1.0, 0.0, -0.4)
    1.5
    >>> round(moved_hazard(1.5, 1.0, 0.6, 1.2), 6)
    3.08165
    """
    return h0_per_year * frailty * exp(loading * sentiment)


@rule
def in_force_day(satisfied_day: float, lag_days: float) -> float:
    """Day on which a consent comes into force [days after as_of]; never, if it is never given.

    Examples
    --------
    >>> in_force_day(92.5, 7.0)
    99.5
    """
    return satisfied_day + lag_days


@rule
def race(consent: float, block: float) -> float:
    r"""Chance that consent comes, and before a block: :math:`\frac{H}{H+B} (1 - e^{-(H+B)})` [-].

    Parameters
    ----------
    consent, block
        Hazards accumulated over the time in question [-]; exact where both rates are constant.

    Returns
    -------
    float
        Probability [-].

    References
    ----------
    Model basis, D3; verification case V10c.

    Examples
    --------
    >>> round(race(1.0, 0.0), 6), race(0.0, 0.0)
    (0.632121, 0.0)
    """
    both = consent + block
    return consent / both * -expm1(-both) if both > 0.0 else 0.0


@rule
def rate_for_probability(probability: float, days: float) -> float:
    """Constant hazard that gives an event this probability within a time [1/year]; infinite for certainty.

    Examples
    --------
    >>> round(rate_for_probability(0.5, 365.0), 6)
    0.693147
    """
    if probability >= 1.0:
        return math.inf
    return hazard_for_chance(probability, 0.0) * DAYS_PER_YEAR / days


@rule
def chance_under_luck(hazard: float, variance: float) -> float:
    r"""Chance that a hazard is crossed under luck that others share: gamma, mean 1, :math:`1 - (1 + v H)^{-1/v}` [-].

    Parameters
    ----------
    hazard
        Accumulated under ordinary luck, H [-].
    variance
        v of the luck [-]; without any, the chance is :math:`1 - e^{-H}`.

    Examples
    --------
    >>> round(chance_under_luck(1.0, 0.0), 6), chance_under_luck(1.0, 1.0)
    (0.632121, 0.5)
    """
    if variance == 0.0:
        return -expm1(-hazard)
    return -expm1(-log1p(variance * hazard) / variance)


@rule
def hazard_for_chance(chance: float, variance: float) -> float:
    """Hazard that is crossed with this chance under luck that others share, as in :func:`chance_under_luck` [-].

    Examples
    --------
    >>> round(hazard_for_chance(0.632120558829, 0.0), 6), hazard_for_chance(0.5, 1.0)
    (1.0, 1.0)
    """
    if variance == 0.0:
        return -log1p(-chance)
    return expm1(-variance * log1p(-chance)) / variance


@rule
def with_second_chance(chance: float, second: float) -> float:
    """Chance of what may come in another way where it does not come by itself [-].

    Examples
    --------
    >>> with_second_chance(0.6, 0.5), with_second_chance(0.6, 0.0)
    (0.8, 0.6)
    """
    return chance + (1.0 - chance) * second


@rule
def hazard_left(threshold: float, clock: float) -> float:
    """Hazard that is still missing until the event [-].

    Examples
    --------
    >>> hazard_left(1.5, 0.25)
    1.25
    """
    return threshold - clock


@rule
def last_useful_day(deadline_day: float, lag_days: float) -> float:
    """Last day on which a consent can be given and still be in force by the deadline [days after as_of].

    Examples
    --------
    >>> last_useful_day(156.0, 30.0)
    126.0
    """
    return deadline_day - lag_days
