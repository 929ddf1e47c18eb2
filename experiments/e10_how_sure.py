"""e10: how sure are we?

Question
    The interval around 33 % is Monte Carlo error alone. Most numbers of the file are judgement with a range. If they
    are drawn from their ranges, how is P(closed) spread, and which unknowns carry it?

Design
    ``openai-2025``; independent draws from triangular laws (low, value, high) over all numbers with a range; each
    draw simulated. A first look at the drivers: mean of P where a number is in its upper half minus where in its lower.

Expectation (written before the first run)
    The rates of the consents dominate (Microsoft first), then what the syndicate is inclined to; nine in ten draws
    between 0.1 and 0.6, the mean a little below the central value, because ranges reach further down than up.

Finding
    Written by the script from its own numbers: ``results/e10_how_sure/finding.md``.

Run it: ``python experiments/e10_how_sure.py``.
"""

from __future__ import annotations

import pandas as pd
from common import HEADLINE, Design, Experiment, bullets, largest
from scipy.stats import norm

import abm
from abm.analysis.inert import moving
from abm.analysis.worlds import around
from abm.plots.sweeps import over_worlds, tornado
from abm.scenario.labels import label

DRAWS = 256

if __name__ == "__main__":
    experiment = Experiment(__file__, __doc__ or "", runs=1_500)
    scenario = abm.load_scenario("openai-2025")
    small = experiment.runs < 100
    moves, inert = moving(scenario, runs=10 if small else 200, worlds=0 if small else 1)
    still = {axis.name for axis in inert}
    study = experiment.sweep(scenario, Design.prior(scenario, min(DRAWS, 8 * experiment.runs), 1, still))
    outcomes = abm.simulate(scenario, min(HEADLINE, 100 * experiment.runs), 1, keep="rows", central=True)
    central, worlds = outcomes.probability("closed"), around(study, outcomes)
    frame, layers = worlds.points(), worlds.layers()
    experiment.figure(over_worlds, "prior", "P(closed) over what nobody knows", frame, central=central.p)
    rows, together = [], norm.isf(0.025 / len(moves))  # 95 % for all of them together
    for axis in study.design.axes:
        upper = frame[axis.name] > frame[axis.name].median()
        high, low = frame["p"][upper], frame["p"][~upper]
        apart = high.mean() - low.mean()
        error = together * (high.var() / max(len(high), 1) + low.var() / max(len(low), 1)) ** 0.5
        rows.append({"words": label(scenario, axis.name), "change": apart, "low": apart - error, "high": apart + error})
    drivers = pd.DataFrame(rows)
    sure = drivers[(drivers["low"] > 0) | (drivers["high"] < 0)]
    title = "Upper half of a range against its lower half"
    experiment.figure(tornado, "drivers", title, largest(sure, 12) if len(sure) else drivers.head(1), size=(7.4, 4.6))
    q = {name: f"{value:.1%}" for name, value in layers.quantiles.items()}
    experiment.tell(
        "# e10: how sure are we?",
        f"At the central values: {central}. Of {len(rows) + len(inert)} numbers with a range {len(inert)} move no run "
        f"from one end to the other, and are left alone. Over {layers.points} draws of the others "
        f"({len(frame) - layers.points} more contradicted themselves): mean "
        f"{layers.mean:.1%}, half of the draws between {q['p25']} and {q['p75']}, nine in ten between {q['p05']} and "
        f"{q['p95']}. Without Monte Carlo noise the spread over the draws is at least {100 * layers.spread:.1f} "
        f"points, the Monte Carlo error of their mean at most {100 * layers.error:.1f}.",
        "What carries it: the mean over the draws with a number in the upper half of its range minus the mean in the "
        "lower half, where its interval (95 % for all of them together) leaves zero out.",
        bullets(largest(sure, 8)),
    )
