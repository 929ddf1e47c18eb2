"""Appetite: how much of his wealth an investor wants in the company, and what ticket that makes (A2 to A5, A8)."""

from __future__ import annotations

import math

from abm.core.arithmetic import exp, expm1, log
from abm.core.jit import rule


@rule
def carry(growth: float, required_return: float, volatility: float, horizon_years: float) -> float:
    r"""Log return that time brings beyond the required one, :math:`(g - r)h - \sigma^2 h/2` [log-points].

    Examples
    --------
    >>> round(carry(0.25, 0.15, 0.4, 3.0), 12)
    0.06
    """
    return (growth - required_return) * horizon_years - 0.5 * volatility * volatility * horizon_years


@rule
def risk_to_exit(volatility: float, horizon_years: float) -> float:
    r"""Variance that the value itself gathers until the exit, :math:`\sigma^2 h` [log-points^2].

    Examples
    --------
    >>> risk_to_exit(0.5, 3.0)
    0.75
    """
    return volatility * volatility * horizon_years


@rule
def return_variance(doubt: float, risk: float) -> float:
    r"""Variance of the log return, doubt and risk together: :math:`\sigma_b^2 + \sigma^2 h` [log-points^2].

    Examples
    --------
    >>> return_variance(0.25, 0.75)
    1.0
    """
    return doubt + risk


@rule
def crra_share(m: float, s2: float, risk_aversion: float) -> float:
    r"""Share of wealth that an investor of constant relative risk aversion wants at risk.

    .. math:: f^* = \frac{m + s^2/2}{\gamma s^2}

    Parameters
    ----------
    m, s2
        Mean [log-points] and variance [log-points^2] of the excess log return to exit.
    risk_aversion
        gamma > 0 [-].

    Returns
    -------
    float
        Share of wealth [-]; negative where he would rather sell.

    References
    ----------
    Model basis, A3. Merton, R. C. (1969). Review of Economics and Statistics 51(3), 247-257. doi:10.2307/1926560

    Examples
    --------
    Verification case V4:

    >>> round(crra_share(0.05, 0.36, 4.0), 6)
    0.159722
    """
    return (m + 0.5 * s2) / (risk_aversion * s2)


@rule
def binary_share(p: float, gain: float, loss: float, risk_aversion: float) -> float:
    r"""Share of wealth on a bet that gains ``gain`` with probability p and loses ``loss`` otherwise (Kelly: gamma 1).

    .. math:: A = \left(\frac{p u}{(1-p) d}\right)^{1/\gamma}, \qquad f^* = \frac{A - 1}{u + A d}

    The engines use :func:`crra_share`; this is the exact reference for an all-or-nothing view of the company.

    Parameters
    ----------
    p
        Probability of the gain, strictly between 0 and 1 [-].
    gain, loss
        u > 0 and d > 0 per unit staked [-].
    risk_aversion
        gamma > 0 [-].

    Returns
    -------
    float
        Share of wealth [-]; negative means no bet.

    References
    ----------
    Model basis, A4. Kelly, J. L. (1956). Bell System Technical Journal 35(4), 917-926.

    Examples
    --------
    >>> round(binary_share(0.4, 3.0, 0.8, 1.0), 9)
    0.3
    """
    odds = exp(log(p * gain / ((1.0 - p) * loss)) / risk_aversion)
    return (odds - 1.0) / (gain + odds * loss)


@rule
def certainty_gain(share: float, m: float, s2: float, risk_aversion: float) -> float:
    r"""Certainty-equivalent gain of holding a share, :math:`f(m + s^2/2) - \gamma f^2 s^2/2` [share of wealth].

    References
    ----------
    Model basis, A3.

    Examples
    --------
    >>> round(certainty_gain(0.159722222, 0.05, 0.36, 4.0), 6)
    0.018368
    """
    return share * (m + 0.5 * s2) - 0.5 * risk_aversion * share * share * s2


