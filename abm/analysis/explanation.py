"""Explanation: what ``abm explain`` gathers about one run, its story and its nearest twin."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from abm.analysis.choosing import choose
from abm.analysis.story import Story, tell_story
from abm.analysis.twin import Twin, nearest_twin
from abm.core.arguments import checked
from abm.core.notebook import Printed
from abm.scenario import Scenario


@dataclass(frozen=True, repr=False)
class Explained(Printed):
    """A run, told, and the nearest twin that ends the other way (None: no single change would do)."""

    scenario: Scenario
    story: Story
    twin: Twin | None

    def __str__(self) -> str:
        """Tell the run, and what would have turned its ending."""
        return f"{self.story}\n\n{self._turned()}"

    def _repr_html_(self) -> str:
        return f"{self.story._repr_html_()}<p>{escape(self._turned())}</p>"

    def _turned(self) -> str:
        return (
            str(self.twin) if self.twin else "No single change of a lever or a condition would have turned the ending."
        )


@checked
def explained(
    scenario: Scenario, seed: int, which: int | str, runs: int = 2_000, *, central: bool = False
) -> Explained:
    """Tell a run by its number, or a typical one: ``"typical"``, ``"failed"``, ``"closed"``.

    Raises
    ------
    ValueError
        Where there is no such run among ``runs``.
    """
    if isinstance(which, str):
        choice = choose(scenario, seed, which, runs, central=central)  # type: ignore[arg-type]
        run, why = choice.run, choice.why
    else:
        run, why = which, ""
    story = tell_story(scenario, seed, run, why, central=central)
    return Explained(scenario, story, nearest_twin(scenario, seed, run, central=central))
