"""e11: who is pivotal?

Question
    Whose part is it when the round closes? Investors and consents, each judged over all the company he could be in,
    and not only by what is lost when he alone leaves.

Design
    ``openai-2025``; Shapley value of P(closed) over 18 investors, the pool and the three consents, by antithetic
    permutations, each pair on luck of its own; leave-one-out and bind-one under the same luck; pairs of the six most
    important; Shapley-Shubik index of the book as reference (weights are the largest tickets, the quota the target).

Expectation (written before the first run)
    SoftBank and the three consents form a chain: without any one of them nothing closes. Each gets about 0.065 of the
    0.33, the four together four fifths. The pool comes next, then MGX; nobody else has more than 0.01. Leave-one-out
    gives 0.33 to each of the four and adds up to four times P. The Shapley-Shubik index, which knows no conditions,
    gives SoftBank more than half. To bind SoftBank helps more than any consent that is given.

Finding
    Written by the script from its own numbers: ``results/e11_pivotal/finding.md``.

Run it: ``python experiments/e11_pivotal.py``.
"""

from __future__ import annotations

from common import HEADLINE, Experiment, points

import abm
from abm.analysis.pivotal import pairs, shapley_values
from abm.plots.pivotal import shares, together

ORDERS = 120
CHAIN = 4  # SoftBank and three consents

if __name__ == "__main__":
    experiment = Experiment(__file__, __doc__ or "", runs=HEADLINE)
    scenario = abm.load_scenario("openai-2025")
    few = max(2, experiment.runs // 5)  # of each pair; everybody alone takes them all
    samples = max(3, min(ORDERS, experiment.runs // 100))
    found = shapley_values(
        scenario, runs=experiment.runs, samples=samples, block=max(10, experiment.runs // 100), central=True
    )
    top = found.table["player"].head(6).tolist()
    apart = pairs(scenario, top, runs=few, central=True)
    experiment.keep(apart, scenario, "pairs", "pairs of the six most important")
    experiment.keep(found.table, scenario, "data", found.method)
    names = dict(zip(found.table["player"], found.table["name"], strict=True))
    experiment.figure(shares, "shares", "Who brings the closing about", found.table, source=found.method)
    experiment.figure(
        together, "pairs", "Who needs whom, and who stands in for whom [points]", apart, names,
        source=f"{few:,} runs, seed 1",
    )  # fmt: skip
    table = found.table.set_index("player")
    links = ["investors.softbank", *(f"gatekeepers.{gate.id}" for gate in scenario.gatekeepers)]
    rows = [
        f"- {r['name']}: {points(r.shapley, r.low, r.high)}; alone away {-100 * r.leave_out:+.1f}"
        for _, r in found.table.head(8).iterrows()
    ]
    alone = found.table["leave_out"].sum()
    bound = table["bind"].dropna().sort_values(ascending=False)
    experiment.tell(
        "# e11: who is pivotal",
        f"The round closes with {found.total}; with nobody, {found.empty_coalition.p:.1%}. {found.method} The Shapley "
        f"values add up to {found.shared:.1%}, on the luck that they were computed on:",
        "\n".join(rows),
        f"SoftBank and the three consents together have {100 * table.loc[links, 'shapley'].sum():.1f} points of it. "
        f"Leave-one-out adds up to {alone:.0%}, {alone / found.total.p:.1f} times the whole. By tickets alone SoftBank "
        f"would have {table.loc['investors.softbank', 'shubik']:.0%} of the power in the book.",
        f"Made certain alone, {names[bound.index[0]]} brings most ({100 * bound.iloc[0]:+.1f} points), then "
        f"{names[bound.index[1]]} ({100 * bound.iloc[1]:+.1f}) and {names[bound.index[2]]} "
        f"({100 * bound.iloc[2]:+.1f}).",
    )
