"""e14: what should the company do first, and what would it regret least?

Question
    Which lever raises P(closed), expected money and survival most, at what cost, and which choice is never far from the
    best, whatever world it is?

Design
    ``openai-2025``; every lever that the scenario has, at its standard size, as paired differences; minimax regret of
    the levers over the leaves of a tree grown on draws of the prior; a map of the two best levers.

Expectation (written before the first run)
    Dropping SoftBank's condition brings most (0.2, as in e03), then a longer deadline and a consent that starts at
    once (0.1 each), then a smaller target; a price cut of a tenth 0.06, bridge and vendor credit nothing for P(closed)
    but 0.1 for survival. Dropping the condition has the least regret in every leaf, with the longer deadline second.

Finding
    Written by the script from its own numbers: ``results/e14_levers/finding.md``.

Run it: ``python experiments/e14_levers.py``.
"""

from __future__ import annotations

from common import HEADLINE, Design, Experiment, points

import abm
from abm.analysis.gains import lever_map, measure_gains
from abm.analysis.levers import lever_named, levers_of
from abm.analysis.regret import compare_levers
from abm.analysis.trees import grow_tree
from abm.plots.levers import gains as gains_figure
from abm.plots.levers import regrets
from abm.plots.sweeps import heat
from abm.sweeps import sweep

COMPARED = 8  # levers that are compared over worlds
MAP = ("deadline", "target")

if __name__ == "__main__":
    experiment = Experiment(__file__, __doc__ or "", runs=HEADLINE)
    scenario = abm.load_scenario("openai-2025")
    small = experiment.runs < 1_000
    table = measure_gains(scenario, ["price", "deadline"] if small else None, runs=experiment.runs, central=True)
    experiment.keep(table, scenario, "data", "levers")
    pairs = f"{experiment.runs:,} pairs of runs, seed 1"
    experiment.figure(gains_figure, "gains", "What each lever brings, at its usual size", table, source=pairs)
    study = sweep(scenario, Design.prior(scenario, 24 if small else 256), 60 if small else 400, central=True)
    tree = grow_tree(study)
    known = study.points()["p"].notna()
    places = [place for place in range(len(study.design)) if known[place]][: 10 if small else 96]
    labels = [f"worlds {'ABCDEF'[leaf]}" for leaf in tree.leaf_of(study.worlds_frame().iloc[places])]
    best = table[(table["refused"] == "") & (table["change"] > 0)].head(COMPARED)["lever"]
    levers = [lever_named(levers_of(scenario), name) for name in best]
    found = compare_levers(scenario, levers, [study.design[k] for k in places], labels, runs=20 if small else 200)
    experiment.figure(regrets, "regret", "Regret of each lever in each kind of worlds [points]",
                      found.regret.sort_index(axis=1), choice=found.choice, words=found.words,
                      source=f"{len(found.worlds)} worlds, {found.runs} runs of a lever in each, seed 1")  # fmt: skip
    sizes = ([0, 4], [0, 0.1]) if small else ([0, 4, 8, 13, 17], [0, 0.05, 0.1, 0.15, 0.2])
    grid = lever_map(scenario, *MAP, sizes=sizes, runs=experiment.runs, central=True).rename(
        columns={MAP[0]: "deadline later by [weeks]", MAP[1]: "target lower by [share]"}
    )
    experiment.keep(grid, scenario, "map", "two levers")
    experiment.figure(
        heat, "map", "A later deadline and a lower target", grid, *grid.columns[:2],
        source=f"{experiment.runs:,} runs of each of {len(grid)} points, seed 1",
    )  # fmt: skip
    taken = table[table["refused"] == ""]
    lines = [
        f"- {r.words}: {points(r.change, r.low, r.high)}, {r.funded_change:+.1f} billion, survival "
        f"{100 * r.survived_change:+.1f} points, dilution {r.dilution_change:+.2f} points; costs {r.cost:.3g} "
        f"{r.cost_unit}"
        for r in taken.head(10).itertuples()
    ]
    lasting = taken.sort_values("survived_change", ascending=False).iloc[0]
    enough = found.satisficing(0.5)
    experiment.tell(
        "# e14: levers and regret",
        f"Against the terms as they are, {experiment.runs:,} pairs of runs under the same luck, seed 1:",
        "\n".join(lines),
        f"Survival gains most if {lasting['words']} ({100 * lasting['survived_change']:+.1f} points).",
        f"Over {len(found.worlds)} worlds of {len(tree.leaves)} kinds: {found}. At least even odds of closing: as it "
        f"is in {enough['as it is']:.0%} of the worlds, with the choice in {enough[found.choice]:.0%}.",
        f"A later deadline and a lower target together: {grid['p'].iloc[-1]:.0%} at {sizes[0][-1]} weeks and "
        f"{sizes[1][-1]:.0%}, against {grid['p'].iloc[0]:.0%} as it is.",
    )
