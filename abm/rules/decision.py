"""Decision: belief in the round, the advantage of signing, and the rates of signing and of withdrawing (A9 to A11)."""

from __future__ import annotations

from typing import NamedTuple

from abm.core.arithmetic import exp
from abm.core.draws import normal_cdf
from abm.core.jit import folded, rule
from abm.core.records import Record
from abm.rules.appetite import (
    certainty_gain,
    completing_limit,
    crra_share,
    return_variance,
    ticket_musd,
    waiting_value,
)
from abm.rules.belief import doubt_left, implied_value, rights_premium, speaks, updated_mean, updated_variance

WILLING, PRICE, TOO_SMALL = 0, 1, 2


class Appraisal(NamedTuple):
    """What an investor makes of the offer this week."""

    ticket_musd: int  #: what he would commit [USD million]
    rate_per_week: float  #: hazard of his signature [1/week]
    expected_return: float  #: mean excess log return to his exit, m [log-points]
    advantage: float  #: scale-free advantage of signing, zeta; -1 where he wants no ticket [-]
    reason: int  #: WILLING, or why not: PRICE (nothing wanted at this price) or TOO_SMALL (below his minimum)


@folded
def success_belief(forecast_bn: float, needed_bn: float, error_bn: float) -> float:
    r"""Belief that the round succeeds, :math:`\Phi((\hat T - X)/s_T)` [-].

    Parameters
    ----------
    forecast_bn, needed_bn
        Forecast of the final total and what the investor thinks is needed [USD billion].
    error_bn
        Standard error of the forecast, > 0 [USD billion].

    Returns
    -------
    float
        Probability [-].

    References
    ----------
    Model basis, A9.

    Examples
    --------
    >>> success_belief(20.0, 20.0, 3.0)
    0.5
    """
    return normal_cdf((forecast_bn - needed_bn) * (1.0 / error_bn))


@folded
def advantage(belief: float, gain: float, share: float, lockup: float, waiting: float, fixed_cost: float) -> float:
    r"""Scale-free advantage of signing, :math:`\zeta = (G - L)/(G + L)`.

    .. math:: G = p\, CE(f), \qquad L = (1 - p)\, l f + OV f + k/W

    Parameters
    ----------
    belief
        Belief that the round succeeds, p [-].
    gain
        Certainty-equivalent gain CE(f) [share of wealth].
    share
        f = ticket / wealth [-].
    lockup, waiting
        Cost of locked money l and value of waiting OV, per unit committed [-].
    fixed_cost
        Cost of the work over wealth [-].

    Returns
    -------
    float
        From -1 (all cost) to 1 (all gain) [-].

    References
    ----------
    Model basis, A9. With no waiting and no work, zeta >= 0 iff p >= l / (l + CE/f): the threshold of case V28.

    Examples
    --------
    >>> round(advantage(0.2, 0.20, 1.0, 0.05, 0.0, 0.0), 12)
    0.0
    """
    good = belief * max(0.0, gain)
    bad = (1.0 - belief) * lockup * share + waiting * share + fixed_cost - min(0.0, gain)
    return (good - bad) / (good + bad) if good + bad > 0.0 else 0.0


@folded
def expit(x: float) -> float:
    """Logistic function without overflow [-].

    Examples
    --------
    >>> expit(0.0), expit(-1000.0), round(expit(2.0), 6)
    (0.5, 0.0, 0.880797)
    """
    e = exp(-abs(x))  # of a negative number, which cannot overflow
    return (1.0 if x >= 0.0 else e) / (1.0 + e)


@folded
def signing_rate(zeta: float, bias: float, noise: float, fastest_per_week: float) -> float:
    r"""Hazard of a signature, :math:`\lambda_{max} / (1 + e^{-(\zeta - \zeta_0)/\text{noise}})` [1/week].

    Parameters
    ----------
    zeta, bias
        Advantage of signing and bias against it [-].
    noise
        Noise in the choice, > 0 [-].
    fastest_per_week
        Rate of somebody without doubt [1/week].

    Returns
    -------
    float
        Rate [1/week].

    References
    ----------
    Model basis, A10. McKelvey, R. D. & Palfrey, T. R. (1995). Quantal response equilibria for normal form games. Games
    and Economic Behavior 10(1), 6-38. doi:10.1006/game.1995.1023

    Examples
    --------
    >>> signing_rate(0.3, 0.3, 0.2, 0.35)
    0.175
    """
    return fastest_per_week * expit((zeta - bias) * (1.0 / noise))


