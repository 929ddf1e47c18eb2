"""Conditions: what an investor may ask for before his money counts. A kind of condition is one function here."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np

from abm.core.jit import dispatch, lean
from abm.core.lending import lent
from abm.core.plain import plain
from abm.core.records import Flags, Floats, Integers, Record

#: One atom of a condition. A kind uses the fields that its keys name and ignores the rest.
ATOM = np.dtype(
    [
        ("kind", np.int64),
        ("ref", np.int64),
        ("count", np.int64),
        ("amount_musd", np.int64),
        ("level", np.float64),
        ("by_day", np.float64),
        ("count_closed", np.bool_),
        ("count_own", np.bool_),
        ("first", np.int64),
        ("last", np.int64),
    ]
)

#: The facts of a closing that no investor's decision changes, and how conditions are to be read (see ``satisfied``).
FACTS = np.dtype(
    [
        ("cap_musd", np.int64),
        ("already_closed_musd", np.int64),
        ("pre_money_musd", np.int64),
        ("sentiment", np.float64),
        ("day", np.float64),
        ("literal", np.bool_),
        ("granted", np.int64),
    ]
)


@lent
class Book(NamedTuple):
    """What a condition may look at. ``N`` investors, ``G`` gatekeepers, ``K`` kinds, ``M`` members of any_of lists."""

    tickets: Integers  #: int64[N], USD million: what each investor brings (what he paid, once he has paid)
    kinds: Integers  #: int64[N], index into fields.KINDS
    inside: Flags  #: bool[N], the closing set, with everybody who has paid
    against: Flags  #: bool[N], the set by which antitone conditions are judged
    totals: Integers  #: int64[2], USD million: money inside, money against
    kind_musd: Integers  #: int64[K], USD million: money inside, by kind
    base_musd: Integers  #: int64[1 + K], USD million: money of those who have paid, all of it and by kind
    gate_days: Floats  #: float64[G], day on which a consent came into force; inf if it has not
    members: Integers  #: int64[M], the concatenated any_of lists
    who: Integers  #: int64[N], places of the candidates of a closing
    order: Integers  #: int64[N], the order in which it asks them
    sets: Flags  #: bool[8, N], where a closing and a settlement keep the sets that they compare
    facts: Record  #: one FACTS record


#: How a condition answers to a growing closing set.
Direction = Literal["up", "constant", "down"]
#: What a round fails of where only this condition is not met.
Cause = Literal["gate", "coordination", "price", "market", "stake", "rival"]
KeyType = Literal["gate", "investor", "investors", "kind", "money", "share", "level", "date", "count", "flag"]


@dataclass(frozen=True)
class Key:
    """A key of a condition in the scenario file: its type, the field of ``ATOM`` it fills, and its default."""

    type: KeyType
    field: str
    default: Any = ...

    @property
    def required(self) -> bool:
        """Whether the file must name it."""
        return self.default is ...


@dataclass(frozen=True)
class ConditionKind:
    """A kind of condition: its name (the key that identifies it), its keys, its direction and its test."""

    name: str
    code: int
    keys: dict[str, Key]
    direction: Direction
    holds: Callable[..., bool]
    doc: str
    cause: Cause
    says: str
    steady: bool  #: whether its answer can only change with the book, the price, a consent or sentiment

    def words(self, who: str, wanted: float, by: str) -> str:
        """Say what is asked for: of whom, how much, and by which date, where there is any of these.

        Examples
        --------
        >>> CONDITIONS["investor"].words("the lead", 4.0, ""), CONDITIONS["gate"].words("consent", 0.0, "2025-12-31")
        ('the lead is in with 4 bn', 'consent by 2025-12-31')
        """
        amount, date = (f" with {plain(wanted)} bn" if wanted else ""), (f" by {by}" if by else "")
        if self.says:
            return self.says.format(who=who, wanted=plain(wanted), amount=amount, by=date)
        return (
            " ".join(part for part in (self.name.replace("_", " "), who, plain(wanted) if wanted else "") if part)
            + date
        )


CONDITIONS: dict[str, ConditionKind] = {}


def condition(
    direction: Direction, cause: Cause, says: str = "", steady: bool = False, **keys: Key
) -> Callable[[Callable[..., bool]], Callable[..., bool]]:
    """Register a kind of condition.

    ``direction`` says how it answers to a growing closing set, ``cause`` what a round fails of where it alone is not
    met (see ``rules.failure``). ``says`` is its phrase in a story, where ``{who}``,
    ``{wanted}``, ``{amount}`` (" with 4 bn", or nothing) and ``{by}`` (" by" a date, or nothing) are filled in;
    without one its name serves. ``steady`` promises that its answer changes with the book, the price, a consent or
    sentiment alone; the fast engine then skips closings before which none of them has moved.
    """

    def register(function: Callable[..., bool]) -> Callable[..., bool]:
        name = next(iter(keys))
        compiled = lean(function)
        doc = inspect.getdoc(function) or ""
        code = len(CONDITIONS)
        CONDITIONS[name] = ConditionKind(name, code, dict(keys), direction, compiled, doc, cause, says, steady)
        return compiled

    return register


#: Slack in comparisons of money with a share of money: 0.29 of 100 is 28.999999999999996 to a computer [units].
MONEY_TOLERANCE = 1e-6
_ROUNDING = 4e-15  # of a large amount: some last bits of a number


@lean
def tolerance(amount: float) -> float:
    """Slack beside an amount that was worked out as a share of another [units].

    Examples
    --------
    >>> tolerance(28.999999999999996), tolerance(1e13)
    (1e-06, 0.04)
    """
    return max(MONEY_TOLERANCE, _ROUNDING * amount)


@lean
def money_with(i: int, book: Book, own: bool) -> int:
    """Money in the closing if investor ``i`` is in it [USD million], never more than the cap."""
    total = book.totals[0]
    if not book.inside[i]:
        total += book.tickets[i]
    if not own:
        total -= book.tickets[i]
    return min(total, book.facts.cap_musd)


@lean
def money_against(i: int, book: Book) -> int:
    """Money in the set of rivals if investor ``i`` is in it [USD million], never more than the cap."""
    total = book.totals[1]
    if not book.against[i]:
        total += book.tickets[i]
    return min(total, book.facts.cap_musd)


@condition(
    "constant", "gate", says="{who}{by}", steady=True, gate=Key("gate", "ref"), by=Key("date", "by_day", math.inf)
)
def gate_in_force(atom: Record, i: int, book: Book) -> bool:
    """Hold once the gatekeeper's consent is in force, and was so by that date."""
    return book.gate_days[atom.ref] <= min(atom.by_day, book.facts.day)


