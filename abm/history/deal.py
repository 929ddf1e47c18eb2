"""Deal: a round as ten lines say it: a target, tickets with a standing, and the consents that they wait for."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal, TypeAlias

from abm.history.case import Role
from abm.history.case_checks import FULL

DealStanding: TypeAlias = Literal[
    "firm", "conditional_firm", "letter_of_intent", "in_talks", "rumoured", "underwritten"
]
SIGNED = ("firm", "conditional_firm")


@dataclass(frozen=True)
class DealGate:
    """A consent that money waits for: what class it is of, and a day on which or by which it is decided."""

    id: str
    of: str
    by: dt.date | None = None
    text: str = ""


@dataclass(frozen=True)
class DealInvestor:
    """Somebody who might pay: how firmly, how much, and which gates he waits for.

    Attributes
    ----------
    ticket_bn
        USD billion; ``rest``: whatever is missing.
    redeemable
        Whether his money lies in a trust from which it may be taken back when the round closes.
    """

    id: str
    name: str
    role: Role
    standing: DealStanding
    ticket_bn: float | Literal["rest"]
    needs: tuple[str, ...] = ()
    redeemable: bool = False


@dataclass(frozen=True)
class Deal:
    """What is known of a round on the day, in classes; and by which choices it became so.

    Examples
    --------
    >>> lead = DealInvestor("spaldy", "Spaldy", "lead", "conditional_firm", 0.124, ("vote",))
    >>> small = DealInvestor("friend", "A friend", "co", "rumoured", 0.01)
    >>> deal = Deal("metro", 0.397, (lead, small), (DealGate("vote", "vote"),))
    >>> [investor.id for investor in deal.needed], deal.events
    (['spaldy'], ('signed', 'vote'))
    """

    id: str
    target_bn: float
    investors: tuple[DealInvestor, ...]
    gates: tuple[DealGate, ...] = ()
    counts_from: float = FULL
    notes: tuple[str, ...] = ()

    @property
    def underwritten(self) -> bool:
        """Whether somebody takes what the others leave."""
        return any(investor.standing == "underwritten" for investor in self.investors)

    @property
    def needed(self) -> tuple[DealInvestor, ...]:
        """Investors without whom the round cannot be full.

        The lead, and whoever underwrites; of others those whose ticket a full round cannot miss, and where the rest is
        underwritten only those of them who have signed.
        """
        enough = (1 - self.counts_from) * self.target_bn
        return tuple(
            one
            for one in self.investors
            if one.role == "lead"
            or one.standing == "underwritten"
            or one.ticket_bn == "rest"
            or (one.ticket_bn >= enough * (1 - 1e-9) and (one.standing in SIGNED or not self.underwritten))
        )

    @property
    def events(self) -> tuple[str, ...]:
        """Classes of the events that all have to happen, each once; what is left of a trust is apart."""
        found = {_standing_event(one) for one in self.needed if not one.redeemable}
        asked = {need for one in self.needed for need in one.needs}
        return tuple(sorted(found | {gate.of for gate in self.gates if gate.id in asked}))

    @property
    def trust_needed(self) -> float | None:
        """Share of the redeemable money that has to stay for a full round [-]; None where there is none."""
        trust = sum(one.ticket_bn for one in self.investors if one.redeemable and one.ticket_bn != "rest")
        if not trust:
            return None
        firm = sum(one.ticket_bn for one in self.investors if not one.redeemable and one.ticket_bn != "rest")
        return min(1.0, max(0.0, (self.counts_from * self.target_bn - firm) / trust))

    @property
    def kind(self) -> str:
        """What kind of round it is, by the first that fits of a fixed list; for laws of time and rates of likes."""
        classes = set(self.events)
        if any(one.redeemable for one in self.investors):
            return "trust"
        for kind, marks in _KINDS.items():
            if classes & marks:
                return kind
        return "signed"


#: From what stands most in the way to what stands least; "trust" comes before them, and "signed" is what is left.
_KINDS = {
    "aid": {"milestone_aid"},
    "milestones": {"milestone"},
    "underwritten": {"underwritten"},
    "restructuring": {"restructuring", "creditors"},
    "unsigned": {"in_talks", "letter_of_intent", "rumoured"},
    "regulatory": {"consent_routine", "consent_hard"},
}
KINDS = ("trust", *_KINDS, "signed")


def _standing_event(investor: DealInvestor) -> str:
    """The event that an investor is bound in the end: one for all who signed, one for all others behind the lead."""
    if investor.standing in SIGNED:
        return "signed"
    return investor.standing if investor.role == "lead" or investor.standing == "underwritten" else "others_unsigned"
