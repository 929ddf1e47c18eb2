"""e07: where do the article's world and the sourced one part?

Question
    The article of July 2025 and the sources disagree on many numbers. Which block of them makes the difference?

Design
    Start from ``openai-2025-article``; replace one block of tables after the other by that of ``openai-2025``, each
    alone and then all, under common random numbers. Investors come with the consents that their conditions name, and
    with the value that they see, without which some of their inclinations cannot be.

Expectation (written before the first run)
    Investors and consents make most of the difference: the article has fewer and vaguer ones. The company's block moves
    survival and hardly the closing, valuation and environment a point or two.

Finding
    Written by the script from its own numbers: ``results/e07_two_stories/finding.md``.

Run it: ``python experiments/e07_two_stories.py``.
"""

from __future__ import annotations

import pandas as pd
from common import HEADLINE, Experiment, bullets

import abm
from abm.plots.sweeps import tornado
from abm.runs.differences import paired

BLOCKS = {
    "terms of the round": ("round",),
    "valuation": ("valuation",),
    "environment": ("environment",),
    "the company": ("company", "ipo", "horizon_weeks"),
    "investors, consents and valuation": ("gatekeepers", "investors", "investor_pools", "valuation"),
}


def swapped(article: abm.Scenario, sourced: abm.Scenario, keys: tuple[str, ...]) -> abm.Scenario:
    """Put tables of the sourced world into the article's; what would then name a consent that is gone goes, too."""
    raw, other = article.raw, sourced.raw
    for key in keys:
        raw.pop(key, None)
        if key in other:
            raw[key] = other[key]
    gates = {gate["id"] for gate in raw.get("gatekeepers", [])}
    for claim in raw.get("company", {}).get("claims", []):
        if claim.get("unless_gate") not in gates:
            claim.pop("unless_gate", None)
    if "ipo" in raw:
        raw["ipo"]["requires"] = [gate for gate in raw["ipo"].get("requires", []) if gate in gates]
        if raw["ipo"].get("veto_lapses_with") not in gates:
            raw["ipo"].pop("veto_lapses_with", None)
    return abm.scenario_from(raw, article.file)


if __name__ == "__main__":
    experiment = Experiment(__file__, __doc__ or "", runs=HEADLINE)
    article, sourced = abm.load_scenario("openai-2025-article"), abm.load_scenario("openai-2025")
    worlds = {"the article": article} | {words: swapped(article, sourced, keys) for words, keys in BLOCKS.items()}
    worlds["all of them"] = sourced
    outcomes = {
        words: abm.simulate(world, experiment.runs, 1, keep="rows", central=True) for words, world in worlds.items()
    }
    before = outcomes["the article"].to_frame()["closed"].to_numpy()
    rows = []
    for words, world in list(outcomes.items())[1:]:
        after = world.to_frame()["closed"].to_numpy()
        cells = [int((a & b).sum()) for a in (before, ~before) for b in (after, ~after)]
        rows.append({"words": words, **vars(paired(*cells, seed=1)), "survived": world.probability("survived").p})
    frame = pd.DataFrame(rows)
    experiment.keep(frame, sourced, design="blocks")
    experiment.figure(tornado, "blocks", "What each block of sourced numbers does to the article's world", frame)
    lives = ", ".join(f"{row.words} {row.survived:.1%}" for row in frame.itertuples())
    experiment.tell(
        "# e07: where the two stories part",
        f"The article's world closes with {outcomes['the article'].probability('closed')}, the sourced one with "
        f"{outcomes['all of them'].probability('closed')}.",
        "The article's world with one block of sourced numbers, change of the probability under the same luck:",
        bullets(frame),
        f"Survival to the horizon: the article {outcomes['the article'].probability('survived').p:.1%}, {lives}.",
    )
