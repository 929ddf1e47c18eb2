"""Campaigns of e19: a law of what differs between them, the scenario at each, and a fit by simulated moments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from crowd_moments import Array, Campaigns, Moments, classes
from numpy.typing import NDArray

import abm
from abm.ensemble import Ensemble
from abm.population import prepare

SCENARIO = "crowd-campaign"
SEED = 1
LUCKS = 4  # runs of a campaign: most of the time goes into setting it up
TYPICAL = 5_250.0  # USD; the goal at which the number who look is stated
APPEALS, WARMTHS, REACHES = (-1.0, 0.6), (0.2, 2.4), (0.02, 0.99)  # ranges that a design covers
LOOKERS = (15.0, 1_500.0)
WARMTH_SD = 0.5  # not fitted: final shares hardly tell it from the mean
_GOALS = (100.0, 3e6)  # USD; a goal beyond is taken for these
_MOST = 20_000  # strangers of one campaign
WIDER = 1.4  # spreads of the second design, so that a fit may go beyond the first


class Law(NamedTuple):
    """What differs between campaigns: the numbers that are fitted."""

    appeal: float  #: mean worth of what is offered, beyond its price [log-points]
    appeal_sd: float  #: and its spread [log-points]
    lookers: float  #: how many look at a campaign of 5,250 USD, a median [-]
    lookers_sd: float  #: spread of its log between campaigns of one goal [-]
    reach: float  #: and with which power of the goal that grows [-]
    warmth: float  #: mean bias of friends against pledging [-]
    patron: float  #: chance that somebody brings the rest of a goal that is half reached [-]


class Behaviour(NamedTuple):
    """How a stranger decides: tried one by one, not fitted."""

    lockup: float  #: cost of a pledge that comes to nothing, per unit [-]
    herding: float  #: pull of a book that runs ahead of time [log-points]


#: Judgement of somebody who had read the data, written down before the first fit.
#: A thousand look at a goal of 5,250 USD, two in a hundred like it (a usual rate
#: of a page that sells); half of the friends pledge early; one patron in ten brings the second half of a goal; a pledge
#: that comes to nothing costs a hundredth of itself, as the money comes back; herding is 0.3 log-points.
BEFORE = Law(appeal=-0.5, appeal_sd=0.25, lookers=1_000.0, lookers_sd=0.5, reach=0.6, warmth=1.0, patron=0.1)
BELIEVING = Behaviour(lockup=0.01, herding=0.3)
#: Ways of a stranger to decide that the fit chooses from.
BEHAVIOURS = (Behaviour(0.0, 0.0), Behaviour(0.0, 0.3), Behaviour(0.003, 0.0), Behaviour(0.003, 0.3))


@dataclass
class Points:
    """Campaigns to be simulated: one a place."""

    goal_usd: Array
    appeal: Array
    lookers: Array
    warmth: Array
    patron: Array


def goals(u: Array, data: Moments) -> Array:
    """Goals of the law of the moments, in whole dollars, from uniforms."""
    from scipy.special import ndtri

    log10 = data["goals", "mean_log10"] + data["goals", "sd_log10"] * ndtri(u)
    return np.round(np.clip(10**log10, *_GOALS))


def design(runs: int, data: Moments) -> Points:
    """Campaigns whose goals follow the law of the moments, and whose other numbers cover their ranges evenly."""
    u = _uniforms(runs)
    within = [low + (high - low) * u[:, k] for k, (low, high) in enumerate((APPEALS, WARMTHS, REACHES), start=1)]
    usual = LOOKERS[0] * (LOOKERS[1] / LOOKERS[0]) ** u[:, 4]
    goal = goals(u[:, 0], data)
    return Points(goal, within[0], usual * (goal / TYPICAL) ** BEFORE.reach, within[1], within[2])


def drawn(law: Law, runs: int, data: Moments, wider: float = 1.0) -> Points:
    """Campaigns of a law, or of one whose spreads are wider."""
    from scipy.stats import truncnorm

    u = _uniforms(runs)

    def normal(k: int, mean: float, sd: float, ends: tuple[float, float]) -> Array:
        found: Array = truncnorm.ppf(
            u[:, k], (ends[0] - mean) / (wider * sd), (ends[1] - mean) / (wider * sd), mean, wider * sd
        )
        return found

    goal = goals(u[:, 0], data)
    log = normal(4, float(np.log(law.lookers)), law.lookers_sd, (0.0, 20.0))
    return Points(
        goal,
        normal(1, law.appeal, law.appeal_sd, APPEALS),
        np.exp(log) * (goal / TYPICAL) ** law.reach,
        normal(2, law.warmth, WARMTH_SD, WARMTHS),
        np.clip(u[:, 3] ** (1.0 / _power(law)), *REACHES),
    )


def _power(law: Law) -> float:
    """Power p of the law of the share from which on a patron moves: it is at most x with a chance of x**p."""
    return float(np.log(law.patron) / np.log(0.5))


def _uniforms(runs: int) -> Array:
    from scipy.stats import qmc

    return np.clip(qmc.Halton(5, seed=SEED).random(runs), 1e-9, 1 - 1e-9)


def simulated(points: Points, behaviour: Behaviour, without: str = "") -> Campaigns:
    """Run every campaign, as the packaged scenario; what came is read also where it failed.

    All or nothing is decided after the last pledge and moves none of them, so the campaign that keeps what has come
    tells the final share of the one that gives it back (``tests/test_completing.py``).
    """
    base = abm.load_scenario(SCENARIO).with_values(
        {
            "round.piecemeal_probability": 1.0,
            "investor_pools.strangers.lockup_cost": behaviour.lockup,
            "investor_pools.strangers.herding": behaviour.herding,
            **({f"{without}.sign_bias": 50.0} if without else {}),  # so strong a bias that nobody of them signs
        }
    )
    found = np.array(
        [_outcomes(base.with_values(_numbers(points, k, without)), k) for k in range(len(points.goal_usd))]
    )
    share, early, backers = found.transpose(1, 0, 2)
    return Campaigns(points.goal_usd, share, early, backers, np.full(len(found), 1 / len(found)))


def _numbers(points: Points, k: int, without: str) -> dict[str, float]:
    """What of the scenario is a campaign's own; friends who are left out keep their bias."""
    goal = float(points.goal_usd[k])
    found: dict[str, float] = {
        "round.target_bn": goal * 1e-9,
        "round.cap_bn": min(10_000.0, goal * 1e-7),
        "investors.patron.max_ticket_bn": goal * 1e-9,
        "investors.patron.completes": float(points.patron[k]),
        "investor_pools.friends.sign_bias": float(points.warmth[k]),
        "investor_pools.strangers.count": int(np.clip(points.lookers[k], 1, _MOST)),
        "investor_pools.strangers.strategic_premium": float(points.appeal[k]),
    }
    return {path: value for path, value in found.items() if path != f"{without}.sign_bias"}


