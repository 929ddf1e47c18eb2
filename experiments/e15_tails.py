"""e15: how safe is safe?

Question
    How likely is it that the company cannot pay its bills within 26, 39 or 52 weeks, with the round as it is, and
    without SoftBank?

Design
    ``openai-2025``; adaptive multilevel splitting on cash, twenty repetitions; plain Monte Carlo beside it where that
    sees anything at all.

Expectation (written before the first run)
    Cash of 12.4 with 4 of bridge and a burn of 10 a year including CoreWeave lasts a year without a new cheque: within
    26 weeks default has a probability below 1e-8, within 39 below 1e-5, within 52 about 1e-3; without SoftBank ten
    times as much at 52 weeks, and nearly the same before the deadline.

Finding
    Written by the script from its own numbers: ``results/e15_tails/finding.md``.

Run it: ``python experiments/e15_tails.py``.
"""

from __future__ import annotations

import pandas as pd
from common import Experiment

import abm
from abm.analysis.tails import Tail, plain, tail
from abm.plots.tails import tails

WEEKS = (26, 39, 52)
WITHOUT = {"investors.softbank": "out"}


def said(found: Tail) -> str:
    """Quote a tail with its interval."""
    return f"{found.p:.1e} ({found.low:.1e} to {found.high:.1e}, relative error {found.relative_error:.0%})"


if __name__ == "__main__":
    experiment = Experiment(__file__, __doc__ or "", runs=500)
    scenario, particles = abm.load_scenario("openai-2025"), max(20, experiment.runs)
    repetitions = 3 if experiment.runs < 100 else 20
    rows, lines = [], []
    for words, base in (("as it is", scenario), ("without SoftBank", scenario.with_values(WITHOUT))):
        for weeks in WEEKS[: 1 if experiment.runs < 100 else None]:
            found = tail(base, "default", weeks, particles=particles, repetitions=repetitions)
            simple = plain(base, "default", weeks, runs=found.runs)
            rows.append({
                "round": words, "weeks": weeks, "p": found.p, "low": found.low, "high": found.high,
                "relative_error": found.relative_error, "runs": found.runs, "gain": found.gain, "plain": simple.p,
                "plain_low": simple.low, "plain_high": simple.high, "warnings": "; ".join(found.warnings),
            })  # fmt: skip
            note = f" Mind: {'; '.join(found.warnings)}." if found.warnings else ""
            lines.append(
                f"- {words}, within {weeks} weeks: {said(found)}; {found.runs:,} plain runs: {simple.p:.1e} "
                f"({simple.low:.1e} to {simple.high:.1e}).{note}"
            )
        if words == "as it is":
            curve = found.curve
    table = pd.DataFrame(rows)
    experiment.keep(table, scenario, "data", "splitting")
    experiment.figure(
        tails,
        "survival",
        "Probability that OpenAI has defaulted, week by week",
        curve,
        source=f"{repetitions} repetitions of {particles:,} particles, seed 1",
    )
    good = table[(table["p"] > 0) & (table["plain"] > 0)]
    experiment.tell(
        "# e15: tails",
        f"Default of the company, {repetitions} repetitions of {particles:,} particles, seed 1, beside as many plain "
        "runs:",
        "\n".join(lines),
        f"Where both see it, splitting is worth {good['gain'].min():.1f} to {good['gain'].max():.1f} times its runs."
        if len(good)
        else "Plain simulation saw nothing.",
    )