@rule
def premium_of(traits: Record, offer: Record) -> float:
    """What the rights of the shares on offer are worth to an investor, at their price [log-points] (A6).

    Parameters
    ----------
    traits
        A ``records.TRAITS`` record: who he is.
    offer
        A ``records.OFFER`` record.
    """
    return rights_premium(offer.preference, offer.target_bn, offer.post_bn, offer.volatility, traits.horizon_years)


@rule
def expected_return(traits: Record, mean: float, offer: Record, premium: float) -> float:
    """Mean excess log return to the exit that an investor sees in the offer, m [log-points] (A2).

    Parameters
    ----------
    traits
        A ``records.TRAITS`` record: who he is.
    mean
        His belief about log value [log-points].
    offer
        A ``records.OFFER`` record.
    premium
        What the rights of the shares are worth to him, from :func:`premium_of` [log-points].
    """
    return (
        mean
        + traits.sentiment_loading * offer.sentiment
        + traits.strategic_premium
        + traits.herding * offer.momentum
        + traits.carry
        - (offer.log_post - premium)
    )


class Wish(NamedTuple):
    """What an investor would commit at this price, whether or not he thinks that the round succeeds."""

    ticket_musd: int  #: within his limits; 0 where he wants nothing, or less than his minimum [USD million]
    wanted: float  #: share of his wealth that he wants at risk, before any limit [-]
    expected_return: float  #: mean excess log return to his exit, m [log-points]


@folded
def wish(traits: Record, mean: float, variance: float, offer: Record, premium: float) -> Wish:
    """Work out the ticket that an investor wants: from belief to share, and from share to ticket (A2 to A5).

    Parameters are those of :func:`appraise`.
    """
    s2 = return_variance(variance, traits.risk_to_exit)
    m = expected_return(traits, mean, offer, premium)
    wanted = crra_share(m, s2, traits.risk_aversion)
    wealth_musd = traits.wealth_bn * 1000.0
    limit = min(
        float(traits.dry_powder_musd), float(traits.max_ticket_musd), traits.ownership_cap * offer.post_bn * 1000.0
    )
    limit = min(limit, completing_limit(traits.completes, offer.missing_musd, offer.target_bn * 1000.0))
    # nobody signs for less than his minimum, so a smaller wish is no ticket rather than a small one
    return Wish(ticket_musd(wanted, wealth_musd, traits.concentration_cap, limit, traits.min_ticket_musd), wanted, m)


@folded
def belief_in_success(traits: Record, ticket: int, offer: Record) -> float:
    """Belief of an investor that the round succeeds if he brings a ticket [USD million] (A9)."""
    return success_belief(
        offer.forecast_bn + ticket * 0.001,  # he knows of his own money before it is published
        traits.needed_share * offer.target_bn,
        traits.forecast_sd * offer.target_bn,
    )


@folded
def advantage_of(traits: Record, ticket: int, m: float, variance: float, belief: float, open_share: float) -> float:
    """Advantage of signing for a ticket that an investor sees, zeta [-] (A3, A8, A9).

    Parameters
    ----------
    traits
        A ``records.TRAITS`` record: who he is.
    ticket
        From :func:`wish` [USD million].
    m, variance
        Expected return from :func:`wish` [log-points], and the variance of his belief [log-points^2].
    belief
        From :func:`belief_in_success` [-].
    open_share
        As in :func:`appraise` [-].
    """
    per_wealth = 1.0 / (traits.wealth_bn * 1000.0)  # divisions are what takes longest: one serves two quotients
    share, s2 = ticket * per_wealth, return_variance(variance, traits.risk_to_exit)
    waiting = waiting_value(traits.log_wait_hurdle, traits.waiting_weight, open_share)
    gain = certainty_gain(share, m, s2, traits.risk_aversion)
    cost = traits.diligence_cost_bn * 1000.0 * per_wealth
    return advantage(belief, gain, share, traits.lockup_cost, waiting, cost)


@folded
def rate_of(traits: Record, ticket: int, zeta: float) -> float:
    """Hazard of the signature of an investor who sees an advantage in a ticket; none where he wants none [1/week]."""
    rate = signing_rate(zeta, traits.sign_bias, traits.choice_noise, traits.sign_rate_per_week)
    return rate if ticket > 0 else 0.0


