"""A sentence of a story, with the events it stands on."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True)
class Sentence:
    """One sentence of a story.

    Attributes
    ----------
    day, date
        When the last of its events happened [days after as_of].
    text
        The sentence, or two.
    who
        Ids of those it is about.
    events
        Places of its events in the trace, in order, at least one.
    closing
        Whether it belongs to the summary at the end.
    """

    day: float
    date: dt.date
    text: str
    who: tuple[str, ...]
    events: tuple[int, ...]
    closing: bool = False
