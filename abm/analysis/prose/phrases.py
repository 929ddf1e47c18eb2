"""Phrases: names, money, dates and conditions of a run in plain English."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from abm.core.plain import plain
from abm.rules.conditions import CONDITIONS

if TYPE_CHECKING:
    from abm.agents.narrator import Need
    from abm.population import Population
    from abm.scenario import Scenario

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
#: Conditions that are asked for as a state of affairs, and waited for as the day on which it comes.
_STATES = ("max_own_share", "min_own_share", "max_post_money_bn", "without")
_FEW = 6  # names in a condition that is still read

_SMALL = 0.1  # USD billion, below which decimals are not enough


def money(bn: float) -> str:
    """Money in USD billion, to the million, without idle zeros.

    Examples
    --------
    >>> money(22.5), money(0.357), money(10.0)
    ('22.5 billion', '0.357 billion', '10 billion')
    """
    return f"{figure(bn)} billion"


def figure(number: float) -> str:
    """Write a number with at most three decimals, a small one to three significant digits.

    Examples
    --------
    >>> figure(1.250), figure(0.0025), figure(0.00001234)
    ('1.25', '0.0025', '0.0000123')
    """
    return plain(float(f"{number:.3g}")) if abs(number) < _SMALL else plain(round(number, 3))


def count(number: int) -> str:
    """Write a count: a word up to twelve, digits above.

    Examples
    --------
    >>> count(4), count(16)
    ('four', '16')
    """
    return _NUMBERS[number] if number < len(_NUMBERS) else str(number)


def capital(text: str) -> str:
    """Begin a text with a capital letter.

    Examples
    --------
    >>> capital("two of them")
    'Two of them'
    """
    return text[:1].upper() + text[1:]


def date(when: dt.date) -> str:
    """Write a date out.

    Examples
    --------
    >>> date(dt.date(2025, 8, 4))
    '4 August 2025'
    """
    return f"{when.day} {when:%B %Y}"


def when(first: dt.date, last: dt.date) -> str:
    """Say when something happened: on a day, or between two.

    Examples
    --------
    >>> when(dt.date(2025, 8, 4), dt.date(2025, 8, 9))
    'Between 4 and 9 August 2025'
    """
    if first == last:
        return f"On {date(last)}"
    if (first.year, first.month) == (last.year, last.month):
        return f"Between {first.day} and {date(last)}"
    begin = f"{first.day} {first:%B}" if first.year == last.year else date(first)
    return f"Between {begin} and {date(last)}"


def listed(parts: Iterable[str], word: str = "and") -> str:
    """Join parts with commas and a last word.

    Examples
    --------
    >>> listed(["Alpha", "Beta", "Gamma"])
    'Alpha, Beta and Gamma'
    """
    *first, last = parts
    return f"{', '.join(first)} {word} {last}" if first else last


def owned(name: str) -> str:
    """Put a name into the genitive.

    Examples
    --------
    >>> owned("SoftBank"), owned("Khosla Ventures")
    ("SoftBank's", "Khosla Ventures'")
    """
    return f"{name}'" if name.endswith("s") else f"{name}'s"


class Names:
    """Ids of a run as people say them; members of a pool have one name together.

    Parameters
    ----------
    scenario, population
        Whose ids.

    Examples
    --------
    >>> import abm
    >>> from abm.population import prepare
    >>> flagship = abm.load_scenario("openai-2025")
    >>> names = Names(flagship, prepare(flagship))
    >>> names.of("pif"), names.all_of(["unnamed#1", "pif", "unnamed#3"])
    ('Public Investment Fund', 'Public Investment Fund and two of the 16 funds without a name')
    """

    def __init__(self, scenario: Scenario, population: Population) -> None:
        self._names = dict(zip(population.ids, population.names, strict=True))
        self._gates = {gate.id: gate.name or gate.id for gate in scenario.gatekeepers}
        self._pools = {pool.id: (int(pool.count), _uncapped(pool.name or pool.id)) for pool in scenario.investor_pools}
        self.company = scenario.company.name if scenario.company else "the company"

    def of(self, who: str) -> str:
        """Name one investor, the company, or a consent."""
        if who not in self._names and who in self._gates:
            return self.consent(who)
        return self.company if who not in self._names and who == "company" else self.all_of([who])

    def consent(self, gate: str) -> str:
        """Name a consent."""
        name = self._gates[gate]
        return f"'{name}'" if "consent" in name.lower() else f"the consent '{name}'"

    def pool(self, investor: str) -> str:
        """Return the id of the pool that an investor is a member of, or nothing."""
        pool, mark, _ = investor.partition("#")
        return pool if mark and pool in self._pools else ""

    def groups(self, ids: Sequence[str]) -> list[tuple[str, list[str]]]:
        """Investors by name and by pool: what each group is called, and its ids."""
        groups: dict[str, list[str]] = {}
        for investor in ids:
            groups.setdefault(self.pool(investor) or investor, []).append(investor)
        named_first = sorted(groups.items(), key=lambda group: bool(self.pool(group[1][0])))
        return [(self._group(name, members), members) for name, members in named_first]

    def all_of(self, ids: Sequence[str]) -> str:
        """Name some investors, members of a pool together."""
        return listed(name for name, _ in self.groups(ids))

    def _group(self, name: str, members: list[str]) -> str:
        if not self.pool(members[0]):
            return self._names.get(name, name)
        size, called = self._pools[name]
        number = len(Counter(members))
        if size == 1:
            return called
        return f"all {count(size)} {called}" if size == number else f"{count(number)} of the {count(size)} {called}"

    def asks(self, need: Need) -> str:
        """Say a condition as one that a signature is given on."""
        few = len(need.who) <= _FEW
        who = "" if not need.who or need.kind == "kind" else self._who(need)
        return {
            "gate": lambda: f"{who} is in force{self._by(need)}",
            "total_bn": lambda: f"at least {money(need.wanted)} are in the round{_counting(need)}",
            "investor": lambda: f"{who} is in{f' with at least {money(need.wanted)}' if need.wanted else ''}",
            "any_of": lambda: (
                f"at least {count(int(need.wanted))} of "
                f"{self.all_of(need.who) if few else f'the {count(len(need.who))} it names'} are in"
            ),
            "kind": lambda: f"at least {money(need.wanted)} come from {_kind(need)} investors",
            "max_pre_money_bn": lambda: f"the pre-money price is at most {money(need.wanted)}",
            "max_own_share": lambda: f"its stake is at most {figure(need.wanted)} of the company",
            "min_sentiment": lambda: f"market sentiment is at least {figure(need.wanted)}",
            "min_own_share": lambda: f"its stake is at least {figure(need.wanted)} of the company",
            "max_post_money_bn": lambda: f"the post-money valuation is at most {money(need.wanted)}",
            "without": lambda: f"{who} is not in",
            "minimum_close_bn": lambda: f"the closing reaches its minimum of {money(need.wanted)}",
        }.get(need.kind, lambda: CONDITIONS[need.kind].words(who, need.wanted, need.by))()

    def lacks(self, need: Need) -> str:
        """Say a condition as something that money waits for."""
        there = f" ({figure(need.there)} there)" if need.there == need.there else ""
        return {
            "gate": lambda: f"{self._who(need)}{self._by(need)}",
            "total_bn": lambda: f"{money(need.wanted)} in the round{_counting(need)}{there}",
            "investor": lambda: self._who(need) + (f" with {money(need.wanted)}{there}" if need.wanted else ""),
            "any_of": lambda: self.asks(need).removeprefix("at least ").removesuffix(" are in") + there,
            "kind": lambda: f"{money(need.wanted)} of {_kind(need)} money{there}",
            "max_pre_money_bn": lambda: f"a pre-money price of at most {money(need.wanted)}{there}",
            "min_sentiment": lambda: f"market sentiment of at least {figure(need.wanted)}{there}",
            "minimum_close_bn": lambda: f"a closing of at least {money(need.wanted)}{there}",
        }.get(need.kind, lambda: self._plainly(need))()

    def _plainly(self, need: Need) -> str:
        """Say what nobody has put into a phrase of waiting."""
        return f"a day on which {self.asks(need)}" if need.kind in _STATES else self.asks(need)

    def _who(self, need: Need) -> str:
        return self.consent(need.who[0]) if need.kind == "gate" else self.all_of(need.who[:1])

    def _by(self, need: Need) -> str:
        return f" by {date(dt.date.fromisoformat(need.by))}" if need.by else ""


def either(clauses: Iterable[Sequence[str]]) -> str:
    """Join conditions: all of a clause, one of the clauses.

    Examples
    --------
    >>> either([["Lead is in", "8 billion are in"], ["the law is passed"]])
    'Lead is in and 8 billion are in, or the law is passed'
    """
    return ", or ".join(listed(clause) for clause in clauses)


def _counting(need: Need) -> str:
    return f", counting the {figure(need.before)} paid before" if need.before else ""


def _kind(need: Need) -> str:
    return need.who[0].replace("_", " ")


def _uncapped(name: str) -> str:
    return name[:1].lower() + name[1:] if name[1:2].islower() else name
