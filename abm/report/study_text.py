"""Study text: what a sweep asked and what came out, for a terminal and as one JSON object."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from abm.analysis.dossier import OF_WORLDS
from abm.population.unknowns import drawn_in_worlds
from abm.report.comparison_text import NO_DIFFERENCE, points_text
from abm.report.json_values import plain
from abm.runs.digits import three_digits
from abm.runs.lines import line_width, wrapped
from abm.scenario.labels import label, setting_words
from abm.sweeps.policies import policies_frame

if TYPE_CHECKING:
    import pandas as pd

    from abm.plots.study_pictures import Shown
    from abm.sweeps import Study

_SHOWN = 30  # points that are shown one by one
_ENDS = 5  # points shown from either end where there are more


def question_of(study: Study) -> str:
    """Say what a study asked, and with how much luck."""
    job, numbers = study.job, ""
    if drawn_in_worlds(job.scenario):
        kept, drawn = "keep their value", "are drawn, the same at all points"
        numbers = f" Numbers with a range that a point does not set {kept if job.central else drawn}."
    return (
        f"How probable is '{job.event}' at {len(study.design):,} points ({study.design.kind}), "
        f"{study.stopping.words}; seed {job.seed}, the same luck at all points.{numbers}"
    )


def pictures_of(study: Study) -> list[Shown]:
    """Choose the pictures that fit how the points of a study were chosen."""
    import pandas as pd

    from abm.plots.study_pictures import choose_pictures

    if study.design.policies:  # no picture shows policies over worlds yet
        return []

    changes = None
    if study.design.kind == "one_at_a_time":
        rows = []
        for point in range(1, len(study.design)):
            found, (path, value) = study.difference(0, point), next(iter(study.design[point].items()))
            words = setting_words(study.job.scenario, path, value)
            rows.append({"words": words, "change": found.change, "low": found.low, "high": found.high})
        changes = pd.DataFrame(rows)
    names = {axis.name: label(study.job.scenario, axis.name) for axis in study.design.axes}
    frame, level = study.points().rename(columns=names), study.stopping.threshold or 0.5
    return choose_pictures(frame, changes, list(names.values()), study.job.event, level)


def describe_study(study: Study) -> str:
    """Say what was asked, and what is known at each point, or at the ends where there are many."""
    frame = study.points()
    parts = [study.job.scenario.title, question_of(study)]
    if study.design.policies:
        parts.append(_policies_text(study))
    if len(frame) <= _SHOWN:
        parts.append(_table(study, frame))
    else:
        ranked = frame.sort_values("p", ascending=False)
        parts += [
            "The highest:\n" + _table(study, ranked.head(_ENDS)),
            "The lowest:\n" + _table(study, ranked.tail(_ENDS)),
        ]
    layers = study.layers()
    if layers.points > 1 and study.design.kind in OF_WORLDS:
        middle = [f"{layers.quantiles[name]:.1%}" for name in ("p05", "p50", "p95")]
        parts.append(
            f"Over the points: mean {layers.mean:.1%} (Monte Carlo error {layers.error:.1%} at most), between "
            f"{middle[0]} and {middle[2]} at nine in ten of them, median {middle[1]}; their spread without Monte Carlo "
            f"noise is at least {100 * layers.spread:.1f} points."
        )
    if frame["failed"].any():
        lost = int(frame["failed"].sum())
        parts.append(f"{lost:,} runs failed; p_least and p_most say what they could change. See abm study show --json.")
    return "\n\n".join(part if "\n" in part else wrapped(part) for part in parts)


def _policies_text(study: Study) -> str:
    """What each policy does over the worlds, and whether it stands out."""
    frame = policies_frame(study)
    first, lines = frame["policy"][0], []
    for row in frame.to_dict("records"):
        text = (
            f"{row['policy']}\n  {row['p']:.1%} ({row['low']:.1%} to {row['high']:.1%}) over the worlds, nine in ten "
        )
        text += (
            f"of them between {row['p05']:.1%} and {row['p95']:.1%}; no policy does better in {row['best']:.0%} of them"
        )
        if not math.isnan(row["change"]):
            change = [row[name] for name in ("change", "change_low", "change_high")]
            clear = not change[1] <= 0 <= change[2]
            text += f"\n  {points_text(*change)}{'' if clear else f', which {NO_DIFFERENCE}'}"
        lines.append(text)
    head = f"Policies over {frame['worlds'][0]:,} worlds, {frame['runs'][0]:,} runs of each; changes against “{first}”:"
    return "\n".join([head, *lines])


def _table(study: Study, frame: pd.DataFrame) -> str:
    """Write points one below the other.

    Where their heads are too wide, each step of a path has a line of its own; what is wider still follows below.
    """
    shown = points_table(study, frame)
    columns = [list(map(str, shown.index))]
    columns += [[f"{cell:g}" if isinstance(cell, float) else str(cell) for cell in shown[name]] for name in shown]
    heads = ["", *map(str, shown.columns)]
    if sum(2 + max(map(len, column)) for column in zip(heads, *zip(*columns, strict=True), strict=True)) > line_width():
        heads = [head.replace(".", ".\n") for head in heads]
    blocks = _blocks([max(map(len, [*head.split("\n"), *column])) for head, column in zip(heads, columns, strict=True)])
    return "\n\n".join("\n".join(_lines([heads[k] for k in b], [columns[k] for k in b])) for b in blocks)


def _blocks(widths: list[int]) -> list[list[int]]:
    """Which columns stand beside each other, each block beginning with the first, so that lines fit."""
    blocks, used = [[0]], widths[0]
    for column, width in enumerate(widths[1:], start=1):
        if used + 2 + width > line_width() and len(blocks[-1]) > 1:
            blocks.append([0])
            used = widths[0]
        blocks[-1].append(column)
        used += 2 + width
    return blocks


def _lines(heads: list[str], columns: list[list[str]]) -> Iterator[str]:
    """Right-aligned columns below heads that may have several lines."""
    parts = [head.split("\n") for head in heads]
    most = max(map(len, parts))
    filled = [[""] * (most - len(part)) + part + column for part, column in zip(parts, columns, strict=True)]
    widths = [max(map(len, cells)) for cells in filled]
    for row in zip(*filled, strict=True):
        yield "  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()


def points_table(study: Study, frame: pd.DataFrame) -> pd.DataFrame:
    """Points with what is known of them, in words: the values of the first axes, the answer, runs, money."""
    axes = (["policy"] if study.design.policies else []) + [axis.name for axis in study.design.axes][:6]
    shown = frame[axes].astype(object).where(frame[axes].notna(), "as is")
    shown[study.job.event] = [
        "unknown" if math.isnan(p) else f"{p:.1%} ({low:.1%} to {high:.1%})"
        for p, low, high in zip(frame["p"], frame["low"], frame["high"], strict=True)
    ]
    if "p05" in frame:
        shown["nine in ten worlds"] = [
            "" if math.isnan(low) else f"{low:.1%} to {high:.1%}"
            for low, high in zip(frame["p05"], frame["p95"], strict=True)
        ]
    if "above" in frame:
        words = {True: f"above {study.stopping.threshold:g}", False: f"below {study.stopping.threshold:g}"}
        shown["verdict"] = [words.get(above, "open") for above in frame["above"].astype(object)]
    shown["runs"] = [f"{runs:,}" for runs in frame["runs"]]
    if "mean.funded_bn" in frame:
        shown["funded bn"] = [three_digits(money) for money in frame["mean.funded_bn"]]
    return shown


def study_json(study: Study) -> dict[str, Any]:
    """Return everything that is known of a study as plain values."""
    from dataclasses import asdict

    frame = study.points()
    rows = [plain(row, lists=False) for row in frame.reset_index().to_dict("records")]
    return {
        "scenario": study.job.scenario.id,
        "design": study.design.kind,
        "seed": study.job.seed,
        "engine": study.job.engine,
        "event": study.job.event,
        "central": study.job.central,
        "stopping": asdict(study.stopping),
        "layers": plain(asdict(study.layers()), lists=False),
        "failures": [failure._asdict() for failure in study.failures()],
        "policies": [plain(row) for row in policies_frame(study).to_dict("records")] if study.design.policies else [],
        "points": rows,
    }
