"""Reasons: the sections of the report on who is pivotal, what drives the answer, in which worlds, and which levers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from math import isnan
from typing import TYPE_CHECKING, Any

from abm.analysis.dossier import Dossier, leaf_name
from abm.analysis.drivers import leaning_words
from abm.analysis.prose.phrases import capital, listed
from abm.plots.discovery import trajectory
from abm.plots.drivers import screening
from abm.plots.information import information as information_figure
from abm.plots.levers import gains as gains_figure
from abm.plots.levers import regrets
from abm.plots.pivotal import shares, together
from abm.report.page import PageSection, picture
from abm.report.quoting import UNCOUNTED, at_stake, points
from abm.scenario.labels import label, limit_words

if TYPE_CHECKING:
    import pandas as pd

    from abm.analysis.box.limits import Limit
    from abm.analysis.information import Information
    from abm.analysis.pivotal import Pivotal

_SAME = 1e-9  # of a probability: what is rounding
_NOTHING = 0.05  # points: less is shown as 0.0
_TOP = 10  # rows of a table in the text
_NEAR = 3  # players that are named together
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
        f"{found.shared:.1%}. {capital(leaders(found))}{_one_by_one(found)}",
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
    near = _rows(table[table["high"] >= table["low"].iloc[0]].rename(columns={"name": "name_"}))
    first = near[0]
    if len(near) == len(table) > 1:
        same = abs(first.shapley - near[-1].shapley) < _SAME
        how = f"equal, {_part(first)}" if same else f"equal within their error, {_part(first)} the largest"
        return f"all parts are {how}{_most_if_certain(table)}."
    if len(near) == 1:
        return f"the largest part is that of “{first.name_}”, {_part(first)}."
    if first.shapley == near[-1].shapley:
        return f"{listed(f'“{r.name_}”' for r in near)} have equal parts of {_part(first)}."
    parts = [f"“{r.name_}” {_part(r)}" for r in near[:_NEAR]]
    return (
        f"the largest parts are {listed(parts)}{_and_more(near)}; their intervals overlap, so that their order is open."
    )


def _most_if_certain(table: pd.DataFrame) -> str:
    """Name who brings most by being certain, where that stands out of its error and of what others bring."""
    ranked = table.dropna(subset=["bind"]).sort_values("bind", ascending=False, kind="stable")
    if not len(ranked) or ranked["bind_low"].iloc[0] <= 0:
        return ""
    first = ranked[ranked["bind_high"] >= ranked["bind_low"].iloc[0]]
    if len(first) > _NEAR or len(first) == len(table):
        return ""
    names = listed((f"“{name}”" for name in first["name"]), "or")
    gain, low, high = (f"{100 * end:+.1f}" for end in first[["bind", "bind_low", "bind_high"]].iloc[0])
    return f"; most would be gained if {names} alone were certain, {gain} points ({low} to {high})"


def _part(row: Any) -> str:
    return f"{100 * row.shapley:.1f} points ({100 * row.low:.1f} to {100 * row.high:.1f})"


def _and_more(near: list[Any]) -> str:
    rest = len(near) - _NEAR
    return f"; {rest} more may be as large" if rest > 0 else ""


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
    top = foremost(information)
    most = (
        f"Learning one number before deciding would move the probability most if it were “{names[top['path']]}”: by "
        f"{100 * top['shift']:.1f} points on average. "
        if top is not None
        else ""
    )
    section.add_text(
        f"{most}{_worth(information)}",
    )
    section.add_picture(picture(
        information_figure, "How far learning each number would move the answer",
        f"Regression on {information.draws:,} draws, chance and Monte Carlo error taken out, 95 % intervals. All "
        f"numbers together: {100 * information.everything['shift']:.1f} points.",
        information.frame, size=(7.4, 4.0), words=names,
    ))  # fmt: skip
    return section


def _worth(information: Information) -> str:
    """Say what learning numbers is worth to somebody who only decides whether to count on the round."""
    alone, together = (
        100 * float(worth) for worth in (information.frame["right"].max(), information.everything["right"])
    )
    decision = "For the plain decision whether to count on the round,"
    if max(alone, together) < _NOTHING:
        return f"{decision} none of them needs to be learned: it would be decided alike."
    one = f"no number alone adds more than {alone:.1f} points" if alone >= _NOTHING else "no number alone adds anything"
    return f"{decision} {one} to the chance of being right; all of them together would add {together:.1f}."


def foremost(information: Information) -> Any:
    """Row of the number whose worth stands out of that of all others by more than their errors, or None."""
    ranked = information.frame.sort_values("shift", ascending=False)
    if not len(ranked) or ranked.iloc[0]["shift_low"] <= 0:
        return None
    first = len(ranked) == 1 or ranked.iloc[0]["shift_low"] > ranked.iloc[1]["shift_high"]
    return ranked.iloc[0] if first else None


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
        few = " Half of so few worlds can hardly show it." if len(found.worlds) < _FEW_WORLDS else ""
        section.add_text(
            "No rule was found: no limits on a few numbers pick out worlds in which it closes more often, once they "
            f"are tried on worlds that they were not found on.{few}",
            kind="note",
        )
    section.add_text(
        f"Over all {len(found.worlds):,} worlds it closes in {found.base:.0%} of the runs. Where a rule found in this "
        f"way on half of the worlds is kept on the other half, it closes in {outside.density:.0%} "
        f"({outside.low:.0%} to {outside.high:.0%}) of the runs."
    )
    shares = found.stability.groupby("path")["share"].max()
    stable = [f"“{label(dossier.scenario, limit.path)}” {shares.get(limit.path, 0.0):.0%}" for limit in box.limits]
    if stable:
        section.add_text(
            f"How stable the rule is: share of {found.resamples} resamples that put a limit on the same numbers again, "
            f"{', '.join(stable)}."
        )
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
    company = dossier.scenario.company is not None and dossier.scenario.company.spends
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
        "At stake",
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
    cost, counted = at_stake(row.cost, row.cost_unit), row.cost and row.cost_unit not in UNCOUNTED
    if not counted or isnan(row.cost) or isnan(row.per_cost):
        return cost
    each = row.cost_unit.removeprefix("USD ").removesuffix("s")
    return f"{cost}; {_points_each(row.per_cost)} points a {each}"


def _points_each(gain: float) -> str:
    """Write a gain with two digits, and none of them after the point where it is large."""
    points = 100 * gain
    return "0" if not round(points, 2) else f"{points:+.0f}" if abs(points) >= 10 else f"{points:+.2g}"  # noqa: PLR2004


def _regret_words(dossier: Dossier) -> Iterator[str]:
    if dossier.regret is not None:
        yield (
            "Not knowing which world is the true one, the lever that is never far from the best is "
            f"{dossier.regret}. Regret counts the probability of closing alone, not what a lever costs."
        )


def _rows(frame: pd.DataFrame) -> list[Any]:
    """Rows by name of the column; pandas types them as bare tuples."""
    return list(frame.itertuples())
