"""Sections of the report: what each part of a dossier says, in the words of the field."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from math import isnan
from typing import Any

from abm.analysis.dossier import Dossier, leaf_name
from abm.analysis.drivers import leaning_words
from abm.analysis.incidence import time_to_close
from abm.analysis.pivotal import Pivotal
from abm.core.version import VERSION
from abm.plots import FIGURES
from abm.plots.discovery import trajectory
from abm.plots.drivers import screening
from abm.plots.incidence import incidence as incidence_figure
from abm.plots.information import information as information_figure
from abm.plots.levers import gains as gains_figure
from abm.plots.levers import regrets
from abm.plots.pivotal import shares, together
from abm.plots.sweeps import over_worlds
from abm.report.page import SectionOf, inlined, picture
from abm.report.story_page import story_context
from abm.report.study_text import asked, pictures_of, points_table
from abm.runs.terms import CAUSE_WORDS, GRADE_WORDS
from abm.scenario.labels import label, limit_words
from abm.scenario.sources import provenance

_TOP = 10  # rows of a table in the text
_NEAR = 6  # players that are named together
_MOST_POINTS = 30  # of a study in a table
_FEW_WORLDS = 64  # with fewer, their halves are too small for a box
_APART = 1.5  # times the whole, or its part, that losses one by one must add up to before it is worth a word


def sections_of(dossier: Dossier, command: str) -> list[SectionOf]:
    """Every section that the dossier has something to say in, in the order of the report."""
    made = [build(dossier) for build in _SECTIONS]
    return [*(section for section in made if section is not None), _again(dossier, command)]


def _rows(frame: Any) -> list[Any]:
    return list(frame.itertuples())


def _points(value: float, low: float, high: float) -> str:
    return f"{100 * value:+.1f} {_together(f'({100 * low:+.1f} to {100 * high:+.1f})')}"


def _percent(value: float, low: float, high: float) -> str:
    return f"{value:.1%} {_together(f'({low:.1%} to {high:.1%})')}"


def _together(words: str) -> str:
    """Keep words on one line."""
    return words.replace(" ", "\N{NO-BREAK SPACE}")


def answer(dossier: Dossier) -> SectionOf:
    """How likely, for how much, when."""
    outcomes, section = dossier.outcomes, SectionOf("answer", "The answer")
    chance, funded = outcomes.probability("closed"), outcomes.totals.quantiles("funded_bn")
    section.say(
        f"The round closes with probability {chance}. That interval is Monte Carlo error alone: it says how well the "
        "answer of the model is known at the central values of the file, not how well the world is.",
        _of_worlds(dossier),
    )
    if dossier.worlds is not None:
        frame = dossier.worlds.points()
        section.show(picture(
            over_worlds, "Distribution of the probability of closing over draws of what nobody knows",
            "Each draw sets every uncertain number within its range; the band is the Monte Carlo error of each.",
            frame, central=chance.p,
        ))  # fmt: skip
    section.say(
        f"Money paid by the deadline: USD {funded['mean']:.1f} billion on average of "
        f"{float(dossier.scenario.round.target_bn):g} wanted; nine times in ten from {funded['p05']:.1f} to "
        f"{funded['p95']:.1f}."
    )
    section.show(_figure(dossier, "funded", "Distribution of the money paid by the deadline"))
    return section


def _of_worlds(dossier: Dossier) -> str:
    if dossier.worlds is None:
        return "No number of the file has a range, so nothing can be said about what the world leaves open."
    layers = dossier.worlds.layers()
    q = layers.quantiles
    return (
        f"What the world leaves open is a different thing, and larger: over {layers.points:,} draws of the uncertain "
        f"numbers the probability is {layers.mean:.0%} on average, in half of them between {q['p25']:.0%} and "
        f"{q['p75']:.0%}, in nine of ten between {q['p05']:.0%} and {q['p95']:.0%}. Without Monte Carlo noise the "
        f"standard deviation over the draws is at least {100 * layers.spread:.1f} points; the Monte Carlo error of "
        f"their mean is at most {100 * layers.error:.1f} points."
    )


def _figure(dossier: Dossier, name: str, alt: str) -> Any:
    from abm.plots.theme import styled

    with styled():
        return inlined(FIGURES[name](dossier.outcomes), alt)


def causes(dossier: Dossier) -> SectionOf:
    """When it closes, why and when it fails."""
    section, scenario, outcomes = (
        SectionOf("causes", "When it closes, and why it fails"),
        dossier.scenario,
        dossier.outcomes,
    )
    found = outcomes.causes()
    if outcomes.batch.rows["closed"].any():
        middle = time_to_close(outcomes, [0.05, 0.5, 0.95])
        early, half, late = (f"{day:%-d %B %Y}" for day in middle["date"])
        section.say(f"Where it closes, it does so around {half}, nine times in ten from {early} to {late}.")
    section.show(picture(
        incidence_figure, "Share of runs that have closed or failed, by cause, over time",
        "A round ends of one cause only. What is white is still open.", dossier.incidence,
        words={"closed": "closed", **CAUSE_WORDS}, deadline=scenario.round.deadline,
    ))  # fmt: skip
    rows = [(CAUSE_WORDS[cause], _percent(one.p, one.low, one.high)) for cause, one in found.items()]
    if rows:
        section.tabulate(
            ("First cause: the link whose repair would bring most of the missing money", "Of all runs"), rows, (1,)
        )
    section.show(_figure(dossier, "book", "Money committed and paid over the weeks, and the days of the consents"))
    return section


def pivotal_parties(dossier: Dossier) -> SectionOf | None:
    """Whose part it is."""
    found = dossier.pivotal
    if found is None:
        return None
    section = SectionOf("pivotal", "Who is pivotal")
    names = dict(zip(found.table["player"], found.table["name"], strict=True))
    section.say(
        f"The probability of closing, shared out among all who bring it about: Shapley values, which add up to "
        f"{found.shared:.1%}. {leaders(found)}{_one_by_one(found)}",
    )
    height = 1.4 + 0.27 * min(14, len(found.table))
    section.show(
        picture(shares, "Shapley values with leave-one-out and bind-one", found.method, found.table, size=(7, height))
    )
    if dossier.pairs is not None and len(dossier.pairs):
        section.say(
            "Who needs whom, among the most important: above zero two need each other, below zero one stands in."
        )
        section.show(picture(
            together, "Pairs that matter together",
            "What two bring together beyond what each brings without the other [points]; all others are in.",
            dossier.pairs, names=names,
        ))  # fmt: skip
    rows = [
        (r.name_, _points(r.shapley, r.low, r.high), _points(r.leave_out, r.leave_out_low, r.leave_out_high),
         "" if isnan(r.bind) else _points(r.bind, r.bind_low, r.bind_high),
         "" if isnan(r.shubik) else f"{r.shubik:.0%}")
        for r in _rows(found.table.rename(columns={"name": "name_"}).head(_TOP))
    ]  # fmt: skip
    section.tabulate(
        ("", "Shapley value", "Lost if away", "Gained if certain", "Power by tickets alone"), rows, (1, 2, 3, 4)
    )
    section.say(
        "Points of probability with 95 % intervals. The last column is the Shapley-Shubik index of the book, which "
        "knows no conditions, prices or luck.",
        kind="small",
    )
    return section


def leaders(found: Pivotal) -> str:
    """Say who has the largest parts: all whose interval reaches that of the first."""
    table = found.table
    if not table["shapley"].any():
        return "No coalition closes in any run, so there is nothing to share out."
    near = _rows(table[table["high"] >= table["low"].iloc[0]].rename(columns={"name": "name_"}))[:_NEAR]
    parts = [f"“{r.name_}” {100 * r.shapley:.1f} points ({100 * r.low:.1f} to {100 * r.high:.1f})" for r in near]
    told = f"The largest part: {parts[0]}." if len(parts) == 1 else f"The largest parts: {', '.join(parts)}."
    return told + (" Their intervals overlap, so that their order is open." if len(parts) > 1 else "")


def _one_by_one(found: Pivotal) -> str:
    """Say how the losses one by one compare with the whole."""
    lost, whole = found.table["leave_out"].sum(), found.shared
    said = f" What is lost when one alone stays away adds up to {100 * lost:.0f} points"
    if lost > _APART * whole > 0:
        return f"{said}, far more than the whole, because every link of a chain can break it."
    if lost * _APART < whole:
        return f"{said}, far less than the whole, because others stand in."
    return ""


def what_drives(dossier: Dossier) -> SectionOf | None:
    """Which numbers move it, and which are worth knowing."""
    drivers, information = dossier.drivers, dossier.information
    if drivers is None or information is None:
        return None
    section, name = SectionOf("drivers", "What drives it, and what is worth knowing"), partial(label, dossier.scenario)
    names = {path: name(path) for path in {*drivers.table["path"], *information.frame["path"]}}
    section.say(
        "Each uncertain number was moved from end to end of its range, the others anywhere within theirs. "
        f"{leaning_words(drivers)}",
    )
    section.show(picture(
        screening, "Mean change of the probability over the range of each number",
        f"Morris screening: {drivers.points:,} points, {drivers.runs:,} runs of each under the same luck, seed "
        f"{drivers.seed}.",
        drivers.table, size=(7.4, 4.2), names=names,
    ))  # fmt: skip
    top = information.frame.iloc[0]
    section.say(
        f"Learning one number before deciding would move the probability most if it were “{names[top['path']]}”: by "
        f"{100 * top['shift']:.1f} points on average. For the plain decision whether to count on the round, no number "
        f"alone is worth more than {100 * information.frame['right'].max():.1f} points of being right; all of them "
        f"together would be worth {100 * information.everything['right']:.1f}.",
    )
    section.show(picture(
        information_figure, "How far learning each number would move the answer",
        f"Regression on {information.draws:,} draws, chance and Monte Carlo error taken out, 95 % intervals.",
        information.frame, size=(7.4, 4.0), words=names, together=information.everything["shift"],
    ))  # fmt: skip
    return section


def levers(dossier: Dossier) -> SectionOf:
    """What would change it, for what cost, and what is regretted least."""
    section, frame = SectionOf("levers", "What would change it"), dossier.gains
    taken = frame[frame["refused"] == ""]
    if not len(taken):
        section.say("The scenario leaves no lever to be pulled.")
        return section
    section.say("Each lever at its usual size, against the terms as they are, run by run under the same luck.")
    caption = f"{int(taken['runs'].iloc[0]):,} pairs of runs, seed {dossier.seed}; 95 % intervals."
    section.show(picture(gains_figure, "Gain in probability of each lever", caption, taken))
    company = dossier.scenario.company is not None
    rows = [
        (r.words, _points(r.change, r.low, r.high), f"{r.funded_change:+.2f}",
         *((f"{100 * r.survived_change:+.1f}",) if company else ()), f"{r.dilution_change:+.2f}", _cost(r))
        for r in _rows(taken.head(_TOP + 4))
    ]  # fmt: skip
    heads = (
        "Lever",
        "Closing [points]",
        "Money [USD bn]",
        *(("Survival [points]",) if company else ()),
        "Dilution [points]",
        "Cost",
    )
    section.tabulate(heads, rows, tuple(range(1, len(heads) - 1)))
    section.say(*_regret_words(dossier))
    if dossier.regret is not None:
        table, choice = dossier.regret.regret.sort_index(axis=1), dossier.regret.choice
        section.show(picture(regrets, "Regret of each lever in each group of worlds",
                             "Regret: points of probability below the best lever of that column.", table,
                             choice=choice, words=dossier.regret.words))  # fmt: skip
    return section


def _cost(row: Any) -> str:
    if not row.cost or isnan(row.cost):
        return "none counted"
    per = "" if isnan(row.per_cost) else f"; {100 * row.per_cost:+.2g} points each"
    return f"{row.cost:.3g} {row.cost_unit}{per}"


def _regret_words(dossier: Dossier) -> Iterator[str]:
    if dossier.regret is not None:
        yield (
            "If nobody knows which world is the true one: the choice whose largest regret is smallest is "
            f"{dossier.regret}. Regret counts the probability of closing alone, not what a lever costs."
        )


def worlds(dossier: Dossier) -> SectionOf | None:
    """In which worlds it closes."""
    found = dossier.discovery
    if found is None:
        return None
    section = SectionOf("worlds", "In which worlds it closes")
    box, outside = found.box, found.honest
    if found.better:
        section.say(f"It {world_words(dossier)}, which covers {box.coverage:.0%} of all closings.")
    else:
        hardly = "; half of so few worlds can hardly show it" if len(found.worlds) < _FEW_WORLDS else ""
        section.say(f"No few numbers were found within whose limits it closes more often in other worlds, too{hardly}.",
                    kind="note")  # fmt: skip
    section.say(
        f"Over all {len(found.worlds):,} worlds it closes in {found.base:.0%} of the runs. Rules that were found in "
        f"this way on half of the worlds have {outside.density:.0%} ({outside.low:.0%} to {outside.high:.0%}) on the "
        "other half."
    )
    shares = found.stability.groupby("path")["share"].max()
    stable = [f"“{label(dossier.scenario, one.path)}” {shares.get(one.path, 0.0):.0%}" for one in box.limits]
    if stable:
        section.say(f"How stable the rule is: in {found.resamples} resamples these numbers were limited again in "
                    f"{', '.join(stable)} of the cases.")  # fmt: skip
    section.show(picture(trajectory, "Coverage against density of the boxes on the way",
                         "Each step gives up some closings (coverage) for a higher share of them in the box (density).",
                         found.trajectory, found.box))  # fmt: skip
    _leaves(dossier, section)
    return section


def world_words(dossier: Dossier) -> str:
    """Say the rule that was found: in what share of the runs it closes, and within which limits."""
    if dossier.discovery is None or not dossier.discovery.box.limits:
        return ""
    box = dossier.discovery.box
    limits = [_limit(dossier, one) for one in box.limits]
    return f"closes in {box.density:.0%} of the runs of worlds where {'; and '.join(limits)}"


def _leaves(dossier: Dossier, section: SectionOf) -> None:
    """The worlds parted into a few kinds."""
    tree = dossier.tree
    if tree is None or len(tree.leaves) < 2:  # noqa: PLR2004, nothing is parted
        return
    section.say(
        "A tree over the same worlds parts them into kinds, within which the probability is as even as possible:"
    )
    rows = [
        (leaf_name(place)[-1], "; ".join(_limit(dossier, one) for one in leaf.limits), f"{leaf.density:.0%}",
         f"{leaf.support:.0%}", f"{leaf.coverage:.0%}")
        for place, leaf in enumerate(tree.leaves)
    ]  # fmt: skip
    heads = ("Worlds", "Where", "Closes in", "Of all worlds", "Of all closings")
    section.tabulate(heads, rows, (2, 3, 4), style="kinds")


def _limit(dossier: Dossier, one: Any) -> str:
    numbers = all(isinstance(end, int | float | None) for end in (one.low, one.high))
    if one.members is None and numbers:
        return limit_words(dossier.scenario, one.path, one.low, one.high)
    return str(one.text(partial(label, dossier.scenario)))


def points(dossier: Dossier) -> SectionOf | None:
    """What a study asked of which the points are no worlds."""
    study = dossier.asked
    if study is None:
        return None
    section, frame = SectionOf("points", "What the study asked"), study.points()
    section.say(asked(study))
    for one in pictures_of(study):
        section.show(picture(one.draw, one.title, f"{one.title}, 95 % intervals.", *one.given, **one.named))
    table = points_table(study, frame.head(_MOST_POINTS))
    rows = [[f"{cell:.4g}" if isinstance(cell, float) else str(cell) for cell in row] for row in table.to_numpy()]
    section.tabulate(list(table.columns), rows)
    if len(frame) > _MOST_POINTS:
        section.say(f"The first {_MOST_POINTS} of {len(frame):,} points.", kind="small")
    return section


def stories(dossier: Dossier) -> SectionOf | None:
    """One failed and one closed run."""
    if not dossier.stories:
        return None
    section = SectionOf("stories", "Two runs, told" if len(dossier.stories) > 1 else "A run, told")
    section.say("Single runs of the simulation, rebuilt exactly. They are examples of how it may go, not forecasts.")
    for told in dossier.stories:
        ended = "closes" if told.story.ending == "closed" else "fails"
        section.say(f"How it {ended}: run {told.story.run}", kind="head")
        section.tell(story_context(told))
    return section


def company(dossier: Dossier) -> SectionOf | None:
    """How long the cash lasts."""
    firm = dossier.scenario.company
    if firm is None:
        return None
    section, outcomes = SectionOf("company", f"How long the cash of {firm.name} lasts"), dossier.outcomes
    weeks, chance = int(dossier.scenario.horizon_weeks), outcomes.probability("survived")
    section.say(
        f"{firm.name} pays its bills for {weeks} weeks with probability {chance}, with no money but what the file "
        "names."
    )
    rows = [
        (words, str(one))
        for closed, words in ((True, "after a closing"), (False, "after a failure"))
        if (one := outcomes.totals.survival(closed)).runs
    ]
    section.tabulate(("", "Survives"), rows)
    section.show(_figure(dossier, "cash", "Cash over the horizon and the share of runs in default"))
    return section


def sources(dossier: Dossier) -> SectionOf:
    """Where every number comes from."""
    section, rows = SectionOf("sources", "Where every number comes from"), provenance(dossier.scenario)
    section.say(
        f"{len(rows)} numbers stand in the file. Every run used the values below; what is not listed has the default "
        "of docs/parameters.md. “Judgement” and “assumption” mean that somebody has chosen the number."
    )
    section.tabulate(
        ("Parameter", "Value", "Range", "Unit", "Grade", "Source"),
        [(row.parameter, row.value, row.range, row.unit, GRADE_WORDS[row.grade].one, row.source) for row in rows],
        style="sources",
    )
    return section


def _again(dossier: Dossier, command: str) -> SectionOf:
    """How to get the same numbers again."""
    section, scenario = SectionOf("again", "How to get this report again"), dossier.scenario
    section.say(command, kind="code")
    section.tabulate(("", ""), [
        ("Scenario", f"{scenario.id} (SHA-256 of all that decides a result: {scenario.digest[:16]}…)"),
        ("abm", VERSION),
        ("Seed", str(dossier.seed)),
        ("Runs at the central values", f"{dossier.outcomes.runs:,}"),
        *((("Draws of what nobody knows", f"{len(dossier.worlds.design):,}"),) if dossier.worlds is not None else ()),
    ])  # fmt: skip
    section.say("The same seed gives the same numbers on any machine. The model and what it leaves out: docs/model.md.")
    return section


_SECTIONS: tuple[Callable[[Dossier], SectionOf | None], ...] = (
    answer, points, causes, pivotal_parties, what_drives, worlds, levers, company, stories, sources,
)  # fmt: skip