def _outcomes(scenario: abm.Scenario, k: int) -> Array:
    """Final share, share after a week, and backers, under each luck."""
    population = prepare(scenario)
    batch = Ensemble(population)(SEED, range(LUCKS * k, LUCKS * k + LUCKS), paths=True)
    target = population.round.target_musd
    backers = np.isfinite(batch.fates["sign_day"]).sum(axis=1)
    return np.array([batch.rows["paid_musd"] / target, batch.paths[:, 0, 0] / target, backers])


# --------------------------------------------------------------------------------------------------------------------
# The fit: a design is simulated once, and weighed by how likely each of its campaigns is under a law


def weighed(points: Points, found: Campaigns, law: Law, drawn_from: Law | None = None) -> Campaigns:
    """The same campaigns, weighted so that they follow a law; they cover all evenly, or were drawn from another."""
    log = _log_density(points, law)
    if drawn_from is not None:
        log = log - _log_density(points, drawn_from, WIDER)
    weight = np.exp(log - np.max(log))
    return Campaigns(found.goal_usd, found.share, found.early, found.backers, weight / weight.sum())


def _log_density(points: Points, law: Law, wider: float = 1.0) -> Array:
    """Log density of campaigns under a law, up to a constant."""
    usual = np.log(points.lookers) - law.reach * np.log(points.goal_usd / TYPICAL)
    z = [
        (points.appeal - law.appeal) / (wider * law.appeal_sd),
        (points.warmth - law.warmth) / (wider * WARMTH_SD),
        (usual - np.log(law.lookers)) / (wider * law.lookers_sd),
    ]
    found: Array = -0.5 * sum(one * one for one in z) + (_power(law) - 1.0) * np.log(points.patron)
    return found


class Aim(NamedTuple):
    """What a fit aims at: shares by class and success by goal, with the errors by which they are weighed."""

    shares: Array
    by_goal: Array
    share_errors: Array
    goal_errors: Array


