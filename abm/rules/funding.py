"""Funding: what an investor who borrows can still pay, by the limit on his debt and by his cash (E8).

His holdings move with the market of the round, so a fall of it takes demand, mood and the lead's own money at once.
"""

from __future__ import annotations

import math

from abm.core.arithmetic import exp
from abm.core.jit import rule
from abm.core.records import Record

_HAIR = 1e-6  # by less than this, sums of decimals miss a whole million


@rule
def market_move(sentiment: float, start: float, lasting: float) -> float:
    """How far the market has moved since as_of: sentiment, and the part of competitor shocks that lasts [log-points].

    Parameters
    ----------
    sentiment, start
        Market sentiment now and on as_of [log-points].
    lasting
        Lasting part of all shocks since, from :func:`abm.rules.environment.lasting_after` [log-points].

    Returns
    -------
    float
        Move [log-points].

    References
    ----------
    Model basis, X1 and X2: what passes of a shock is in sentiment already.

    Examples
    --------
    >>> market_move(-0.25, 0.25, -0.125)
    -0.625
    """
    return sentiment - start + lasting


@rule
def worth_after(worth_bn: float, loading: float, move: float) -> float:
    r"""Worth of holdings after a move of the market, :math:`E\,e^{\beta m}` [USD billion].

    Parameters
    ----------
    worth_bn
        Worth on as_of, E [USD billion].
    loading
        How they move with the market, beta [log-points per log-point].
    move
        From :func:`market_move`, m [log-points].

    Examples
    --------
    >>> worth_after(200.0, 1.5, 0.0), round(worth_after(200.0, 1.0, -0.5), 6)
    (200.0, 121.306132)
    """
    return worth_bn * exp(loading * move)


@rule
def room_to_borrow(holdings_bn: float, net_debt_bn: float, limit: float) -> float:
    r"""Largest purchase with debt that keeps net debt within a share of all holdings, the purchase among them.

    .. math:: x_{max} = \frac{L E - ND}{1 - L}

    Parameters
    ----------
    holdings_bn
        Equity value of holdings, E [USD billion].
    net_debt_bn
        Debt less cash, ND; below 0, where there is more cash [USD billion].
    limit
        Loan-to-value limit L, below 1 [-].

    Returns
    -------
    float
        Below 0 where net debt is above the limit: so much has to be sold and paid back [USD billion].

    References
    ----------
    Model basis, E8.

    Examples
    --------
    >>> round(room_to_borrow(200.0, 36.0, 0.25), 2), round(room_to_borrow(200.0, 36.0, 0.35), 2)
    (18.67, 52.31)
    """
    return (limit * holdings_bn - net_debt_bn) / (1.0 - limit)


@rule
def can_pay_bn(room_bn: float, money_bn: float, sold_bn: float) -> float:
    r"""What he can pay: what he may borrow and gets, and what he sells, :math:`[\min(x_{max}, c) + S]^+`.

    A sale of S takes as much off holdings and off net debt, and so adds just S to :math:`x_{max}`.

    Parameters
    ----------
    room_bn
        From :func:`room_to_borrow` [USD billion].
    money_bn
        Cash above what he keeps, and credit that he has not drawn, c; infinite where lenders set no limit of their
        own [USD billion].
    sold_bn
        Holdings that he sells to pay, S, at what they are worth now [USD billion].

    Returns
    -------
    float
        Never below 0 [USD billion].

    References
    ----------
    Model basis, E8.

    Examples
    --------
    >>> can_pay_bn(18.5, math.inf, 4.0), can_pay_bn(18.5, 10.0, 4.0), can_pay_bn(-6.0, 10.0, 4.0)
    (22.5, 14.0, 0.0)
    """
    return max(0.0, min(room_bn, money_bn) + sold_bn)


@rule
def limit_of(borrower: Record, u: float) -> float:
    """Loan-to-value limit of a run: that of an emergency with its chance, else that of every day [-].

    Parameters
    ----------
    borrower
        A ``records.BORROWER`` record.
    u
        Uniform draw [-].
    """
    return borrower.emergency_loan_to_value if u < borrower.emergency_probability else borrower.loan_to_value


@rule
def can_pay_musd(borrower: Record, limit: float, move: float) -> int:
    """What an investor who borrows can pay in a week in which the market has moved so far [USD million].

    Parameters
    ----------
    borrower
        A ``records.BORROWER`` record.
    limit
        Loan-to-value limit of this run, from :func:`limit_of` [-].
    move
        From :func:`market_move` [log-points].
    """
    holdings = worth_after(borrower.holdings_bn, borrower.holdings_loading, move)
    sold = worth_after(borrower.sales_bn, borrower.holdings_loading, move)
    room = room_to_borrow(holdings, borrower.net_debt_bn, limit)
    return math.floor(can_pay_bn(room, borrower.money_bn, sold) * 1000.0 + _HAIR)


@rule
def within_means(amount: int, can_pay: int) -> int:
    """The part of an amount that he can pay [USD million].

    Examples
    --------
    >>> within_means(22_500, 18_666), within_means(22_500, 52_307)
    (18666, 22500)
    """
    return min(amount, can_pay)


@rule
def short_of(pledge: int, ticket: int, there: bool) -> int:
    """What is missing of a signed amount because he cannot pay it; nothing of one who is not there [USD million].

    Examples
    --------
    >>> short_of(22_500, 18_666, True), short_of(22_500, 22_500, True), short_of(22_500, 0, False)
    (3834, 0, 0)
    """
    return max(0, pledge - ticket) if there else 0
