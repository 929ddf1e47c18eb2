"""e01: how likely is OpenAI's 2025 round to close, on sourced numbers and in the article's world?

Question
    Does new money of USD 30 billion arrive by the end of 2025, as seen on 2025-07-28? Does the answer depend on
    whose story one believes: the sourced figures of ``openai-2025``, or those of the article that everybody read?

Design
    Both flagships, 20,000 runs each, seed 1, the same luck for whoever stands in both files at the same address.

Expectation (written before the first run)
    The chain of consents is done in time with probability 0.55 and SoftBank pays with 0.92; independent draws on the
    tickets give 7.5 billion of other money in 59 % of cases. So 0.3 if nothing else mattered, a little more with the
    extension. The article's world has fewer and vaguer investors: less likely to close, and demand to blame more often.

Finding
    Written by the script from its own numbers: ``results/e01_flagship/finding.md``.

Run it: ``python experiments/e01_flagship.py``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import abm
from abm.report.files import write_outcomes
from abm.runs.terms import CAUSE_WORDS

WORLDS = ("openai-2025", "openai-2025-article")
HERE = Path(__file__).parent.parent / "results" / "e01_flagship"


def main(runs: int, folder: Path) -> None:
    """Simulate both worlds, keep their tables and pictures, and write the finding."""
    worlds = [abm.simulate(world, runs=runs, seed=1, central=True) for world in WORLDS]
    for outcomes in worlds:
        write_outcomes(outcomes, folder / outcomes.scenario.id)
    (folder / "finding.md").write_text(finding(*worlds), encoding="utf-8")
    print(finding(*worlds))


def finding(sourced: abm.Outcomes, article: abm.Outcomes) -> str:
    """Put the numbers of both worlds into sentences."""
    parts = ["# e01: what the two stories say", table(sourced, article), sentence(sourced), sentence(article)]
    return "\n\n".join(parts) + "\n"


def table(sourced: abm.Outcomes, article: abm.Outcomes) -> str:
    """Lay the two worlds side by side, as Markdown."""
    rows = ["| | openai-2025 | openai-2025-article |", "|---|---|---|"]
    for words, event in {
        "closes (30 billion paid in time)": "closed",
        "at least 20 billion paid": "funded_bn >= 20",
        "restructuring done by the deadline": "restructured",
        "company pays its bills to the horizon": "survived",
    }.items():
        rows.append(f"| {words} | {quote(sourced, event)} | {quote(article, event)} |")
    money = [f"{o.quantiles('funded_bn')['mean']:.1f}" for o in (sourced, article)]
    return "\n".join([*rows, f"| money paid on average (billion) | {money[0]} | {money[1]} |"])


def quote(outcomes: abm.Outcomes, event: str) -> str:
    """Quote a probability with its interval."""
    if event == "restructured":
        event = f"gate_day.{outcomes.gate_ids[-1]} <= {outcomes.scenario.window_days}"
    chance = outcomes.probability(event)
    return f"{chance.p:.1%} ({chance.low:.1%} to {chance.high:.1%})"


def sentence(outcomes: abm.Outcomes) -> str:
    """Say in one paragraph how a world answers the question."""
    causes = [f"{CAUSE_WORDS[cause]} ({chance.p:.1%})" for cause, chance in outcomes.causes().items()]
    return (
        f"**{outcomes.scenario.id}**: the round closes with probability {outcomes.probability('closed')}. "
        f"When it fails, {', '.join(causes[:3])}, in share of all runs. "
        f"Horizon {outcomes.scenario.horizon_weeks:g} weeks, no financing beyond what the file names."
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Both flagships side by side.")
    parser.add_argument("--runs", type=int, default=20_000)
    parser.add_argument("--out", type=Path, default=HERE)
    chosen = parser.parse_args()
    main(chosen.runs, chosen.out)
