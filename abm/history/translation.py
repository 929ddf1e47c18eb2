"""Translation: from a case, as the press gave it, to a deal in classes; every choice on the way is named."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Literal

from abm.core.plain import plain
from abm.history.case import Case, CaseCondition, CaseInvestor
from abm.history.case_checks import FULL
from abm.history.deal import SIGNED, Deal, DealGate, DealInvestor, DealStanding

_LIKE = re.IGNORECASE
#: Kinds of conditions that are of more than one class: by the first words that fit; "" fits always.
_WORDS: dict[str, tuple[tuple[str, str], ...]] = {
    "third_party_consent": (
        (r"share ?holder|stock ?holder|redeem", "vote"),
        (r"\bcreditor|bondholder|noteholder|lender|lessor|\bunions?\b|\bbanks?\b|pension fund|job cuts", "creditors"),
        (r"\bholders\b|meeting|\bvotes?\b|special resolution", "vote"),
        ("", "party"),
    ),
    "regulatory_consent": (
        (
            r"cfius|foreign|national security|parliament|congress|senate|\bdiet\b|budget|law change|cabinet|ministry"
            r"|treasury|government|state.?aid|european commission|licen[cs]e|nuclear|fda\b|court|litigation|attorneys"
            r"|central bank|state bank",
            "consent_hard",
        ),
        ("", "consent_routine"),
    ),
}
_UNDERWRITES = re.compile(r"underwr|stand-?by|backstop", _LIKE)
_TRUST = re.compile(r"\btrust\b|acquisition co|\bspac\b", _LIKE)
#: Kinds that are of one class; milestones are told apart by whose money waits for them.
_CLASSES = {
    "market_offering": "merger",
    "co_investor": "outside_money",
    "due_diligence": "diligence",
    "valuation_cap": "price",
    "guarantee": "guarantee",
    "min_close": "minimum",
    "restructuring": "restructuring",
}
#: Consents that, where money lies in a trust, are steps of the one merger that it waits for.
_OF_MERGER = {"vote", "consent_routine", "consent_hard", "creditors", "party", "diligence"}


def translate(case: Case) -> Deal:
    """Say a case as a deal; its outcome is not looked at.

    Examples
    --------
    >>> from abm.history import library
    >>> deal = translate(library()["metro_bank_2023"])
    >>> [(one.standing, one.needs) for one in deal.investors]
    [('conditional_firm', ('vote',)), ('conditional_firm', ('vote',)), ('conditional_firm', ('restructuring',))]
    >>> deal.notes[0]
    'full means 90% of the target, as nothing else is said'
    """
    trust = any(_redeemable(one) for one in case.investors)
    amounts, notes = _amounts(case), _Notes(case)
    gates: dict[str, DealGate] = {}
    investors: list[DealInvestor] = []
    for one, amount in zip(case.investors, amounts, strict=True):
        standing = _standing(case, one, notes)
        needs = []
        for condition in one.conditions:
            of = class_of(condition, one)
            if of is None or (of == "diligence" and standing not in SIGNED):
                notes.left_out(of)
                continue
            if trust and of in _OF_MERGER:
                of = "merger"
            notes.gate(condition, of, again=of in gates)
            gates[of] = _gate(of, condition, gates.get(of))
            needs.append(of)
        redeemable = _redeemable(one)
        if redeemable and "merger" not in needs:
            gates.setdefault("merger", DealGate("merger", "merger"))
            needs.append("merger")
        called = _id(one.name, [other.id for other in investors])
        asks = tuple(dict.fromkeys(needs))
        investors.append(DealInvestor(called, one.name, one.role, standing, amount, asks, redeemable))
    deal = Deal(case.id, case.currency_usd_bn.target, tuple(investors), tuple(gates.values()))
    return Deal(deal.id, deal.target_bn, deal.investors, deal.gates, notes=(*notes.lines(), *_unneeded(deal)))


def class_of(condition: CaseCondition, investor: CaseInvestor) -> str | None:
    """The class of the consent that a condition waits for; None where it asks for nobody's consent.

    Examples
    --------
    >>> from abm.history import library
    >>> lead = library()["barclays_2008"].lead
    >>> [class_of(condition, lead) for condition in lead.conditions]
    ['vote']
    """
    kind, text = condition.kind, condition.text
    if kind == "governance_seat":
        return None
    if kind in _WORDS:
        return next(of for words, of in _WORDS[kind] if re.search(words, text, _LIKE))
    if kind == "milestone":
        return "milestone_aid" if investor.type == "government" else "milestone"
    return _CLASSES[kind]


def _gate(of: str, condition: CaseCondition, before: DealGate | None) -> DealGate:
    """One gate a class: conditions of one class are taken for one, decided by the last of their days."""
    if before is None:
        return DealGate(of, of, condition.by, condition.text)
    days = [day for day in (before.by, condition.by) if day]
    text = before.text if condition.text in before.text else f"{before.text}; {condition.text}"
    return DealGate(of, of, max(days, default=None), text)


def _standing(case: Case, investor: CaseInvestor, notes: _Notes) -> DealStanding:
    stated = investor.soft_or_firm
    if stated in SIGNED and _underwrites(case, investor):
        notes.add(f"{investor.name} underwrites what the others leave")
        return "underwritten"
    return "letter_of_intent" if stated == "loi" else stated


def _underwrites(case: Case, investor: CaseInvestor) -> bool:
    """By the words of his name and conditions; and banks do who signed for a rights issue."""
    words = " ".join((investor.name, *(condition.text for condition in investor.conditions)))
    rights = re.search(r"rights issue|open offer", case.name, _LIKE) and investor.type == "bank_lender"
    return bool(_UNDERWRITES.search(words) or rights)


def _id(name: str, taken: list[str]) -> str:
    """A short word for an investor, which nobody else is called."""
    words = re.sub(r"[^a-z0-9]+", "-", re.sub(r"\(.*", "", name).casefold()).strip("-")[:30].strip("-") or "investor"
    found = words if words[0].isalpha() else f"i-{words}"
    others = (f"{found}-{number}" for number in itertools.count(2))
    return next(one for one in itertools.chain([found], others) if one not in taken)


def _redeemable(investor: CaseInvestor) -> bool:
    return investor.type == "retail_public" and bool(_TRUST.search(investor.name))


def _amounts(case: Case) -> list[float | Literal["rest"]]:
    """Tickets: none above the target; where amounts are not known, they share what the known ones leave."""
    target = case.currency_usd_bn.target
    known = [None if one.amount_bn is None else min(one.amount_bn, target) for one in case.investors]
    left = target - sum(amount for amount in known if amount is not None)
    share = max(left / max(1, known.count(None)), (1 - FULL) * target)
    return [share if amount is None else amount for amount in known]


class _Notes:
    """Choices of a translation, in sentences."""

    def __init__(self, case: Case) -> None:
        self.found: dict[str, None] = {f"full means {FULL:.0%} of the target, as nothing else is said": None}
        for one, amount in zip(case.investors, _amounts(case), strict=True):
            if one.amount_bn is None:
                self.add(f"{one.name}: the amount is not known and taken as USD {plain(float(amount))} bn, a share of"
                         f" what is missing")  # fmt: skip
            elif one.amount_bn > case.currency_usd_bn.target:
                self.add(f"{one.name}: of USD {plain(one.amount_bn)} bn no more than the target counts")
            if _redeemable(one):
                self.add(f"{one.name}: holders may take their money back when the merger closes")

    def add(self, sentence: str) -> None:
        """Note a sentence, once."""
        self.found[sentence] = None

    def gate(self, condition: CaseCondition, of: str, again: bool) -> None:
        """Note which class a condition was given, and that it is one gate with others of its class."""
        self.add(f"'{condition.text}' is of class {of}{', as others are: one gate for all' if again else ''}")
        if condition.fallback_amount_bn is not None:
            self.add("what an investor still pays where his condition fails is not looked at: the round is not full")

    def left_out(self, of: str | None) -> None:
        """Note why a condition is no gate."""
        if of is None:
            self.add("seats and control are terms of the deal and nobody's consent")
        else:
            self.add("diligence of somebody who has not signed is why he has not: his standing counts it")

    def lines(self) -> Iterator[str]:
        """All sentences, in the order in which they came up."""
        return iter(self.found)


def _unneeded(deal: Deal) -> Iterator[str]:
    for one in deal.investors:
        if one not in deal.needed:
            why = "the rest is underwritten" if deal.underwritten else f"under {1 - deal.counts_from:.0%} of the target"
            yield f"{one.name}: the round can be full without him ({why})"
