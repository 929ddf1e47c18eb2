"""e02: what does appetite for risk decide, and what does the burn of cash?

Question
    The mission speaks of investors with risk appetites and of a company that burns cash. Which of the two decides
    whether the round closes, and which whether the company lives?

Design
    ``openai-2025``; the risk aversion of everybody who decides by the rules times 0.5 to 4, the net burn of every year
    times 0.5 to 2; a grid under common random numbers.

Expectation (written before the first run)
    22.5 of the 30 billion hang on consents and not on appetite, so P(closed) should fall from about 0.33 by a third at
    most when risk aversion is four times as high. Burn should hardly touch the closing within five months, because the
    cash lasts until then, but survival over three years should fall steeply with it.

Finding
    Written by the script from its own numbers: ``results/e02_appetite_and_burn/finding.md``.

Run it: ``python experiments/e02_appetite_and_burn.py``.
"""

from __future__ import annotations

from common import HEADLINE, Experiment, quote, risk_aversions, scaled

import abm
from abm.plots.sweeps import heat

APPETITE, BURN = (0.5, 1.0, 2.0, 4.0), (0.5, 0.75, 1.0, 1.5, 2.0)

if __name__ == "__main__":
    experiment = Experiment(__file__, __doc__ or "", runs=HEADLINE)
    scenario = abm.load_scenario("openai-2025")
    years = [f"company.net_burn_bn_per_year.{k}" for k in range(5)]
    study = experiment.sweep(scenario, {**risk_aversions(scenario, APPETITE), **scaled(scenario, years, BURN)})
    frame = study.points()
    frame["risk aversion, times"] = [a for a in APPETITE for _ in BURN]
    frame["net burn, times"] = [b for _ in APPETITE for b in BURN]
    axes = ("net burn, times", "risk aversion, times")
    experiment.figure(heat, "closed", "Closing: appetite against burn", frame, *axes, level=0.3)
    experiment.figure(heat, "survived", "Survival over three years", frame, *axes, value="p.survived")
    at = frame.set_index(list(axes)[::-1])
    experiment.tell(
        "# e02: what appetite decides, and what burn decides",
        f"With the burn as planned the round closes with {quote(at.loc[(1.0, 1.0)])}; with half the risk aversion "
        f"{quote(at.loc[(0.5, 1.0)])}, with four times as much {quote(at.loc[(4.0, 1.0)])}.",
        f"With the appetites as they are and half the burn it closes with {quote(at.loc[(1.0, 0.5)])}, with twice the "
        f"burn {quote(at.loc[(1.0, 2.0)])}; the company is alive after three years in "
        f"{at.loc[(1.0, 0.5)]['p.survived']:.1%} against {at.loc[(1.0, 2.0)]['p.survived']:.1%} of the runs "
        f"({at.loc[(1.0, 1.0)]['p.survived']:.1%} as planned).",
    )
