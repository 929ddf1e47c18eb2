"""Forecast: from deals to the chance that they close in full, in part or not at all, and to the money raised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.history.case_checks import FULL, NOTHING
from abm.history.common_luck import Floats, chances_of_all
from abm.history.deal import Deal
from abm.history.priors import CLASSES, PRIORS

_PARTS = 20  # equally probable shares that stand for a law of the money


@dataclass(frozen=True)
class ClassValues:
    """Numbers that a forecast stands on.

    Attributes
    ----------
    logits
        Logit of the chance of each class of :data:`abm.history.priors.CLASSES`.
    variance
        Of the luck that the events of one round share [-].
    kept
        Mean share of a trust that is not redeemed [-].
    part
        Share of the rounds that are not full and still pay a part [-].
    """

    logits: Floats
    variance: float
    kept: float
    part: float = 0.25


@dataclass(frozen=True)
class DealTable:
    """Deals as arrays: which events each needs, and how much of a trust has to stay.

    Examples
    --------
    >>> from abm.history import library
    >>> from abm.history.translation import translate
    >>> table = DealTable.of([translate(library()["metro_bank_2023"])])
    >>> [name for name, needed in zip(CLASSES, table.needed[0]) if needed]
    ['signed', 'vote', 'restructuring']
    """

    needed: NDArray[np.bool_]
    trust: Floats = field(repr=False)
    trust_share: Floats = field(repr=False)

    @classmethod
    def of(cls, deals: Sequence[Deal]) -> DealTable:
        """Look through deals."""
        trust = [np.nan if deal.trust_needed is None else deal.trust_needed for deal in deals]
        share = [
            sum(one.ticket_bn for one in deal.investors if one.redeemable and one.ticket_bn != "rest") / deal.target_bn
            for deal in deals
        ]
        needed = np.array([[name in deal.events for name in CLASSES] for deal in deals], bool)
        return cls(needed.reshape(len(deals), len(CLASSES)), np.array(trust, float), np.array(share, float))

    def __len__(self) -> int:
        """How many deals there are."""
        return len(self.needed)

    def __getitem__(self, chosen: NDArray[Any]) -> DealTable:
        """Only the chosen ones."""
        return DealTable(self.needed[chosen], self.trust[chosen], self.trust_share[chosen])

    def without_conditions(self) -> DealTable:
        """The same deals as if nobody's consent were needed."""
        return replace(self, needed=self.needed & ~_of("consent"))

    def without_firmness(self) -> DealTable:
        """The same deals as if all investors were as firm as those who have signed."""
        needed = self.needed & ~_of("investor")
        needed[:, CLASSES.index("signed")] = (self.needed & _of("investor")).any(axis=1)
        return replace(self, needed=needed)


@dataclass(frozen=True)
class Forecasts:
    """Chances of each deal, and points of equal probability that stand for the law of raised over target.

    Attributes
    ----------
    full, partial, failed
        Chances in the end [-]; they sum to one.
    shares, weights
        Law of raised over target: [deals, points], as values and their probabilities.
    """

    full: Floats
    partial: Floats
    failed: Floats
    shares: Floats = field(repr=False)
    weights: Floats = field(repr=False)


def _of(side: str) -> NDArray[np.bool_]:
    """Which classes are of a side."""
    return np.array([prior.of == side for prior in PRIORS.values()])


def chance_kept(trust: Floats, mean: float) -> Floats:
    r"""Chance that at least so much of a trust stays: Beta law with a + b = 1; one where there is no trust.

    Examples
    --------
    With the mean of one half it is the law of the arc sine, :math:`1 - (2/\pi) \arcsin \sqrt{x}`.

    >>> chance_kept(np.array([0.5, np.nan, 0.0]), 0.5).round(6).tolist()
    [0.5, 1.0, 1.0]
    """
    from scipy.special import betainc

    stays = np.ones(len(trust))
    there = ~np.isnan(trust)
    stays[there] = 1 - betainc(mean, 1 - mean, trust[there])
    return stays


def forecast(deals: DealTable, values: ClassValues) -> Forecasts:
    """Say of each deal how likely it is to close in full, in part or not at all, in the end.

    It is full where all needed events happen and enough of a trust stays. Where they happen and too little stays, it
    is a part. Else it fails, but for one structural share that still pays something: what it pays is spread evenly over
    what counts as a part.

    Examples
    --------
    >>> table = DealTable(np.eye(2, len(CLASSES), dtype=bool), np.full(2, np.nan), np.zeros(2))
    >>> found = forecast(table, ClassValues(np.zeros(len(CLASSES)), 0.0, 0.5, part=0.2))
    >>> found.full.tolist(), found.partial.tolist(), found.failed.tolist()
    ([0.5, 0.5], [0.1, 0.1], [0.4, 0.4])
    """
    happens = chances_of_all(deals.needed, values.logits, values.variance)
    stays = chance_kept(deals.trust, values.kept)
    full, redeemed = happens * stays, happens * (1 - stays)
    part = (1 - happens) * values.part
    failed = (1 - happens) * (1 - values.part)
    shares, weights = _money(deals, values, (failed, part, redeemed, full))
    return Forecasts(full, part + redeemed, failed, shares, weights)


def _money(deals: DealTable, values: ClassValues, chances: tuple[Floats, ...]) -> tuple[Floats, Floats]:
    """Law of raised over target: nothing, a part, what redemptions leave, or all of it."""
    from scipy.special import betaincinv

    failed, part, redeemed, full = chances
    middle = (np.arange(_PARTS) + 0.5) / _PARTS
    even = np.broadcast_to(NOTHING + (FULL - NOTHING) * middle, (len(deals), _PARTS))
    trust, share = np.nan_to_num(deals.trust)[:, None], deals.trust_share[:, None]
    below = 1 - chance_kept(deals.trust, values.kept)[:, None]
    kept = betaincinv(values.kept, 1 - values.kept, below * middle)
    left = np.where(share > 0, FULL - share * (trust - kept), FULL)
    shares = np.hstack([np.zeros((len(deals), 1)), even, left, np.ones((len(deals), 1))])
    each = np.full((1, _PARTS), 1 / _PARTS)
    return shares, np.hstack([failed[:, None], part[:, None] * each, redeemed[:, None] * each, full[:, None]])
