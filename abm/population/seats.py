"""Seats: where the shared investors of a market sit in its companies, as records that both engines read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from abm.core.records import Records
from abm.population.layout import Population
from abm.scenario.market_file import FundingMarket

#: A shared investor in one company of a market.
SEAT = np.dtype(
    [
        ("company", np.int64),  # place among the companies that are simulated
        ("shared", np.int64),  # who he is, among the shared
        ("index", np.int64),  # who he is in the company
        ("scale", np.int64),  # units of the market in one of the company
        ("purse", np.int64),  # his one purse [units of the market]
        ("slots", np.int64),  # companies that he can look into in one week
        ("exclusive", np.bool_),
        ("until_day", np.float64),  # on which exclusivity ends [days after as_of]
    ]
)
_ALL = 2**31  # slots of somebody who can look into any number of companies


class SharedSeats(NamedTuple):
    """Everybody who is shared."""

    seats: Records  #: SEAT[K]
    shared: int  #: how many investors are shared [-]
    companies: int  #: how many companies there are [-]


def seats_of(market: FundingMarket, populations: Sequence[Population]) -> SharedSeats:
    """Lay out who is shared, company by company.

    Parameters
    ----------
    market, populations
        The market, and the population of each of its companies.

    Examples
    --------
    >>> from abm.population import prepare
    >>> from abm.scenario.market_file import load_market
    >>> market = load_market("ai-race-2025")
    >>> layout = seats_of(market, [prepare(one) for one in market.scenarios.values()])
    >>> layout.companies, len(layout.seats) >= 2 * layout.shared
    (3, True)
    """
    units, rows = max(one.units_per_bn for one in populations), []
    as_of = next(iter(market.scenarios.values())).as_of
    for c, (name, population) in enumerate(zip(market.ids, populations, strict=True)):
        for s, who in enumerate(market.shared):
            if name in who.companies:
                until = math.inf if who.exclusive_until is None else float((who.exclusive_until - as_of).days)
                index, scale = population.ids.index(who.id_in(name)), units // population.units_per_bn
                purse = math.floor(who.dry_powder_bn * units + 1e-6)  # a sum of decimals may lie a hair below
                slots = _ALL if who.slots is None else int(who.slots)
                rows.append((c, s, index, scale, purse, slots, who.exclusive, until))
    seats: NDArray[np.void] = np.array(rows, SEAT)
    return SharedSeats(seats.view(np.recarray), len(market.shared), len(populations))
