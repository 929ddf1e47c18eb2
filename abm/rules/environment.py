"""Environment: sentiment, regimes, competitor shocks, the drift of value, and talent (X1 to X3)."""

from __future__ import annotations

import math

from abm.core.arithmetic import exp, expm1
from abm.core.jit import rule
from abm.rules.belief import prior_mean


@rule
def kept_share(reversion: float, years: float) -> float:
    r"""Share of its distance from the mean that sentiment keeps over a time, :math:`e^{-k\,dt}` [-].

    Examples
    --------
    >>> kept_share(2.0, 0.0)
    1.0
    """
    return exp(-reversion * years)


@rule
def gathered_spread(volatility: float, reversion: float, years: float) -> float:
    r"""Spread that sentiment gathers over a time, :math:`\sigma \sqrt{(1 - e^{-2k\,dt}) / 2k}` [log-points].

    Examples
    --------
    >>> round(gathered_spread(0.5, 2.0, 1000.0), 9)
    0.25
    """
    kept = kept_share(reversion, years)
    return volatility * math.sqrt((1.0 - kept * kept) / (2.0 * reversion))


@rule
def sentiment_after(sentiment: float, mean: float, kept: float, spread: float, z: float) -> float:
    r"""Market sentiment after a time, by the exact law of an Ornstein-Uhlenbeck process.

    .. math:: x' = \bar x + (x - \bar x) e^{-k\,dt} + \sigma \sqrt{(1 - e^{-2k\,dt}) / 2k}\; Z

    Parameters
    ----------
    sentiment, mean
        Sentiment now and the level it reverts to [log-points].
    kept
        Share of the distance that is kept, from :func:`kept_share` [-].
    spread
        Standard deviation that is gathered, from :func:`gathered_spread` [log-points].
    z
        Standard normal draw [-].

    Returns
    -------
    float
        Sentiment [log-points].

    References
    ----------
    Model basis, X1. Uhlenbeck, G. E. & Ornstein, L. S. (1930). Physical Review 36, 823-841. doi:10.1103/PhysRev.36.823

    Examples
    --------
    >>> sentiment_after(-0.75, 0.25, 0.5, 0.125, 1.0)
    -0.125
    """
    return mean + (sentiment - mean) * kept + spread * z


@rule
def cold_after(cold: bool, cold_per_week: float, thaw_per_week: float, u: float) -> bool:
    """Whether the market is cold after a week: a two-state Markov chain.

    Parameters
    ----------
    cold
        Whether it is cold now.
    cold_per_week, thaw_per_week
        Chances to turn cold and to turn hot [1/week].
    u
        Uniform draw [-].

    Returns
    -------
    bool
        Whether it is cold a week later.

    References
    ----------
    Model basis, X1. Ritter, J. R. (1984). The "hot issue" market of 1980. Journal of Business 57(2), 215-240.

    Examples
    --------
    >>> cold_after(False, 0.02, 0.05, 0.01), cold_after(False, 0.02, 0.05, 0.5), cold_after(True, 0.02, 0.05, 0.04)
    (True, False, False)
    """
    return u >= thaw_per_week if cold else u < cold_per_week


@rule
def log_value_after(log_value: float, growth: float, volatility: float, years: float, z: float) -> float:
    r"""Log of the true value after a time: :math:`v' = v + (g - \sigma^2/2)\,dt + \sigma\sqrt{dt}\,Z`.

    Parameters
    ----------
    log_value
        Natural log of equity value in USD billion [log-points].
    growth, volatility
        Expected growth [1/year] and volatility [1/sqrt(year)] of value.
    years
        dt [years].
    z
        Standard normal draw [-].

    Returns
    -------
    float
        Log value [log-points].

    References
    ----------
    Model basis, A1 and A7.

    Examples
    --------
    >>> log_value_after(5.0, 0.18, 0.6, 1.0, 0.0)
    5.0
    """
    return log_value + (growth - 0.5 * volatility * volatility) * years + volatility * math.sqrt(years) * z


@rule
def jump_size(mean_log: float, sd_log: float, z: float) -> float:
    """Size of one competitor shock in log value [log-points].

    Parameters
    ----------
    mean_log, sd_log
        Mean and spread of the size [log-points].
    z
        Standard normal draw [-].

    Returns
    -------
    float
        Shock [log-points]; negative is bad for the company.

    References
    ----------
    Model basis, X2: DeepSeek, 2025-01-27, took 0.185 log-points off Nvidia.

    Examples
    --------
    >>> jump_size(-0.10, 0.08, 0.0)
    -0.1
    """
    return mean_log + sd_log * z


