"""e17: what does history say of OpenAI's 2025 round, what the file, what both; and who forecast what?

Question
    As seen on 2025-07-28: how likely are the 30 billion by classes of real rounds alone, by the judgement of the file,
    and by both? How surprised is each by what came? And how did Musk ("no money") and the article do as forecasters?

Design
    History alone: eight lines in classes, with values calibrated on cases that had ended by 2025-07-28, without those
    of OpenAI and SoftBank (their whole group). The file: ``openai-2025``. Both: the file, whose three consents come by
    class, on its hard deadline; and beside it the mean of the log odds of the first two. 20,000 runs each, seed 1.
    Surprise is the log score, -ln of the chance that was given to what came. A claim is scored by the Brier score of
    the chance that each gave to it; a claimant who says a thing flatly gave it 1.

Expectation (written before the first run)
    History alone: three consents and a signature under one luck, about 0.55 in the end and half of that by the date.
    The file: 0.34. Both: near the file, since its chain of consents has 0.55 and three classes under one luck about
    0.6. The round closed, so all are surprised, history least. Musk's flat "no money" scores as badly as can be.

Finding
    Written by the script from its own numbers: ``results/e17_flagship_by_history/finding.md``.

Run it: ``python experiments/e17_flagship_by_history.py``.
"""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import pandas as pd
from common import HEADLINE, Experiment

import abm
from abm.history import Library, calibrate, library
from abm.plots.claims import claims
from abm.scenario import Scenario, scenario_from

AS_OF, DATE, CLOSED_ON = dt.date(2025, 7, 28), dt.date(2025, 12, 31), dt.date(2025, 12, 26)
FILE = abm.load_scenario("openai-2025")
GATES = {"microsoft-agreement": "party", "attorneys-general": "consent_hard", "completion": "restructuring"}
CENTRAL = {"central": True}  # every run at the central numbers

#: Claims that are forecasts: who made them, the event, and whether it came (fact sheet; None: not known yet).
CLAIMS = (
    ("Musk, January 2025: they do not have the money", "funded_bn < 3.6", False),
    ("the article: the money will not be enough", "not closed", False),
    ("WIRED: the structure changes by the end of the year", "restructured", True),
    ("the article: SoftBank cuts its cheque to 10 billion", "`paid_bn.softbank` <= 10", False),
    ("The Information: Founders Fund and Dragoneer bring 1 billion", "founders", True),
    ("readers of the article: OpenAI will not last", "not survived", None),
)


def known_by(day: dt.date) -> Library:
    """Cases whose end was known on a day, without the group of the flagship."""
    every = library()
    groups = every.groups()
    own = groups["openai_softbank_2025"]

    def ended(case: Any) -> bool:
        closed = case.outcome.closed_on or case.announced + dt.timedelta(days=365)
        return closed <= day and groups[case.id] != own

    return every.filtered(ended)


def by_history(rows: dict[str, Any]) -> Scenario:
    """The round in classes."""
    gates = [{"id": gate, "class": of, "chance": number(rows[of])} for gate, of in GATES.items()]
    investors = [
        {"id": "softbank", "role": "lead", "standing": "conditional_firm", "ticket_bn": 22.5, "needs": list(GATES)}
        | {"holds": number(rows["signed"])},
        {"id": "syndicate", "standing": "in_talks", "ticket_bn": 7.5, "chance": number(rows["others_unsigned"])},
    ]
    return scenario_from({
        "format": 2,
        "id": "openai-2025-history",
        "as_of": AS_OF,
        "round": {"target_bn": 30.0, "deadline": DATE, "piecemeal_probability": number(rows["part"])},
        "environment": {"frailty_variance": number(rows["luck_variance"])},
        "gatekeepers": gates,
        "investors": investors,
    })  # fmt: skip


def by_both(rows: dict[str, Any]) -> Scenario:
    """The file, with consents by class and signed paper as history has it."""
    raw = FILE.raw
    raw |= {"format": 2, "id": "openai-2025-both"}
    raw["round"] |= {"hard_deadline": True, "counts_from": 1.0, "piecemeal_probability": 1.0}
    raw["environment"]["frailty_variance"] = number(rows["luck_variance"])
    raw["gatekeepers"] = [
        {"id": gate, "class": of, "chance": number(rows[of]), "by": DATE} for gate, of in GATES.items()
    ]
    lead = raw["investors"][0]
    lead["conditions"] = [[{"gate": gate, "by": DATE} for gate in GATES]]
    return scenario_from(raw)


