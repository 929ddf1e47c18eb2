"""Host: what an agent may ask of the model it lives in; whoever writes an agent of his own needs no more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from abm.core.records import Flags, Integers, Record, Records
from abm.core.trace import Event
from abm.population import Population
from abm.rules.clauses import Contracts
from abm.rules.conditions import Book
from abm.scenario import Scenario


class Host(Protocol):
    """The funding model, as its agents see it: :class:`abm.FundingModel` is the one there is.

    Days count from as_of, money is whole USD million.
    """

    case: Scenario  #: the scenario that is simulated
    population: Population  #: what all runs of it share
    seed: int  #: with ``run``, the key of every random number
    run: int
    round: Record  #: the terms of the round, as the rules read them
    terms: Any  #: the terms of the round, as fields of a ``ROUND`` record
    traits: Records  #: ``TRAITS`` of the investors of this run, by index
    contracts: Contracts  #: their conditions
    frailty: float  #: luck that all gatekeepers share [-]

    week: int  #: this week, from 1 on
    week_start: float  #: where it begins and ends [days after as_of]
    week_end: float
    start_day: float  #: the same, cut at the deadline
    until_day: float
    deadline_day: float  #: the deadline, extended or not

    open: bool  #: whether the round is
    closed: bool  #: whether it has reached its target
    extended: bool  #: whether its deadline was
    closed_day: float  #: when it reached its target [days after as_of]; NaN: not yet
    cause: int  #: first cause of failure, index into ``CAUSES``
    rung: int  #: step of the price ladder
    gap_musd: int  #: largest gap between the greatest and the least closing
    new_shares: int  #: shares issued from as_of on
    paid_musd: int  #: paid from as_of on
    published_paid_musd: int  #: paid, as published last week
    expected_musd: float  #: what the market expected then of those who had signed
    new_musd: int  #: signed since then
    booked_musd: int  #: paid and signed, as published last week
    offer: Record  #: what the company offers this week, one ``OFFER`` record
    opinion: float  #: mean belief of those who are still looking, log-points
    committed_path: list[int]  #: signed and paid at the end of each week
    paid_path: list[int]
    cash_path: list[int]
    story: list[Event]  #: what has happened so far
    hearsay: Any  #: what the public hears of signatures a week later

    company: Any  #: the company, or None
    market: Any  #: sentiment, shocks, the company's true value, news
    gates: Sequence[Any]  #: gatekeepers, by index
    investors: Sequence[Any]  #: investors, by index
    narrator: Any  #: says what a signature asks for

    @property
    def full(self) -> bool:
        """Whether the round has taken all the money that it may take."""

    def decisive(self, purpose: int, place: int) -> float:
        """Uniform of a draw before the first week: a coordinate of the point of the run, where it has one."""

    def announce(self, investor: Any) -> None:
        """Let the public know of a signature next week."""

    def in_force(self, gate: int) -> bool:
        """Whether a gatekeeper's consent is in force this week; ``gate`` -1 stands for none."""

    def log(self, who: str, what: str, why: str = "", amount_musd: float = 0, day: float | None = None) -> None:
        """Add an event to the story of this run."""

    def stage_is(self, stage: int) -> Flags:
        """Which investors are at a stage, by index."""

    def tickets(self) -> Integers:
        """What each investor brings [USD million]."""

    def book(self) -> Book:
        """Return the book as a closing of this week would read it."""
