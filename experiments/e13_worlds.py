"""e13: in which worlds does the round close?

Question
    Which few numbers, within which limits, mark the worlds in which the round closes, and how stable is that rule?

Design
    ``openai-2025``; independent draws from the ranges of all numbers; PRIM (boxes with density and coverage, judged
    again outside of the resample that found them) and a small regression tree.

Expectation (written before the first run, after e10)
    A box over two or three numbers: growth of the value above about 0.25 a year with the mean value above 300 and a
    quick Microsoft. In the box 0.5 close, against 0.35 over all worlds, with half of all closings; outside of the
    resample a tenth less. The tree splits on growth first. No third box is worth naming.

Finding
    Written by the script from its own numbers: ``results/e13_worlds/finding.md``.

Run it: ``python experiments/e13_worlds.py``.
"""

from __future__ import annotations

import pandas as pd
from common import Design, Experiment

import abm
from abm.analysis.discovery import discover
from abm.analysis.inert import moving
from abm.analysis.trees import grow_tree
from abm.plots.discovery import box_among_worlds, trajectory
from abm.scenario.labels import label, limit_words

if __name__ == "__main__":
    experiment = Experiment(__file__, __doc__ or "", runs=500)
    scenario = abm.load_scenario("openai-2025")
    small = experiment.runs < 100
    _, inert = moving(scenario, runs=10 if small else 200, worlds=0 if small else 1)
    draws = Design.prior(scenario, 30 if small else 512, 1, {axis.name for axis in inert})
    study = experiment.sweep(scenario, draws)
    found, tree = discover(study, resamples=5 if small else 50), grow_tree(study)
    said = [limit_words(scenario, one.path, one.low, one.high) for one in found.box.limits]
    worlds = f"{len(found.worlds):,} worlds of {experiment.runs:,} runs, seed 1"
    experiment.figure(trajectory, "trajectory", "Coverage against density", found.trajectory, found.box, source=worlds)
    if len(found.box.limits) > 1:
        experiment.figure(
            box_among_worlds, "box", "The box among the worlds", found.worlds, found.box, source=worlds,
            words=lambda path: label(scenario, path),
        )  # fmt: skip
    leaves = [
        {"where": "; ".join(limit_words(scenario, one.path, one.low, one.high) for one in leaf.limits),
         "closes": leaf.density, "of_worlds": leaf.support, "of_closings": leaf.coverage}
        for leaf in tree.leaves
    ]  # fmt: skip
    pd.DataFrame(leaves).to_parquet(experiment.folder / "leaves.parquet")
    holdout = found.holdout
    experiment.tell(
        "# e13: in which worlds it closes",
        f"Over {len(found.worlds):,} draws of what nobody knows it closes in {found.base:.0%} of the runs. In worlds "
        f"where {'; and '.join(said) or 'anything holds'} it closes in {found.box.density:.0%}; they are "
        f"{found.box.support:.0%} of all worlds and have {found.box.coverage:.0%} of all closings.",
        f"Boxes found on half of the worlds have {holdout.density:.0%} ({holdout.low:.0%} to {holdout.high:.0%}) on "
        f"the other half and cover {holdout.coverage:.0%} there. The same numbers were limited in {found.agreed} of "
        f"{found.resamples} resamples; that often each: "
        + ", ".join(f"{label(scenario, r.path)} {r.share:.0%}" for r in found.stability.head(5).itertuples()) + ".",
        f"A tree parts the worlds into {len(tree.leaves)} kinds:",
        "\n".join(f"- {leaf['where'] or 'all'}: closes in {leaf['closes']:.0%} ({leaf['of_worlds']:.0%} of the worlds)"
                  for leaf in leaves),
    )  # fmt: skip
