"""Trace: the story of one run, event by event."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, NamedTuple

from abm.core.notebook import Printed, table_html
from abm.core.plain import plain

if TYPE_CHECKING:
    import pandas as pd


class Event(NamedTuple):
    """Something that happened in a run: when, to whom, what, why, and how much money was in it."""

    day: float
    date: dt.date
    who: str
    what: str
    why: str
    amount_bn: float


class Trace(Printed, tuple[Event, ...]):
    """The story of one run, in order of time.

    Examples
    --------
    >>> event = Event(156.0, dt.date(2025, 12, 31), "lead", "paid", "its conditions held", 6.0)
    >>> print(Trace([event]))
    2025-12-31  lead            paid 6 bn: its conditions held
    """

    def to_frame(self) -> pd.DataFrame:
        """Return the events as a pandas frame, one row an event."""
        import pandas as pd

        return pd.DataFrame(list(self), columns=list(Event._fields))

    def __str__(self) -> str:
        """Tell the story, a line an event."""
        return "\n".join(
            f"{event.date}  {event.who:<15} {event.what}"
            + (f" {plain(event.amount_bn)} bn" if event.amount_bn else "")
            + (f": {event.why}" if event.why else "")
            for event in self
        )

    def _repr_html_(self) -> str:
        rows = [
            (event.date, event.who, event.what, plain(event.amount_bn) if event.amount_bn else "", event.why)
            for event in self
        ]
        return table_html(f"{len(self)} events", rows, ("date", "who", "what", "USD bn", "why"))
