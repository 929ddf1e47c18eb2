"""e09: what do rivals, moods and leaving staff do to the round?

Question
    Competitor shocks, sentiment and the loss of talent: which of them, within what is thought possible, moves the
    closing?

Design
    ``openai-2025``; every number of the environment to its low and to its high end, one at a time, paired with the file
    as it is under common random numbers.

Expectation (written before the first run)
    Small: a point or two each, since 22.5 of the 30 billion do not look at the mood. The size of shocks first, then how
    many there are; leaving staff last, as it works over years.

Finding
    Written by the script from its own numbers: ``results/e09_shocks/finding.md``.

Run it: ``python experiments/e09_shocks.py``.
"""

from __future__ import annotations

from common import HEADLINE, Design, Experiment, bullets, differences, largest

import abm
from abm.plots.sweeps import tornado
from abm.scenario.labels import setting_words
from abm.scenario.sources import numbers_of

if __name__ == "__main__":
    experiment = Experiment(__file__, __doc__ or "", runs=HEADLINE)
    scenario = abm.load_scenario("openai-2025")
    numbers = {path: number for path, number, _ in numbers_of(scenario.environment, "environment.")}
    ends = {path: [number.low, number.high] for path, number in numbers.items() if number.low is not None}
    study = experiment.sweep(scenario, Design.one_at_a_time(ends))
    words = [setting_words(scenario, path, end).removeprefix("market: ") for path in ends for end in ends[path]]
    changes = differences(study, words)
    title = "Environment: each number to its ends"
    experiment.figure(tornado, "shocks", title, largest(changes, 14), size=(7.4, 5.0))
    gain = changes["gain"].replace(float("inf"), float("nan")).median()
    experiment.tell(
        "# e09: rivals, moods and leaving staff",
        f"As it is the round closes with {study.estimate(0)}. The largest changes of that under the same luck:",
        bullets(largest(changes, 6)),
        f"Common luck saved runs: with luck of their own the same intervals would have taken {gain:.0f} times as many "
        "(median over the changes).",
    )