@condition(
    "up",
    "coordination",
    says="{wanted} bn in all",
    steady=True,
    total_bn=Key("money", "amount_musd"),
    count_closed=Key("flag", "count_closed", True),
    count_own=Key("flag", "count_own", True),
)
def total_reached(atom: Record, i: int, book: Book) -> bool:
    """Hold when this much money is in the closing, with or without earlier closings and his own ticket."""
    base = book.facts.already_closed_musd if atom.count_closed else 0
    return base + money_with(i, book, atom.count_own) >= atom.amount_musd


@condition(
    "up",
    "coordination",
    says="{who} is in{amount}",
    steady=True,
    investor=Key("investor", "ref"),
    amount_bn=Key("money", "amount_musd", 0),
)
def investor_in(atom: Record, i: int, book: Book) -> bool:
    """Hold when that investor is in, with at least this amount."""
    return book.inside[atom.ref] and book.tickets[atom.ref] >= atom.amount_musd


@condition(
    "up",
    "coordination",
    says="{wanted} of {who}",
    steady=True,
    any_of=Key("investors", "first"),
    at_least=Key("count", "count", 1),
)
def enough_of_them_in(atom: Record, i: int, book: Book) -> bool:
    """Hold when at least so many of the named investors are in."""
    count = 0
    for k in range(atom.first, atom.last):
        member = book.members[k]
        if book.inside[member] or member == i:
            count += 1
    return count >= atom.count


