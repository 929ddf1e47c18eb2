"""Case page: cases as a table with base rates below it, and one case as a page to be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from abm.core.plain import plain
from abm.history import BaseRate, Case, Library
from abm.history.case import CaseInvestor
from abm.runs.digits import percent
from abm.runs.lines import broken, line_width

_HEAD = ("id", "year", "company", "USD bn", "outcome", "cond.", "lead", "library", "confidence")
_COMPANY, _SHORTEST = 2, 12  # column that is cut where lines are short, and the letters that it keeps
SELECTION = "Cases were selected, and by library differently: none of these is how often real rounds close."


def cases_text(cases: Library, base_rates: Sequence[BaseRate]) -> str:
    """Lay cases out as a table, with how often such cases closed in full below it."""
    if not len(cases):
        return "no such case"
    rows = [_HEAD, *(tuple(map(str, case_row(case).values())) for case in cases)]
    widths = [max(len(row[k]) for row in rows) for k in range(len(_HEAD))]
    over = sum(widths) + 2 * (len(widths) - 1) - line_width()
    widths[_COMPANY] = max(_SHORTEST, widths[_COMPANY] - max(0, over))
    table = [
        "  ".join(f"{_cut(cell, width):<{width}}" for cell, width in zip(row, widths, strict=True)) for row in rows
    ]
    rates = [f"{'all' if rate.library == 'all' else f'library {rate.library}'}: {rate}" for rate in base_rates]
    return "\n".join([*(line.rstrip() for line in table), "", *rates, *broken(SELECTION if rates else "")])


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def case_row(case: Case) -> dict[str, Any]:
    """One case in a row of a table."""
    return {
        "id": case.id,
        "year": case.announced.year,
        "company": case.company,
        "target_bn": plain(case.currency_usd_bn.target),
        "closed": case.closed,
        "conditions": len(list(case.conditions)),
        "lead_standing": case.lead.soft_or_firm,
        "library": case.library,
        "confidence": case.confidence,
    }


def cases_json(cases: Library, base_rates: Sequence[BaseRate]) -> dict[str, Any]:
    """Cases and base rates as one object."""
    groups = cases.groups()
    return {
        "where": cases.where,
        "cases": [
            {**case_row(case), "target_bn": case.currency_usd_bn.target, "group": groups[case.id]} for case in cases
        ],
        "base_rates": [
            {"library": rate.library, "full": rate.full, "cases": rate.cases, "p": rate.full / rate.cases}
            | dict(zip(("low", "high"), rate.interval, strict=True))
            for rate in base_rates
        ],
    }


# --------------------------------------------------------------------------------------------------------------------
# One case


def case_text(case: Case) -> str:
    """Lay one case out: what was known on the day, what came later, and where it is from."""
    parts = (_title(case), _known(case), _later(case), _sources(case))
    return "\n\n".join("\n".join(part) for part in parts)


def _title(case: Case) -> Iterator[str]:
    yield from broken(f"{case.name} ({case.id})")
    yield from broken(f"{case.company}, {case.sector}; {case.company_state.stage}")


def _known(case: Case) -> Iterator[str]:
    terms, state = case.currency_usd_bn, case.company_state
    yield f"Known on {case.announced}"
    yield from _item("asked", f"{_bn(terms.target)}{f' by {case.deadline}' if case.deadline else ', no date known'}")
    yield from _item("pre-money", _bn(terms.pre_money))
    yield from _item("committed", _bn(terms.already_committed_at_announcement))
    yield from _item("cash", _bn(state.cash_bn))
    yield from _item("revenue", _bn(state.annual_revenue_bn, " a year"))
    yield from _item("burn", _bn(state.annual_burn_bn, " a year"))
    yield from _item("runway", "not known" if state.runway_months is None else f"{plain(state.runway_months)} months")
    yield from _item("market", f"{case.market.sentiment:+g} of -1 to +1; {case.market.competing_rounds}")
    for investor in case.investors:
        yield from _investor(investor)


def _investor(investor: CaseInvestor) -> Iterator[str]:
    about = f"{investor.type}, {investor.soft_or_firm}, {_bn(investor.amount_bn)}"
    yield from _item(investor.role, f"{investor.name}: {about}")
    for need in investor.conditions:
        by = f" by {need.by}" if need.by else ""
        pays = "" if need.fallback_amount_bn is None else f"; else {_bn(need.fallback_amount_bn)}"
        yield from broken(f"needs {need.kind}{by}: {need.text}{pays}", " " * 14, " " * 16)


def _later(case: Case) -> Iterator[str]:
    yield "What came later (no forecast may look at it)"
    outcome = case.outcome
    if outcome is None:
        yield "  the round is open"
        return
    days = "" if case.days is None else f" on {outcome.closed_on}, {case.days} days after the announcement"
    share = percent(outcome.raised_bn / case.currency_usd_bn.target)
    yield from _item("closed", f"{outcome.closed}{days}; {_bn(outcome.raised_bn)}, {share} of the target")
    yield from _item("met", ", ".join(outcome.which_conditions_met) or "no kind of condition")
    yield from _item("note", outcome.note)


def _sources(case: Case) -> Iterator[str]:
    yield f"Sources (confidence {case.confidence}, library {case.library})"
    yield from (f"  {source}" for source in case.sources)
    if case.coded:
        yield from _item("coded", case.coded)
    if case.memory_only:
        yield from broken(f"Warning: no source above confirms these, they are from memory: {case.memory_only}.")


def _item(name: str, text: str) -> Sequence[str]:
    return broken(text, f"  {name:<10}", " " * 12)


def _bn(amount: float | None, a_year: str = "") -> str:
    return "not known" if amount is None else f"USD {plain(amount)} bn{a_year}"
