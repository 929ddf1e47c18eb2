"""e05: when do conditions matter?

Question
    If many investors sign on condition that others do, does the round fail of itself? When does it help to close
    everything at once, in escrow, instead of one after the other?

Design
    A made-up round (``escrow.toml``): a lead of 4 billion and 30 members of a pool, each 0.5 to 1.5 billion with
    probability 0.7, so 21 billion are expected beside the lead. Share of members with a condition by coverage (money
    expected over target) by closing mode; a grid under common random numbers.

Expectation (written before the first run)
    Without conditions the mode is irrelevant. Near a coverage of 1 the least closing loses most rounds once half of the
    members are conditional, the greatest hardly any; from a coverage of 1.5 on conditions are harmless in all modes.
    Elimination lies between.

Finding
    Written by the script from its own numbers: ``results/e05_when_conditions_matter/finding.md``.

Run it: ``python experiments/e05_when_conditions_matter.py``.
"""

from __future__ import annotations

from pathlib import Path

from common import Experiment, quote

import abm
from abm.plots.sweeps import heat, response

EXPECTED_BN = 4.0 * 0.9 + 30 * 1.0 * 0.7
COVERAGES, SHARES, MODES = (0.9, 1.1, 1.3, 1.6, 2.0), [0.0, 0.3, 0.6, 0.9], ["greatest", "elimination", "least"]
ROUND = Path(__file__).parent / "escrow.toml"

if __name__ == "__main__":
    experiment = Experiment(__file__, __doc__ or "", runs=4_000)
    targets = [EXPECTED_BN / coverage for coverage in COVERAGES]
    axes = {
        "round.close_select": MODES,
        "investor_pools.member.conditional_share": SHARES,
        "round.target_bn": targets,
    }
    frame = experiment.sweep(abm.load_scenario(ROUND), axes).points()
    frame["coverage"] = [coverage for _ in MODES for _ in SHARES for coverage in COVERAGES]
    frame = frame.rename(columns={"investor_pools.member.conditional_share": "share with a condition"})
    for mode in MODES:
        part = frame[frame["round.close_select"] == mode]
        experiment.figure(heat, mode, f"Closing mode: {mode}", part, "coverage", "share with a condition")
    tight = frame[frame["coverage"] == 1.3].rename(columns={"round.close_select": "closing mode"})
    title = "At a coverage of 1.3 the three closing modes say the same"
    experiment.figure(response, "tight", title, tight, "share with a condition", "closing mode")
    at = frame.set_index(["round.close_select", "share with a condition", "coverage"])
    lines = ["| conditional | coverage | greatest | elimination | least |", "|---|---|---|---|---|"]
    for share, coverage in [(0.6, 0.9), (0.6, 1.1), (0.6, 1.6), (0.9, 0.9), (0.9, 1.1), (0.9, 1.6), (0.9, 2.0)]:
        found = " | ".join(quote(at.loc[(mode, share, coverage)]) for mode in MODES)
        lines.append(f"| {share:.0%} | {coverage} | {found} |")
    gaps = at.loc["greatest"]["p"] - at.loc["least"]["p"]
    share, coverage = gaps.idxmax()
    experiment.tell(
        "# e05: when conditions matter",
        f"Nobody conditional, coverage 1.3: {quote(at.loc[('greatest', 0.0, 1.3)])} in any mode. With 90 % conditional "
        f"{quote(at.loc[('greatest', 0.9, 1.3)])} closed in one, {quote(at.loc[('least', 0.9, 1.3)])} one after the "
        "other.",
        "\n".join(lines),
        f"The largest gap between closing in one and one after the other is {gaps.max():.1%}, at {share:.0%} "
        f"conditional and a coverage of {coverage}: whoever signs without a condition starts the chain, so the mode "
        "hardly matters here, and what conditions cost is what they ask for.",
    )
