"""Case checks: what no single key of a case can tell, as faults, and as warnings of what can hardly be meant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from abm.core.errors import Fault
from abm.core.plain import plain
from abm.history.case import Case

FULL = 0.9  # share of the target that counts as closed in full
NOTHING = 0.12  # share below which no new money of size came
MEMORY = "memory"  # as a source: facts that no listed page confirms
_ROUNDING = 0.005  # of a share, as amounts are rounded where they are converted


def case_faults(case: Case) -> Iterator[Fault]:
    """Say what about a case contradicts itself, in the order of the file.

    Examples
    --------
    >>> from abm.history import library
    >>> [str(fault) for case in library() for fault in case_faults(case)]
    []
    """
    terms = case.currency_usd_bn
    if case.deadline is not None and case.deadline < case.announced:
        yield Fault("deadline", f"expected no day before announced ({case.announced})", str(case.deadline))
    if terms.already_committed_at_announcement > terms.target:
        yield Fault(
            "currency_usd_bn.already_committed_at_announcement",
            f"expected at most the target of {plain(terms.target)}",
            plain(terms.already_committed_at_announcement),
        )
    if not any(investor.role == "lead" for investor in case.investors):
        yield Fault("investors", "expected one with the role lead", "none")
    yield from _outcome_faults(case)


def _outcome_faults(case: Case) -> Iterator[Fault]:
    outcome = case.outcome
    if outcome is None:
        return
    share = outcome.raised_bn / case.currency_usd_bn.target
    if outcome.closed == "full" and share < FULL - _ROUNDING:
        yield Fault(
            "outcome.closed", f"expected partial or failed below {FULL:.0%} of the target", f"full at {share:.0%}"
        )
    if outcome.closed == "failed" and share >= FULL:
        yield Fault(
            "outcome.closed", f"expected full or partial from {FULL:.0%} of the target on", f"failed at {share:.0%}"
        )
    if outcome.closed_on is not None and outcome.closed_on < case.announced:
        yield Fault("outcome.closed_on", f"expected no day before announced ({case.announced})", str(outcome.closed_on))
    there = {condition.kind for condition in case.conditions}
    for kind, count in Counter(outcome.which_conditions_met).items():
        if kind not in there:
            yield Fault("outcome.which_conditions_met", "expected kinds of this case's conditions", f"'{kind}'")
        elif count > 1:
            yield Fault("outcome.which_conditions_met", "expected every kind once", f"'{kind}' {count} times")


def case_doubts(case: Case) -> Iterator[str]:
    """Say what a sound case can hardly mean, a sentence each.

    Examples
    --------
    >>> from abm.history import library
    >>> [doubt for case in library() for doubt in case_doubts(case)]
    []
    """
    leads = [investor.name for investor in case.investors if investor.role == "lead"]
    if len(leads) > 1:
        yield f"investors: {len(leads)} of them lead, and only {leads[0]} is taken for the lead"
    for condition in case.conditions:
        if condition.by is not None and condition.by < case.announced:
            yield f"a condition of kind {condition.kind} was to be met by {condition.by}, before the announcement"
    if bool(case.memory_only) != (MEMORY in case.sources):
        yield f"facts from memory stand both in a comment line and as the source '{MEMORY}', or in neither"
    for source in case.sources:
        if source != MEMORY and not source.startswith(("http://", "https://")):
            yield f"sources: {source!r} is no address"
    if case.outcome is not None and case.outcome.closed != "full":
        share = case.outcome.raised_bn / case.currency_usd_bn.target
        low, high = (NOTHING, FULL) if case.outcome.closed == "partial" else (0.0, NOTHING)
        if not low <= share <= high:
            yield f"outcome: {case.outcome.closed} at {share:.0%} of the target"
