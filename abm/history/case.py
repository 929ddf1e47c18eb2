"""Case: one real attempt to raise large, conditional money: what was known on the day, and what came later."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, PrivateAttr

from abm.scenario.dates import is_date
from abm.scenario.fields import Id, Knob, Section, fault

Standing = Literal["firm", "conditional_firm", "loi", "in_talks", "rumoured"]
Role = Literal["lead", "anchor", "co"]
Confidence = Literal["high", "medium", "low"]
Closed = Literal["full", "partial", "failed"]
InvestorType = Literal[
    "bank_lender",
    "conglomerate",
    "founder",
    "government",
    "growth_crossover",
    "private_equity",
    "retail_public",
    "sovereign",
    "strategic",
    "venture",
]
ConditionKind = Literal[
    "co_investor",
    "due_diligence",
    "governance_seat",
    "guarantee",
    "market_offering",
    "milestone",
    "min_close",
    "regulatory_consent",
    "restructuring",
    "third_party_consent",
    "valuation_cap",
]
STANDINGS: tuple[str, ...] = get_args(Standing)
CLOSED: tuple[str, ...] = get_args(Closed)
CONDITION_KINDS: tuple[str, ...] = get_args(ConditionKind)
#: Keys that stand in comment lines above the others.
ABOVE = ("library", "searched", "coded", "memory_only")


class CaseKnob(Knob):
    """A number of a case: bare, as a case names its sources at its end."""

    def parse(self, raw: Any) -> float:
        """Read ``1.5``."""
        return self.within_range(raw)


def _read_day(raw: object) -> dt.date:
    if not is_date(raw):
        raise fault("expected a date such as 2021-03-01")
    return raw


Day = Annotated[dt.date, BeforeValidator(_read_day)]
Money = Annotated[float, CaseKnob("USD billion", 0, 10_000, "At the rate of the announcement")]


class CaseCondition(Section):
    """What an investor's money waits for."""

    kind: ConditionKind
    text: str
    by: Day | None
    fallback_amount_bn: Money | None


class CaseInvestor(Section):
    """Somebody who might pay: how firmly, how much, and on which conditions."""

    name: str
    type: InvestorType
    role: Role
    soft_or_firm: Standing
    amount_bn: Money | None
    conditions: tuple[CaseCondition, ...]


class CaseTerms(Section):
    """What was asked [USD billion]."""

    target: Annotated[float, CaseKnob("USD billion", 0.00001, 10_000, "Amount asked at the start")]
    pre_money: Money | None
    already_committed_at_announcement: Money


class CaseCompany(Section):
    """The company's state, as far as it was public."""

    cash_bn: Money | None
    annual_revenue_bn: Money | None
    annual_burn_bn: Annotated[float, CaseKnob("USD billion", -10_000, 10_000, "Cash used in a year")] | None
    runway_months: Annotated[float, CaseKnob("months", 0, 1_200, "How long the cash lasts")] | None
    stage: str


class CaseMarket(Section):
    """The market on the day, as the coder read it."""

    sentiment: Annotated[float, CaseKnob("-", -1, 1, "The coder's own reading")]
    competing_rounds: str


class CaseOutcome(Section):
    """What came later; no forecast may look at it."""

    closed: Closed
    raised_bn: Money
    closed_on: Day | None
    which_conditions_met: tuple[ConditionKind, ...]
    note: str


class Case(Section):
    """One attempt, as read from one YAML file; without an outcome while it is open.

    Examples
    --------
    >>> from abm.history import library
    >>> case = library()["metro_bank_2023"]
    >>> case.lead.name, case.lead.soft_or_firm, case.closed
    ('Spaldy Investments (Jaime Gilinski)', 'conditional_firm', 'full')
    """

    id: Id
    name: str
    company: str
    sector: str
    announced: Day
    deadline: Day | None
    currency_usd_bn: CaseTerms
    company_state: CaseCompany
    investors: tuple[CaseInvestor, ...]
    market: CaseMarket
    outcome: CaseOutcome | None = None
    sources: tuple[str, ...]
    confidence: Confidence

    library: str = "0"
    searched: str = ""
    coded: str = ""
    memory_only: str = ""

    _file: str = PrivateAttr(default="case")

    @property
    def file(self) -> str:
        """Where the case was read from, as shown in messages."""
        return self._file

    @property
    def lead(self) -> CaseInvestor:
        """Whoever leads; the first of them where a case names several."""
        return next(investor for investor in self.investors if investor.role == "lead")

    @property
    def conditions(self) -> Iterator[CaseCondition]:
        """Conditions of all investors, in the order of the file."""
        return (condition for investor in self.investors for condition in investor.conditions)

    @property
    def closed(self) -> str:
        """How it ended: ``full``, ``partial``, ``failed``, or ``open`` while it has no outcome."""
        return self.outcome.closed if self.outcome else "open"

    @property
    def days(self) -> int | None:
        """Days from the announcement to the end; None where that day is not known, or has not come."""
        day = self.outcome.closed_on if self.outcome else None
        return (day - self.announced).days if day else None

    @property
    def coder_knew(self) -> bool | None:
        """Whether the coder knew the outcome beforehand; None where no comment line says so."""
        return {"yes": True, "no": False}.get(self.coded.rpartition("outcome known beforehand: ")[2])
