"""Reasons: the sections of the report on who is pivotal, what drives the answer, in which worlds, and which levers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from math import isnan
from typing import TYPE_CHECKING, Any

from abm.analysis.dossier import Dossier, leaf_name
from abm.analysis.drivers import leaning_words
from abm.plots.discovery import trajectory
from abm.plots.drivers import screening
from abm.plots.information import information as information_figure
from abm.plots.levers import gains as gains_figure
from abm.plots.levers import regrets
from abm.plots.pivotal import shares, together
from abm.report.page import PageSection, picture
from abm.report.quoting import points
from abm.scenario.labels import label, limit_words

if TYPE_CHECKING:
    import pandas as pd

    from abm.analysis.box.limits import Limit
    from abm.analysis.pivotal import Pivotal

_TOP = 10  # rows of a table in the text
_NEAR = 6  # players that are named together
_FEW_WORLDS = 64  # with fewer, their halves are too small for a box
_APART = 1.5  # times the whole, or its part, that losses one by one must add up to before it is worth a word


def pivotal_parties(dossier: Dossier) -> PageSection | None:
    """Whose part it is."""
    found = dossier.pivotal
    if found is None:
        return None
    section = PageSection("pivotal", "Who is pivotal")
    names = dict(zip(found.table["player"], found.table["name"], strict=True))
    section.add_text(
        f"The probability of closing, shared out among all who bring it about: Shapley values, which add up to "
        f"{found.shared:.1%}. {leaders(found)}{_one_by_one(found)}",
    )
    height = 1.4 + 0.27 * min(14, len(found.table))
    section.add_picture(
        picture(shares, "Shapley values with leave-one-out and bind-one", found.method, found.table, size=(7, height))
    )
    if dossier.pairs is not None and len(dossier.pairs):
        section.add_text(
            "Who needs whom, among the most important: above zero two need each other, below zero one stands in."
        )
        section.add_picture(picture(
            together, "Pairs that matter together",
            "What two bring together beyond what each brings without the other [points]; all others are in.",
            dossier.pairs, names=names,
        ))  # fmt: skip
    rows = [
        (r.name_, points(r.shapley, r.low, r.high), points(r.leave_out, r.leave_out_low, r.leave_out_high),
         "" if isnan(r.bind) else points(r.bind, r.bind_low, r.bind_high),
         "" if isnan(r.shubik) else f"{r.shubik:.0%}")
        for r in _rows(found.table.rename(columns={"name": "name_"}).head(_TOP))
    ]  # fmt: skip
    section.add_table(
        ("", "Shapley value", "Lost if away", "Gained if certain", "Power by tickets alone"), rows, (1, 2, 3, 4)
    )
    section.add_text(
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
    text = f"The largest part: {parts[0]}." if len(parts) == 1 else f"The largest parts: {', '.join(parts)}."
    return text + (" Their intervals overlap, so that their order is open." if len(parts) > 1 else "")


def _one_by_one(found: Pivotal) -> str:
    """Say how the losses one by one compare with the whole."""
    lost, whole = found.table["leave_out"].sum(), found.shared
    losses = f" What is lost when one alone stays away adds up to {100 * lost:.0f} points"
    if lost > _APART * whole > 0:
        return f"{losses}, far more than the whole, because every link of a chain can break it."
    if lost * _APART < whole:
        return f"{losses}, far less than the whole, because others stand in."
    return ""


def what_drives(dossier: Dossier) -> PageSection | None:
    """Which numbers move it, and which are worth knowing."""
    drivers, information = dossier.drivers, dossier.information
    if drivers is None or information is None:
        return None
    section = PageSection("drivers", "What drives it, and what is worth knowing")
    paths = {*drivers.table["path"], *information.frame["path"]}
    names = {path: label(dossier.scenario, path) for path in paths}
    section.add_text(
        "Each uncertain number was moved from end to end of its range, the others anywhere within theirs. "
        f"{leaning_words(drivers)}",
    )
    section.add_picture(picture(
        screening, "Mean change of the probability over the range of each number",
        f"Morris screening: {drivers.points:,} points, {drivers.runs:,} runs of each under the same luck, seed "
        f"{drivers.seed}.",
        drivers.table, size=(7.4, 4.2), names=names,
    ))  # fmt: skip
    top = information.frame.iloc[0]
    section.add_text(
        f"Learning one number before deciding would move the probability most if it were “{names[top['path']]}”: by "
        f"{100 * top['shift']:.1f} points on average. For the plain decision whether to count on the round, no number "
        f"alone is worth more than {100 * information.frame['right'].max():.1f} points of being right; all of them "
        f"together would be worth {100 * information.everything['right']:.1f}.",
    )
    section.add_picture(picture(
        information_figure, "How far learning each number would move the answer",
        f"Regression on {information.draws:,} draws, chance and Monte Carlo error taken out, 95 % intervals.",
        information.frame, size=(7.4, 4.0), words=names, together=information.everything["shift"],
    ))  # fmt: skip
    return section


def worlds(dossier: Dossier) -> PageSection | None:
    """In which worlds it closes."""
    found = dossier.discovery
    if found is None:
        return None
    section = PageSection("worlds", "In which worlds it closes")
    box, outside = found.box, found.holdout
    if found.better:
        section.add_text(f"It {world_words(dossier)}, which covers {box.coverage:.0%} of all closings.")
    else:
        hardly = "; half of so few worlds can hardly show it" if len(found.worlds) < _FEW_WORLDS else ""
        section.add_text(
            f"No few numbers were found within whose limits it closes more often in other worlds, too{hardly}.",
            kind="note",
        )
    section.add_text(
        f"Over all {len(found.worlds):,} worlds it closes in {found.base:.0%} of the runs. Rules that were found in "
        f"this way on half of the worlds have {outside.density:.0%} ({outside.low:.0%} to {outside.high:.0%}) on the "
        "other half."
    )
    shares = found.stability.groupby("path")["share"].max()
    stable = [f"“{label(dossier.scenario, limit.path)}” {shares.get(limit.path, 0.0):.0%}" for limit in box.limits]
    if stable:
        section.add_text(f"How stable the rule is: in {found.resamples} resamples these numbers were limited again in "
                    f"{', '.join(stable)} of the cases.")  # fmt: skip
    section.add_picture(picture(trajectory, "Coverage against density of the boxes on the way",
                         "Each step gives up some closings (coverage) for a higher share of them in the box (density).",
                         found.trajectory, found.box))  # fmt: skip
    _leaves(dossier, section)
    return section


def world_words(dossier: Dossier) -> str:
    """Say the rule that was found: in what share of the runs it closes, and within which limits."""
    if dossier.discovery is None or not dossier.discovery.box.limits:
        return ""
    box = dossier.discovery.box
    limits = [_limit(dossier, limit) for limit in box.limits]
    return f"closes in {box.density:.0%} of the runs of worlds where {'; and '.join(limits)}"


def _leaves(dossier: Dossier, section: PageSection) -> None:
    """The worlds parted into a few kinds."""
    tree = dossier.tree
    if tree is None or len(tree.leaves) < 2:  # noqa: PLR2004, nothing is parted
        return
    section.add_text(
        "A tree over the same worlds parts them into kinds, within which the probability is as even as possible:"
    )
    rows = [
        (leaf_name(number)[-1], "; ".join(_limit(dossier, limit) for limit in leaf.limits), f"{leaf.density:.0%}",
         f"{leaf.support:.0%}", f"{leaf.coverage:.0%}")
        for number, leaf in enumerate(tree.leaves)
    ]  # fmt: skip
    heads = ("Worlds", "Where", "Closes in", "Of all worlds", "Of all closings")
    section.add_table(heads, rows, (2, 3, 4), style="kinds")


def _limit(dossier: Dossier, limit: Limit) -> str:
    numbers = all(isinstance(end, int | float | None) for end in (limit.low, limit.high))
    if limit.members is None and numbers:
        return limit_words(dossier.scenario, limit.path, limit.low, limit.high)
    return limit.text(partial(label, dossier.scenario))


def levers(dossier: Dossier) -> PageSection:
    """What would change it, for what cost, and what is regretted least."""
    section, frame = PageSection("levers", "What would change it"), dossier.gains
    taken = frame[frame["refused"] == ""]
    if not len(taken):
        section.add_text("The scenario leaves no lever to be pulled.")
        return section
    section.add_text("Each lever at its usual size, against the terms as they are, run by run under the same luck.")
    caption = f"{int(taken['runs'].iloc[0]):,} pairs of runs, seed {dossier.seed}; 95 % intervals."
    section.add_picture(picture(gains_figure, "Gain in probability of each lever", caption, taken))
    company = dossier.scenario.company is not None
    rows = [
        (r.words, points(r.change, r.low, r.high), f"{r.funded_change:+.2f}",
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
    section.add_table(heads, rows, tuple(range(1, len(heads) - 1)))
    section.add_text(*_regret_words(dossier))
    if dossier.regret is not None:
        table, choice = dossier.regret.regret.sort_index(axis=1), dossier.regret.choice
        section.add_picture(picture(regrets, "Regret of each lever in each group of worlds",
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


def _rows(frame: pd.DataFrame) -> list[Any]:
    """Rows by name of the column; pandas types them as bare tuples."""
    return list(frame.itertuples())
