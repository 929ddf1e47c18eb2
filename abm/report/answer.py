"""Answer: what a run of a scenario says, as a good analyst would put it, and as one JSON object."""

from __future__ import annotations

import math
import textwrap
from typing import Any

from abm.report.sources_table import grades_counted
from abm.runs.outcomes import Estimate, Outcomes, Totals
from abm.runs.terms import CAUSE_WORDS
from abm.scenario import provenance

_MANY = 4  # payers named one by one
_WIDTH = 110  # letters a line


def answer_text(outcomes: Outcomes | Totals) -> str:
    """Say how likely the round is to close, for how much, why it fails, and what the number leaves out."""
    totals = outcomes.totals
    parts = [
        _question(totals),
        _closing(totals),
        _money(totals),
        _consents(totals),
        _failure(totals),
        _survival(totals),
        _caveats(totals),
    ]
    return "\n\n".join(wrapped(part) for part in parts if part)


def wrapped(part: str) -> str:
    """Break long lines of a paragraph; lines of a list keep their indent."""
    return "\n".join(
        textwrap.fill(line, _WIDTH, subsequent_indent=" " * 4 if line.startswith(" ") else "")
        for line in part.split("\n")
    )


def _question(totals: Totals) -> str:
    scenario = totals.scenario
    terms = scenario.round
    return (
        f"{scenario.title}\n"
        f"As of {scenario.as_of}: does new money of USD {terms.target_bn:g} billion arrive by {terms.deadline}?"
    )


def _closing(totals: Totals) -> str:
    chance, days = totals.probability("closed"), totals.quantiles("closed_day")
    lines = [f"The round closes with probability {chance}."]
    if totals.within is not None:
        half = (chance.high - chance.low) / 2
        words = "It took" if totals.reached else "The width was not reached in"
        lines.append(f"{words} {totals.runs:,} runs: ±{half:.2%}, where ±{totals.within:.2%} was wanted.")
    if not math.isnan(days["p50"]):
        early, middle, late = (totals.scenario.date(days[q]) for q in ("p05", "p50", "p95"))
        lines.append(f"If it closes, it does so around {middle} (nine times in ten from {early} to {late}).")
    if totals.scenario.round.extension_probability > 0:
        lines.append(f"Without an extension of the deadline it is {totals.on_time()}.")
    return "\n".join(lines)


def _money(totals: Totals) -> str:
    funded = totals.quantiles("funded_bn")
    lines = [
        f"Money paid by the deadline: {funded['mean']:.1f} billion on average, half the time at most "
        f"{funded['p50']:.1f}, nine times in ten from {funded['p05']:.1f} to {funded['p95']:.1f}."
    ]
    payers = totals.payers()[:_MANY]
    if payers and payers[0].mean_bn > 0:
        shares = [f"{payer.id} {payer.mean_bn:.1f} (pays in {payer.pays.p:.0%} of runs)" for payer in payers]
        lines.append(f"It comes from {', '.join(shares)}.")
    gap, apart = totals.quantiles("closing_gap_bn"), totals.closing_gap_probability()
    lines.append(
        f"Closing everything at once, not one after the other, decides in {apart.p:.1%} of runs; "
        f"it is worth {gap['mean']:.2f} billion on average."
        if apart.p > 0
        else "In no run did it matter whether everything closed at once or one after the other."
    )
    return "\n".join(lines)


def _consents(totals: Totals) -> str:
    names = {gate.id: gate.name or gate.id for gate in totals.scenario.gatekeepers}
    lines = [f"  {_share(in_time)}  {names[gate]}" for gate, in_time in totals.consents().items()]
    return "Consents in force by the deadline, in share of runs:\n" + "\n".join(lines) if lines else ""


def _failure(totals: Totals) -> str:
    causes = totals.causes()
    if not causes:
        return ""
    lines = [f"  {_share(chance)}  {CAUSE_WORDS[cause]}" for cause, chance in causes.items()]
    return "Why it fails, as the link that cost most of the missing money, in share of all runs:\n" + "\n".join(lines)


def _survival(totals: Totals) -> str:
    company = totals.scenario.company
    if company is None:
        return ""
    weeks, chance = int(totals.scenario.horizon_weeks), totals.probability("survived")
    lines = [
        f"{company.name} pays its bills for {weeks} weeks with probability {chance}, "
        "with no money but what the file names."
    ]
    for closed, words in ((True, "after a closing"), (False, "after a failure")):
        survival = totals.survival(closed)
        if 0 < survival.runs < totals.runs:
            lines.append(f"  {survival.p:6.1%}  {words} ({survival.runs:,} runs)")
    return "\n".join(lines)


def _caveats(totals: Totals) -> str:
    return (
        "What this number leaves out: the interval is Monte Carlo error alone. "
        f"The file has {grades_counted(provenance(totals.scenario))}, and every run used the central value. "
        "Events that the file does not name cannot happen."
    )


def _share(chance: Estimate) -> str:
    return f"{chance.p:6.1%} ({chance.low:.1%} to {chance.high:.1%})"


def answer_json(outcomes: Outcomes | Totals) -> dict[str, Any]:
    """Return the answer as one object, for programs."""
    totals = outcomes.totals
    return {
        "scenario": totals.scenario.id,
        "runs": totals.runs,
        "seed": totals.seed,
        "engine": totals.engine,
        "probability": {
            "closed": _bounds(totals.probability("closed")),
            "survived": _bounds(totals.probability("survived")) if totals.scenario.company else None,
        },
        "funded_bn": totals.quantiles("funded_bn"),
        "closing_gap_bn": totals.quantiles("closing_gap_bn"),
        "causes": {cause: _bounds(chance) for cause, chance in totals.causes().items()},
    }


def _bounds(chance: Estimate) -> dict[str, float]:
    return {"p": chance.p, "low": chance.low, "high": chance.high}
