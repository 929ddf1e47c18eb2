"""Loading: the scenario that a command names, with what --set changes about it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from abm.core.errors import Refusal

if TYPE_CHECKING:
    from abm.scenario import Scenario

Central = Annotated[bool, typer.Option("--central", help="Keep every number with a range at its value; draw none.")]


def _known_way(sampling: str) -> str:
    """Refuse a way of drawing that there is not."""
    if sampling not in ("random", "sobol"):
        raise Refusal(f"--sampling: expected random or sobol, got {sampling!r}")
    return sampling


Sampling = Annotated[
    str,
    typer.Option(
        callback=_known_way,
        help="random, or sobol: what decides most comes from Sobol' points, so that fewer runs tell as much.",
    ),
]


def load_changed(source: str, settings: list[str] | None) -> Scenario:
    """Load a scenario and change it, as :func:`changed_by` does."""
    from abm.scenario import load_scenario

    return changed_by(load_scenario(source), settings)


def changed_by(scenario: Scenario, settings: list[str] | None) -> Scenario:
    """Change a scenario; on stderr stands what the change left behind."""
    from abm.scenario import parse_setting

    if not settings:
        return scenario
    changed = scenario.with_values(dict(map(parse_setting, settings)))
    say_left_behind(changed, scenario, scenario.file)
    return changed


def say_left_behind(changed: Scenario, before: Scenario, name: str) -> None:
    """Say on stderr who still waits for a deadline that was moved."""
    from abm.scenario.checks import left_behind

    if said := left_behind(changed, before):
        print(f"{name}: note: {said}", file=sys.stderr)
