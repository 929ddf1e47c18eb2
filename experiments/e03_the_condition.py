"""e03: what does SoftBank's condition cost, and what would ease it?

Question
    22.5 billion wait for a restructuring by New Year's Eve. How much does a later deadline help, how much a faster
    restructuring, and what is the condition itself worth: with a smaller fallback, or without any condition?

Design
    ``openai-2025``; (a) deadline, moved together with the date in SoftBank's condition, by the speed of all three
    consents; (b) fallback 10, 2.5 and 0, and the condition dropped, as paired differences.

Expectation (written before the first run)
    The chain of consents is done by the deadline with 0.55, in twice the time with about 0.75, limited by blocks; so
    P(closed) rises from 0.33 to at most 0.45 with three more months. Without the condition only the syndicate and the
    settlement matter: about 0.55. The fallback cannot move P(closed), because 10 + 7.5 never reach 30; it moves money.

Finding
    Written by the script from its own numbers: ``results/e03_the_condition/finding.md``.

Run it: ``python experiments/e03_the_condition.py``.
"""

from __future__ import annotations

import datetime as dt

from common import HEADLINE, Design, Experiment, bullets, differences, quote, scaled

import abm
from abm.plots.sweeps import heat, tornado

DEADLINES = [dt.date(2025, 10, 31), dt.date(2025, 12, 31), dt.date(2026, 2, 28), dt.date(2026, 4, 30)]
SPEEDS = (0.5, 1.0, 2.0, 4.0)
GATES = [f"gatekeepers.{gate}.hazard_per_year" for gate in ("microsoft-agreement", "attorneys-general", "completion")]
CONDITION = "investors.softbank.conditions"
PATHS = (CONDITION, "investors.softbank.fallback_bn")
TERMS = {
    "as it is: falls back to 10": ("as_is", 10.0),
    "falls back to 2.5": ("as_is", 2.5),
    "no fallback": ("as_is", 0.0),
    "no condition": ("off", 0.0),
}

if __name__ == "__main__":
    experiment = Experiment(__file__, __doc__ or "", runs=HEADLINE)
    scenario = abm.load_scenario("openai-2025")
    axes = {("round.deadline", f"{CONDITION}.0.0.by"): DEADLINES, **scaled(scenario, GATES, SPEEDS)}
    frame = experiment.sweep(scenario, axes).points()
    frame["deadline"] = [day.isoformat() for day in DEADLINES for _ in SPEEDS]
    frame["speed of the consents, times"] = [speed for _ in DEADLINES for speed in SPEEDS]
    experiment.figure(
        heat, "deadline", "A later deadline, or faster consents", frame, "speed of the consents, times", "deadline"
    )
    terms = experiment.sweep(
        scenario, Design.table([dict(zip(PATHS, t, strict=True)) for t in TERMS.values()]), "terms"
    )
    changes = differences(terms, list(TERMS)[1:])
    experiment.figure(tornado, "terms", "What the condition itself is worth", changes)
    money = terms.points()["mean.funded_bn"]
    at = frame.set_index(["deadline", "speed of the consents, times"])
    experiment.tell(
        "# e03: the price of the condition",
        f"By {DEADLINES[1]} the round closes with {quote(at.loc[('2025-12-31', 1.0)])}; with consents twice as fast "
        f"{quote(at.loc[('2025-12-31', 2.0)])}; with four more months {quote(at.loc[('2026-04-30', 1.0)])}; with both "
        f"{quote(at.loc[('2026-04-30', 2.0)])}.",
        "Against the terms as they are, the probability of closing changes under the same luck by:",
        bullets(changes),
        f"Money paid on average: {money[0]:.1f} billion as it is, {money[1]:.1f} with a fallback of 2.5, "
        f"{money[2]:.1f} without one, {money[3]:.1f} without the condition.",
    )
