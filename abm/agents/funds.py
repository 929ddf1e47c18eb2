"""Funds: what an investor who borrows can pay, week by week, and what of his signature that leaves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from abm.core import draws
from abm.core.plain import plain
from abm.core.records import PAID, SIGNED, Record
from abm.rules import funding
from abm.rules.failure import Links
from abm.rules.sums import add

if TYPE_CHECKING:
    from abm.agents.host import Host


class Funds:
    """The money of one investor who borrows.

    Attributes
    ----------
    limit
        His loan-to-value limit in this run [-].
    can_pay_musd
        What he can pay this week [USD million].
    pledge_musd
        What he signed for; his ticket is what of it he can pay [USD million].
    """

    def __init__(self, investor: Any, record: Record) -> None:
        self.investor, self.record, model = investor, record, investor.model
        u = draws.uniform(model.seed, model.run, int(record.address), 0, draws.EMERGENCY, 0)
        self.limit = float(funding.limit_of(record, u))
        self.can_pay_musd, self.pledge_musd = 0, investor.ticket_musd
        self._largest_musd = int(investor.params.max_ticket_musd)  # that he would place if he had the money

    def count(self) -> None:
        """See what can be paid this week, and let the ticket be no more than that."""
        who, model = self.investor, self.investor.model
        market = model.market
        move = funding.market_move(market.sentiment, market.params.sentiment_start, market.lasting)
        self.can_pay_musd = int(funding.can_pay_musd(self.record, self.limit, move))
        largest = funding.within_means(self._largest_musd, self.can_pay_musd)
        who.traits.max_ticket_musd = who.params.max_ticket_musd = largest
        if who.stage == SIGNED:
            self._keep_within(who.ticket_musd)

    def pledge(self, amount_musd: int) -> int:
        """Sign for an amount; the ticket that it comes to [USD million]."""
        self.pledge_musd = amount_musd
        return int(funding.within_means(amount_musd, self.can_pay_musd))

    @property
    def shortfall(self) -> str:
        """Why he pays less than he signed for; empty where he does not."""
        who, pledge = self.investor, self.pledge_musd
        return f"could not fund {plain(who.model.population.bn(pledge))}" if who.ticket_musd < pledge else ""

    def _keep_within(self, before: int) -> None:
        who, pledge = self.investor, self.pledge_musd
        who.ticket_musd = int(funding.within_means(pledge, self.can_pay_musd))
        if (who.ticket_musd < pledge) != (before < pledge):
            signed = f"signed for {plain(who.model.population.bn(pledge))}"
            what = "fell short" if who.ticket_musd < pledge else "recovered"
            who.model.log(who.id, what, signed, who.ticket_musd)


def funds_of(investor: Any, model: Host) -> Funds | None:
    """The funds of an investor; None where he needs no loan."""
    own = [one for one in model.population.borrowers if one.index == investor.index]
    return Funds(investor, own[0]) if own else None


def with_what_is_short(links: Links, investors: Sequence[Any]) -> Links:
    """Count what signed amounts miss of their money among what was not paid."""
    unpaid = links.unpaid
    for who in investors:
        if who.funds is not None:
            there = who.stage in (SIGNED, PAID)
            unpaid = add(unpaid, funding.short_of(who.funds.pledge_musd, who.ticket_musd, there))
    return links._replace(unpaid=unpaid)
