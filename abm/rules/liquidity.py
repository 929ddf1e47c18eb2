"""Liquidity: the order in which a week's bills are paid, and when the company defaults (E4)."""

from __future__ import annotations

from typing import NamedTuple

from abm.core.jit import rule


class Waterfall(NamedTuple):
    """Money of the company after the bills of a week [USD million]."""

    cash_musd: int  #: below 0: default
    vendor_musd: int  #: deferred bills outstanding
    bridge_musd: int  #: bridge drawn


@rule
def repay(cash: int, owed: int, keep: int) -> int:
    """What can be repaid of a debt without touching the cash that is kept [USD million].

    Examples
    --------
    >>> repay(100, 80, 50), repay(40, 80, 50)
    (50, 0)
    """
    return min(owed, max(0, cash - keep))


@rule
def waterfall(
    cash: int, firm: int, deferrable: int, minimum: int, vendor: int, vendor_limit: int, bridge: int, bridge_limit: int
) -> Waterfall:
    """Pay a week's bills in strict order: firm ones, deferrable ones, suppliers' credit, then the bridge.

    Firm bills are always paid. Deferrable ones are paid while cash stays at the minimum or above; the rest is carried
    by suppliers up to their limit; what they refuse must be paid. What is still missing is drawn from the bridge.
    Cash above the minimum then repays suppliers first and the bridge second.

    Parameters
    ----------
    cash
        Cash after all inflows [USD million].
    firm, deferrable
        Bills due: burn, interest and firm obligations; deferrable obligations [USD million].
    minimum
        Cash kept back before deferrable bills are paid [USD million].
    vendor, vendor_limit
        Deferred bills outstanding and what suppliers will carry [USD million].
    bridge, bridge_limit
        Bridge drawn and its limit [USD million].

    Returns
    -------
    Waterfall
        Cash (below 0 means default), deferred bills, bridge.

    References
    ----------
    Model basis, E4.

    Examples
    --------
    >>> waterfall(100, 60, 50, 10, 0, 100, 0, 0)
    Waterfall(cash_musd=10, vendor_musd=20, bridge_musd=0)
    >>> waterfall(100, 130, 0, 0, 0, 0, 0, 50)
    Waterfall(cash_musd=0, vendor_musd=0, bridge_musd=30)
    >>> waterfall(100, 130, 0, 0, 0, 0, 0, 20)
    Waterfall(cash_musd=-10, vendor_musd=0, bridge_musd=20)
    """
    cash -= firm
    payable = max(0, min(deferrable, cash - minimum))
    deferred = min(deferrable - payable, max(0, vendor_limit - vendor))
    cash -= deferrable - deferred
    drawn = min(max(0, -cash), max(0, bridge_limit - bridge))
    cash, vendor, bridge = cash + drawn, vendor + deferred, bridge + drawn
    to_suppliers = repay(cash, vendor, minimum)
    to_lenders = repay(cash - to_suppliers, bridge, minimum)
    return Waterfall(cash - to_suppliers - to_lenders, vendor - to_suppliers, bridge - to_lenders)


@rule
def defaulted(cash: int) -> bool:
    """Whether the company cannot pay: cash below zero after everything.

    Examples
    --------
    >>> defaulted(0), defaulted(-1)
    (False, True)
    """
    return cash < 0


@rule
def default_day(cash_before: int, cash_after: int, day0: float, day1: float) -> float:
    """Day within the week on which cash ran out, at an even outflow [days after as_of].

    Examples
    --------
    >>> default_day(50, -50, 7.0, 14.0)
    10.5
    """
    outflow = cash_before - cash_after
    if outflow <= 0:
        return day1
    return day0 + (day1 - day0) * min(1.0, max(0.0, cash_before / outflow))
