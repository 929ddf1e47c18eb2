"""The public book: what has been committed, what it is worth, and whether the price must move."""

from __future__ import annotations

from abm.core.arithmetic import log
from abm.core.jit import lean, rule
from abm.core.records import Flags, Floats, Integers
from abm.rules.clauses import Contracts
from abm.rules.conditions import GATE


@lean
def chance_to_pay(i: int, contracts: Contracts, outlooks: Floats) -> float:
    """Weight of a conditional commitment in the forecasts of others: the best clause, its consents multiplied.

    Parameters
    ----------
    i
        The investor [index].
    contracts
        Everybody's conditions.
    outlooks
        float64[G], the market's chance of each consent by the deadline [-].

    Returns
    -------
    float
        Probability, 1 without conditions [-]; conditions on money and on peers count as met [A].

    References
    ----------
    Model basis, A9 (pi_c).
    """
    first, last = contracts.investors[i], contracts.investors[i + 1]
    if first == last:
        return 1.0
    best = 0.0
    for clause in range(first, last):
        chance = 1.0
        for a in range(contracts.clauses[clause], contracts.clauses[clause + 1]):
            atom = contracts.atoms[a]
            if atom.kind == GATE:
                chance = chance * outlooks[atom.ref]
        best = max(best, chance)
    return best


@rule
def expected_of(ticket_musd: int, fallback_musd: int, chance: float) -> float:
    """Money to expect of a commitment: all of it if its conditions hold, else what he falls back to [USD million].

    Examples
    --------
    >>> expected_of(1_000, 200, 0.5)
    600.0
    """
    return chance * ticket_musd + (1.0 - chance) * fallback_musd


@lean
def expected_musd(
    signed: Flags, tickets: Integers, fallbacks: Integers, contracts: Contracts, outlooks: Floats
) -> float:
    """Expected money of the signed and unpaid commitments [USD million], in order of address.

    Parameters
    ----------
    signed
        bool[N], signed and not yet paid.
    tickets, fallbacks
        int64[N], what each pays if his conditions hold, and if they fail [USD million].
    contracts, outlooks
        As in :func:`chance_to_pay`.

    Returns
    -------
    float
        Expected money [USD million].

    References
    ----------
    Model basis, A9.
    """
    total = 0.0
    for i in range(signed.shape[0]):
        if signed[i]:
            chance = chance_to_pay(i, contracts, outlooks)
            total += expected_of(tickets[i], fallbacks[i], chance)
    return total


@rule
def forecast_bn(paid_musd: int, expected_commitments_musd: float, expected_new_musd: float, new_musd: int) -> float:
    """Market's forecast of the final total [USD billion], every commitment counted once.

    Parameters
    ----------
    paid_musd
        Paid since as_of [USD million].
    expected_commitments_musd
        Signed and unpaid, weighted by their chance to pay [USD million].
    expected_new_musd
        New demand that the market expected on as_of [USD million].
    new_musd
        Signed since as_of [USD million]: demand that has come is no longer expected.

    Returns
    -------
    float
        Forecast [USD billion].

    References
    ----------
    Model basis, A9.

    Examples
    --------
    >>> forecast_bn(2_000, 12_000.0, 7_500.0, 2_500)
    19.0
    """
    return (paid_musd + expected_commitments_musd + max(0.0, expected_new_musd - new_musd)) / 1000.0


@rule
def momentum(booked_musd: int, target_musd: int, day: float, deadline_day: float) -> float:
    """How far the book runs ahead of time: share of the target booked minus share of the window elapsed [-].

    References
    ----------
    Model basis, B5.

    Examples
    --------
    >>> momentum(5_000, 10_000, 39.0, 156.0), momentum(20_000, 10_000, 156.0, 156.0)
    (0.25, 0.0)
    """
    return min(1.0, booked_musd / target_musd) - min(1.0, day / deadline_day)


@rule
def missing_musd(booked_musd: int, target_musd: int) -> float:
    """Money that the book lacks of the target [USD million].

    References
    ----------
    Model basis, B8.

    Examples
    --------
    >>> missing_musd(5_000, 10_000), missing_musd(12_000, 10_000)
    (5000.0, 0.0)
    """
    return float(max(0, target_musd - booked_musd))


@rule
def rung_after(rung: int, rungs: int, pace: float, allowed_lag: float, weeks_waited: int, least_wait: int) -> int:
    """Rung of the price ladder offered this week: one down when the book lags behind time (E5).

    Parameters
    ----------
    rung, rungs
        Rung offered now and number of rungs [-].
    pace
        Momentum of the book [-].
    allowed_lag
        Lag that the company bears [-].
    weeks_waited, least_wait
        Weeks since the last cut, and the least wait between two [weeks].

    Returns
    -------
    int
        Rung [-].

    Examples
    --------
    >>> rung_after(0, 3, -0.3, 0.25, 5, 4), rung_after(0, 3, -0.3, 0.25, 3, 4), rung_after(2, 3, -0.9, 0.25, 9, 4)
    (1, 0, 2)
    """
    if rung + 1 < rungs and pace < -allowed_lag and weeks_waited >= least_wait:
        return rung + 1
    return rung


@rule
def post_money_bn(pre_money_musd: int, already_closed_musd: int, target_musd: int) -> float:
    """Post-money valuation that the offer implies [USD billion].

    Examples
    --------
    >>> post_money_bn(260_000, 10_000, 30_000)
    300.0
    """
    return (pre_money_musd + already_closed_musd + target_musd) / 1000.0


@rule
def log_post_money(post_money_bn: float) -> float:
    """Log of the price that everybody compares his belief with [log-points of USD billion].

    Examples
    --------
    >>> log_post_money(1.0)
    0.0
    """
    return log(post_money_bn)


@rule
def weeks_since(week: int, earlier_week: int) -> int:
    """Weeks between two weeks.

    Examples
    --------
    >>> weeks_since(9, 4)
    5
    """
    return week - earlier_week


@rule
def weeks_until(day: float, deadline_day: float) -> float:
    """Weeks that are left until the deadline.

    Examples
    --------
    >>> weeks_until(86.0, 156.0)
    10.0
    """
    return (deadline_day - day) / 7.0


@rule
def share_of_wealth(ticket_musd: int, wealth_bn: float) -> float:
    """Ticket as a share of wealth, q/W [-].

    Examples
    --------
    >>> share_of_wealth(2_500, 25.0)
    0.1
    """
    return ticket_musd / (wealth_bn * 1000.0)
