"""Terms: what a cause of failure and a grade of a number are called, wherever a person reads them."""

from __future__ import annotations

from typing import NamedTuple

#: Each first cause of failure as a clause that stands after "because" and alone, by its name in ``CAUSES``.
CAUSE_WORDS = {
    "cash": "the company ran out of cash",
    "settlement": "money was called and not paid",
    "gate": "a consent was missing",
    "coordination": "signatures waited for each other",
    "lead": "the lead was not there",
    "price": "the price was too high",
    "demand": "there was too little demand",
    "market": "the market had turned",
    "stake": "a stake or the post-money was beyond a limit",
    "rival": "somebody stayed out because a rival was in",
}


class GradeWords(NamedTuple):
    """A grade as what a number is, and as what numbers are."""

    one: str
    many: str


#: How sure the source of a number is, by its name in a file.
GRADE_WORDS = {
    "fact": GradeWords("fact", "facts"),
    "calc": GradeWords("arithmetic", "arithmetic"),
    "history": GradeWords("history", "from history"),
    "judgement": GradeWords("judgement", "judgement"),
    "assumption": GradeWords("assumption", "assumptions"),
}