def aim_of(data: Moments, rng: np.random.Generator | None = None) -> Aim:
    """What the moments say; or, with a generator, what another sample of as many campaigns might have said."""
    shares, by_goal, n = data.histogram(), data["success", "by_goal"], data.campaigns
    from scipy.special import ndtr

    ends = (np.log10(data["success", "goal_to"]) - data["goals", "mean_log10"]) / data["goals", "sd_log10"]
    of_class = n * np.clip(np.diff([0.0, *ndtr(ends), 1.0]), 1e-3, 1.0)
    errors = np.sqrt(shares * (1 - shares) / n + 0.01**2), np.sqrt(by_goal * (1 - by_goal) / of_class + 0.02**2)
    if rng is not None:
        shares = rng.multinomial(n, shares) / n
        by_goal = rng.binomial(np.round(of_class).astype(int), by_goal) / np.round(of_class)
    return Aim(shares, by_goal, *errors)


def moments_of(campaigns: Campaigns, data: Moments) -> tuple[Array, Array]:
    """Shares by class and success by goal, of weighted campaigns."""
    edges = np.array([-1.0, 1e-12, *(high for _, high, _ in classes(data)[1:-1]), np.inf])
    each = campaigns.weight[:, None] * np.ones_like(campaigns.share) / LUCKS
    shares = np.histogram(campaigns.share, edges, weights=each)[0]
    kind = np.searchsorted(data["success", "goal_to"], campaigns.goal_usd)
    count = len(data["success", "by_goal"])
    all_ = np.bincount(kind, campaigns.weight, count)
    won = np.bincount(kind, (each * campaigns.successful).sum(axis=1), count)
    return shares, won / np.maximum(all_, 1e-12)


def misfit(campaigns: Campaigns, data: Moments, aim: Aim) -> float:
    """Sum of squared distances over squared errors; weights that leave few campaigns cost, too."""
    shares, by_goal = moments_of(campaigns, data)
    of_shares = ((shares - aim.shares) / aim.share_errors) ** 2
    of_goals = ((by_goal - aim.by_goal) / aim.goal_errors) ** 2
    return float(of_shares.sum() + of_goals.sum())


def law_at(at: NDArray[np.float64]) -> Law:
    """Law at a place of the search, in which every number may be any."""
    appeal_sd, lookers, lookers_sd = (float(np.exp(each)) for each in at[1:4])
    return Law(
        float(at[0]), appeal_sd, lookers, lookers_sd, float(at[4]), float(at[5]), float(1 / (1 + np.exp(-at[6])))
    )


#: Where searches start: appeal, logs of its spread, of who look, of their spread, reach, warmth, logit of the patron.
STARTS = ((-0.2, -0.9, 5.3, -0.9, 0.8, 1.3, 0.5), (0.1, -0.7, 6.0, -0.3, 0.7, 1.6, 1.5))
_LEAST = np.array([-2.0, -2.5, 2.5, -2.5, 0.0, 0.0, -4.0])
_MOST_AT = np.array([1.5, 0.5, 8.0, 0.5, 1.5, 3.0, 4.0])


def fitted(
    points: Points,
    found: Campaigns,
    data: Moments,
    aim: Aim,
    starts: tuple[tuple[float, ...], ...] = STARTS,
    drawn_from: Law | None = None,
) -> tuple[float, NDArray[np.float64]]:
    """Least misfit that a search finds, and where."""
    from scipy.optimize import minimize

    least = min(100.0, len(found.share) / 10)

    def cost(at: NDArray[np.float64]) -> float:
        if (at < _LEAST).any() or (at > _MOST_AT).any():
            return 1e9
        weighted = weighed(points, found, law_at(at), drawn_from)
        return misfit(weighted, data, aim) + 1000 * max(0.0, 1 - weighted.worth / least)

    options = {"maxfev": 1200, "xatol": 1e-3, "fatol": 1e-2}
    found_ = [minimize(cost, start, method="Nelder-Mead", options=options) for start in starts]
    best = min(found_, key=lambda each: float(each.fun))
    return float(best.fun), best.x


def resampled(
    points: Points, found: Campaigns, data: Moments, at: NDArray[np.float64], times: int, drawn_from: Law
) -> list[Law]:
    """Fits to other samples of the data and of the design, for how sure the numbers are."""
    rng, laws = np.random.default_rng(SEED), []
    for _ in range(times):
        rows = rng.integers(len(found.share), size=len(found.share))
        again = Points(*(column[rows] for column in vars(points).values()))
        same = Campaigns(*(column[rows] for column in vars(found).values()))
        laws.append(law_at(fitted(again, same, data, aim_of(data, rng), (tuple(at),), drawn_from)[1]))
    return laws