@condition(
    "up",
    "coordination",
    says="{wanted} bn of {who} money",
    steady=True,
    kind=Key("kind", "ref"),
    amount_bn=Key("money", "amount_musd"),
)
def money_of_kind(atom: Record, i: int, book: Book) -> bool:
    """Hold when investors of that kind bring this much."""
    money = book.kind_musd[atom.ref]
    if book.kinds[i] == atom.ref and not book.inside[i]:
        money += book.tickets[i]
    return money >= atom.amount_musd


@condition(
    "constant",
    "price",
    says="a price of at most {wanted} bn pre-money",
    steady=True,
    max_pre_money_bn=Key("money", "amount_musd"),
)
def price_accepted(atom: Record, i: int, book: Book) -> bool:
    """Hold when the pre-money valuation is at most this."""
    return book.facts.pre_money_musd <= atom.amount_musd


@condition("up", "stake", says="a stake of at most {wanted}", steady=True, max_own_share=Key("share", "level"))
def stake_not_above(atom: Record, i: int, book: Book) -> bool:
    """Hold when his stake after the money is at most this share."""
    post = book.facts.pre_money_musd + book.facts.already_closed_musd + money_with(i, book, True)
    most = atom.level * post
    return book.tickets[i] <= most + tolerance(most)


@condition(
    "constant", "market", says="a sentiment of at least {wanted}", steady=True, min_sentiment=Key("level", "level")
)
def market_not_broken(atom: Record, i: int, book: Book) -> bool:
    """Hold while market sentiment is at least this (no material adverse change)."""
    return book.facts.sentiment >= atom.level


@condition("down", "stake", says="a stake of at least {wanted}", steady=True, min_own_share=Key("share", "level"))
def stake_not_below(atom: Record, i: int, book: Book) -> bool:
    """Hold when his stake is at least this share; outside elimination, a guaranteed allocation instead."""
    post = book.facts.pre_money_musd + book.facts.already_closed_musd + money_against(i, book)
    least = atom.level * post
    return book.tickets[i] >= least - tolerance(least)


@condition(
    "down", "stake", says="at most {wanted} bn post-money", steady=True, max_post_money_bn=Key("money", "amount_musd")
)
def post_money_not_above(atom: Record, i: int, book: Book) -> bool:
    """Hold when the post-money valuation is at most this; outside elimination, a cap on the round instead."""
    post = book.facts.pre_money_musd + book.facts.already_closed_musd + money_against(i, book)
    return post <= atom.amount_musd


@condition("down", "rival", says="{who} is out", steady=True, without=Key("investor", "ref"))
def rival_out(atom: Record, i: int, book: Book) -> bool:
    """Hold when that rival is not in."""
    return not book.against[atom.ref]


MIN_OWN_SHARE = CONDITIONS["min_own_share"].code
MAX_POST_MONEY = CONDITIONS["max_post_money_bn"].code
GATE = CONDITIONS["gate"].code
MAX_PRE_MONEY = CONDITIONS["max_pre_money_bn"].code
MIN_SENTIMENT = CONDITIONS["min_sentiment"].code
TOTAL = CONDITIONS["total_bn"].code
INVESTOR = CONDITIONS["investor"].code
ANY_OF = CONDITIONS["any_of"].code
MONEY_OF_KIND = CONDITIONS["kind"].code
WITHOUT = CONDITIONS["without"].code

#: ``atom_holds(kind, atom, i, book)``: does this atom of investor ``i`` hold?
atom_holds = dispatch([kind.holds for kind in CONDITIONS.values()])
