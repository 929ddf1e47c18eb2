"""Sections of the report, in order; what stands unfolded and what gives reasons have files of their own."""

from __future__ import annotations

from collections.abc import Callable

from abm.analysis.dossier import Dossier
from abm.analysis.incidence import time_to_close
from abm.core.version import VERSION
from abm.plots.incidence import incidence as incidence_figure
from abm.report.left_out import what_is_left_out
from abm.report.opening import answer, deal, doubt, figure_of, three_findings
from abm.report.page import PageSection, picture
from abm.report.quoting import around, percent
from abm.report.reasons import levers, pivotal_parties, what_drives, worlds
from abm.report.story_page import story_context
from abm.report.study_text import pictures_of, points_table, question_of
from abm.runs.terms import CAUSE_WORDS, GRADE_WORDS
from abm.scenario.round_end import marked_days
from abm.scenario.sources import provenance

_MOST_POINTS = 30  # of a study in a table


def sections_of(dossier: Dossier, command: str) -> list[PageSection]:
    """Every section that the dossier has something to say in, in the order of the report."""
    shown = [build(dossier) for build in _SHOWN]
    folded = [*(build(dossier) for build in _FOLDED), _again(dossier, command)]
    for section in folded:
        if section is not None:
            section.folded = True
    return [section for section in (*shown, *folded) if section is not None]


def causes(dossier: Dossier) -> PageSection:
    """When it closes, why and when it fails."""
    section, scenario, outcomes = (
        PageSection("causes", "When it closes, and why it fails"),
        dossier.scenario,
        dossier.outcomes,
    )
    found = outcomes.causes()
    if outcomes.batch.rows["closed"].any():
        middle = time_to_close(outcomes, [0.05, 0.5, 0.95])
        section.add_text(f"If it closes, it does so {around(*(f'{day:%-d %B %Y}' for day in middle['date']))}.")
    section.add_picture(picture(
        incidence_figure, "Share of runs that have closed or failed, by cause, over time",
        "A round ends of one cause only. What is white is still open.", dossier.incidence,
        words={"closed": "closed", **CAUSE_WORDS}, days=marked_days(scenario),
    ))  # fmt: skip
    rows = [(CAUSE_WORDS[cause], percent(chance.p, chance.low, chance.high)) for cause, chance in found.items()]
    if rows:
        section.add_table(
            ("First cause: the link whose repair would bring most of the missing money", "Of all runs"), rows, (1,)
        )
    section.add_picture(
        figure_of(dossier, "book", "Money committed and paid over the weeks, and the days of the consents")
    )
    return section


def points(dossier: Dossier) -> PageSection | None:
    """What a study asked of which the points are no worlds."""
    study = dossier.asked
    if study is None:
        return None
    section, frame = PageSection("points", "What the study asked"), study.points()
    section.add_text(question_of(study))
    for shown in pictures_of(study):
        caption = f"{shown.title}, 95 % intervals."
        section.add_picture(picture(shown.draw, shown.title, caption, *shown.given, **shown.named))
    table = points_table(study, frame.head(_MOST_POINTS))
    rows = [[f"{cell:.4g}" if isinstance(cell, float) else str(cell) for cell in row] for row in table.to_numpy()]
    section.add_table(list(table.columns), rows)
    if len(frame) > _MOST_POINTS:
        section.add_text(f"The first {_MOST_POINTS} of {len(frame):,} points.", kind="small")
    return section


def stories(dossier: Dossier) -> PageSection | None:
    """One failed and one closed run."""
    if not dossier.stories:
        return None
    section = PageSection("stories", "Two runs, told" if len(dossier.stories) > 1 else "A run, told")
    section.add_text(
        "Single runs of the simulation, rebuilt exactly. They are examples of how it may go, not forecasts."
    )
    for explained in dossier.stories:
        ended = "closes" if explained.story.ending == "closed" else "fails"
        section.add_text(f"How it {ended}: run {explained.story.run}", kind="head")
        section.add_story(story_context(explained))
    return section


def company(dossier: Dossier) -> PageSection | None:
    """How long the cash lasts."""
    firm = dossier.scenario.company
    if firm is None or not firm.spends:
        return None
    section, outcomes = PageSection("company", f"How long the cash of {firm.name} lasts"), dossier.outcomes
    weeks, chance = int(dossier.scenario.horizon_weeks), outcomes.probability("survived")
    section.add_text(
        f"{firm.name} pays its bills for {weeks} weeks with probability {chance}, with no money but what the file "
        "names."
    )
    rows = [
        (words, str(survival))
        for closed, words in ((True, "after a closing"), (False, "after a failure"))
        if (survival := outcomes.totals.survival(closed)).runs
    ]
    section.add_table(("", "Survives"), rows)
    section.add_picture(figure_of(dossier, "cash", "Cash over the horizon and the share of runs in default"))
    return section


def sources(dossier: Dossier) -> PageSection:
    """Where every number comes from."""
    section, rows = PageSection("sources", "Where every number comes from"), provenance(dossier.scenario)
    drawn = dossier.outcomes.drawn
    used = "Each world of the answer draws those with a range from" if drawn else "Every run used"
    section.add_text(
        f"{len(rows)} numbers stand in the file. {used} the values below; what is not listed has the default "
        "of docs/parameters.md. “Judgement” and “assumption” mean that somebody has chosen the number."
    )
    section.add_table(
        ("Parameter", "Value", "Range", "Unit", "Grade", "Source"),
        [(row.parameter, row.value, row.range, row.unit, GRADE_WORDS[row.grade].one, row.source) for row in rows],
        style="sources",
    )
    return section


def _again(dossier: Dossier, command: str) -> PageSection:
    """How to get the same numbers again."""
    section, scenario = PageSection("again", "How to get this report again"), dossier.scenario
    section.add_text(command, kind="code")
    section.add_table(("", ""), [
        ("Scenario", f"{scenario.id} (SHA-256 of all that decides a result: {scenario.digest[:16]}…)"),
        ("abm", VERSION),
        ("Seed", str(dossier.seed)),
        *((("Runs over what nobody knows", f"{dossier.outcomes.runs:,}"),) if dossier.outcomes.drawn else ()),
        ("Runs at the central values", f"{(dossier.central or dossier.outcomes).runs:,}"),
        *((("Draws of uncertain numbers", f"{len(dossier.worlds.design):,}"),) if dossier.worlds is not None else ()),
    ])  # fmt: skip
    section.add_text(
        "The same seed gives the same numbers on any machine. The model and what it leaves out: docs/model.md."
    )
    return section


_Build = Callable[[Dossier], PageSection | None]
_SHOWN: tuple[_Build, ...] = (deal, answer, three_findings, what_is_left_out)
_FOLDED: tuple[_Build, ...] = (
    points, doubt, causes, pivotal_parties, what_drives, worlds, levers, company, stories, sources,
)  # fmt: skip
