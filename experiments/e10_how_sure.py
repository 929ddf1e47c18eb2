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

import abm
from abm.plots.sweeps import over_worlds, tornado
from abm.scenario.labels import label

DRAWS = 256

if __name__ == "__main__":
    experiment = Experiment(__file__, __doc__ or "", runs=1_500)
    scenario = abm.load_scenario("openai-2025")
    study = experiment.sweep(scenario, Design.prior(scenario, min(DRAWS, 8 * experiment.runs)))
    frame, layers = study.points(), study.layers()
    central = abm.simulate(scenario, min(HEADLINE, 100 * experiment.runs), 1, keep="totals").probability("closed")
    experiment.figure(over_worlds, "prior", "P(closed) over what nobody knows", frame, central=central.p)
    rows = []
    for axis in study.design.axes:
        upper = frame[axis.name] > frame[axis.name].median()
        high, low = frame["p"][upper], frame["p"][~upper]
        apart = high.mean() - low.mean()
        error = 1.96 * (high.var() / max(len(high), 1) + low.var() / max(len(low), 1)) ** 0.5
        rows.append({"words": label(scenario, axis.name), "change": apart, "low": apart - error, "high": apart + error})
    drivers = pd.DataFrame(rows)
    title = "Upper half of a range against its lower half"
    experiment.figure(tornado, "drivers", title, largest(drivers, 12), size=(7.4, 4.6))
    q = {name: f"{value:.1%}" for name, value in layers.quantiles.items()}
    experiment.tell(
        "# e10: how sure are we?",
        f"At the central values: {central}. Over {layers.points} draws of the {len(rows)} numbers with a range "
        f"({len(frame) - layers.points} more contradicted themselves): mean "
        f"{layers.mean:.1%}, half of the draws between {q['p25']} and {q['p75']}, nine in ten between {q['p05']} and "
        f"{q['p95']}. Without Monte Carlo noise the spread over the draws is at least {100 * layers.spread:.1f} "
        f"points, the Monte Carlo error of their mean at most {100 * layers.error:.1f}.",
        f"What carries it: the mean over the draws with a number in the upper half of its range minus the mean in the "
        f"lower half. Of {len(rows)} numbers about {len(rows) // 20} leave their interval by chance alone.",
        bullets(largest(drivers, 8)),
    )