@folded
def appraise(
    traits: Record, mean: float, variance: float, open_share: float, offer: Record, premium: float
) -> Appraisal:
    """Weigh the offer: from belief to wanted share, ticket, advantage, and the rate of signing.

    Its four steps are functions of their own, as the ensemble takes all runs through one after the other.

    Parameters
    ----------
    traits
        A ``records.TRAITS`` record: who he is.
    mean, variance
        His belief about log value [log-points], [log-points^2].
    open_share
        Share of the option to wait that is still alive, from :func:`abm.rules.appetite.openness` [-].
    offer
        A ``records.OFFER`` record: the terms and the public book of last week.
    premium
        What the rights of the shares are worth to him, from :func:`premium_of` [log-points].

    Returns
    -------
    Appraisal
        Ticket, rate, expected return, advantage, reason.

    References
    ----------
    Model basis, A2 to A10.
    """
    ticket, wanted, m = wish(traits, mean, variance, offer, premium)
    belief = belief_in_success(traits, ticket, offer)
    zeta = advantage_of(traits, ticket, m, variance, belief, open_share)
    why_not = PRICE if wanted <= 0.0 else TOO_SMALL
    willing = ticket > 0
    reason = WILLING if willing else why_not
    return Appraisal(ticket, rate_of(traits, ticket, zeta), m, zeta if willing else -1.0, reason)


@rule
def at_his_limit(traits: Record, ticket: int) -> bool:
    """Whether a ticket was cut by a limit rather than by appetite, so that it reveals only a lower bound.

    Parameters
    ----------
    traits
        A ``records.TRAITS`` record.
    ticket
        The commitment [USD million].

    Returns
    -------
    bool
        True at his largest ticket, his dry powder or his concentration cap.

    References
    ----------
    Model basis, B4.
    """
    cap = traits.concentration_cap * traits.wealth_bn * 1000.0
    # tickets are whole millions, rounded down: one million below the limit is at the limit
    return ticket >= min(float(traits.max_ticket_musd), float(traits.dry_powder_musd), cap) - 1.0


@rule
def hear(traits: Record, mean: float, variance: float, peer: Record, offer: Record) -> tuple[float, float]:
    """Learn from one newly published commitment, once (B4).

    Parameters
    ----------
    traits
        The observer, a ``records.TRAITS`` record.
    mean, variance
        His belief about log value [log-points], [log-points^2].
    peer
        A ``records.NEWS`` record: the commitment.
    offer
        A ``records.OFFER`` record.

    Returns
    -------
    tuple of float
        Mean and variance after hearing of it.

    References
    ----------
    Model basis, B4: one extra observation of precision tau_soc x reputation per pair, never per step.
    """
    weight = traits.social_precision * peer.reputation
    if weight <= 0.0:
        return mean, variance
    s2 = return_variance(variance, traits.risk_to_exit)
    view = traits.sentiment_loading * offer.sentiment
    implied = implied_value(peer.share, peer.risk_aversion, s2, peer.log_price, traits.carry, view)
    if not speaks(implied, mean, peer.capped):
        return mean, variance
    left = doubt_left(variance, weight)
    return updated_mean(mean, implied, left), updated_variance(variance, left)


@rule
def withdrawal_rate(
    base_per_year: float, binding: float, fear: float, expected_return: float, jump: float, jump_fear: float
) -> float:
    r"""Hazard of walking away from a signature, :math:`w_0 (1 - b) e^{\beta_m [-m]^+ + \beta_J [-J]^+}`.

    Parameters
    ----------
    base_per_year
        w0, of a mere announcement [1/year].
    binding
        b: 0 press, 0.2 letter of intent, 0.6 term sheet, 0.95 definitive agreement [-].
    fear, jump_fear
        beta_m and beta_J [-].
    expected_return
        m, mean excess log return [log-points].
    jump
        Competitor shocks of the week [log-points].

    Returns
    -------
    float
        Rate [1/year].

    References
    ----------
    Model basis, A11, calibrated to 90 % survival of a term sheet over eight calm weeks (F9).

    Examples
    --------
    >>> withdrawal_rate(2.0, 0.5, 3.0, 0.1, 0.0, 5.0)
    1.0
    """
    return base_per_year * (1.0 - binding) * exp(fear * max(0.0, -expected_return) + jump_fear * max(0.0, -jump))
