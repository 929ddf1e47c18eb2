"""Company: revenue, burn, runway, cost cutting, and what falls due (E1 to E3, E5)."""

from __future__ import annotations

import math

from abm.core.arithmetic import exp, expm1
from abm.core.jit import rule
from abm.core.records import Floats, Records
from abm.core.schedule import day_after


@rule
def path_between(days: Floats, rates: Floats, day0: float, day1: float) -> float:
    """Amount that a stepwise yearly rate adds up to between two days, exactly.

    Parameters
    ----------
    days, rates
        float64[S], from which day on each rate holds [days after as_of], and the rates [1/year].
    day0, day1
        From, to [days after as_of].

    Returns
    -------
    float
        Integral [units of the rate x year].

    References
    ----------
    Model basis, E1.

    Examples
    --------
    >>> import numpy as np
    >>> path_between(np.array([0.0, 73.0]), np.array([10.0, 20.0]), 0.0, 146.0)
    6.0
    """
    total = 0.0
    for k in range(days.shape[0]):
        start = max(day0, days[k])
        end = min(day1, days[k + 1]) if k + 1 < days.shape[0] else day1
        if end > start:
            total += rates[k] * (end - start) / 365.0
    return total


@rule
def span_between(first: float, last: float, day0: float, day1: float) -> float:
    """Years of the time from ``first`` to ``last`` that fall between two days.

    Examples
    --------
    >>> span_between(10.0, math.inf, 0.0, 83.0)
    0.2
    """
    start, end = max(first, day0), min(last, day1)
    return (end - start) / 365.0 if end > start else 0.0


@rule
def revenue_gap_after(gap: float, cut: float, growth_loss: float, talent: float, volatility: float, z: float) -> float:
    r"""Log distance of revenue from its plan after a week.

    .. math:: y' = y - \eta\,\text{cut}\,dt - \text{talent} + \sigma_R \sqrt{dt}\, Z

    Parameters
    ----------
    gap
        y, log of actual over planned revenue [log-points].
    cut, growth_loss
        Share of costs cut [-] and growth lost per unit of cut, eta [1/year].
    talent
        Loss through attrition in the week [log-points].
    volatility
        sigma_R [1/sqrt(year)].
    z
        Standard normal draw [-].

    Returns
    -------
    float
        y' [log-points].

    References
    ----------
    Model basis, E1, E3 and X3.

    Examples
    --------
    >>> revenue_gap_after(0.0, 0.0, 0.5, 0.0, 0.0, 1.7)
    0.0
    """
    years = 7.0 / 365.0
    return gap - growth_loss * cut * years - talent + volatility * math.sqrt(years) * z


@rule
def burn_musd(
    planned_musd: float, cut: float, planned_revenue_musd: float, gap: float, noise_musd: float, z: float
) -> float:
    r"""Net burn of a week: the plan, less what is cut, plus revenue that did not come, plus noise [USD million].

    Parameters
    ----------
    planned_musd
        Net burn of the plan [USD million].
    cut
        Share of it that is cut [-]; a surplus is not cut.
    planned_revenue_musd
        Revenue of the plan [USD million].
    gap
        Log of actual over planned revenue [log-points].
    noise_musd
        Standard deviation of the week [USD million].
    z
        Standard normal draw [-].

    Returns
    -------
    float
        Net burn [USD million].

    References
    ----------
    Model basis, E1.

    Examples
    --------
    >>> burn_musd(100.0, 0.25, 50.0, 0.0, 0.0, 1.0)
    75.0
    """
    kept = planned_musd - max(0.0, planned_musd) * cut
    return kept - planned_revenue_musd * expm1(gap) + noise_musd * z


@rule
def weekly_noise(volatility_bn: float) -> float:
    """Standard deviation of a week's burn [USD million] from a yearly one [USD billion/sqrt(year)].

    Examples
    --------
    >>> weekly_noise(0.0)
    0.0
    """
    return volatility_bn * 1000.0 * math.sqrt(7.0 / 365.0)


@rule
def whole(exact: float, carried: float) -> int:
    """Whole USD million due now, out of an exact amount and what was carried over.

    Examples
    --------
    >>> whole(10.4, 0.7)
    11
    """
    return math.floor(exact + carried + 0.5)


@rule
def carried_over(exact: float, carried: float, taken: int) -> float:
    """What is carried to the next week, so that rounding never adds up.

    Examples
    --------
    >>> round(carried_over(10.4, 0.7, 11), 9)
    0.1
    """
    return exact + carried - taken


@rule
def runway_years(cash_musd: int, outflow_musd_per_week: float) -> float:
    """Years until cash is gone at this week's outflow; infinite without an outflow.

    Examples
    --------
    >>> round(runway_years(730, 14.0), 9)
    1.0
    """
    if outflow_musd_per_week <= 0.0:
        return math.inf
    return cash_musd / outflow_musd_per_week * 7.0 / 365.0


