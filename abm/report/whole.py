"""The whole report: all sections on one page."""

from __future__ import annotations

from pathlib import Path

from abm.analysis.dossier import Dossier
from abm.core.plain import plain
from abm.report.page import write_page
from abm.report.sections import sections_of


def write_report(dossier: Dossier, path: str | Path, command: str) -> Path:
    """Write a dossier as one self-contained page.

    Raises
    ------
    OSError
        Where it cannot be written.
    """
    scenario = dossier.scenario
    terms = scenario.round
    return write_page(
        "report.html.j2",
        path,
        title=scenario.title,
        question=f"As of {scenario.as_of:%-d %B %Y}: does new money of USD {plain(terms.target_bn)} billion arrive "
        f"by {terms.deadline:%-d %B %Y}?",
        sections=sections_of(dossier, command),
        origin="The names of investors stand for assumptions about them, with the sources given, not for anything they "
        "have said. Events that the scenario does not name cannot happen in it.",
    )
