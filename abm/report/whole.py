"""The whole report: its few numbers, the answer in short, and all sections on one page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from abm.analysis.dossier import Dossier
from abm.report.page import write_page
from abm.report.reasons import leaders, world_words
from abm.report.sections import sections_of
from abm.runs.terms import CAUSE_WORDS
from abm.scenario.labels import label


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
        question=f"As of {scenario.as_of:%-d %B %Y}: does new money of USD {float(terms.target_bn):g} billion arrive "
        f"by {terms.deadline:%-d %B %Y}?",
        numbers=list(_numbers(dossier)),
        short=list(in_short(dossier)),
        sections=sections_of(dossier, command),
        origin="The names of investors stand for assumptions about them, with the sources given, not for anything they "
        "have said. Events that the scenario does not name cannot happen in it.",
    )


def _numbers(dossier: Dossier) -> Iterator[dict[str, str]]:
    """The few numbers that stand at the top."""
    outcomes = dossier.outcomes
    chance, money = outcomes.probability("closed"), outcomes.totals.quantiles("funded_bn")["mean"]
    yield {
        "number": f"{chance.p:.0%}",
        "words": f"is the probability of closing at the central values ({chance.low:.1%} to {chance.high:.1%}: Monte "
        f"Carlo error, {chance.runs:,} runs, seed {chance.seed})",
    }
    if dossier.worlds is not None:
        layers = dossier.worlds.layers()
        yield {
            "number": f"{layers.quantiles['p05']:.0%} to {layers.quantiles['p95']:.0%}",
            "words": f"holds it in nine of ten draws of what nobody knows ({layers.points:,} draws, mean "
            f"{layers.mean:.0%})",
        }
    target = float(dossier.scenario.round.target_bn)
    yield {"number": f"USD {money:.1f} bn", "words": f"is paid by the deadline on average, of {target:g} wanted"}
    if dossier.scenario.company is not None:
        survived, weeks = outcomes.probability("survived"), int(dossier.scenario.horizon_weeks)
        name = dossier.scenario.company.name
        yield {
            "number": f"{survived.p:.0%}",
            "words": f"is the probability that {name} pays its bills for {weeks} weeks with no money but what the "
            f"file names ({survived.low:.1%} to {survived.high:.1%})",
        }


def in_short(dossier: Dossier) -> Iterator[str]:
    """The report in a few sentences: why, who, what drives it, what would change it, in which worlds."""
    causes = dossier.outcomes.causes()
    if causes:
        cause, chance = next(iter(causes.items()))
        share = chance.p / sum(share.p for share in causes.values())
        yield f"Why it fails: most often {CAUSE_WORDS[cause]} ({share:.0%} of the failures)."
    if dossier.pivotal is not None and len(dossier.pivotal.table):
        yield f"Who decides: {leaders(dossier.pivotal).removeprefix('The ')}"
    if dossier.information is not None:
        top = dossier.information.frame.iloc[0]
        yield (
            f"What drives it: “{label(dossier.scenario, top['path'])}” more than any other uncertain number; learning "
            f"it would move the probability by {100 * top['shift']:.0f} points on average."
        )
    taken = dossier.gains[dossier.gains["refused"] == ""]
    if len(taken) and taken.iloc[0]["low"] > 0:
        best = taken.iloc[0]
        points = 100 * best["change"]
        yield f"What would change it: most of all if {best['words']}, {points:+.0f} points under the same luck."
    if dossier.discovery is not None and dossier.discovery.better:
        yield f"In which worlds: it {world_words(dossier)}."
