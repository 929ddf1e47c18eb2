"""Kinds of levers, in the order in which they are listed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from abm.analysis.lever import Lever, offer, parties
from abm.scenario import Scenario

#: What can be pulled, in the order of the list; one function a kind.
KINDS: tuple[Callable[[Scenario], Iterator[Lever]], ...] = (
    offer.price, offer.ladder, offer.preference, offer.extension, offer.deadline, offer.target, offer.minimum,
    offer.escrow, parties.sweetener, parties.fallback, parties.paper, parties.start, parties.speed, parties.burn,
    parties.credit, parties.bind, parties.conditions, parties.consent,
)  # fmt: skip