@rule
def ticket_musd(
    share: float, wealth_musd: float, concentration_cap: float, money_cap_musd: float, min_ticket_musd: int
) -> int:
    """Ticket that a wanted share makes under every limit; nothing below the minimum ticket.

    Parameters
    ----------
    share
        Wanted share of wealth [-].
    wealth_musd
        Wealth [USD million].
    concentration_cap
        Most of his wealth in one company [-].
    money_cap_musd
        The least of dry powder, largest ticket and ownership cap [USD million].
    min_ticket_musd
        Below this he does not bother [USD million].

    Returns
    -------
    int
        Ticket [USD million], rounded down.

    References
    ----------
    Model basis, A5.

    Examples
    --------
    >>> ticket_musd(0.159722, 100_000.0, 0.10, 5_000.0, 500), ticket_musd(0.020833, 20_000.0, 0.10, 5_000.0, 500)
    (5000, 0)
    """
    wanted = max(0.0, min(share * wealth_musd, concentration_cap * wealth_musd, money_cap_musd)) + 1e-6
    ticket = math.floor(wanted)
    return 0 if share <= 0.0 or wanted < min_ticket_musd else ticket


@rule
def completing_limit(completes: float, missing_musd: float, target_musd: float) -> float:
    r"""Most that somebody brings who completes a round: what is missing, once little enough is.

    .. math:: (X - B)\,1[B \ge cX], \qquad \infty \text{ where } c = 0

    Parameters
    ----------
    completes
        c, share of the target that must be booked before he moves; 0: he is not of that kind [-].
    missing_musd, target_musd
        What the book lacks of the target, :math:`[X - B]^+`, and the target X [USD million].

    Returns
    -------
    float
        Limit of his ticket [USD million].

    References
    ----------
    Model basis, B8. Deb, J., Oery, A. & Williams, K. R. (2019). Aiming for the goal: contribution dynamics of
    crowdfunding. NBER w25881 (abstract).

    Examples
    --------
    >>> completing_limit(0.5, 400.0, 1000.0), completing_limit(0.5, 600.0, 1000.0), completing_limit(0.0, 600.0, 1000.0)
    (400.0, 0.0, inf)
    """
    if completes <= 0.0:
        return math.inf
    return missing_musd if missing_musd <= (1.0 - completes) * target_musd else 0.0


@rule
def wait_hurdle(required_return: float, cost_of_waiting: float, volatility: float) -> float:
    r"""Value over cost at which a perpetual option to invest is exercised, :math:`\beta/(\beta - 1)`.

    .. math:: \beta = \tfrac12 - \frac{r - \delta}{\sigma^2}
              + \sqrt{\left(\frac{r - \delta}{\sigma^2} - \tfrac12\right)^2 + \frac{2r}{\sigma^2}}

    Parameters
    ----------
    required_return
        r > 0 [1/year].
    cost_of_waiting
        delta > 0 [1/year].
    volatility
        sigma > 0 [1/sqrt(year)].

    Returns
    -------
    float
        Hurdle > 1 [-].

    References
    ----------
    Model basis, A8. McDonald, R. & Siegel, D. (1986). The value of waiting to invest. Quarterly Journal of Economics
    101(4), 707-727. doi:10.2307/1884175

    Examples
    --------
    >>> round(wait_hurdle(0.10, 0.30, 0.6), 6)
    1.74198
    """
    variance = volatility * volatility
    slope = (required_return - cost_of_waiting) / variance - 0.5
    beta = math.sqrt(slope * slope + 2.0 * required_return / variance) - slope
    return beta / (beta - 1.0)


@rule
def log_wait_hurdle(required_return: float, cost_of_waiting: float, volatility: float) -> float:
    """Log of :func:`wait_hurdle`, which no week changes [log-points]; a required return of nothing counts as a hair.

    Examples
    --------
    >>> round(log_wait_hurdle(0.10, 0.30, 0.6), 6)
    0.555023
    """
    return log(wait_hurdle(max(1e-6, required_return), cost_of_waiting, volatility))


@rule
def openness(weeks_left: float, decay_weeks: float) -> float:
    r"""Share of the option to wait that is still alive, :math:`1 - e^{-\text{left}/s}` [-]: rounds close.

    Examples
    --------
    >>> openness(0.0, 8.0)
    0.0
    """
    return -expm1(-max(0.0, weeks_left) / decay_weeks)


@rule
def waiting_value(log_hurdle: float, weight: float, open_share: float) -> float:
    r"""What the option to wait is worth per unit, :math:`\kappa \ln(\text{hurdle})` while it is alive [-].

    Examples
    --------
    >>> waiting_value(0.75, 0.5, 0.5), waiting_value(0.75, 0.5, openness(0.0, 8.0))
    (0.1875, 0.0)
    """
    return weight * log_hurdle * open_share
