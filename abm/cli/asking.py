"""Asking: what a command wants to know of a round, read from --by and --event."""

from __future__ import annotations

import datetime as dt
import sys
from typing import TYPE_CHECKING

from abm.core.errors import Refusal

if TYPE_CHECKING:
    from abm.report.answer import Asked
    from abm.scenario import Scenario


def question_of(scenario: Scenario, by: str | None, event: str | None, command: str) -> Asked:
    """Read what is asked: that the round closes, that it does by a day, or an event of one's own."""
    from abm.report.answer import Asked, last_closing_of

    if by is not None and event is not None:
        raise Refusal(
            "--by: expected none with --event, which may say it itself, such as 'closed and closed_day <= 90'"
        )
    if event is not None and event != "closed":
        _check_event(scenario, event)
        return Asked(event, f"“{event}” comes", command)
    if by is None:
        return Asked(command=command)
    last = scenario.date(7 * scenario.horizon_weeks)
    try:
        date = dt.date.fromisoformat(by)
    except ValueError:
        date = None
    if date is None or not scenario.as_of < date <= last:
        raise Refusal(f"--by: expected a date after {scenario.as_of}, at the latest {last}, got {by!r}")
    if date > (last_closing := last_closing_of(scenario)):
        print(f"abm: --by {date}: nothing closes after {last_closing}, so a later day changes nothing", file=sys.stderr)
    return Asked(f"closed and closed_day <= {scenario.day(date)}", f"The round closes by {date}", command)


def _check_event(scenario: Scenario, event: str) -> None:
    """Refuse an event that cannot be counted run by run."""
    from abm.runs.columns import check_event, columns_of

    try:
        check_event(event, columns_of(scenario))
    except ValueError as error:
        raise Refusal(f"--event: {error}") from None
