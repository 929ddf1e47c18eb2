"""Counting: what can be read off cases without a model: parts paid, closings by the date, lateness, laws of time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from abm.history.case import Case
from abm.history.case_checks import FULL, NOTHING
from abm.history.deal import KINDS, Deal
from abm.scenario.class_rows import ClassRow

_JEFFREYS = 0.5
CARRIES = 10  # cases from which on a number may be called history and no judgement
KIND_WORDS = {
    "trust": "money in a trust that holders may redeem",
    "aid": "milestones of a government programme",
    "milestones": "milestones of the company",
    "underwritten": "the rest is underwritten",
    "restructuring": "restructuring, or creditors must agree",
    "unsigned": "the lead has not signed",
    "regulatory": "signed, regulators must agree",
    "signed": "signed, votes, parties or nothing open",
}


def part_counts(cases: Sequence[Case], deals: Sequence[Deal]) -> tuple[int, int]:
    """Rounds that were not full and paid a part, and those that paid nothing; those with a trust are apart.

    Examples
    --------
    >>> from abm.history import library
    >>> from abm.history.translation import translate
    >>> cases = list(library())
    >>> sum(part_counts(cases, [translate(case) for case in cases])) < 129 - 68
    True
    """
    shares = [
        case.outcome.raised_bn / case.currency_usd_bn.target
        for case, deal in zip(cases, deals, strict=True)
        if case.outcome is not None and case.closed != "full" and deal.kind != "trust"
    ]
    paid = sum(share >= NOTHING for share in shares)
    return paid, len(shares) - paid


def counted_rows(cases: Sequence[Case], deals: Sequence[Deal]) -> Iterator[ClassRow]:
    """Rows that are counts of the cases and nothing else."""
    part, nothing = part_counts(cases, deals)
    words = f"those of at least {NOTHING:.0%} of the target among rounds under {FULL:.0%}, trusts apart"
    yield _share("part", "structure", "a round that is not full still pays a part", part, part + nothing, words)
    dated = [case for case in cases if case.outcome is not None and case.deadline is not None]
    by_date = [case for case in dated if closed_by_its_date(case)]
    missed = [case for case in dated if case not in by_date]
    late = [case for case in missed if case.closed == "full"]
    words = "closings in full by the date among cases with one"
    yield _share("in_time", "time", "closes in full by its date", len(by_date), len(dated), words)
    words = "closings in full among cases that missed their date"
    yield _share("full_if_late", "time", "missed its date, closes in full later", len(late), len(missed), words)
    yield from _days("lateness", "how late is who closes in full after the date", [_late(case) for case in late])
    closed = [(case, deal) for case, deal in zip(cases, deals, strict=True) if case.closed == "full" and case.days]
    yield from _days("days", "announcement to full closing, all kinds", [case.days for case, _ in closed])
    for kind in KINDS:
        found = [case.days for case, deal in closed if deal.kind == kind]
        yield from _days(f"days_{kind}", f"announcement to full closing: {KIND_WORDS[kind]}", found)


#: Read in the notes on outcomes by people; no key of a case says it, and no command counts it.
READ = ClassRow(
    "replacement", "structure", "an unnamed investor takes a third of a lost ticket, each of three tries",
    0.17, 0.07, 0.36, "-", 32, "read in notes on outcomes, where 32 % of lost investors were replaced; a lower bound",
    "judgement",
)  # fmt: skip


def closed_by_its_date(case: Case) -> bool:
    """Whether a round with a date closed in full by it."""
    return case.closed == "full" and _late(case) <= 0


def _late(case: Case) -> int:
    """Days after the date; a full closing whose day is not known counts as late by none."""
    day = case.outcome.closed_on if case.outcome else None
    return (day - case.deadline).days if day and case.deadline else 0


def jeffreys_quantile(count: int, n: int, share: float) -> float:
    """Below which chance so much of what is known of it lies, after so many of n.

    Examples
    --------
    >>> round(jeffreys_quantile(5, 10, 0.5), 9)
    0.5
    """
    from scipy.special import betaincinv

    return float(betaincinv(count + _JEFFREYS, n - count + _JEFFREYS, share))


def _share(name: str, of: str, what: str, count: int, n: int, words: str) -> ClassRow:
    low, high = (jeffreys_quantile(count, n, share) for share in (0.05, 0.95))
    mean = (count + _JEFFREYS) / (n + 2 * _JEFFREYS)
    grade = "history" if n >= CARRIES else "judgement"
    return ClassRow(name, of, what, mean, low, high, "-", n, f"{count} of {n}: {words}; Jeffreys", grade)  # type: ignore[arg-type]


def _days(name: str, what: str, days: Sequence[int | None]) -> Iterator[ClassRow]:
    known = np.array([day for day in days if day], float)
    if len(known):
        low, value, high = np.quantile(known, (0.1, 0.5, 0.9)).tolist()
        words = f"median, first and last tenth; sd of the logarithm {np.log(known).std():.2f}"
        grade = "history" if len(known) >= CARRIES else "judgement"
        yield ClassRow(name, "time", what, value, low, high, "days", len(known), words, grade)  # type: ignore[arg-type]
