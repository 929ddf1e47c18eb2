"""Outlook: the chance that the market gives to each consent of being in force by the deadline (D2 to D4, A9)."""

from __future__ import annotations

import numpy as np

from abm.core.jit import rule
from abm.core.records import OPEN, SATISFIED, Floats, Integers, Record, Records
from abm.rules.eventual import chance_between
from abm.rules.gatekeepers import hazard_between, last_useful_day, race

#: Steps in which the market looks ahead to the deadline.
LOOK_AHEAD = 32


@rule
def consent_curve(before: Floats, params: Record, deadline_day: float, now: float, until: float, first: int) -> Floats:
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
    first
        Which of the days is the first that anybody asks for; what is before it stays 0 [index].

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
    if params.on_day > 0.0:  # a vote: all or nothing on its day, if what it needs is there by then
        for j in range(first, LOOK_AHEAD + 1):
            if now < params.on_day <= min(now + j * step, until):
                curve[j] = params.chance * before[int((params.on_day - now) / step)]
        return curve
    for i in range(LOOK_AHEAD + 1):
        arrives = before[0] if i == 0 else before[i] - before[i - 1]
        start = now if i == 0 else now + (i - 0.5) * step
        if arrives <= 0.0:
            continue
        for j in range(max(i, first), LOOK_AHEAD + 1):
            end = min(now + j * step, until)
            if params.in_the_end:
                asked = 0.0 if i == 0 and params.first == params.last else start
                curve[j] += arrives * chance_between(params, start - asked, end - asked)
                continue
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
        awaited = False
        for k in range(required.shape[0]):
            awaited = awaited or required[k] == g
        if awaited:
            curve = consent_curve(before, gate, deadline_day, now, deadline_day, 0)
            for j in range(LOOK_AHEAD + 1):
                curves[g, j] = curve[j]
        useful = last_useful_day(deadline_day, gate.lag_days)
        outlooks[g] = consent_curve(before, gate, deadline_day, now, useful, LOOK_AHEAD)[LOOK_AHEAD]
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
