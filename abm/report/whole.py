"""The whole report: all sections on one page."""

from __future__ import annotations

from pathlib import Path

from abm.analysis.dossier import Dossier
from abm.analysis.prose.phrases import date
from abm.core.plain import plain
from abm.report.page import write_page
from abm.report.sections import sections_of
from abm.scenario.round_end import arrives


def write_report(dossier: Dossier, path: str | Path, command: str) -> Path:
    """Write a dossier as one self-contained page.

    Raises
    ------
    OSError
        Where it cannot be written.
    """
    scenario = dossier.scenario
    return write_page(
        "report.html.j2",
        path,
        title=scenario.title,
        question=f"As of {scenario.as_of:%-d %B %Y}: does new money of USD {plain(scenario.round.target_bn)} billion "
        f"arrive {arrives(scenario, date)}?",
        sections=sections_of(dossier, command),
        origin="The names of investors stand for assumptions about them, with the sources given, not for anything they "
        "have said. Events that the scenario does not name cannot happen in it.",
    )
