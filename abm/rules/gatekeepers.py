"""Gatekeepers: consents as accumulated hazard that crosses a unit exponential drawn once (D2 to D4)."""

from __future__ import annotations

import math

import numpy as np

from abm.core.jit import rule
from abm.core.records import OPEN, SATISFIED, Floats, Integers, Record, Records

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
    return average_per_year / (1.0 + effect * scale_days * -math.expm1(-deadline_day / scale_days) / deadline_day)


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
        pull = math.exp((last - deadline_day) / scale_days) - math.exp((day0 - deadline_day) / scale_days)
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
    return h0_per_year * frailty * math.exp(loading * sentiment)


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
    return consent / both * -math.expm1(-both) if both > 0.0 else 0.0


#: Steps in which the market looks ahead to the deadline.
LOOK_AHEAD = 32


@rule
def consent_curve(before: Floats, params: Record, deadline_day: float, now: float, until: float) -> Floats:
    r"""Chance that the market gives to a consent, by each of the days ahead: a clock that starts when others stop.

    .. math:: F(t_j) = \sum_i \big(F_b(t_i) - F_b(t_{i-1})\big)\; p(\bar t_i, t_j)

    where F_b is the chance that everything required is there, and p the race between consent and block.

    Parameters
    ----------
    before
        float64[LOOK_AHEAD + 1], F_b at equally spaced days from now to the deadline [-].
    params
        A ``records.GATEKEEPER`` record.
    deadline_day, now
        D, and the day on which the market looks ahead [days after as_of].
    until
        Last day that counts, for consents with a lag [days after as_of].

    Returns
    -------
    ndarray
        float64[LOOK_AHEAD + 1], F at the same days [-].

    References
    ----------
    Model basis, D2 to D4. Within 0.005 of the exact chain of the flagship (tested).
    """
    step = (deadline_day - now) / LOOK_AHEAD
    curve = np.zeros(LOOK_AHEAD + 1)
    for i in range(LOOK_AHEAD + 1):
        arrives = before[0] if i == 0 else before[i] - before[i - 1]
        start = now if i == 0 else now + (i - 0.5) * step
        if arrives <= 0.0:
            continue
        for j in range(i, LOOK_AHEAD + 1):
            end = min(now + j * step, until)
            consent = hazard_between(params.h0_per_year, params.effect, params.scale_days, deadline_day, start, end)
            block = hazard_between(params.block_per_year, 0.0, 1.0, deadline_day, start, end)
            curve[j] += arrives * race(consent, block)
    return curve


@rule
def known_curve(chance: float) -> Floats:
    """Return the curve of a consent that has been given (1) or blocked (0), or of nothing to wait for (1)."""
    return np.full(LOOK_AHEAD + 1, chance)


@rule
def both_curves(one: Floats, other: Floats) -> Floats:
    """Return the chance that two consents are there by each of the days ahead, taken as independent."""
    product = one.copy()
    for j in range(product.shape[0]):
        product[j] = one[j] * other[j]
    return product


@rule
def known_outlook(status: int, in_force_day: float, deadline_day: float) -> float:
    """Chance of a consent that has been given or blocked to be in force by the deadline: 1 or 0.

    Examples
    --------
    >>> known_outlook(SATISFIED, 100.0, 156.0), known_outlook(SATISFIED, 160.0, 156.0)
    (1.0, 0.0)
    """
    return 1.0 if status == SATISFIED and in_force_day <= deadline_day else 0.0


@rule
def standing(status: Integers) -> int:
    """Number of the way in which consents stand, a digit of three for each gatekeeper.

    Parameters
    ----------
    status
        int64[G], OPEN, SATISFIED or BLOCKED [0 to 2]; at most 39 gatekeepers fit.

    Examples
    --------
    >>> standing(np.array([SATISFIED, OPEN])), standing(np.array([SATISFIED, 2]))
    (1, 7)
    """
    number, digit = 0, 1
    for g in range(status.shape[0]):
        number += digit * status[g]
        digit *= 3
    return number


@rule
def cell(extended: bool, week: int, weeks: int, place: int, places: int, gates: int) -> int:
    """Where the outlooks of a week and a standing begin in a table of [extended, week, place, gate], laid out flat.

    Examples
    --------
    >>> cell(False, 0, 22, 0, 4, 3), cell(False, 1, 22, 2, 4, 3), cell(True, 0, 22, 0, 4, 3)
    (0, 18, 276)
    """
    block = weeks + 1 if extended else 0
    return ((block + week) * places + place) * gates


@rule
def index_of(number: int, numbers: Integers) -> int:
    """Place of a number in an ascending list, or -1.

    Examples
    --------
    >>> index_of(7, np.array([0, 1, 7])), index_of(8, np.array([0, 1, 7]))
    (2, -1)
    """
    low, high = 0, numbers.shape[0]
    while low < high:
        middle = (low + high) // 2
        if numbers[middle] < number:
            low = middle + 1
        else:
            high = middle
    return low if low < numbers.shape[0] and numbers[low] == number else -1


@rule
def look_ahead(
    gates: Records,
    order: Integers,
    required: Integers,
    status: Integers,
    in_force_days: Floats,
    deadline_day: float,
    now: float,
) -> Floats:
    """Chance that the market gives to each consent of being in force by the deadline.

    Parameters
    ----------
    gates, order, required
        ``records.GATEKEEPER[G]``, every gatekeeper after those it requires int64[G], and the lists of required ones.
    status, in_force_days
        int64[G] and float64[G], how things stand [days after as_of].
    deadline_day, now
        D, and the day on which the market looks ahead [days after as_of].

    Returns
    -------
    ndarray
        float64[G] [-]: 1 or 0 for what is settled, and the race against the block for what is open.

    References
    ----------
    Model basis, D2 to D4; A9 (pi_c).
    """
    curves = np.zeros((gates.shape[0], LOOK_AHEAD + 1))
    outlooks = np.zeros(gates.shape[0])
    for g in order:
        gate = gates[g]
        if status[g] != OPEN:
            given = status[g] == SATISFIED
            for j in range(LOOK_AHEAD + 1):
                curves[g, j] = 1.0 if given else 0.0
            outlooks[g] = known_outlook(status[g], in_force_days[g], deadline_day)
            continue
        before = known_curve(1.0)
        for k in range(gate.first, gate.last):
            before = both_curves(before, curves[required[k]])
        curve = consent_curve(before, gate, deadline_day, now, deadline_day)
        for j in range(LOOK_AHEAD + 1):
            curves[g, j] = curve[j]
        if gate.lag_days > 0.0:
            curve = consent_curve(before, gate, deadline_day, now, last_useful_day(deadline_day, gate.lag_days))
        outlooks[g] = curve[LOOK_AHEAD]
    return outlooks


@rule
def look_ahead_into(
    outlooks: Floats,
    gates: Records,
    order: Integers,
    required: Integers,
    status: Integers,
    in_force_days: Floats,
    deadline_day: float,
    now: float,
) -> None:
    """Look ahead as :func:`look_ahead` does, with the answer written into ``outlooks``."""
    found = look_ahead(gates, order, required, status, in_force_days, deadline_day, now)
    for g in range(found.shape[0]):
        outlooks[g] = found[g]


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
    return -math.log1p(-probability) * DAYS_PER_YEAR / days


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
