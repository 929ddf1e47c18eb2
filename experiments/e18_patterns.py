"""e18: which weak patterns of real rounds does the model show, without having been fitted to them?

Question
    Eight patterns that funding is said to have, P1 to P8 of pattern-oriented modelling: does the model as it stands
    show them, and would a simpler model show them, too?

Design
    ``syndicate.toml``, a made-up round: a lead who waits for seven tenths of the target, and 22 funds who decide by the
    rules, on defaults; ``openai-2025`` where it can be asked. Coverage is the money expected without conditions over
    the target. Each pattern is put as one or more numbers that must lie above nothing (or inside a band) with their
    whole 95 % interval: *shown*; with the whole interval elsewhere: *not shown*; otherwise it *cannot be said*. Worlds
    are paired under common luck. Beside each stands a nested rival: no conditions, no social learning, or tickets by
    lot (each fund signs with the same chance and the same ticket, whatever happens). What a rival shows as well is no
    evidence for the rules that it lacks. Three things were set after the first run: half a signature as the least
    effect of a large ticket (it came out at nothing), the book at which time is compared (few runs had more signatures
    in the first half), and a fund that decides by the rules in P6 (a stated one feels no market).

Expectation (written before the first run)
    P1 two peaks: of rounds of six coverages from 0.5 to 2, fewer end between 12 and 90 % of the target than below, and
        than above. Not shown: two funds of three pay unconditionally, so short rounds keep what came. Without
        conditions the middle is fuller still.
    P2 more consents, more failures: shown, each consent of the flagship adds to it (known in part from e03 and e14),
        and nothing without SoftBank's condition. Larger rounds fail more often at equal coverage: not shown, since more
        funds of the same size make the total surer.
    P3 a cliff in the price: some step of a tenth takes away a third (33 points). Not shown: e04 found a slope in the
        flagship, and in the syndicate I expect 15 points at most. By lot: nothing.
    P4 the lead has more where demand is weak: shown for his share of the money, by arithmetic, and by lot as well; not
        shown for his money itself, as his ticket is fixed and leads are served first.
    P5 the book builds in an S (more signatures in the middle third of the window than in the first, and than in the
        last): shown, as diligence takes time; by lot not. An early large ticket brings signatures: shown, through the
        forecast of success, with or without social learning. At an equal book, signing falls with time: shown, since
        less new money can be expected late; the dying worth of waiting works against it.
    P6 a signed term sheet of eight weeks closes in 85 to 95 %: in the flagship's market about 88 %, shown. In a calm
        market 90 % by construction (the rate was set so), with the file's default of no withdrawals 100 %.
    P7 where a price ladder is active, 15 to 25 % of closed rounds are down rounds, at every coverage from 0.8 to 2:
        from 60 % down to 2 %, so it cannot be said without knowing how the coverages of real rounds are spread.
    P8 cascades go up only where a round is all or nothing: learning from others adds a third of all funds in more than
        1 % of runs, and takes a third away in less than 1 %. Shown; but keeping what comes will do the same, as no rule
        here depends on the threshold.

Finding
    Written by the script from its own numbers: ``results/e18_patterns/finding.md``.

Run it: ``python experiments/e18_patterns.py``.
"""

from __future__ import annotations

import pandas as pd
from common import Experiment
from patterns import PATTERNS
from syndicate import SYNDICATE

from abm.plots.multiples import multiples

if __name__ == "__main__":
    experiment = Experiment(__file__, __doc__ or "", runs=4_000)
    found = [pattern(experiment.runs) for pattern in PATTERNS]
    parts = pd.DataFrame([part._asdict() for each in found for part in each.parts])
    frame = pd.concat([each.panel() for each in found], ignore_index=True)
    experiment.keep(parts, SYNDICATE, "parts", "patterns")
    experiment.keep(frame, SYNDICATE, "data", "patterns")
    rests_on = f"{experiment.runs:,} runs of each world, seed 1; 95 % intervals"
    experiment.figure(multiples, "patterns", "Eight patterns, unfitted", frame, source=rests_on, size=(8.6, 11.4))
    lines = ["| | compared | result | a simpler model | verdict |", "|---|---|---|---|---|"]
    lines += [f"| {p.pattern} | {p.compared} | {p.result} | {p.rival} | **{p.verdict}** |" for p in parts.itertuples()]
    counts = parts["verdict"].value_counts()
    experiment.tell(
        "# e18: patterns of real rounds, unfitted",
        f"{experiment.runs:,} runs of each world, seed 1, 95 % intervals, differences under the same luck.",
        "\n".join(lines),
        f"Of {len(parts)} statements about eight patterns "
        + ", ".join(f"{counts.get(word, 0)} {word}" for word in ("shown", "not shown", "cannot be said"))
        + ".",
    )
