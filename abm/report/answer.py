"""Answer: what a run of a scenario says, as a good analyst would put it, and as one JSON object."""

from __future__ import annotations

import textwrap
from collections import Counter
from typing import Any

from abm.outcomes import Estimate, Outcomes
from abm.scenario import provenance

#: Each first cause of failure, in words.
CAUSE_WORDS = {
    "cash": "the company ran out of cash first",
    "settlement": "a closer did not pay",
    "gate": "a consent was not in force in time",
    "coordination": "conditions waited for each other",
    "lead": "the lead did not sign, or withdrew",
    "price": "the price was refused",
    "demand": "too little demand",
}
_MANY = 4  # payers named one by one
_WIDTH = 110  # letters a line


def answer_text(outcomes: Outcomes) -> str:
    """Say how likely the round is to close, for how much, why it fails, and what the number leaves out."""
    parts = [
        _question(outcomes),
        _closing(outcomes),
        _money(outcomes),
        _consents(outcomes),
        _failure(outcomes),
        _survival(outcomes),
        _caveats(outcomes),
    ]
    return "\n\n".join(_wrapped(part) for part in parts if part)


def _wrapped(part: str) -> str:
    """Break long lines of a paragraph; lines of a list keep their indent."""
    return "\n".join(
        textwrap.fill(line, _WIDTH, subsequent_indent=" " * 4 if line.startswith(" ") else "")
        for line in part.split("\n")
    )


def _question(outcomes: Outcomes) -> str:
    scenario = outcomes.scenario
    terms = scenario.round
    return (
        f"{scenario.title}\n"
        f"As of {scenario.as_of}: does new money of USD {terms.target_bn:g} billion arrive by {terms.deadline}?"
    )


def _closing(outcomes: Outcomes) -> str:
    frame = outcomes.to_frame()
    chance = outcomes.probability("closed")
    lines = [f"The round closes with probability {_percent(chance)}."]
    days = frame.loc[frame["closed"], "closed_day"]
    if len(days):
        early, middle, late = (outcomes.scenario.date(days.quantile(q)) for q in (0.05, 0.5, 0.95))
        lines.append(f"If it closes, it does so around {middle} (nine times in ten from {early} to {late}).")
    if outcomes.scenario.round.extension_probability > 0:
        on_time = outcomes.probability(f"closed and closed_day <= {outcomes.scenario.window_days}")
        lines.append(f"Without an extension of the deadline it is {_percent(on_time)}.")
    return "\n".join(lines)


def _money(outcomes: Outcomes) -> str:
    funded, frame = outcomes.quantiles("funded_bn"), outcomes.to_frame()
    lines = [
        f"Money paid by the deadline: {funded['mean']:.1f} billion on average, half the time at most "
        f"{funded['p50']:.1f}, nine times in ten from {funded['p05']:.1f} to {funded['p95']:.1f}."
    ]
    paid = {name: frame[f"paid_bn.{name}"] for name in outcomes.ids if "#" not in name}
    for pool in outcomes.scenario.investor_pools:
        paid[pool.id] = sum(frame[f"paid_bn.{name}"] for name in outcomes.ids if name.startswith(f"{pool.id}#"))  # type: ignore[assignment]
    ranked = sorted(paid, key=lambda name: -paid[name].mean())[:_MANY]
    shares = [f"{name} {paid[name].mean():.1f} (pays in {(paid[name] > 0).mean():.0%} of runs)" for name in ranked]
    if ranked and paid[ranked[0]].mean() > 0:
        lines.append(f"It comes from {', '.join(shares)}.")
    gap = outcomes.quantiles("closing_gap_bn")
    apart = outcomes.probability("closing_gap_bn > 0")
    lines.append(
        f"Closing everything at once, not one after the other, decides in {apart.p:.1%} of runs; "
        f"it is worth {gap['mean']:.2f} billion on average."
        if apart.p > 0
        else "In no run did it matter whether everything closed at once or one after the other."
    )
    return "\n".join(lines)


def _consents(outcomes: Outcomes) -> str:
    lines = []
    for gate in outcomes.scenario.gatekeepers:
        by_deadline = outcomes.probability(f"gate_day.{gate.id} <= {outcomes.scenario.window_days}")
        lines.append(f"  {_share(by_deadline)}  {gate.name or gate.id}")
    return "Consents in force by the deadline, in share of runs:\n" + "\n".join(lines) if lines else ""


def _failure(outcomes: Outcomes) -> str:
    causes = outcomes.causes()
    if not causes:
        return ""
    lines = [f"  {_share(chance)}  {CAUSE_WORDS[cause]}" for cause, chance in causes.items()]
    return "Why it fails, as the link that cost most of the missing money, in share of all runs:\n" + "\n".join(lines)


def _survival(outcomes: Outcomes) -> str:
    if outcomes.scenario.company is None:
        return ""
    weeks = int(outcomes.scenario.horizon_weeks)
    chance, name = _percent(outcomes.probability("survived")), outcomes.scenario.company.name
    lines = [
        f"{name} pays its bills for {weeks} weeks with probability {chance}, with no money but what the file names."
    ]
    frame = outcomes.to_frame()
    for closed, words in ((True, "after a closing"), (False, "after a failure")):
        known = frame.loc[frame["closed"] == closed, "survived"].dropna()
        if 0 < len(known) < len(frame):
            lines.append(f"  {known.mean():6.1%}  {words} ({len(known):,} runs)")
    return "\n".join(lines)


def _caveats(outcomes: Outcomes) -> str:
    rows = provenance(outcomes.scenario)
    grades = Counter(row.grade for row in rows)
    ranged = sum(1 for row in rows if row.range)
    counted = ", ".join(f"{grades[g]} {_GRADE_WORDS[g]}" for g in _GRADE_WORDS if grades[g])
    return (
        "What this number leaves out: the interval is Monte Carlo error alone. "
        f"Of the {len(rows)} numbers in the file, {counted}; {ranged} of them have a range, and every run used the "
        "central value. Events that the file does not name cannot happen."
    )


_GRADE_WORDS = {"fact": "are facts", "calc": "arithmetic", "judgement": "judgement", "assumption": "assumptions"}


def _percent(chance: Estimate) -> str:
    """Quote a probability as it must be quoted: interval, runs, seed."""
    return str(chance)


def _share(chance: Estimate) -> str:
    return f"{chance.p:6.1%} ({chance.low:.1%} to {chance.high:.1%})"


def answer_json(outcomes: Outcomes) -> dict[str, Any]:
    """Return the answer as one object, for programs."""
    return {
        "scenario": outcomes.scenario.id,
        "runs": outcomes.runs,
        "seed": outcomes.seed,
        "engine": outcomes.engine,
        "probability": {
            "closed": _bounds(outcomes.probability("closed")),
            "survived": _bounds(outcomes.probability("survived")) if outcomes.scenario.company else None,
        },
        "funded_bn": outcomes.quantiles("funded_bn"),
        "closing_gap_bn": outcomes.quantiles("closing_gap_bn"),
        "causes": {cause: _bounds(chance) for cause, chance in outcomes.causes().items()},
    }


def _bounds(chance: Estimate) -> dict[str, float]:
    return {"p": chance.p, "low": chance.low, "high": chance.high}
