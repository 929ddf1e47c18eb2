"""Oracles: what the rules must answer, worked out another way (enumeration, convolution, closed forms).

Nothing here calls a rule. The one bridge is :func:`posed`, which lays a problem out as the closing reads it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np
from scipy.stats import chi2

from abm.population.contracts import flatten, new_book, new_record
from abm.rules.conditions import FACTS
from abm.scenario.fields import KINDS

# --------------------------------------------------------------------------------------------------------------------
# Monte Carlo


def agrees(successes: int, runs: int, probability: float) -> bool:
    """Whether a frequency is within four standard errors of its probability (the tolerance of model.md, section 3)."""
    return abs(successes / runs - probability) <= 4.0 * math.sqrt(probability * (1.0 - probability) / runs)


def often(happened: Any, probability: float) -> bool:
    """Whether as many of these are true as a probability says."""
    return agrees(int(np.sum(happened)), len(happened), probability)


def mean_agrees(values: Any, expected: float) -> bool:
    """Whether a sample mean is within four standard errors of its expectation."""
    return bool(abs(np.mean(values) - expected) <= 4.0 * np.std(values) / math.sqrt(len(values)))


def total_chances(tickets: list[int], chances: list[float]) -> Any:
    """Distribution of the sum of independent whole tickets, by convolution: float64[total + 1]."""
    law = np.ones(1)
    for ticket, chance in zip(tickets, chances, strict=True):
        law = np.concatenate([law * (1.0 - chance), np.zeros(ticket)]) + np.concatenate(
            [np.zeros(ticket), law * chance]
        )
    return law


# --------------------------------------------------------------------------------------------------------------------
# Philox, run backwards: which address gives these words?

_M0, _M1, _W0, _W1, _WORD = 0xD2511F53, 0xCD9E8D57, 0x9E3779B9, 0xBB67AE85, 2**32


def counter_of(words: tuple[int, int, int, int], key: tuple[int, int]) -> tuple[int, int, int, int]:
    """Counter for which Philox4x32-10 under ``key`` returns ``words``: every round is undone (odd factors invert)."""
    x0, x1, x2, x3 = words
    for turn in reversed(range(10)):
        k0, k1 = (key[0] + turn * _W0) % _WORD, (key[1] + turn * _W1) % _WORD
        before0, before2 = x3 * pow(_M0, -1, _WORD) % _WORD, x1 * pow(_M1, -1, _WORD) % _WORD
        x0, x1, x2, x3 = before0, x0 ^ (_M1 * before2 >> 32) ^ k0, before2, x2 ^ (_M0 * before0 >> 32) ^ k1
    return x0, x1, x2, x3


# --------------------------------------------------------------------------------------------------------------------
# Closing problems


@dataclass(frozen=True)
class Problem:
    """A book that wants to be closed, in the words of a scenario file. Money in USD million, by investor's id."""

    tickets: dict[str, int]
    conditions: dict[str, list[list[dict[str, Any]]]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    gates: dict[str, float] = field(default_factory=dict)  # day on which each consent came into force
    pre_money: int = 260_000
    cap: int = 10**9
    already_closed: int = 0
    sentiment: float = 0.0
    day: float = 156.0
    paid: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()  # have not signed

    @property
    def ids(self) -> list[str]:
        return list(self.tickets)

    def names(self, mask: Any) -> frozenset[str]:
        """Ids in a mask, or in the bits of an integer."""
        if isinstance(mask, (int, np.integer)):
            return frozenset(name for place, name in enumerate(self.ids) if int(mask) >> place & 1)
        return frozenset(name for name, inside in zip(self.ids, mask, strict=True) if inside)

    def money(self, names: Any) -> int:
        return sum(self.tickets[name] for name in names)


def posed(problem: Problem) -> tuple[Any, Any, Any, Any]:
    """Signed, paid, contracts and book of a problem, as the rules read them."""
    ids = problem.ids
    contracts = flatten([problem.conditions.get(name, []) for name in ids], ids, list(problem.gates), float)
    facts = {
        "cap_musd": problem.cap,
        "already_closed_musd": problem.already_closed,
        "pre_money_musd": problem.pre_money,
        "sentiment": problem.sentiment,
        "day": problem.day,
    }
    book = new_book(
        np.array(list(problem.tickets.values()), np.int64),
        np.array([KINDS.index(problem.kinds.get(name, "venture")) for name in ids], np.int64),
        np.array(list(problem.gates.values()), np.float64),
        contracts.members,
        new_record(FACTS, facts),
    )
    paid = np.array([name in problem.paid for name in ids], np.bool_)
    signed = np.array([name not in problem.absent for name in ids], np.bool_) & ~paid
    return signed, paid, contracts, book


def _musd(bn: float) -> int:
    return round(1000 * bn)


def _truth(problem: Problem, atom: dict[str, Any], i: int, sets: Any) -> Any:
    """Whether an atom of investor ``i`` holds in each of ``sets``, all of which contain him: bool[sets]."""
    if {"gate", "max_pre_money_bn", "min_sentiment"} & set(atom):
        return np.full(len(sets), _fact(problem, atom))
    if {"investor", "any_of", "without"} & set(atom):
        return _company(problem, atom, sets)
    return _money(problem, atom, i, sets)


def _fact(problem: Problem, atom: dict[str, Any]) -> bool:
    if "gate" in atom:
        return problem.gates[atom["gate"]] <= min(problem.day, atom.get("by", math.inf))
    if "max_pre_money_bn" in atom:
        return problem.pre_money <= _musd(atom["max_pre_money_bn"])
    return bool(problem.sentiment >= atom["min_sentiment"])


def _company(problem: Problem, atom: dict[str, Any], sets: Any) -> Any:
    if "any_of" in atom:
        return sets[:, [problem.ids.index(name) for name in atom["any_of"]]].sum(axis=1) >= atom.get("at_least", 1)
    if "investor" in atom:
        enough = problem.tickets[atom["investor"]] >= _musd(atom.get("amount_bn", 0))
        return sets[:, problem.ids.index(atom["investor"])] & enough
    return ~sets[:, problem.ids.index(atom["without"])]


def _money(problem: Problem, atom: dict[str, Any], i: int, sets: Any) -> Any:
    tickets = np.array(list(problem.tickets.values()), np.int64)
    post_money = problem.pre_money + problem.already_closed + np.minimum(sets @ tickets, problem.cap)
    if "total_bn" in atom:
        counted = sets @ tickets - (0 if atom.get("count_own", True) else tickets[i])
        base = problem.already_closed if atom.get("count_closed", True) else 0
        return base + np.minimum(counted, problem.cap) >= _musd(atom["total_bn"])
    if "kind" in atom:
        of_kind = np.array([problem.kinds.get(name, "venture") == atom["kind"] for name in problem.ids])
        return sets @ (tickets * of_kind) >= _musd(atom["amount_bn"])
    if "max_post_money_bn" in atom:
        return post_money <= _musd(atom["max_post_money_bn"])
    level = Fraction(str(atom.get("max_own_share", atom.get("min_own_share"))))
    own, limit = int(tickets[i]) * level.denominator, post_money * level.numerator
    return own <= limit if "max_own_share" in atom else own >= limit


def _satisfied(problem: Problem, i: int, sets: Any, literal: bool) -> Any:
    """Whether one clause of investor ``i`` holds in each of ``sets``: bool[sets]."""
    clauses = problem.conditions.get(problem.ids[i], [])
    holds = np.full(len(sets), not clauses)
    for clause in clauses:
        together = np.ones(len(sets), np.bool_)
        for atom in clause:
            if literal or not {"max_post_money_bn", "min_own_share"} & set(atom):
                together &= _truth(problem, atom, i, sets)
        holds |= together
    return holds


def answers(problem: Problem, literal: bool = False) -> Any:
    """F(S) = {i : his conditions hold in S with him, or he has paid}, for all 2^N sets S, as bits: int64[2^N].

    ``literal`` reads limits on price and stake as conditions; otherwise they are met by cutting back.
    """
    n = len(problem.tickets)
    sets = (np.arange(2**n)[:, None] >> np.arange(n)) & 1 == 1
    found = np.zeros(2**n, np.int64)
    for i, name in enumerate(problem.ids):
        joined = sets.copy()
        joined[:, i] = True
        if name in problem.paid:
            found |= 1 << i
        elif name not in problem.absent:
            found |= _satisfied(problem, i, joined, literal).astype(np.int64) << i
    return found


def fixed_points(problem: Problem, literal: bool = False) -> list[frozenset[str]]:
    """Every set that answers itself."""
    found = answers(problem, literal)
    return [problem.names(s) for s in np.flatnonzero(found == np.arange(len(found)))]


def extremes(problem: Problem) -> tuple[frozenset[str], frozenset[str]]:
    """Least and greatest closing of a monotone system: intersection of pre-fixed, union of post-fixed sets (C2)."""
    found = answers(problem)
    sets = np.arange(len(found))
    least = np.bitwise_and.reduce(sets[found & ~sets == 0])
    greatest = np.bitwise_or.reduce(sets[sets & ~found == 0])
    return problem.names(least), problem.names(greatest)


def eliminated(problem: Problem) -> frozenset[str]:
    """Remove at once everybody whose conditions fail, never re-admit, repeat (C7.3)."""
    found = answers(problem, literal=True)
    current = sum(1 << k for k, name in enumerate(problem.ids) if name not in problem.absent or name in problem.paid)
    while current & ~found[current]:
        current &= int(found[current])
    return problem.names(current)


def random_problem(chance: Random, antitone: bool = False, most: int = 9) -> Problem:
    """Draw a book of two to ``most`` investors and all kinds of conditions; ``antitone``: also such as ask for less."""
    n = chance.randint(2, most)
    ids = [f"i{k}" for k in range(n)]
    tickets = {name: chance.randint(1, 9) for name in ids}
    kinds = {name: chance.choice(["venture", "sovereign"]) for name in ids}
    total = sum(tickets.values())

    def atom(own: str) -> dict[str, Any]:
        others = [name for name in ids if name != own]
        forms: list[dict[str, Any]] = [
            {"total_bn": chance.randint(0, total) / 1000, "count_own": chance.random() < 0.5},
            {"total_bn": chance.randint(0, total) / 1000, "count_closed": False},
            {"investor": chance.choice(others), "amount_bn": chance.randint(0, 6) / 1000},
            {"any_of": (named := chance.sample(ids, chance.randint(1, n))), "at_least": chance.randint(1, len(named))},
            {"kind": chance.choice(["venture", "sovereign"]), "amount_bn": chance.randint(0, 20) / 1000},
            {"gate": chance.choice(["open", "shut"]), "by": chance.choice([50.0, 150.0])},
            {"max_pre_money_bn": chance.choice([0.019, 0.020])},
            {"max_own_share": chance.choice([0.125, 0.25, 0.5])},
            {"min_sentiment": chance.choice([-0.5, 0.5])},
        ]
        if antitone and chance.random() < 0.4:
            forms = [
                {"without": chance.choice(others)},
                {"max_post_money_bn": (20 + chance.randint(0, total)) / 1000},
                {"min_own_share": chance.choice([0.125, 0.25])},
            ]
        return chance.choice(forms[:5] if chance.random() < 0.7 else forms)

    def clauses(own: str) -> list[list[dict[str, Any]]]:
        return [[atom(own) for _ in range(chance.randint(1, 2))] for _ in range(chance.choice([0, 1, 1, 1, 2]))]

    return Problem(
        tickets,
        {name: clauses(name) for name in ids},
        kinds,
        {"open": chance.choice([40.0, 100.0]), "shut": math.inf},
        pre_money=20,
        cap=chance.choice([10**9, max(1, total * 2 // 3)]),
        already_closed=chance.choice([0, 5]),
        paid=frozenset(name for name in ids if chance.random() < 0.1),
        absent=frozenset(name for name in ids if chance.random() < 0.1),
    )


# --------------------------------------------------------------------------------------------------------------------
# Laws by enumeration


def follows(values: Any, law: dict[Any, float]) -> bool:
    """Whether numbers have a law {value: chance}: no other value, each in four standard errors, and Pearson's sum."""
    found, seen = np.unique(values, return_counts=True)
    runs, times = len(values), dict(zip(found.tolist(), seen.tolist(), strict=True))
    likely = {value: chance for value, chance in law.items() if chance * runs >= 10.0}
    counts = [times.get(value, 0) for value in likely]
    expected = [chance * runs for chance in likely.values()]
    rare = max(0.0, runs - sum(expected))
    pearson = sum((n - mean) ** 2 / mean for n, mean in zip(counts, expected, strict=True))
    return (
        all(law.get(value, 0.0) > 0.0 for value in times)
        and all(agrees(n, runs, chance) for n, chance in zip(counts, likely.values(), strict=True))
        and runs - sum(counts) <= rare + 4.0 * math.sqrt(rare) + 1e-6
        and bool(pearson <= chi2.isf(6e-5, max(1, len(likely) - 1)))
    )


def subsets(chances: dict[str, float]) -> list[tuple[frozenset[str], float]]:
    """Every set of those who act, each with a chance of his own: (set, its chance)."""
    found = [(frozenset[str](), 1.0)]
    for name, chance in chances.items():
        found = [one for who, p in found for one in ((who | {name}, p * chance), (who, p * (1.0 - chance)))]
    return found


def law_of(chances: dict[str, float], answer: Callable[[frozenset[str]], Any]) -> dict[Any, float]:
    """Law of what follows from who acts: {answer: chance}."""
    law: dict[Any, float] = {}
    for who, chance in subsets(chances):
        law[answer(who)] = law.get(answer(who), 0.0) + chance
    return law


def at_rest(signed: frozenset[str], wants: dict[str, Callable[..., bool]], least: bool = False) -> frozenset[str]:
    """The set of those who signed at which everybody's answers come to rest: from all of them, or from nobody."""
    current = frozenset[str]() if least else signed
    while (answer := frozenset(one for one in signed if wants[one](current | {one}))) != current:
        current = answer
    return current


def moods_after(weeks: int, kept: float, cold: float, thaw: float, shift: float) -> tuple[Any, Any]:
    """Sentiment after all 2^weeks histories of a market that is hot at first, and their chances (V24)."""
    moods, chances = [np.zeros(1), np.zeros(0)], [np.ones(1), np.zeros(0)]  # hot, cold
    for _ in range(weeks):
        before, (hot, chilly) = np.concatenate(moods), chances
        moods = [before * kept, shift + (before - shift) * kept]
        chances = [
            np.concatenate([(1.0 - cold) * hot, thaw * chilly]),
            np.concatenate([cold * hot, (1.0 - thaw) * chilly]),
        ]
    return np.concatenate(moods), np.concatenate(chances)


def shocks_reach(level: float, per_week: float, keeps: Any, mean: float, sd: float) -> float:
    """Chance that normal shocks at a rate a week, each kept in part, sum to ``level <= 0`` or more (V25).

    By inversion of the characteristic function, without the weight of no shock at all.
    """
    u, none = np.linspace(1e-6, 150.0, 4_001), math.exp(-per_week * len(keeps))
    at = u * np.asarray(keeps)[:, None]
    rest = np.exp(per_week * (np.exp(1j * mean * at - (sd * at) ** 2 / 2.0) - 1.0).sum(axis=0)) - none
    below = (1.0 - none) / 2.0 - np.trapezoid((np.exp(-1j * u * level) * rest).imag / u, u) / math.pi
    return float(1.0 - below)


def shapley(worth: dict[frozenset[str], float], names: list[str]) -> list[float]:
    """What everybody adds to a worth on average over all orders in which they may come (V29b)."""
    n, parts = len(names), []
    for name in names:
        gains = {who: worth[who | {name}] - worth[who] for who in worth if name not in who}
        parts.append(sum(gain / n / math.comb(n - 1, len(who)) for who, gain in gains.items()))
    return parts


SIX_AND_ONE_MORE = {"l": 22.5, "a": 2.8, "b": 3.0, "c": 2.0, "d": 1.2, "e": 1.5, "more": 2.5, "legal": 0.0}


def money(who: frozenset[str], tickets: dict[str, float] = SIX_AND_ONE_MORE) -> float:
    """What a set brings [USD billion]."""
    return round(sum(tickets[name] for name in who), 3)


#: What the six of V14 ask of the set they are in; the consent is a member of it.
WISHES: dict[str, Callable[[frozenset[str]], bool]] = {
    "l": lambda who: "legal" in who,
    "b": lambda who: money(who) >= 8.0,
    "c": lambda who: "b" in who,
    "d": lambda who: len(who & {"a", "b", "c", "e"}) >= 2,
    "e": lambda who: "c" in who and money(who) >= 7.0,
} | dict.fromkeys(("a", "more", "legal"), lambda who: True)
