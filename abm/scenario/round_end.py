"""Last day: what the end of a round is called, and by when its money is wanted, wherever a person reads it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from abm.scenario.schema import Tables


class LastDay(NamedTuple):
    """Words for the last day on which a round can close."""

    name: str  #: of the day, in a picture or a list
    by: str  #: that day, after a verb


DEADLINE = LastDay("deadline", "by the deadline")
WATCHED = LastDay("end of the watch", "in the end")  # a round of format 2 that nothing ends


def last_day(scenario: Tables) -> LastDay:
    """Say what the last day of a round is: its deadline, or only the day until which it is watched.

    Examples
    --------
    >>> import abm
    >>> last_day(abm.load_scenario("three-investors")).by
    'by the deadline'
    """
    return WATCHED if scenario.format != 1 and not scenario.round.hard_deadline else DEADLINE


def marked_days(scenario: Tables) -> dict[str, dt.date]:
    """Name the days that pictures of a round mark: when its money is wanted, where the file says so, and its last.

    Examples
    --------
    >>> import abm
    >>> marked_days(abm.load_scenario("three-investors"))
    {'deadline': datetime.date(2025, 12, 31)}
    """
    terms = scenario.round
    wanted = {"wanted by": terms.due} if terms.due is not None else {}
    return wanted | {last_day(scenario).name: terms.deadline}


def arrives(scenario: Tables, date: Callable[[dt.date], str] = str) -> str:
    """Say by when the money of a round is to come, as a question ends.

    Examples
    --------
    >>> import abm
    >>> arrives(abm.load_scenario("three-investors"))
    'by 2025-12-31'
    """
    terms, until = scenario.round, date(scenario.round.deadline)
    words = f"by {until}" if last_day(scenario) is DEADLINE else f"in the end (watched until {until})"
    return words + (f", which is wanted by {date(terms.due)}" if terms.due is not None else "")


def time_given(scenario: Tables, date: Callable[[dt.date], str] = str) -> str:
    """Say how long a round has for its money, as it follows the amount.

    Examples
    --------
    >>> import abm
    >>> time_given(abm.load_scenario("three-investors"))
    ' until 2025-12-31'
    """
    terms, until = scenario.round, date(scenario.round.deadline)
    wanted = f", wanted by {date(terms.due)}" if terms.due is not None else ""
    if last_day(scenario) is DEADLINE:
        return f"{wanted}{',' if wanted else ''} until {until}"
    return f"{wanted}, watched until {until}"
