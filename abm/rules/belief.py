"""Belief: what an investor thinks the company is worth, and how he learns (A1, A6, B3, B4)."""

from __future__ import annotations

import math

from abm.core.arithmetic import log
from abm.core.draws import normal_cdf
from abm.core.jit import rule


@rule
def doubt_left(variance: float, precision: float) -> float:
    r"""Share of the doubt that a signal leaves, :math:`1/(1 + \sigma_b^2\tau_s)` [-].

    Parameters
    ----------
    variance
        Of the belief before, sigma_b^2 [log-points^2].
    precision
        Of the signal, tau_s >= 0 [1/log-points^2].

    References
    ----------
    Model basis, A1. DeGroot, M. H. (1970). Optimal Statistical Decisions.

    Examples
    --------
    >>> doubt_left(0.25, 4.0), doubt_left(0.25, 0.0)
    (0.5, 1.0)
    """
    return 1.0 / (1.0 + variance * precision)


@rule
def updated_mean(mean: float, signal: float, left: float) -> float:
    r"""Posterior mean of a normal belief, :math:`\mu' = \mu + (1 - l)(s - \mu)` [log-points].

    Parameters
    ----------
    mean, signal
        Belief and signal [log-points].
    left
        Share of the doubt that the signal leaves, l, from :func:`doubt_left` [-].

    Examples
    --------
    >>> updated_mean(5.0, 6.0, doubt_left(0.25, 4.0)), updated_mean(5.0, 6.0, doubt_left(0.25, 0.0))
    (5.5, 5.0)
    """
    return mean + (1.0 - left) * (signal - mean)


@rule
def updated_variance(variance: float, left: float) -> float:
    """Posterior variance of a normal belief [log-points^2].

    Examples
    --------
    >>> updated_variance(0.25, doubt_left(0.25, 4.0))
    0.125
    """
    return variance * left


@rule
def drifted_mean(mean: float, growth: float, volatility: float, years: float) -> float:
    r"""Belief about a value that moves: :math:`\mu + (g - \sigma^2/2)\,dt` [log-points].

    Examples
    --------
    >>> drifted_mean(5.0, 0.18, 0.6, 1.0)
    5.0
    """
    return mean + (growth - 0.5 * volatility * volatility) * years


@rule
def widened_variance(variance: float, volatility: float, years: float) -> float:
    r"""Variance of a belief about a value that moves: :math:`\sigma_b^2 + \sigma^2 dt` [log-points^2].

    Examples
    --------
    >>> widened_variance(0.25, 0.5, 1.0)
    0.5
    """
    return variance + volatility * volatility * years


@rule
def prior_mean(mean_bn: float, sd_log: float, deviation_log: float) -> float:
    r"""Log belief with the stated mean in USD: :math:`\mu = \ln(\text{mean}) - 1/(2\tau) + \text{deviation}`.

    Examples
    --------
    >>> round(prior_mean(300.0, 0.0, 0.0), 6)
    5.703782
    """
    return log(mean_bn) - 0.5 * sd_log * sd_log + deviation_log


@rule
def prior_variance(sd_log: float) -> float:
    """Variance of a belief with this spread [log-points^2].

    Examples
    --------
    >>> prior_variance(0.5)
    0.25
    """
    return sd_log * sd_log


@rule
def signal(log_value: float, precision: float, z: float) -> float:
    """What diligence or public news shows [log-points]: the true value with noise of the given precision.

    Examples
    --------
    >>> signal(5.7, 4.0, -1.0)
    5.2
    """
    return log_value + z / math.sqrt(precision) if precision > 0.0 else log_value


@rule
def sight_spread(
    variance: float, signal_precision: float, prior_spread: float, value_sd: float, volatility: float, day: float
) -> float:
    r"""How far what diligence shows moves a belief, as a standard deviation before anybody has looked.

    With the weight :math:`w = 1 - l` on a signal about a value that has strayed since as_of,

    .. math:: \sqrt{w^2 \big(sd_v^2 + \sigma^2 t + 1/\tau_s\big) + (1 - w)^2 sd_p^2}

    Parameters
    ----------
    variance, signal_precision
        Of the belief before [log-points^2], and of the signal [1/log-points^2].
    prior_spread
        Spread of priors among investors, sd_p [log-points].
    value_sd, volatility
        Doubt of the market about the value [log-points], and its volatility [1/sqrt(year)].
    day
        When diligence ends [days after as_of].

    Returns
    -------
    float
        Standard deviation [log-points].

    References
    ----------
    Model basis, A1; verification case V1, where value_sd is the investor's own doubt.

    Examples
    --------
    >>> round(sight_spread(0.25, 1.0 / 0.35**2, 0.0, 0.5, 0.0, 0.0), 6)
    0.409616
    """
    if signal_precision <= 0.0:
        return prior_spread
    weight = 1.0 - doubt_left(variance, signal_precision)
    seen = value_sd * value_sd + volatility * volatility * day / 365.0 + 1.0 / signal_precision
    return math.sqrt(weight * weight * seen + (1.0 - weight) * (1.0 - weight) * prior_spread * prior_spread)


