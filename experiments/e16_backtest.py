"""e16: how good is the forecast by classes on real rounds, and what carries it?

Question
    On 129 coded attempts, each group left out: does the forecast by classes beat what is simpler? Do the engines say
    the same? Do rounds end all or nothing? Do the unsigned behave by the rules, or by what their class is worth?

Design
    ``abm backtest`` on the packaged cases, with its rivals and ablations; the width of the priors chosen anew inside of
    each fold. Every case as a scenario of ``format = 2`` in the compiled engine, seed 1: beside the closed form, with
    and without the rule that most rounds are all or nothing, and the chance to close by the date. Every case with
    somebody unsigned twice: signing with the chance of his class, and deciding by the rules from that inclination.
    Values of the packaged table, which has seen all cases, serve both sides of that comparison.

Expectation (written before the first run of this script; the back-test itself had been seen)
    The engine agrees with the closed form within Monte Carlo error. Paid in part: about 5 % of forecasts where most
    rounds are all or nothing, 10 to 15 % where all are piecemeal; observed 16 %. By the date as many as counted, as
    that number was fitted. Behaviour scores worse than stated chances by about 0.005, and not surely: it brings noise
    of mood and price that no case supports, and loses the common luck.

Finding
    Written by the script from its own numbers: ``results/e16_backtest/finding.md``.

Run it: ``python experiments/e16_backtest.py``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from common import Experiment

import abm
from abm.history import Case, Library, backtest, library, translate
from abm.history.behaving import behaving_scenario_of_case
from abm.history.case_scenario import scenario_of_case
from abm.history.class_table import packaged_values
from abm.history.counting import closed_by_its_date
from abm.history.forecasting import DealTable, forecast
from abm.history.nested import Nested, nested_backtest
from abm.history.scores import brier_score, difference_interval
from abm.plots.reliability import reliability
from abm.report.history_text import backtest_text
from abm.runs.estimates import wilson

METRO = abm.load_scenario(Path(__file__).parent / "metro-2023.toml")
CENTRAL = {"central": True}  # every run at the values of the table
FEW = 10  # runs below which this is a trial, on one library
PART = (0.12, 0.9)  # of the target, between which a round is paid in part


def of_engine(cases: Library, runs: int) -> pd.DataFrame:
    """What the engine says of each case, beside what came."""
    groups, deals = cases.groups(), DealTable.of([translate(case) for case in cases])
    frame = pd.DataFrame([simulated(case, runs) for case in cases], index=list(cases.ids))
    return frame.assign(
        closed_form=forecast(deals, packaged_values()).full,
        full=[case.closed == "full" for case in cases],
        share=[case.outcome.raised_bn / case.currency_usd_bn.target for case in cases],
        came_by_date=[None if case.deadline is None else closed_by_its_date(case) for case in cases],
        group=[groups[case.id] for case in cases],
    )


def simulated(case: Case, runs: int) -> dict[str, float]:
    """What the engine says of one case."""
    scenario = scenario_of_case(case)
    told = abm.simulate(scenario, runs=runs, seed=1, **CENTRAL).to_frame()
    pieces = scenario.with_values({"round.piecemeal_probability": 1.0})
    loose = abm.simulate(pieces, runs=runs, seed=1, **CENTRAL).to_frame()
    target = float(scenario.round.target_bn)
    row = {"p": told["closed"].mean()}
    for name, frame in (("between", told), ("between_piecemeal", loose)):
        row[name] = (frame["funded_bn"] / target).between(*PART, inclusive="left").mean()
    if case.deadline is not None:
        row["by_date"] = (told["closed_day"] <= (case.deadline - case.announced).days).mean()
    behaving = behaving_scenario_of_case(case)
    if behaving is not None:
        row["p_behaving"] = abm.simulate(behaving, runs=runs, seed=1, **CENTRAL).probability("closed").p
    return row


def said_of_widths(nested: Nested) -> str:
    """What the width of the priors does, and what comes of choosing it inside of each fold."""
    widths = ", ".join(f"{width:g}: {score:.3f}" for width, score in nested.brier_of_width.items())
    chosen = ", ".join(f"{width:g} in {count}" for width, count in nested.chosen.items() if count)
    return (
        f"Brier score by the width of the priors (log odds): {widths}. Chosen within each fold by the other groups "
        f"({chosen}): {nested.brier:.3f}."
    )


def said_of_engine(frame: pd.DataFrame, runs: int) -> str:
    """How near the engine is to the closed form that the back-test uses."""
    off = (frame["p"] - frame["closed_form"]).abs()
    error = np.sqrt(frame["closed_form"] * (1 - frame["closed_form"]) / runs).mean()
    return (
        f"The engine on {len(frame)} cases, {runs:,} runs each, seed 1: on average {off.mean():.3f} from the closed "
        f"form, at most {off.max():.3f} ({off.idxmax()}); one standard error is {error:.3f} on average. Its Brier "
        f"score, with values that have seen the cases: {brier_score(frame['p'], frame['full']):.3f}."
    )


def said_of_parts(frame: pd.DataFrame) -> str:
    """Whether rounds end all or nothing."""
    parts = counted(frame["share"].between(*PART, inclusive="left"))
    return (
        f"Paid in part (12 to 90 % of the target): forecast {frame['between'].mean():.1%} where most rounds are all or "
        f"nothing, {frame['between_piecemeal'].mean():.1%} where all are piecemeal; observed {parts}."
    )


def said_of_dates(frame: pd.DataFrame) -> str:
    """Whether rounds close by their dates."""
    dated = frame[frame["came_by_date"].notna()]
    return (
        f"Closed in full by the date: forecast {dated['by_date'].mean():.1%}, observed "
        f"{counted(dated['came_by_date'].astype(bool))}; the share of events in time was fitted to that."
    )


def said_of_behaviour(frame: pd.DataFrame) -> str:
    """Which of the two the evidence prefers: chances by class, or rules that start from the same numbers."""
    both = frame[frame["p_behaving"].notna()]
    stated, behaving = ((both[name] - both["full"]) ** 2 for name in ("p", "p_behaving"))
    change, low, high = difference_interval((behaving - stated).to_numpy(), list(both["group"]), 1)
    better = "stated chances" if low > 0 else "behaviour" if high < 0 else "neither surely"
    return (
        f"{len(both)} cases with somebody unsigned: Brier score {stated.mean():.3f} where he signs with the chance of "
        f"his class, {behaving.mean():.3f} where he decides by the rules from that inclination, {change:+.3f} "
        f"({low:+.3f} to {high:+.3f}, 90 %, groups drawn again, seed 1). Mean forecasts {both['p'].mean():.1%} and "
        f"{both['p_behaving'].mean():.1%}, closed in full {both['full'].mean():.1%}. The cases prefer: {better}."
    )


def recent(case: Case) -> bool:
    """A few cases of one library, for a trial."""
    return case.library == "0" and case.announced.year > 2022


def counted(came: pd.Series) -> str:
    """A share of cases with its 95 % interval."""
    low, high = wilson(int(came.sum()), len(came))
    return f"{came.mean():.1%} ({low:.1%} to {high:.1%}, {came.sum()} of {len(came)})"


if __name__ == "__main__":
    experiment = Experiment(__file__, __doc__ or "", runs=2_000)
    known = library() if experiment.runs >= FEW else library().filtered(recent)
    tested, nested = backtest(known, known), nested_backtest(known)
    frame = of_engine(known, experiment.runs)
    experiment.keep(frame, METRO, "data", "cases")
    tested.frame.to_parquet(experiment.folder / "forecasts.parquet")
    bins = pd.DataFrame(tested.calibration())
    source = f"{len(tested.scored)} cases, each group left out; 95 % intervals"
    experiment.figure(reliability, "calibration", "Forecasts of real rounds, and what came", bins, source=source)
    experiment.tell(
        "# e16: the forecast by classes on real rounds",
        "```\n" + backtest_text(tested) + "\n```",
        *(said_of_widths(nested), said_of_engine(frame, experiment.runs)),
        *(said_of_parts(frame), said_of_dates(frame), said_of_behaviour(frame)),
    )
