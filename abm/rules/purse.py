"""Purse: what an investor of several companies has left for each: money, attention, and leave to sign.

Companies of a market act one after another within a week. Before a company's turn the rules below say what a shared
investor brings to it; after its turn, what he has tied up there. Model basis, section 14.
"""

from __future__ import annotations

from abm.core.jit import folded
from abm.core.records import PAID, SIGNED
from abm.core.schedule import DAYS


@folded
def tied_up(stage: int, ticket: int, paid: int) -> int:
    """Money that an investor has signed for or paid in a company [units of its file].

    A signature that was withdrawn, lapsed, or was not paid when called frees its money.

    Examples
    --------
    >>> tied_up(SIGNED, 500, 0), tied_up(PAID, 500, 420), tied_up(0, 0, 0)
    (500, 420, 0)
    """
    held = paid if stage == PAID else 0
    return ticket if stage == SIGNED else held


@folded
def left_here(purse: int, elsewhere: int, scale: int) -> int:
    """Money that one purse has left for a company.

    Parameters
    ----------
    purse, elsewhere
        His one purse, and what of it other companies have [units of the market].
    scale
        How many of those units one unit of this company is [-].

    Returns
    -------
    int
        Never below 0 [units of the company's file].

    Examples
    --------
    >>> left_here(2_000, 1_250, 1), left_here(2_000, 1_255, 10), left_here(2_000, 2_500, 1)
    (750, 74, 0)
    """
    return max(0, purse - elsewhere) // scale


@folded
def sums_up(amount: int, scale: int) -> int:
    """An amount of a company in the units of the market.

    Examples
    --------
    >>> sums_up(75, 10)
    750
    """
    return amount * scale


@folded
def is_bound(exclusive: bool, elsewhere: int, day: float, until_day: float) -> bool:
    """Whether what he has signed or paid elsewhere forbids him to sign here.

    Parameters
    ----------
    exclusive
        Whether a signature shuts the other companies out [-].
    elsewhere
        What he has tied up in them [units of the market].
    day, until_day
        First day of the week, and the day on which exclusivity ends [days after as_of].

    Examples
    --------
    >>> is_bound(True, 100, 7.0, 70.0), is_bound(True, 100, 70.0, 70.0), is_bound(False, 100, 7.0, 70.0)
    (True, False, False)
    """
    return exclusive and elsewhere > 0 and day < until_day


@folded
def stays_away(bound: bool, left: int, least: int) -> bool:
    """Whether he does not look at a company this week: bound elsewhere, or without the money for his least ticket.

    Examples
    --------
    >>> stays_away(True, 500, 100), stays_away(False, 99, 100), stays_away(False, 0, 0), stays_away(False, 1, 0)
    (True, True, True, False)
    """
    return bound or left < max(1, least)


@folded
def diligence_after(day: float, done: bool, until_day: float) -> float:
    """Day on which diligence ends, after a week in which he did none: a week later, and not within this week.

    Where it is done already, he weighs the offer again from the end of this week on.

    Parameters
    ----------
    day
        On which it would have ended, or ended [days after as_of].
    done
        Whether it has ended [-].
    until_day
        Last day of this week [days after as_of].

    Examples
    --------
    >>> diligence_after(30.0, False, 14.0), diligence_after(10.0, True, 14.0)
    (37.0, 14.0)
    """
    return max(until_day, day if done else day + DAYS)


@folded
def due_after(day: float) -> float:
    """Day on which somebody signs whose day was drawn at the start, after a week in which he could not.

    Examples
    --------
    >>> due_after(30.0)
    37.0
    """
    return day + DAYS


@folded
def turn(week: int, position: int, companies: int) -> int:
    """Which company acts at a position of a week: the first one moves on by one each week.

    Examples
    --------
    >>> [[turn(week, position, 3) for position in range(3)] for week in (1, 2, 3)]
    [[0, 1, 2], [1, 2, 0], [2, 0, 1]]
    """
    return (week - 1 + position) % companies
