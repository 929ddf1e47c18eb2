"""e12: what drives the answer, and which fact would be worth buying?

Question
    Of 122 numbers with a range, which move P(closed), alone and through others; what would knowing one of them be
    worth; and how much of the answer leans on judgement?

Design
    ``openai-2025``; numbers that move no run from end to end are left out; Morris screening over the others, then first
    and total Sobol' indices of the eight that move most, everything under the same luck; expected value of partial
    perfect information for the decision to count on the round or not, by regression on draws of the prior.

Expectation (written before the first run, after e10)
    Growth of the value moves most, then its mean, then the speed and the risk of Microsoft's consent and the largest
    tickets of the pool. The model is nearly additive in its large drivers: first indices make up 0.7 of the variance or
    more. Nothing is worth much for the decision, because P is below one half in four fifths of the worlds: growth 3
    points, no other number above 1. More than half of what moves the answer is judgement or assumption.

Finding
    Written by the script from its own numbers: ``results/e12_drivers/finding.md``.

Run it: ``python experiments/e12_drivers.py``.
"""

from __future__ import annotations

from common import Design, Experiment, points

import abm
from abm.analysis.drivers import leaning_words, morris, sobol
from abm.analysis.inert import moving
from abm.analysis.information import information_of
from abm.plots.drivers import indices, screening
from abm.plots.information import information as worth
from abm.scenario.labels import label
from abm.sweeps import sweep

KEPT = 8  # numbers that Sobol' indices are computed of

if __name__ == "__main__":
    experiment = Experiment(__file__, __doc__ or "", runs=400)
    scenario = abm.load_scenario("openai-2025")
    small = experiment.runs < 100
    moves, inert = moving(scenario, runs=10 if small else 200, worlds=0 if small else 1)
    axes = {axis.name: axis for axis in moves}
    looked = list(axes.values())[: 8 if small else None]
    screened = morris(scenario, looked, trajectories=2 if small else 8, runs=experiment.runs)
    chosen = [axes[path] for path in screened.table["path"].head(2 if small else KEPT)]
    shared = sobol(scenario, chosen, points=4 if small else 64, runs=experiment.runs)
    study = sweep(
        scenario,
        Design.prior(scenario, 24 if small else 256, 1, {axis.name for axis in inert}),
        experiment.runs,
        central=True,
    )
    known = information_of(study)
    for name, frame, design in (("indices", shared.table, "sobol"), ("information", known.frame, "prior"),
                                ("data", screened.table, "morris")):  # fmt: skip
        experiment.keep(frame, scenario, name, design)
    names = {path: label(scenario, path) for path in axes}
    for draw, name, title, found in (
        (screening, "screening", "Change of P(closed) over the range of each number", screened),
        (indices, "indices", "Variance of P(closed) shared out", shared),
    ):
        rests_on = f"{found.points:,} points of {found.runs:,} runs, seed 1"
        experiment.figure(draw, name, title, found.table, names, source=rests_on)
    experiment.figure(
        worth, "information", "What learning each number would move", known.frame, words=names,
        source=f"regression on {known.draws:,} draws of {experiment.runs:,} runs, seed 1",
    )  # fmt: skip
    lines = [f"- {names[r.path]}: {points(r.mu_star, r.low, r.high, sign='')}, {r.grade}" for r in
             screened.table.head(8).itertuples()]  # fmt: skip
    parts = [f"- {names[r.path]}: alone {r.first:.0%} ({r.first_low:.0%} to {r.first_high:.0%}), in all {r.total:.0%} "
             f"({r.total_low:.0%} to {r.total_high:.0%})" for r in shared.table.itertuples()]  # fmt: skip
    best = known.frame.sort_values("right", ascending=False).iloc[0]
    first = known.frame.iloc[0]
    moved, right = (points(*(row[[what, f"{what}_low", f"{what}_high"]]), sign="") for row, what in
                    ((first, "shift"), (best, "right")))  # fmt: skip
    experiment.tell(
        "# e12: what drives the answer",
        f"Of {len(moves) + len(inert)} numbers with a range {len(inert)} move no run from one end to the other. Morris "
        f"screening of the others, {screened.points:,} points of {screened.runs:,} runs: mean change of P(closed) from "
        "end to end of the range.",
        "\n".join(lines),
        leaning_words(screened),
        f"Sobol' indices of the {len(chosen)} that move most, {shared.points:,} points of {shared.runs:,} runs, the "
        f"others at their central values; together they explain {shared.table['first'].sum():.0%} alone:",
        "\n".join(parts),
        f"Value of information, regression on {known.draws:,} draws: learning “{names[first['path']]}” would move "
        f"P(closed) by {moved} on average. For the decision to count on the round or not, the number worth most is "
        f"“{names[best['path']]}”: {right} of being right; all numbers together "
        f"{100 * known.everything['right']:.1f}.",
    )