@rule
def cut_after(cut: float, runway: float, trigger_years: float, step: float, most: float) -> float:
    """Share of net burn that is cut after this week: a step more while the runway is short (E3).

    Examples
    --------
    >>> (
    ...     cut_after(0.0, 0.5, 0.75, 0.02, 0.30),
    ...     cut_after(0.29, 0.5, 0.75, 0.02, 0.30),
    ...     cut_after(0.1, 2.0, 0.75, 0.02, 0.30),
    ... )
    (0.02, 0.3, 0.1)
    """
    return min(most, cut + step) if runway < trigger_years else cut


@rule
def interest_musd(bridge_musd: int, bridge_rate: float, vendor_musd: int, vendor_rate: float) -> float:
    """Interest of a week on the bridge and on deferred bills [USD million].

    Examples
    --------
    >>> round(interest_musd(3_650, 0.10, 0, 0.10), 9)
    7.0
    """
    return (bridge_musd * bridge_rate + vendor_musd * vendor_rate) * 7.0 / 365.0


@rule
def week_of_revenue(revenue_musd_per_year: float, growth_log: float) -> float:
    """Planned revenue of a week [USD million], after growth since as_of [log-points].

    Examples
    --------
    >>> week_of_revenue(3_650.0, 0.0)
    70.0
    """
    return revenue_musd_per_year * exp(growth_log) * 7.0 / 365.0


@rule
def firm_part(musd_per_year: float, years: float, deferrable_share: float) -> float:
    """Part of an obligation that must be paid now [USD million].

    Examples
    --------
    >>> firm_part(1_000.0, 0.5, 0.25)
    375.0
    """
    return musd_per_year * years * (1.0 - deferrable_share)


@rule
def deferrable_part(musd_per_year: float, years: float, deferrable_share: float) -> float:
    """Part of an obligation that the creditor lets wait [USD million].

    Examples
    --------
    >>> deferrable_part(1_000.0, 0.5, 0.25)
    125.0
    """
    return musd_per_year * years * deferrable_share


@rule
def lay_out_plan(
    plan: Records,
    burn_days: Floats,
    burn_musd_per_year: Floats,
    growth_days: Floats,
    growth_per_year: Floats,
    revenue_musd_per_year: float,
    bills: Floats,
) -> None:
    """Write a company's plan down, week by week; row 0 stays empty.

    Parameters
    ----------
    plan
        ``records.PLAN[weeks + 1]`` of zeros, overwritten.
    burn_days, burn_musd_per_year
        float64[S], net burn in steps [days after as_of], [USD million/year].
    growth_days, growth_per_year
        float64[S], growth of log revenue in steps [days after as_of], [1/year].
    revenue_musd_per_year
        Revenue on as_of [USD million/year].
    bills
        float64[contracts, 4]: cost [USD million/year], first and last day [days after as_of], part that can wait [-].

    References
    ----------
    Model basis, E1 and E4.

    Examples
    --------
    >>> import numpy as np
    >>> from abm.core import records
    >>> plan, start = np.zeros(2, records.PLAN).view(np.recarray), np.zeros(1)
    >>> lay_out_plan(plan, start, np.array([365.0]), start, np.zeros(1), 730.0, np.array([[365.0, 0.0, 9.0, 0.5]]))
    >>> plan[1].item()
    (7.0, 14.0, 3.5, 3.5)
    """
    growth = 0.0
    for week in range(1, plan.shape[0]):
        row, day0, day1 = plan[week], day_after(week - 1), day_after(week)
        growth += path_between(growth_days, growth_per_year, day0, day1)
        row.burn_musd = path_between(burn_days, burn_musd_per_year, day0, day1)
        row.revenue_musd = week_of_revenue(revenue_musd_per_year, growth)
        for k in range(bills.shape[0]):
            years = span_between(bills[k, 1], bills[k, 2], day0, day1)
            row.firm_musd += firm_part(bills[k, 0], years, bills[k, 3])
            row.deferrable_musd += deferrable_part(bills[k, 0], years, bills[k, 3])


@rule
def bill_musd(burn_musd: float, interest_musd: float, firm_obligations_musd: float) -> float:
    """Firm bills of a week before claims: burn, interest and firm obligations [USD million].

    Examples
    --------
    >>> bill_musd(100.0, 5.0, 20.0)
    125.0
    """
    return burn_musd + interest_musd + firm_obligations_musd


@rule
def ripe(week: int, filed_week: int, lead_weeks: int) -> bool:
    """Whether a filing is old enough for the listing.

    Examples
    --------
    >>> ripe(60, 34, 26), ripe(59, 34, 26)
    (True, False)
    """
    return week - filed_week >= lead_weeks
