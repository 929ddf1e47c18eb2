"""A lever: how far it is pulled, the changed keys of the scenario which that makes, and what it costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Changes = dict[str, Any]


@dataclass(frozen=True)
class Lever:
    """Something that can be changed about a round, as far as one likes.

    Attributes
    ----------
    id
        Its kind, and whom it concerns: ``"price"``, ``"conditions.lead"``.
    unit, standard, largest
        Unit of its size, a usual step, and the most; a switch has the sizes 0 and 1 alone.
    says
        What it does at a size, as a clause.
    sets
        The changes of a size above 0, as :meth:`abm.Scenario.with_values` takes them.
    costs, cost_unit, counted
        What a size costs, in which unit, and what is counted.
    switch
        Whether it is pulled or not, and nothing between.
    who
        Id of the investor or gatekeeper that it concerns; empty: the company.
    """

    id: str
    unit: str
    standard: float
    largest: float
    says: Callable[[float], str]
    sets: Callable[[float], Changes]
    costs: Callable[[float], float]
    cost_unit: str
    counted: str
    switch: bool = False
    who: str = ""

    @property
    def words(self) -> str:
        """What its standard size does."""
        return self.says(self.standard)

    def changes(self, size: float | None = None) -> Changes:
        """Return the changes of a size, by default the standard one; none at size 0.

        Raises
        ------
        ValueError
            Where the size is below 0 or above the largest.
        """
        size = self._checked(size)
        return self.sets(size) if size > 0 else {}

    def cost(self, size: float | None = None) -> float:
        """Return what a size costs, by default the standard one, in :attr:`cost_unit`."""
        return self.costs(self._checked(size))

    def _checked(self, size: float | None) -> float:
        size = self.standard if size is None else size
        if not 0 <= size <= self.largest or (self.switch and size not in (0, 1)):
            sizes = "0 or 1" if self.switch else f"from 0 to {self.largest:g}"
            raise ValueError(f"expected a size {sizes} [{self.unit}] for the lever '{self.id}', got {size:g}")
        return size


def switch(name: str, who: str, words: str, changes: Changes, cost: float, unit: str, counted: str) -> Lever:
    """Return a lever that is pulled or not."""
    return Lever(name, "-", 1.0, 1.0, lambda _: words, lambda _: changes, lambda x: cost * x, unit, counted, True, who)
