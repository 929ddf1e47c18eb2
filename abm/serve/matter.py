"""Matter: which controls move the answer most for this scenario, each from one end to the other under the same luck."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from abm.core.errors import ScenarioError
from abm.core.plain import plain
from abm.runs.simulation import simulate
from abm.scenario import Scenario
from abm.serve.controls import Control
from abm.serve.position import Position

RUNS = 400  # of each end: shares to about five points, and differences under the same luck to less


class Effect(NamedTuple):
    """What a control does to the probability of closing: the least and the most that it leads to [-]."""

    path: str
    low: float
    high: float

    @property
    def width(self) -> float:
        """From the one to the other [-]."""
        return self.high - self.low


def effects_of(scenario: Scenario, controls: list[Control], goes_on: Callable[[], bool] = lambda: True) -> list[Effect]:
    """Move one control at a time from end to end, at the central values of the others; the one that moves most first.

    Parameters
    ----------
    scenario, controls
        The scenario as the page opened it, and what of it can be moved; what the file leaves out is not tried.
    goes_on
        Asked before every control; once it is False, the rest are left out.

    Examples
    --------
    >>> import abm
    >>> from abm.serve.controls import controls_of
    >>> scenario = abm.load_scenario("three-investors")
    >>> found = effects_of(scenario, [one for one in controls_of(scenario) if one.path.startswith("gatekeepers")])
    >>> found[0].path, found[0].low < 0.2 < 0.5 < found[0].high
    ('gatekeepers.restructuring', True)
    """
    before, found = _chance(scenario, ()), []
    for control in controls:
        if not goes_on():
            break
        if not control.left_out:
            ends = [chance for value in _ends(control) if (chance := _tried(scenario, control.path, value)) is not None]
            found.append(Effect(control.path, min([before, *ends]), max([before, *ends])))
    return sorted(found, key=lambda effect: -effect.width)


def _ends(control: Control) -> list[str]:
    """Both ends of a slider, the other words, the other truth; a date is not tried."""
    if control.kind == "number":
        return [plain(control.low), plain(control.high)]
    if control.kind == "words":
        return [word for word, _ in control.words if word != control.value]
    return [str(not control.value).lower()] if control.kind == "flag" else []


def _tried(scenario: Scenario, path: str, value: str) -> float | None:
    try:
        return _chance(scenario, (f"{path}={value}",))
    except ScenarioError:  # an end that cannot be
        return None


def _chance(scenario: Scenario, settings: tuple[str, ...]) -> float:
    found: Any = simulate(Position(settings).of(scenario), RUNS, central=True, keep="totals")
    return float(found.probability("closed").p)
