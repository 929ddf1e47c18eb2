"""The whole model against closed forms: signatures, fallbacks, withdrawals, inclinations (V5, V6, V39, V42)."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import optimize, stats

import abm
from abm.core.draws import CONSENT, SETTLEMENT, SIGNING, WITHDRAWAL
from tests.oracles import agrees, mean_agrees, total_chances
from tests.worlds import NEVER, bound, consent, luck, play, results, signer, thinker, told, waits, world

RUNS = 4_000

# --------------------------------------------------------------------------------------------------------------------
# V5, V6, V6b: independent signers, and a lead that waits for a consent

FIVE = (0.9, 0.75, 0.6, 0.5, 0.35)
TICKETS = (2.8, 1.0, 1.0, 0.8, 0.7, 0.6, 0.5, 0.5, 0.4)
CHANCES = (0.85, 0.7, 0.7, 0.6, 0.6, 0.5, 0.5, 0.4, 0.4)


@pytest.fixture(scope="module")
def syndicate():
    """The five of V5 and the nine of V6 in one round of 25 days, with the lead of V6b on top."""
    investors = [signer(f"five-{k}", 1.0, chance) for k, chance in enumerate(FIVE)]
    investors += [signer(f"nine-{k}", *one) for k, one in enumerate(zip(TICKETS, CHANCES, strict=True))]
    investors += [bound("lead", 22.5, [{"gate": "consent"}], role="lead", settlement_failure_probability=0.05)]
    gates = [{"id": "consent", "probability_by_deadline": 0.6}]
    return play(world(investors, gates, days=25, target_bn=27.5), RUNS)


def money_of(frame, family):
    """What a family of investors paid in every run [USD million]."""
    columns = [name for name in frame if name.startswith(f"paid_bn.{family}")]
    return (1000 * frame[columns]).round().astype(int).sum(axis=1).to_numpy()


def test_every_signer_signs_exactly_when_his_luck_is_below_his_stated_probability(syndicate):
    for place, chance in enumerate((*FIVE, *CHANCES)):
        name = f"five-{place}" if place < 5 else f"nine-{place - 5}"
        assert (syndicate[f"paid_bn.{name}"] > 0).eq(luck(SIGNING, place, RUNS) < chance).all()


def test_the_lead_pays_exactly_when_the_consent_comes_and_he_can(syndicate):
    comes, able = luck(CONSENT, 0, RUNS) < 0.6, luck(SETTLEMENT, 14, RUNS) >= 0.05
    assert (syndicate["paid_bn.lead"] > 0).eq(comes & able).all()


@pytest.mark.statistical
def test_v5_the_number_of_independent_signers_is_poisson_binomial(syndicate):
    count = money_of(syndicate, "five") // 1000
    assert agrees(np.sum(count >= 3), RUNS, 0.732375)
    assert mean_agrees(count, 3.1)
    assert np.var(count) == pytest.approx(0.995, abs=4 * 0.995 * math.sqrt(2 / RUNS))


@pytest.mark.statistical
@pytest.mark.parametrize(("level", "expected"), [(3_000, 0.941372), (5_000, 0.733698), (7_500, 0.043982)])
def test_v6_the_money_of_independent_signers_is_the_exact_convolution(syndicate, level, expected):
    law = total_chances([round(1000 * ticket) for ticket in TICKETS], list(CHANCES))
    assert law[level:].sum() == pytest.approx(expected, abs=5e-7)
    assert agrees(np.sum(money_of(syndicate, "nine") >= level), RUNS, expected)


@pytest.mark.statistical
@pytest.mark.parametrize(("level", "expected"), [(27_500, 0.418208), (7_500, 0.588912)])
def test_v6b_a_lead_behind_a_consent_mixes_two_convolutions(syndicate, level, expected):
    law = total_chances([round(1000 * ticket) for ticket in TICKETS], list(CHANCES))
    mixture = 0.57 * law[max(0, level - 22_500) :].sum() + 0.43 * law[level:].sum()
    assert mixture == pytest.approx(expected, abs=5e-7)
    assert agrees(np.sum(money_of(syndicate, "nine") + money_of(syndicate, "lead") >= level), RUNS, mixture)


@pytest.mark.statistical
def test_the_round_closes_as_often_as_the_convolution_of_everybody_says(syndicate):
    tickets = [1000] * 5 + [round(1000 * ticket) for ticket in TICKETS] + [22_500]
    law = total_chances(tickets, [*FIVE, *CHANCES, 0.57])
    assert agrees(syndicate["closed"].sum(), RUNS, law[27_500:].sum())
    assert syndicate["closed"].eq(syndicate["funded_bn"] >= 27.5).all()
    assert mean_agrees(syndicate["funded_bn"], 3.1 + 5.59 + 0.57 * 22.5)


def test_who_signs_with_certainty_signs_at_once_and_who_has_no_chance_never_does():
    frame = play(world([signer("sure", 1.0, 1.0), signer("never", 1.0, 0.0)], days=70), 50)
    assert frame["sign_day.sure"].eq(0.0).all()
    assert frame["paid_bn.sure"].eq(1.0).all()
    assert frame["sign_day.never"].isna().all()
    assert frame["stage.never"].eq("looking").all()


def test_the_day_of_a_signature_is_exponential_within_the_window():
    frame = play(world([signer("some", 1.0, 0.8)], days=70), 400)
    expected = waits(SIGNING, 0, 400) * 70 / -math.log1p(-0.8)
    signed = expected <= 70
    assert frame["sign_day.some"].notna().eq(signed).all()
    assert frame["sign_day.some"][signed].to_numpy() == pytest.approx(expected[signed], abs=1e-9)


# --------------------------------------------------------------------------------------------------------------------
# Fallbacks


def fallback_world(**lead):
    gates = [{"id": "consent", "probability_by_deadline": 0.55}]
    investors = [
        bound("lead", 22.5, [{"gate": "consent"}], role="lead", **lead),
        bound("any", 1.0, [{"investor": "lead"}]),
        bound("full", 2.0, [{"investor": "lead", "amount_bn": 20.0}]),
        bound("total", 3.0, [{"total_bn": 14.0}]),
    ]
    return world(investors, gates, days=20, target_bn=20.0)


@pytest.mark.statistical
def test_a_fallback_pays_when_the_consent_does_not_come_and_brings_in_whoever_it_satisfies():
    """With the consent 22.5 + 1 + 2 + 3; without it 10 + 1 + 3: 14 are there, but not a lead of 20."""
    frame = play(fallback_world(fallback_bn=10.0), 2_000)
    comes = luck(CONSENT, 0, 2_000) < 0.55
    assert frame["funded_bn"].to_numpy() == pytest.approx(np.where(comes, 28.5, 14.0), abs=1e-9)
    assert frame["paid_bn.full"].eq(np.where(comes, 2.0, 0.0)).all()
    assert mean_agrees(frame["funded_bn"], 0.55 * 28.5 + 0.45 * 14.0)


@pytest.mark.statistical
def test_without_a_fallback_nothing_is_paid_unless_the_consent_comes():
    frame = play(fallback_world(), 2_000)
    comes = luck(CONSENT, 0, 2_000) < 0.55
    assert frame["funded_bn"].to_numpy() == pytest.approx(np.where(comes, 28.5, 0.0), abs=1e-9)
    assert mean_agrees(frame["funded_bn"], 0.55 * 28.5)
    assert frame["cause"].eq(np.where(comes, "", "gate")).all()


def test_a_fallback_is_paid_on_the_deadline_and_not_before():
    model = told(world([bound("lead", 6.0, [{"gate": "no"}], fallback_bn=2.5)], [consent("no", NEVER)], days=45))
    story = [(event.day, event.what, event.amount_bn) for event in model.trace if event.who == "lead"]
    assert story[:2] == [(0.0, "had signed", 6.0), (7.0, "waits", 6.0)]
    assert story[2:] == [(45.0, "fell back", 2.5), (45.0, "paid", 2.5)]
    assert model.paid_musd == 2_500


# --------------------------------------------------------------------------------------------------------------------
# V42: withdrawals


@pytest.mark.statistical
def test_v42_nine_in_ten_term_sheets_survive_eight_calm_weeks():
    base = 0.0329252 * 365 / 7
    waiting = [bound(f"w{k}", 1.0, [{"gate": "no"}], withdrawal_per_year=base, binding=0.6) for k in range(40)]
    frame = play(world(waiting, [consent("no", NEVER)], days=56), 300)
    withdrawn = sum(int(frame[f"stage.w{k}"].eq("withdrawn").sum()) for k in range(40))
    assert math.exp(-0.0329252 * 0.4 * 8) == pytest.approx(0.9, abs=1e-6)
    assert agrees(40 * 300 - withdrawn, 40 * 300, 0.9)
    for k in range(40):
        assert frame[f"stage.w{k}"].eq("withdrawn").eq(luck(WITHDRAWAL, k, 300) < 0.1 - 2e-8).all()


def test_a_signature_that_was_withdrawn_is_not_paid_when_the_consent_comes_later():
    """The consent is in force after 30 days, and who withdraws does so at 100 a year."""
    gates = [consent("late", lag_days=30)]
    investors = [
        bound("loose", 2.0, [{"gate": "late"}], withdrawal_per_year=100.0),
        bound("firm", 2.0, [{"gate": "late"}]),
    ]
    frame = play(world(investors, gates, days=60), 60)
    stays = waits(WITHDRAWAL, 0, 60) * 365 / 100 > 31
    assert frame["paid_bn.loose"].gt(0).eq(stays).all()
    assert frame["paid_bn.firm"].eq(2.0).all()


# --------------------------------------------------------------------------------------------------------------------
# Inclinations


def fraction_signed(raw, runs, members=20):
    """Share of the members of the pool that signed, run by run."""
    scenario = raw if isinstance(raw, abm.Scenario) else abm.scenario_from(raw)
    stages = np.array([result.sign_day for result in results(scenario, runs)])
    return np.isfinite(stages).sum(axis=1) / members


def inclined(inclination, days=56, **traits):
    """Twenty alike who do not move each other: so much demand is expected that no signature changes the forecast."""
    pool = thinker("pool", count=20, inclination=inclination, max_ticket_bn=0.5, wealth_bn=50.0, **traits)
    return world([], pools=[pool], days=days, target_bn=40.0, expected_coverage=2.0)


@pytest.mark.statistical
@pytest.mark.parametrize("inclination", [0.1, 0.3, 0.9])
def test_in_a_still_world_an_inclination_is_the_chance_of_a_signature(inclination):
    signed = fraction_signed(inclined(inclination), 100)
    assert agrees(round(20 * signed.sum()), 2_000, inclination)


@pytest.mark.statistical
@pytest.mark.parametrize("inclination", [0.3, 0.8])
def test_an_inclination_allows_for_the_time_that_diligence_takes(inclination):
    signed = fraction_signed(inclined(inclination, 156, diligence_days=45.0, diligence_sd_log=0.5), 50)
    assert agrees(round(20 * signed.sum()), 1_000, inclination)


@pytest.mark.statistical
def test_an_inclination_allows_for_what_diligence_will_show():
    """All look at the same true value, so their decisions are not independent: the runs are."""
    raw = inclined(0.6, signal_precision=11.0, prior_spread_log=0.1, diligence_days=10.0)
    raw["valuation"] = {"sd_log": 0.35}
    signed = fraction_signed(raw, 300)
    assert np.std(signed) > 2 * math.sqrt(0.6 * 0.4 / 20)
    assert mean_agrees(signed, 0.6)


def test_an_inclination_of_nothing_never_signs():
    assert fraction_signed(inclined(0.0), 20).sum() == 0.0


@pytest.mark.statistical
def test_a_single_inclined_investor_signs_as_often_as_his_file_says():
    investor = thinker("one", inclination=0.3, max_ticket_bn=1.0, diligence_days=8.0)
    frame = play(world([investor], days=25, target_bn=3.0), 1_500)
    assert agrees(frame["sign_day.one"].notna().sum(), 1_500, 0.3)


def still_chance(price, bias, days=56):
    """Chance of a signature by the formulas A2 to A10 in a world that stands still, weekly.

    A fund of 50 with gamma 4, required return .15, exit in 3 years and a largest ticket of .5 looks at a company whose
    value it takes to be 300 in the mean with spread .35; nothing is learnt, growth is .25 and volatility .55.
    """
    wealth, gamma, required, horizon, ticket, target = 50.0, 4.0, 0.15, 3.0, 0.5, 40.0
    growth, volatility, post = 0.25, 0.55, price + target
    discount = (required - 0.3) / volatility**2
    beta = 0.5 - discount + math.sqrt((discount - 0.5) ** 2 + 2 * required / volatility**2)
    survival = 0.0
    for week in range(days // 7):
        years = 7 * (week + 1) / 365
        mean = math.log(300.0) - 0.35**2 / 2 + (growth - volatility**2 / 2) * years
        s2 = 0.35**2 + volatility**2 * years + volatility**2 * horizon
        m = mean + (growth - required) * horizon - volatility**2 * horizon / 2 - math.log(post)
        wanted = (m + s2 / 2) / (gamma * s2)
        if wanted * wealth < 0.05:
            continue
        q = math.floor(1000 * min(wanted * wealth, ticket)) / 1000
        f = q / wealth
        belief = stats.norm.cdf((2 * target + q - 0.5 * target) / (0.15 * target))
        gain = belief * max(0.0, f * (m + s2 / 2) - gamma * f**2 * s2 / 2)
        waiting = 0.1 * math.log(beta / (beta - 1)) * (1 - math.exp(-(days / 7 - week) / 8))
        cost = (1 - belief) * 0.03 * f + waiting * f + 0.002 / wealth
        survival += 0.35 / (1 + math.exp(-((gain - cost) / (gain + cost) - bias) / 0.2))
    return 1 - math.exp(-survival)


@pytest.mark.statistical
@pytest.mark.parametrize("price", [180.0, 260.0, 330.0, 400.0])
def test_an_inclination_stays_where_the_file_put_it_so_the_price_moves_the_decision(price):
    bias = optimize.brentq(lambda b: still_chance(260.0, b) - 0.6, -5.0, 5.0)
    scenario = abm.scenario_from(inclined(0.6) | {"valuation": {"mean_bn": 300.0}})
    signed = fraction_signed(scenario.with_values({"round.pre_money_bn": price}), 60)
    expected = still_chance(price, bias)
    assert agrees(round(20 * signed.sum()), 1_200, expected)
    assert abs(expected - 0.6) > 0.03 or price == 260.0


@pytest.mark.statistical
def test_an_inclination_written_into_a_new_file_is_anchored_at_the_price_of_that_file():
    raw = inclined(0.6) | {"valuation": {"mean_bn": 300.0}}
    raw["round"]["pre_money_bn"] = 330.0
    assert agrees(round(20 * fraction_signed(raw, 60).sum()), 1_200, 0.6)


def test_an_inclination_that_is_changed_moves_to_its_new_value():
    scenario = abm.scenario_from(inclined(0.2)).with_values({"investor_pools.pool.inclination": 0.9})
    assert agrees(round(20 * fraction_signed(scenario, 60).sum()), 1_200, 0.9)


def test_an_inclination_of_a_pool_that_cannot_be_reached_is_refused_once():
    raw = inclined(0.6) | {"valuation": {"mean_bn": 50.0}}
    with pytest.raises(abm.ScenarioError) as refusal:
        told(raw)
    assert len(refusal.value.faults) == 1