@rule
def value_after_jump(log_value: float, jump: float, permanent_share: float) -> float:
    """Log value after a competitor shock: only the lasting part of the shock enters it [log-points].

    Examples
    --------
    >>> value_after_jump(5.5, -0.5, 0.25)
    5.375
    """
    return log_value + jump * permanent_share


@rule
def sentiment_after_jump(sentiment: float, jump: float, permanent_share: float) -> float:
    """Sentiment after a competitor shock: the passing part enters it, and fades with it [log-points].

    Examples
    --------
    >>> sentiment_after_jump(0.0, -0.5, 0.25)
    -0.375
    """
    return sentiment + jump * (1.0 - permanent_share)


@rule
def true_value(mean_bn: float, sd_log: float, z: float) -> float:
    """Log value of the company on as_of, which nobody knows [log-points of USD billion].

    Parameters
    ----------
    mean_bn, sd_log
        Mean of the value [USD billion], and its spread [log-points].
    z
        Standard normal draw [-].

    Examples
    --------
    >>> true_value(1.0, 0.0, 0.7), round(true_value(100.0, 0.5, 1.0), 6)
    (0.0, 4.98017)
    """
    return jump_size(prior_mean(mean_bn, sd_log, 0.0), sd_log, z)


@rule
def lasting_after(lasting: float, jump: float, permanent_share: float) -> float:
    """Lasting part of all competitor shocks since as_of, after another one [log-points].

    Examples
    --------
    >>> lasting_after(-0.25, -0.5, 0.25)
    -0.375
    """
    return lasting + jump * permanent_share


@rule
def value_after_loss(log_value: float, loss: float) -> float:
    """Log value after a loss of talent [log-points].

    Examples
    --------
    >>> value_after_loss(5.5, 0.25)
    5.25
    """
    return log_value - loss


@rule
def arrival_days(waited: float, rate_per_year: float) -> float:
    """Days until an event whose unit-exponential draw is ``waited``, at a constant rate; never, at rate zero.

    Examples
    --------
    >>> arrival_days(1.0, 2.0), arrival_days(1.0, 0.0)
    (182.5, inf)
    """
    return waited * 365.0 / rate_per_year if rate_per_year > 0.0 else math.inf


@rule
def weekly_chance(rate_per_year: float) -> float:
    """Chance of at least one event in a week [-].

    Examples
    --------
    >>> weekly_chance(0.0)
    0.0
    """
    return -expm1(-rate_per_year * 7.0 / 365.0)


@rule
def burst_weeks_after(strikes: bool, weeks: int, weeks_left: int) -> int:
    """Weeks that a poaching campaign still runs: all of them when a new one strikes, else one fewer.

    Examples
    --------
    >>> burst_weeks_after(True, 8, 3), burst_weeks_after(False, 8, 3), burst_weeks_after(False, 8, 0)
    (8, 2, 0)
    """
    return weeks if strikes else max(0, weeks_left - 1)


@rule
def excess_attrition(base: float, burst: float, burst_weeks_left: int, cut: float, cut_attrition: float) -> float:
    """Loss of talent above the normal rate [1/year].

    Parameters
    ----------
    base
        Steady excess [1/year].
    burst
        Extra loss while a poaching campaign runs [1/year].
    burst_weeks_left
        Weeks that the campaign still runs [weeks].
    cut, cut_attrition
        Share of costs cut [-] and extra loss per unit of cut [1/year].

    Returns
    -------
    float
        Excess attrition [1/year].

    References
    ----------
    Model basis, X3 and E3. SignalFire talent report 2025: two-year retention 67 % against 80 % at a rival.

    Examples
    --------
    >>> excess_attrition(0.09, 0.2, 0, 0.0, 0.1), round(excess_attrition(0.09, 0.2, 3, 0.3, 0.1), 2)
    (0.09, 0.32)
    """
    loss = base + cut_attrition * cut
    return loss + burst if burst_weeks_left > 0 else loss


@rule
def talent_loss(excess: float, effect: float, years: float) -> float:
    """Log-points of value and of revenue that excess attrition costs in a time.

    Examples
    --------
    >>> talent_loss(0.2, 1.0, 0.5)
    0.1
    """
    return effect * excess * years


@rule
def regime_mean(mean: float, cold_shift: float, cold: bool) -> float:
    """Level that sentiment reverts to: the mean, shifted in a cold market [log-points].

    Examples
    --------
    >>> regime_mean(0.1, -0.5, False), regime_mean(0.1, -0.5, True)
    (0.1, -0.4)
    """
    return mean + cold_shift if cold else mean
