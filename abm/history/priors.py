"""Priors: what each class of investor and consent was thought to be worth before any case was counted."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

Side: TypeAlias = Literal["investor", "consent", "structure"]

#: Four words of everyday judgement as chances; more would pretend to know the classes apart before looking.
ALMOST_SURE, LIKELY, EVEN, UNLIKELY = 0.9, 0.75, 0.5, 0.3
LOGIT_SD = 0.5  # of every prior, on the scale of log odds: EVEN has a 90 % range from 0.31 to 0.69
VARIANCE, LOG_VARIANCE_SD = 1.0, 1.0  # of the luck that the events of one round share


class Prior(NamedTuple):
    """What a class is, and what it was thought to be worth."""

    of: Side
    what: str
    chance: float


#: One chance a class, in the end, given ordinary luck. Set by judgement in four words, not counted on the cases, which
#: would otherwise be used twice.
PRIORS: dict[str, Prior] = {
    "signed": Prior(
        "investor", "firm or conditional_firm: signed paper holds, one chance for all signers", ALMOST_SURE
    ),
    "in_talks": Prior("investor", "a lead in talks signs in the end, his diligence included", EVEN),
    "letter_of_intent": Prior("investor", "a lead with a letter of intent signs in the end, diligence included", EVEN),
    "rumoured": Prior("investor", "a lead of whom there are rumours signs in the end, diligence included", UNLIKELY),
    "others_unsigned": Prior("investor", "those behind the lead who have not signed come, or others for them", LIKELY),
    "underwritten": Prior("investor", "whoever underwrites takes what is left", ALMOST_SURE),
    "consent_routine": Prior("consent", "prospectus, exchange, SEC, antitrust", ALMOST_SURE),
    "consent_hard": Prior("consent", "foreign investment, parliament, government, court, state aid, licence", LIKELY),
    "vote": Prior("consent", "holders vote", ALMOST_SURE),
    "creditors": Prior("consent", "banks, bondholders, lessors, unions", LIKELY),
    "party": Prior("consent", "another company, a partner, an owner", LIKELY),
    "restructuring": Prior("consent", "plan, debt swap, carve-out or change of legal form", LIKELY),
    "milestone": Prior("consent", "output, product, customers of a company", EVEN),
    "milestone_aid": Prior("consent", "milestones of a government programme", EVEN),
    "outside_money": Prior("consent", "money of somebody else must come", LIKELY),
    "merger": Prior("consent", "another offering or merger closes first", LIKELY),
    "diligence": Prior("consent", "checks and clauses of somebody who has signed", LIKELY),
    "price": Prior("consent", "the price is accepted", LIKELY),
    "guarantee": Prior("consent", "a guarantee or security is given", ALMOST_SURE),
    "minimum": Prior("consent", "a minimum is reached", EVEN),
}
KEPT = Prior("structure", "mean share of a trust that is not redeemed; Beta law with a + b = 1", EVEN)
CLASSES = tuple(PRIORS)