@rule
def implied_value(
    share: float, risk_aversion: float, s2: float, log_price: float, carry: float, sentiment_view: float
) -> float:
    r"""Log value that a peer's commitment reveals, by inverting his demand.

    .. math:: \hat v = \ln P + \gamma s^2 q/W - s^2/2 - \text{carry} - b_x x

    Parameters
    ----------
    share
        The peer's ticket over his wealth, q/W [-].
    risk_aversion
        The peer's gamma, as everybody knows it [-].
    s2
        Variance of the return as the observer sees it [log-points^2].
    log_price
        Log of the price at which the peer signed [log-points of USD billion].
    carry
        (g - r) h - sigma^2 h / 2 of the observer [log-points].
    sentiment_view
        b_x x of the observer [log-points].

    Returns
    -------
    float
        Log value [log-points].

    References
    ----------
    Model basis, B4.

    Examples
    --------
    The share that a mean of 0.05 calls for (0.159722, case V4) reveals that mean:

    >>> round(implied_value(0.1597222222, 4.0, 0.36, 5.7, 0.0, 0.0) - 5.7, 9)
    0.05
    """
    return log_price + risk_aversion * s2 * share - 0.5 * s2 - carry - sentiment_view


@rule
def speaks(implied: float, mean: float, capped: bool) -> bool:
    """Whether a peer's commitment is news: at his cap it is only a lower bound, so it counts only above one's own view.

    Examples
    --------
    >>> speaks(5.9, 5.7, True), speaks(5.5, 5.7, True), speaks(5.5, 5.7, False)
    (True, False, True)
    """
    return implied > mean or not capped


@rule
def pulled_opinion(mean: float, others_mean: float, pull: float) -> float:
    r"""DeGroot averaging, :math:`(1 - \alpha)\mu + \alpha\,\bar\mu` [log-points].

    References
    ----------
    Model basis, B3. DeGroot, M. H. (1974). Reaching a consensus. JASA 69(345), 118-121.

    Examples
    --------
    >>> pulled_opinion(5.0, 6.0, 0.25), pulled_opinion(5.0, 6.0, 0.0)
    (5.25, 5.0)
    """
    return (1.0 - pull) * mean + pull * others_mean


@rule
def mean_opinion(mean: float, opinion: float, reputation: float, heard: float) -> float:
    """Mean opinion of all who have been heard, the last of them included, weighted by reputation [log-points].

    Parameters
    ----------
    mean
        Mean of those before him [log-points].
    opinion, reputation
        What he thinks [log-points] and what his word weighs [-].
    heard
        Weight of all, his own included, > 0 [-].

    Examples
    --------
    >>> mean_opinion(5.0, 6.0, 1.0, 4.0)
    5.25
    """
    return pulled_opinion(mean, opinion, reputation / heard)


@rule
def call(mean_value: float, strike: float, sd: float) -> float:
    r"""Expected excess over a strike, :math:`E[(V - K)^+]`, of a lognormal value with the given mean [value].

    Examples
    --------
    >>> call(300.0, 0.0, 0.9)
    300.0
    """
    if strike <= 0.0 or sd <= 0.0:
        return max(0.0, mean_value - strike)
    d1 = log(mean_value / strike) / sd + 0.5 * sd
    return mean_value * normal_cdf(d1) - strike * normal_cdf(d1 - sd)


@rule
def preferred_value(claim: float, share: float, mean_value: float, sd: float) -> float:
    r"""Expected pay-off of non-participating preferred stock: :math:`E[\max(\min(V, L), \alpha V)]`.

    Parameters
    ----------
    claim
        L, what is paid before others [USD billion].
    share
        alpha, stake as converted [-].
    mean_value, sd
        Mean [USD billion] and log spread [-] of the value at exit.

    Returns
    -------
    float
        Expected pay-off [USD billion].

    References
    ----------
    Model basis, A6. Gornall, W. & Strebulaev, I. A. (2020). Squaring venture capital valuations with reality. Journal
    of Financial Economics 135(1), 120-143. doi:10.1016/j.jfineco.2018.04.015

    Examples
    --------
    Verification case V20:

    >>> round(preferred_value(40.0, 40.0 / 300.0, 300.0, 0.9 * 2.0), 5)
    55.26527
    """
    return mean_value - call(mean_value, claim, sd) + share * call(mean_value, claim / share, sd)


@rule
def rights_premium(multiple: float, money_bn: float, post_bn: float, volatility: float, years: float) -> float:
    r"""Log value of preference rights per unit of money, :math:`a = \ln(\text{value} / \alpha E[V])`; 0 for common.

    Parameters
    ----------
    multiple
        Claim as a multiple of the money [-].
    money_bn, post_bn
        New money and post-money valuation [USD billion].
    volatility, years
        Of the value, to exit [1/sqrt(year)], [years].

    Returns
    -------
    float
        a >= 0 [log-points].

    References
    ----------
    Model basis, A6.

    Examples
    --------
    >>> rights_premium(0.0, 40.0, 300.0, 0.9, 4.0)
    0.0
    >>> import math
    >>> round(math.exp(rights_premium(1.0, 40.0, 300.0, 0.9, 4.0)) - 1, 5)
    0.38163
    """
    if multiple <= 0.0:
        return 0.0
    share = money_bn / post_bn
    value = preferred_value(multiple * money_bn, share, post_bn, volatility * math.sqrt(years))
    return log(value / money_bn)
