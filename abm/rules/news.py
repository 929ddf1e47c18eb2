"""News: what everybody hears of last week's signatures: of each by itself, or, in a crowd, of their sum (B4)."""

from __future__ import annotations

from abm.core.jit import lean, rule
from abm.core.records import Record, Records
from abm.core.schedule import day_after

#: Investors up to whom everybody hears of each signature by itself, unless the file says otherwise.
CROWD = 300


@rule
def pool_of(capped: bool, kind: int) -> int:
    """Pool that a signature belongs to: all that tell a view in one, those at their limit by kind of investor.

    A view counts whatever it is, so that all of them have one mean. At a limit it is a lower bound, which counts only
    above the view of whoever hears it, and the bounds of a kind are much alike.

    Examples
    --------
    >>> pool_of(False, 4), pool_of(True, 4)
    (0, 5)
    """
    return 1 + kind if capped else 0


@lean
def after_pools(news: Records) -> int:
    """Place behind all pools, where there is room for one more record."""
    return news.shape[0] - 1


@rule
def is_news(sign_day: float, week: int) -> bool:
    """Whether everybody hears this week of a signature of that day: it fell into the week before.

    Examples
    --------
    >>> is_news(6.5, 2), is_news(6.5, 3)
    (True, False)
    """
    return sign_day > day_after(week - 2)


@lean
def empty_pools(pools: Records) -> None:
    """Start a week in which nobody has signed yet."""
    for k in range(pools.shape[0]):
        pool = pools[k]
        pool.author, pool.risk_aversion, pool.capped = -1, 1.0, k > 0
        pool.share = pool.log_price = pool.reputation = 0.0


@rule
def join_pool(pool: Record, own: Record) -> None:
    r"""Add a signature to those of its pool, in place.

    What a signature tells is linear in :math:`\gamma q/W` and :math:`\ln P`, and normal signals about the same thing
    add up to one with the sum of their precisions, at their mean weighted by these. So a pool has the sum of the
    reputations, and the means of the other two.

    Parameters
    ----------
    pool, own
        ``records.NEWS`` records; of a pool, ``share`` is the mean of risk aversion times share.
    """
    together: float = pool.reputation + own.reputation
    weight = own.reputation / together if together > 0.0 else 0.0
    pool.reputation = together
    pool.share += weight * (own.risk_aversion * own.share - pool.share)
    pool.log_price += weight * (own.log_price - pool.log_price)


@rule
def leave_pool(others: Record, pool: Record, own: Record) -> None:
    """Write a pool without one of its signatures into ``others``: what he hears who signed himself."""
    others.author, others.risk_aversion, others.capped = -1, 1.0, pool.capped
    left = pool.reputation - own.reputation
    others.reputation = left if left > 0.0 else 0.0
    weight = own.reputation / left if left > 0.0 else 0.0
    others.share = pool.share + weight * (pool.share - own.risk_aversion * own.share)
    others.log_price = pool.log_price + weight * (pool.log_price - own.log_price)