def number(row: Any) -> dict[str, Any]:
    """A row of the calibration as a number of a file."""
    said = f"{row.n} cases that had ended by {AS_OF}: {row.counted}"
    return {"value": row.value, "low": row.low, "high": row.high, "grade": row.grade, "source": said}


def surprise(p: float) -> float:
    """Log score of what came."""
    return -math.log(p)


def chance_of(outcomes: abm.Outcomes, event: str) -> float | None:
    """The chance that a forecast gave to a claim, where it knows what the claim is about."""
    frame = outcomes.to_frame()
    if event == "founders":
        names = ["paid_bn.founders-fund", "paid_bn.dragoneer"]
        return float((frame[names].sum(axis=1) >= 1.0).mean()) if set(names) <= set(frame) else None
    if event == "restructured":
        gate = [one.id for one in outcomes.scenario.gatekeepers].index("completion")
        return float((outcomes.batch.gate_days[:, gate] <= (DATE - AS_OF).days).mean())
    if event == "not survived" and outcomes.scenario.company is None:
        return None
    return float(outcomes.probability(event).p)


if __name__ == "__main__":
    experiment = Experiment(__file__, __doc__ or "", runs=HEADLINE)
    cases = known_by(AS_OF)
    found = calibrate(cases)
    rows = {row.id: row for row in found.rows}
    told = {
        "history": abm.simulate(by_history(rows), runs=experiment.runs, seed=1, **CENTRAL),
        "file": abm.simulate(FILE, runs=experiment.runs, seed=1, **CENTRAL),
        "both": abm.simulate(by_both(rows), runs=experiment.runs, seed=1, **CENTRAL),
    }
    window = (DATE - AS_OF).days
    lines = ["| forecast | in the end | by 2025-12-31 | surprise at the closing of 2025-12-26 |", "|---|---|---|---|"]
    by_date = {}
    for name, outcomes in told.items():
        whole, in_time = outcomes.probability("closed"), outcomes.totals.closed_by(window)
        by_date[name] = in_time
        words = {"history": "history alone", "file": "the file's judgement", "both": "the file, consents by class"}
        lines.append(
            f"| {words[name]} | {whole.p:.1%} ({whole.low:.1%} to {whole.high:.1%}) | {in_time.p:.1%} "
            f"({in_time.low:.1%} to {in_time.high:.1%}) | {surprise(max(in_time.p, 1 / experiment.runs)):.2f} |"
        )
    odds = [math.log(max(by_date[n].p, 1e-4) / max(1 - by_date[n].p, 1e-4)) for n in ("history", "file")]
    pooled = 1 / (1 + math.exp(-sum(odds) / 2))
    lines.append(f"| mean of the log odds of the first two | | {pooled:.1%} | {surprise(pooled):.2f} |")
    lines.append(f"| a coin | | 50 % | {surprise(0.5):.2f} |")
    table = pd.DataFrame(
        [
            {"claim": claim, "came": came, **{name: chance_of(outcomes, event) for name, outcomes in told.items()}}
            for claim, event, came in CLAIMS
        ]
    )
    experiment.keep(table, FILE, "data", "claims")
    experiment.figure(
        claims, "claims", "Claims about the round, and what models gave them", table,
        source=f"{experiment.runs:,} runs of each model, seed 1; strictly as of {AS_OF}",
    )  # fmt: skip
    scored = ["| claim | came | " + " | ".join(told) + " | Brier of the claimant, of the file |", "|---" * 6 + "|"]
    for row in table.itertuples():
        given = [getattr(row, name) for name in told]
        cells = ["" if p is None or math.isnan(p) else f"{p:.1%}" for p in given]
        came = "open" if row.came is None else "yes" if row.came else "no"
        score = "" if row.came is None else f"{(1 - row.came) ** 2:.2f}, {(row.file - row.came) ** 2:.2f}"
        scored.append(f"| {row.claim} | {came} | {' | '.join(cells)} | {score} |")
    experiment.tell(
        "# e17: the flagship by history",
        f"Strictly as of {AS_OF}: values from {found.cases} cases that had ended, those of OpenAI and SoftBank left "
        f"out; {experiment.runs:,} runs each, seed 1, at central values; 95 % intervals.",
        "\n".join(lines),
        "\n".join(scored),
        "A claimant who says a thing flatly is taken to have given it a chance of 1. What is open is not scored.",
    )
