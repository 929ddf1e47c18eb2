"""e19: do campaigns of a crowd end as real ones do, and does a threshold game go as people play it?

Question
    An all-or-nothing campaign ends near nothing or just above its goal, hardly ever between half of it and the goal;
    large goals fail more often; a share that has been reached tells much about success. In a threshold game people
    contribute the more surely, the surer they are of the others. Does the model show that, first with numbers written
    down before any fit, then with a handful of them fitted?

Design
    ``crowd-campaign`` with goals of the law of the moments. Between campaigns differ: how liked it is (appeal), how
    many look, how warm the friends are, and from which share of the goal on a patron brings the rest. The final share
    of a campaign that fails is what it had when it gave it back. Each campaign is run under four lucks.
    *Unfitted*: ``BEFORE`` and ``BELIEVING`` in ``campaigns.py``, written down before the first fit. *Fitted*: seven
    numbers of the law of campaigns, by simulated moments (22 classes of final shares and success in 9 classes of
    goals; each squared distance is divided by its sampling variance plus one point squared, two for goals). A design
    that covers all of them evenly is simulated once for each of four ways in which strangers decide (with or without a
    belief in success, with or without herding), weighed by each law that a search (Nelder and Mead, two starts) tries;
    around the best way and law a second design is simulated, weighed and searched; what it finds is simulated anew,
    and that is what is told. Intervals of numbers: twenty fits to
    resampled data and design. What is not aimed at (P of success given a share, medians, backers) is a test.
    The game: the model's rule (A9, A10) with the belief in others as belief in success, read in two ways, before and
    after a fit of bias and noise by maximum likelihood. ``--moments FILE`` holds everything against another file of
    the layout of ``crowdfunding_moments.toml``, fitted anew, or with ``--law law.parquet`` as it was fitted before.

Expectation (written before the first run of this script; single numbers had been tried while it was built)
    Unfitted: two humps, for strangers who believe in success join late and together, but far too few successes, since
    nobody joins an empty book; the spike above the goal is too low, as a patron adds a fifth at most. Fitted: the humps
    and the fall with the goal; not the longest tail (ten times the goal), as the crowd that looks is finite, nor so
    many campaigns with less than a hundredth, as a pledge has a least size. P of success given a share follows from
    the humps. The game: steep with the belief that enough others contribute, at every threshold alike.

Finding
    Written by the script from its own numbers: ``results/e19_crowd_campaigns/finding.md``.

Run it: ``python experiments/e19_crowd_campaigns.py``.
"""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import threshold_game as game
from campaigns import (
    BEFORE,
    BEHAVIOURS,
    BELIEVING,
    LUCKS,
    SCENARIO,
    WIDER,
    Behaviour,
    Law,
    Points,
    aim_of,
    design,
    drawn,
    fitted,
    law_at,
    misfit,
    resampled,
    simulated,
    weighed,
)
from common import Experiment
from crowd_moments import Campaigns, Moments, distances, measured, moments_or_exit, share_of

import abm
from abm.plots.multiples import multiples

MOMENTS = Path(__file__).with_name("crowdfunding_moments.toml")
RESAMPLES = 20
EARLY = (0.0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.5, np.inf)  # classes of the share after the first week


