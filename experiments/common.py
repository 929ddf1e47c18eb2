"""What every experiment does around its ten sentences: read the command line, keep tables, figures and the finding."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import platform
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

import abm
from abm.plots import save_figure
from abm.scenario.defaults import trait_default
from abm.scenario.sources import numbers_of
from abm.sweeps import Design, Study, sweep

HEADLINE = 20_000  # runs of the answer that every document quotes, as `abm run` takes them
RESULTS = Path(__file__).parent.parent / "results"


class Experiment:
    """One experiment with its folder in ``results/`` and its number of runs, both from the command line.

    Options of its own (``more``, by name, as argparse takes them) are in ``asked``.
    """

    def __init__(self, script: str, doc: str, runs: int, more: dict[str, dict[str, Any]] | None = None) -> None:
        parser = argparse.ArgumentParser(description=doc.splitlines()[0])
        parser.add_argument("--runs", type=int, default=runs, help="runs of a point (default: %(default)s)")
        parser.add_argument("--out", type=Path, default=RESULTS / Path(script).stem, help="folder of the results")
        for name, how in (more or {}).items():
            parser.add_argument(f"--{name}", **how)
        chosen = self.asked = parser.parse_args()
        self.runs, self.folder = chosen.runs, chosen.out
        self.folder.mkdir(parents=True, exist_ok=True)

    def sweep(self, scenario: abm.Scenario | str, design: Any, name: str = "data", **how: Any) -> Study:
        """Simulate the points of a design, and keep the table of points with all that is needed to get it again.

        At the central numbers: what an experiment asks about moves, and nothing else.
        """
        study = sweep(scenario, design, runs=self.runs, seed=1, central=True, **how)
        self.keep(study.points(), study.job.scenario, name, study.design.kind)
        return study

    def keep(self, frame: pd.DataFrame, scenario: abm.Scenario, name: str = "data", design: str = "") -> None:
        """Keep a table, and say where it comes from."""
        frame.to_parquet(self.folder / f"{name}.parquet")
        told = {
            "scenario": scenario.id,
            "scenario_sha256": scenario.digest,
            "abm": abm.__version__,
            "design": design,
            "points": len(frame),
            "runs_of_a_point": self.runs,
            "seed": 1,
            "date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "python": platform.python_version(),
        }
        (self.folder / "manifest.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")

    def figure(
        self,
        draw: Callable[..., Any],
        name: str,
        title: str,
        frame: pd.DataFrame,
        *rest: Any,
        source: str = "",
        **more: Any,
    ) -> None:
        """Draw a frame as PNG and SVG, signed with what it rests on; default: the runs of each of its rows."""
        rests_on = source or f"{self.runs:,} runs of each of {len(frame):,} points, seed 1"
        save_figure(draw, self.folder, name, title, f"{Path(self.folder).name}: {rests_on}", frame, *rest, **more)

    def tell(self, *parts: str) -> None:
        """Write the finding down, and print it."""
        text = "\n\n".join(part if "\n" in part else textwrap.fill(part, 110) for part in parts) + "\n"
        (self.folder / "finding.md").write_text(text, encoding="utf-8")
        print(text)


def scaled(scenario: abm.Scenario, paths: Sequence[str], factors: Sequence[float]) -> dict[tuple[str, ...], list[Any]]:
    """Make an axis on which several numbers of the file are multiplied by the same factor."""
    numbers = {path: float(number) for path, number, _ in numbers_of(scenario) if isinstance(number, float)}
    return {tuple(paths): [tuple(numbers[path] * factor for path in paths) for factor in factors]}


def risk_aversions(scenario: abm.Scenario, factors: Sequence[float]) -> dict[tuple[str, ...], list[Any]]:
    """Make an axis on which the risk aversion of everybody who decides by the rules is multiplied."""
    base = {}
    for who in scenario.investors:
        if who.inclination is not None:
            stated = who.risk_aversion or trait_default(who.kind, "risk_aversion")
            base[f"investors.{who.id}.risk_aversion"] = float(stated or 0.0)
    for pool in scenario.investor_pools:
        base[f"investor_pools.{pool.id}.risk_aversion.lognormal_median"] = pool.risk_aversion.centre
    return {tuple(base): [tuple(value * factor for value in base.values()) for factor in factors]}


def quote(row: Any) -> str:
    """Quote the probability of a point with its interval."""
    return f"{row['p']:.1%} ({row['low']:.1%} to {row['high']:.1%})"


def differences(study: Study, words: Sequence[str], what: str | None = None) -> pd.DataFrame:
    """Paired differences of all points to the first under the same luck: of P(closed), or of the mean of ``what``."""
    rows = []
    for place, word in enumerate(words, start=1):
        found = study.mean_difference(0, place, what) if what else study.difference(0, place)
        rows.append({"words": word, "change": found.change, "low": found.low, "high": found.high, "gain": found.gain})
    return pd.DataFrame(rows)


def largest(frame: pd.DataFrame, count: int) -> pd.DataFrame:
    """Largest changes, whichever way they go."""
    return frame.iloc[frame["change"].abs().argsort()[::-1]].head(count)


def bullets(frame: pd.DataFrame) -> str:
    """Changes of a probability with their intervals, a line each."""
    return "\n".join(f"- {r.words}: {points(r.change, r.low, r.high)}" for r in frame.itertuples())


def points(change: float, low: float, high: float, sign: str = "+") -> str:
    """A change of a probability with its interval, in points; without a sign where it has no direction."""
    said, least, most = (format(100 * number, f"{sign}.1f") for number in (change, low, high))
    return f"{said} points ({least} to {most})"


__all__ = [
    "HEADLINE",
    "Design",
    "Experiment",
    "bullets",
    "differences",
    "largest",
    "points",
    "quote",
    "risk_aversions",
    "scaled",
]
