"""Schedule: the week, in order. Both engines are built from this list."""

from __future__ import annotations

from abm.core.jit import rule

DAYS = 7.0

#: Length of a week in years, as every rate reads it.
YEARS = DAYS / 365.0

#: The phases of a week (docs/model.md 2.3 says what each reads and writes, and why in this order).
PHASES = (
    "environment",  # nature moves first: sentiment, shocks, value, talent
    "gatekeepers",  # consents of this week count in this week's closing
    "operations",  # what the company will have to pay this week
    "company_policy",  # costs, price, listing: investors answer to posted terms
    "information",  # diligence, news, and last week's commitments
    "withdrawals",  # second thoughts before new signatures
    "decisions",  # simultaneous: everybody has read last week's book
    "publish_book",  # what everybody will read next week
    "closing",  # the one place where conditions bind
    "settlement",  # who pays, how much, for which shares
    "expiry",  # the deadline: extension, fallbacks, a last closing
    "liquidity",  # bills are paid after all money of the week is in
    "record",
)


@rule
def day_after(week: int) -> float:
    """Last day of a week, whatever the deadline [days after as_of].

    Examples
    --------
    >>> day_after(2)
    14.0
    """
    return week * DAYS


@rule
def weeks_into(week: int, span: int) -> int:
    """How far a week, counted from 1, is into its span of weeks.

    Examples
    --------
    >>> weeks_into(1, 24), weeks_into(24, 24), weeks_into(25, 24)
    (0, 23, 0)
    """
    return (week - 1) % span


@rule
def place_of_week(run: int, week: int, weeks: int) -> int:
    """Where a week, counted from 1, stands where runs of so many weeks lie one after the other.

    Examples
    --------
    >>> place_of_week(0, 1, 52), place_of_week(2, 1, 52)
    (0, 104)
    """
    return run * weeks + week - 1


@rule
def week_end(week: int, deadline_day: float) -> float:
    """Last day of a week [days after as_of]; the week that contains the deadline is cut there.

    Examples
    --------
    >>> week_end(22, 156.0), week_end(23, 156.0), week_end(24, 156.0)
    (154.0, 156.0, 168.0)
    """
    end = day_after(week)
    return deadline_day if end - DAYS < deadline_day <= end else end