class Fit:
    """The best way of deciding and law that a fit finds, and how sure its numbers are."""

    def __init__(self, runs: int, data: Moments) -> None:
        even, aim = design(max(1, runs // 2), data), aim_of(data)
        self.tried: list[dict[str, Any]] = []
        for behaviour in BEHAVIOURS:
            found = simulated(even, behaviour)
            cost, at = fitted(even, found, data, aim)
            self.tried.append({**behaviour._asdict(), "misfit": cost, **law_at(at)._asdict(), "at": at.tolist()})
        best = min(self.tried, key=lambda one: float(one["misfit"]))
        self.behaviour, start = Behaviour(best["lockup"], best["herding"]), tuple(best["at"])
        first = law_at(np.array(start))
        near = drawn(first, runs, data, WIDER)  # a second design where the first says that it matters
        found = simulated(near, self.behaviour)
        self.cost, at = fitted(near, found, data, aim, (start,), first)
        self.law = law_at(at)
        self.worth = weighed(near, found, self.law, first).worth
        self.again = pd.DataFrame(resampled(near, found, data, at, min(RESAMPLES, runs), first))

    def told(self) -> dict[str, float]:
        """Everything that was fitted or chosen."""
        return {**self.law._asdict(), **self.behaviour._asdict(), "misfit": self.cost, "worth": self.worth}

    def words(self) -> list[str]:
        """Which ways were tried, and a table of the fitted numbers."""
        ways = [f"lockup {one['lockup']:g}, herding {one['herding']:g}: {one['misfit']:.0f}" for one in self.tried]
        rows = ["| number | before | fitted | nine in ten of the resamples |", "|---|---|---|---|"]
        for name, value in self.law._asdict().items():
            low, high = self.again[name].quantile([0.05, 0.95])
            rows.append(f"| {name} | {getattr(BEFORE, name):.3g} | {value:.3g} | {low:.3g} to {high:.3g} |")
        for name, value in self.behaviour._asdict().items():
            rows.append(f"| {name} of strangers | {getattr(BELIEVING, name):.3g} | {value:.3g} | chosen of four ways |")
        tried = (
            f"By the way strangers decide, each at its best law in the even design: misfit {'; '.join(ways)}. "
            "Weights leave few campaigns of that design, so that none of these stands out."
        )
        return [tried, "\n".join(rows)]


class Given:
    """The way of deciding and the law that an earlier run fitted, to other data than those it is held against."""

    def __init__(self, path: Path) -> None:
        try:
            told = pd.read_parquet(path).iloc[0]
            self.law = Law(**{name: float(told[name]) for name in Law._fields})
            self.behaviour = Behaviour(**{name: float(told[name]) for name in Behaviour._fields})
        except (OSError, ValueError, KeyError, IndexError):
            print(f"{path}: expected a table of a fitted law, as this script writes law.parquet", file=sys.stderr)
            raise SystemExit(2) from None
        self.path = path

    def words(self) -> list[str]:
        """Where the law comes from."""
        numbers = {**self.law._asdict(), **self.behaviour._asdict()}
        return [f"*Fitted* is the law of {self.path.name}, fitted before and not to these data: "
                + ", ".join(f"{name} {value:.3g}" for name, value in numbers.items()) + "."]  # fmt: skip


def said(value: float, as_percent: bool) -> str:
    """A moment in words."""
    if np.isnan(value):
        return "-"
    return f"{100 * value:.1f}" if as_percent else f"{value:.3g}"


def beside(frame: pd.DataFrame) -> list[str]:
    """Rows of a table of moments: data, unfitted, fitted."""
    rows = ["| | moment | data | unfitted | fitted |", "|---|---|---|---|---|"]
    for row in frame.to_dict("records"):
        percent = not ("median" in row["moment"] or "slope" in row["moment"])
        cells = [said(row["data"], percent)]
        for name in ("unfitted", "fitted"):
            error = row[f"error_{name}"]
            around = "" if np.isnan(error) else f" ± {said(1.96 * error, percent)}"
            cells.append(said(row[name], percent) + around)
        rows.append(f"| {row['block']} | {row['moment']} | {' | '.join(cells)} |")
    return rows


def held_side_by_side(data: Moments, unfitted: Campaigns, fit: Campaigns) -> pd.DataFrame:
    """All moments of data, unfitted and fitted campaigns."""
    before, after = (pd.DataFrame(measured(each, data)) for each in (unfitted, fit))
    frame = before[["block", "moment", "data"]].copy()
    for name, each in (("unfitted", before), ("fitted", after)):
        frame[name], frame[f"error_{name}"] = each["model"], each["error"]
    return frame


def early_picture(campaigns: Campaigns, name: str) -> pd.DataFrame:
    """P of success by the share after the first week, a quarter of the time."""
    rows: list[dict[str, Any]] = []
    if name == "unfitted":  # so that colours are those of the other panels
        rows = [{"line": "data: not told", "x": 0, "y": np.nan, "low": np.nan, "high": np.nan, "tick": "0 to 0.01"}]
    for place, (low, high) in enumerate(pairwise(EARLY)):
        among = (campaigns.early >= low) & (campaigns.early < high)
        if among.any():
            p, error = share_of(campaigns.weight, among & campaigns.successful, among)
            around = np.clip([p - 1.96 * error, p + 1.96 * error], 0.0, 1.0)
            tick = f"{low:g} to {high:g}" if np.isfinite(high) else f"above {low:g}"
            rows.append(
                {"line": name, "x": place, "y": 100 * p, "low": 100 * around[0], "high": 100 * around[1], "tick": tick}
            )
    return pd.DataFrame(rows).assign(
        panel="P of success by the share after a week", x_label="share of the goal after a week", y_label="succeeds [%]"
    )


def panel(frame: pd.DataFrame, block: str, title: str, y_label: str, x_label: str = "") -> pd.DataFrame:
    """One block of moments as a panel: data, unfitted, fitted."""
    part = frame[(frame["block"] == block) & ~frame["moment"].str.contains("slope|median")].reset_index(drop=True)
    ticks = part["moment"].str.replace("final share at least |goal up to |above ", "", regex=True)
    ticks = ticks.str.replace("goal above", "more").str.replace(" to .*", "", regex=True)
    lines = []
    for name, error in (("data", None), ("unfitted", "error_unfitted"), ("fitted", "error_fitted")):
        y, off = 100 * part[name], 0.0 if error is None else 196 * part[error]
        low, high = (y - off).clip(lower=0.0), (y + off).clip(upper=100.0)
        lines.append(pd.DataFrame({"line": name, "x": part.index, "y": y, "low": low, "high": high}))
        lines[-1]["tick"] = ticks
    return pd.concat(lines).assign(panel=title, x_label=x_label, y_label=y_label)


def game_panel(table: pd.DataFrame) -> pd.DataFrame:
    """Contributions by belief: people, and the rule before and after its fit."""
    part = table[(table["who"] == "must stay") & table["moment"].str.startswith("belief")].reset_index(drop=True)
    lines = []
    for name in [column for column in table.columns if column not in ("who", "moment", "n")]:
        y = 100 * part[name]
        off = 196 * np.sqrt(part["data"] * (1 - part["data"]) / part["n"]) if name == "data" else 0.0
        lines.append(pd.DataFrame({"line": name, "x": part.index, "y": y, "low": y - off, "high": y + off,
                                   "tick": part["moment"].str.replace("belief ", "")}))  # fmt: skip
    return pd.concat(lines).assign(
        panel="Threshold game: contributions by belief", x_label="", y_label="contribute [%]"
    )


def game_rows(table: pd.DataFrame) -> list[str]:
    """Rows of the table of the game."""
    columns = [column for column in table.columns if column not in ("who", "moment", "n")]
    rows = ["| | | " + " | ".join(columns) + " |", "|---|---|" + "---|" * len(columns)]
    for row in table.to_dict("records"):
        rows.append(
            f"| {row['who']} | {row['moment']} | "
            + " | ".join("-" if np.isnan(row[c]) else f"{row[c]:.2f}" for c in columns)
            + " |"
        )
    return rows


def verdicts(frame: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Moments that the fitted model meets within two errors and two points, and those that it misses."""
    met, missed = [], []
    for row in frame.to_dict("records"):
        if not np.isnan(row["error_fitted"]):
            apart = abs(row["fitted"] - row["data"])
            (met if apart <= 1.96 * row["error_fitted"] + 0.02 else missed).append(
                f"{row['block']}, {row['moment']} ({100 * row['fitted']:.1f} against {100 * row['data']:.1f})"
            )
    return met, missed


def without_parts(points: Points, behaviour: Behaviour, data: Moments, whole: Campaigns) -> list[str]:
    """Rows of a table: the fitted campaigns with one part of the model taken away."""
    believing = behaviour.lockup > 0.0
    arms = {
        "all of it": whole,
        "nobody completes": simulated(points, behaviour, "investors.patron"),
        "no friends": simulated(points, behaviour, "investor_pools.friends"),
        "no strangers": simulated(points, behaviour, "investor_pools.strangers"),
        f"strangers who {'need no' if believing else 'need'} belief in success": simulated(
            points, behaviour._replace(lockup=0.0 if believing else BELIEVING.lockup)
        ),
        "herding of 0.3": simulated(points, behaviour._replace(herding=BELIEVING.herding)),
    }
    rows = [
        "| fitted, but | succeeds | nothing at all | 0.5 to 1 | 1 to 1.05 | above 2 | misfit |",
        "|---|" + "---|" * 6,
    ]
    for name, each in arms.items():
        share, aim = each.share, aim_of(data)
        parts = (share >= 1, share == 0, (share >= 0.5) & (share < 1), (share >= 1) & (share < 1.05), share > 2)
        cells = " | ".join(f"{100 * one.mean():.1f}" for one in parts)
        rows.append(f"| {name} | {cells} | {misfit(each, data, aim):.0f} |")
    return rows


def finding(
    data: Moments, frame: pd.DataFrame, apart: pd.DataFrame, fit: Fit | Given, misfits: list[float], runs: int
) -> list[str]:
    """What the campaigns say, in words and tables."""
    met, missed = verdicts(frame)
    rows = [f"| {block} | {row['unfitted']:.1f} | {row['fitted']:.1f} |" for block, row in apart.iterrows()]
    return [
        "# e19: campaigns of a crowd, and a threshold game",
        f"Data: {data.source} {data.campaigns:,} campaigns. Model: {runs:,} campaigns under {LUCKS} lucks each, seed "
        "1; after the sign, 95 % of the model's own error. Percent, but for medians and the slope.",
        "\n".join(beside(frame)),
        "Mean distance of probabilities to the data, in points:",
        "\n".join(["| | unfitted | fitted |", "|---|---|---|", *rows]),
        f"Misfit (squared distances of {len(data.histogram()) + len(data['success', 'by_goal'])} moments over squared "
        f"errors): unfitted {misfits[0]:.0f}, fitted {misfits[1]:.0f}.",
        *fit.words(),
        f"Within its own error and two points of the data: {len(met)} of {len(met) + len(missed)} probabilities of "
        f"the fitted model. Missed: {'; '.join(missed) or 'none'}.",
    ]


def finding_of_the_game(games: list[game.Game], table: pd.DataFrame) -> list[str]:
    """What the game says."""
    words = [
        f"Success read as the belief {one.reading}: deviance {one.deviance_before:.1f} before and {one.deviance:.1f} "
        f"after the fit of bias ({one.bias:.2f} ± {1.96 * one.bias_error:.2f}) and noise ({one.noise:.2f} ± "
        f"{1.96 * one.noise_error:.2f}) to five classes of belief."
        for one in games
    ]
    return [
        "## The threshold game",
        "\n".join(game_rows(table)),
        " ".join(words) + " People decided several times each, so that these errors are too small.",
    ]


def pictures(frame: pd.DataFrame, unfitted: Campaigns, after: Campaigns, table: pd.DataFrame) -> pd.DataFrame:
    """All panels."""
    panels = [
        panel(frame, "final share", "Final share of the goal", "campaigns [%]", "from this share to the next"),
        panel(frame, "success by goal", "Success by goal [USD]", "succeeds [%]"),
        panel(frame, "success by share", "P of success given a final share of at least", "succeeds [%]"),
        early_picture(unfitted, "unfitted"),
        early_picture(after, "fitted"),
        game_panel(table),
    ]
    return pd.concat(panels, ignore_index=True).assign(band_low=np.nan, band_high=np.nan)


if __name__ == "__main__":
    more = {
        "moments": {"type": Path, "default": MOMENTS, "help": "file of moments (default: the one beside this)"},
        "law": {"type": Path, "help": "law.parquet of an earlier fit, to be held against the moments as it is"},
    }
    experiment = Experiment(__file__, __doc__ or "", runs=1_200, more=more)
    data = moments_or_exit(experiment.asked.moments)
    scenario, runs, aim = abm.load_scenario(SCENARIO), experiment.runs, aim_of(data)
    unfitted = simulated(drawn(BEFORE, runs, data), BELIEVING)
    fit = Given(experiment.asked.law) if experiment.asked.law else Fit(runs, data)
    points = drawn(fit.law, runs, data)
    after = simulated(points, fit.behaviour)
    frame = held_side_by_side(data, unfitted, after)
    games = [game.fit(data, reading) for reading in game.READINGS]
    table = game.table(data, games)
    experiment.keep(frame, scenario, design="drawn")
    table.to_parquet(experiment.folder / "game.parquet")
    if isinstance(fit, Fit):
        ways = pd.DataFrame(fit.tried).drop(columns="at")
        for name, each in (("ways", ways), ("law", pd.DataFrame([fit.told()])), ("resamples", fit.again)):
            each.to_parquet(experiment.folder / f"{name}.parquet")
    rests_on = f"{runs:,} campaigns under {LUCKS} lucks each, seed 1"
    shown, title = pictures(frame, unfitted, after, table), "Campaigns and a game beside data"
    experiment.figure(multiples, "moments", title, shown, source=rests_on, size=(9.6, 13.0), columns=1)
    both = {"unfitted": unfitted, "fitted": after}
    apart = pd.concat({name: distances(measured(each, data))["points"] for name, each in both.items()}, axis=1)
    misfits = [misfit(each, data, aim) for each in both.values()]
    parts = "\n".join(without_parts(points, fit.behaviour, data, after))
    told = [*finding(data, frame, apart, fit, misfits, runs), "Percent of campaigns, same lucks:", parts]
    experiment.tell(*told, *finding_of_the_game(games, table))
