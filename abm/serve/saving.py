"""Saving: a position as a scenario file, as figures, or as the whole report."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

from abm.core.errors import Refusal
from abm.scenario import Scenario
from abm.serve.position import Position

PICTURES = ("book", "funded", "causes", "cash", "payers")


class SavedFile(NamedTuple):
    """A file as it goes to the browser: its name, what kind it is, and its bytes."""

    name: str
    kind: str
    content: bytes


def saved(base: Scenario, source: str, position: Position, what: str) -> SavedFile:
    """Make a file of a position.

    Parameters
    ----------
    base, source, position
        The scenario as the page opened it, what it is called, and what is asked of it.
    what
        ``scenario.toml``, ``report.html``, or a picture such as ``book.png`` or ``book.svg``.

    Raises
    ------
    Refusal
        Where there is no such file.

    Examples
    --------
    >>> import abm
    >>> base = abm.load_scenario("three-investors")
    >>> made = saved(base, "three-investors", Position(("round.target_bn=6",)), "scenario.toml")
    >>> made.name, made.content[:10]
    ('three-investors.toml', b'format = 1')
    """
    scenario = position.of(base)
    with tempfile.TemporaryDirectory() as scratch:
        folder, (name, _, ending) = Path(scratch), what.rpartition(".")
        if what == "scenario.toml":
            scenario.save(folder / what)
            return SavedFile(f"{scenario.id}.toml", "application/toml", (folder / what).read_bytes())
        if what == "report.html":
            return SavedFile(f"{scenario.id}.html", "text/html", _report(scenario, source, position, folder / what))
        if name in PICTURES and ending in ("png", "svg"):
            kind = "image/png" if ending == "png" else "image/svg+xml"
            return SavedFile(f"{scenario.id}-{what}", kind, _picture(scenario, position, folder, name, ending))
    raise Refusal("save: expected scenario.toml, report.html or a picture such as book.png")


def _picture(scenario: Scenario, position: Position, folder: Path, name: str, ending: str) -> bytes:
    """The figure that ``abm run --out`` writes."""
    from abm.plots import save_figures
    from abm.report.files import FIGURE_RUNS
    from abm.runs.simulation import simulate

    outcomes = simulate(scenario, min(position.runs, FIGURE_RUNS), position.seed, central=position.central)
    written = save_figures(outcomes, folder, [name])
    if not written:
        raise Refusal(f"save: the scenario has nothing that the picture {name} could show")
    return (folder / f"{name}.{ending}").read_bytes()


def _report(scenario: Scenario, source: str, position: Position, path: Path) -> bytes:
    """The report that ``abm report --quick`` writes."""
    import shlex

    from abm.analysis.dossier import Effort, investigate
    from abm.report.whole import write_report

    words = ["abm", "report", source, "--quick", "--seed", str(position.seed)]
    command = shlex.join([*words, *(word for one in position.settings for word in ("--set", one))])
    return write_report(investigate(scenario, position.seed, Effort().scaled(0.1)), path, command).read_bytes()
