"""Whole rounds of the compiled engine, up to a hundred thousand of each, against laws on paper and by enumeration.

Here are V1, V2, V4 to V6b, V9, V9c, V10 to V10i, V14 to V19, V22 to V25, V29b, V31, V39 to V42. The others are about a
single rule, which both engines call, or a function beside the rounds (V3, V7, V8, V9b, V11 to V13, V20, V21, V26 to
V29, V30, V32 to V37); V38 is ``test_lockstep``.
"""

from __future__ import annotations

import copy
import itertools
import math
from random import Random

import numpy as np
import pytest
from scipy import integrate, optimize, stats

import abm
from abm.core.draws import CONSENT
from tests import oracles, worlds
from tests.oracles import at_rest, follows, law_of, mean_agrees, often, total_chances
from tests.test_model_closed_forms import CHANCES, FIVE, TICKETS, fallback_world, inclined, still_chance
from tests.test_model_company import PATH, firm, ruin_by_recursion
from tests.test_model_gates import LAWS, D, S, hypoexponential, pull
from tests.test_model_invariance import BETTER, coupled_world
from tests.test_model_rounds import largest_remainders
from tests.worlds import ASKS, SIGNS, SIX, book_of, bound, consent, day, fly, laboratory, musd, signer, world

RUNS = worlds.RUNS
pytestmark = pytest.mark.statistical


# --------------------------------------------------------------------------------------------------------------------
# V5, V6, V6b, V31, V39: independent signers, and a lead behind a consent

NINE = [round(1000 * ticket) for ticket in TICKETS]
NINES = [f"nine-{k}" for k in range(9)]


@pytest.fixture(scope="module")
def syndicate():
    """The five of V5 and the nine of V6 in one round of 25 days, with the lead of V6b on top."""
    investors = [signer(f"five-{k}", 1.0, chance) for k, chance in enumerate(FIVE)]
    investors += [signer(name, *one) for name, *one in zip(NINES, TICKETS, CHANCES, strict=True)]
    investors += [bound("lead", 22.5, [{"gate": "consent"}], role="lead", settlement_failure_probability=0.05)]
    return fly(world(investors, [{"id": "consent", "probability_by_deadline": 0.6}], days=25, target_bn=27.5))


@pytest.mark.parametrize("by", [3.5, 7, 14, 21, 25])
def test_v5_v39_by_any_day_the_number_of_independent_signers_is_poisson_binomial(syndicate, by):
    count = (syndicate[[f"sign_day.five-{k}" for k in range(5)]] <= by).sum(axis=1)
    assert follows(count, dict(enumerate(total_chances([1] * 5, [1 - (1 - p) ** (by / 25) for p in FIVE]))))
    assert by < 25 or (often(count >= 3, 0.732375) and mean_agrees(count, 3.1))
    assert by < 25 or np.var(count) == pytest.approx(0.995, rel=4 * math.sqrt(2 / RUNS))


def test_v6_the_money_of_independent_signers_has_the_law_of_the_exact_convolution(syndicate):
    money = musd(syndicate, *NINES)
    assert follows(money, dict(enumerate(total_chances(NINE, list(CHANCES)))))
    assert all(often(money >= x, p) for x, p in ((3_000, 0.941372), (5_000, 0.733698), (7_500, 0.043982)))
    assert mean_agrees(money, 5_590)
    assert np.std(money) == pytest.approx(1_393.449, rel=4 / math.sqrt(2 * RUNS))


def test_v6b_a_lead_behind_a_consent_mixes_two_convolutions(syndicate):
    """With the five of V5 they are the round, which closes as often as the convolution of everybody says (V39)."""
    money, everybody = musd(syndicate, *NINES, "lead"), ([1000] * 5 + NINE + [22_500], [*FIVE, *CHANCES, 0.57])
    assert follows(money, dict(enumerate(total_chances(everybody[0][5:], everybody[1][5:]))))
    assert often(money >= 27_500, 0.418208)
    assert often(money >= 7_500, 0.588912)
    assert often(syndicate["closed"], total_chances(*everybody)[27_500:].sum())


def test_v31_the_same_luck_shows_a_small_difference_with_a_24th_of_the_variance():
    draws = [(0.60, 1), (0.62, 1), (0.62, 2)]
    base, near, far = (fly(world([signer("s", 10.0, p)], days=7), RUNS, k)["closed"].astype(int) for p, k in draws)
    assert follows(near - base, {0: 0.98, 1: 0.02})
    assert np.var(far - base) == pytest.approx(0.4756, rel=0.02)
    assert np.var(far - base) / np.var(near - base) == pytest.approx(24.2653, rel=4 / math.sqrt(0.02 * RUNS))


# --------------------------------------------------------------------------------------------------------------------
# V10 to V10i, V18: consents, one by one, in chains, and under shared luck

ALONE, CHAIN = ("plain", "late", "blocked", "late-blocked"), ("moody", "first", "second", "third")


@pytest.fixture(scope="module")
def gates():
    """Consents by their laws in rounds of 156 days; those of the chain in a mood that stays at 1."""
    runs = 100_000  # enough to tell a law from its approximation
    alone = fly(laboratory({name: LAWS[name] for name in ALONE}), runs)
    chain = fly(laboratory({name: LAWS[name] for name in CHAIN}, sentiment_start=1.0, sentiment_mean=1.0), runs)
    return alone.join(chain[[column for column in chain if "." in column]])


def in_time(frame, name, by=D):
    return frame[f"gate_day.{name}"] <= by


def test_v10_a_consent_comes_by_the_exponential_law(gates):
    """Rates of .8 and 1.2, and of 4 and 5, reach by the deadline what those of 2.5 and 6 reach before."""
    plain, first = ((0.8, 0.289593), (1.2, 0.401229), (2.5, 0.656474)), ((4, 0.819060), (5, 0.881990))
    assert all(often(in_time(gates, "plain", rate / 2.5 * D), expected) for rate, expected in plain)
    assert all(often(in_time(gates, "first", rate / 6 * D), expected) for rate, expected in first)


@pytest.mark.parametrize(
    ("name", "expected", "wrong"),
    [
        ("plain", 0.656474, 0.665446),  # V10h: the rate times the step
        ("blocked", 0.612463, 0.656474),  # V10c
        ("late", 0.626901, 1 - math.exp(-1.5 * D / 365)),  # V10f
        ("late-blocked", 0.700897, 0.740396),  # V10i: the rate at the end of each step
        ("moody", 0.732086, 1 - math.exp(-1.5 * D / 365)),  # V10g
        ("second", hypoexponential((6, 8), (D - 10) / 365), hypoexponential((6, 8), D / 365)),
        ("third", hypoexponential((6, 8, 5), (D - 4) / 365), hypoexponential((6, 8, 5), (D - 14) / 365)),
    ],
)
def test_v10_money_waits_for_the_exact_law_of_its_consent_and_for_no_approximation(gates, name, expected, wrong):
    paid = gates[f"paid_bn.w-{name}"] > 0
    assert paid.eq(in_time(gates, name)).all()
    assert often(paid, expected)
    assert not often(paid, wrong)


def test_v10b_the_hazards_of_the_weeks_of_a_fading_mood_add_up():
    frame = fly(laboratory({"moody": LAWS["moody"]}, sentiment_start=2.0, sentiment_reversion_per_year=4.0))
    rates = 1.5 * np.exp(0.72 * 2 * np.exp(-4 * 7 * np.arange(1, 24) / 365))
    hazard = np.cumsum(rates * np.append(np.full(22, 7), 2) / 365)
    assert all(often(in_time(frame, "moody", by), -math.expm1(-hazard[k])) for k, by in ((4, 35), (11, 84), (22, D)))


@pytest.mark.parametrize(
    ("name", "h0", "effect", "block"),
    [("plain", 2.5, 0, 0), ("blocked", 2.5, 0, 0.4), ("late", 1.5, 3, 0), ("late-blocked", 2, 3, 0.2)],
)
def test_v10_the_day_of_a_consent_has_the_mean_and_the_law_of_its_density(gates, name, h0, effect, block):
    def density(t):
        rate = h0 * (1 + effect * math.exp(-(D - t) / S)) / 365
        return rate * math.exp(-(h0 * pull(effect, t, S) + block * t) / 365)

    days = gates[f"gate_day.{name}"].dropna().to_numpy()
    mass = np.array([integrate.quad(density, 0, 13 * k)[0] for k in range(13)])
    assert mean_agrees(days, integrate.quad(lambda t: t * density(t), 0, D)[0] / mass[-1])
    assert follows(np.ceil(days / 13), dict(enumerate(np.diff(mass) / mass[-1], 1)))


@pytest.mark.parametrize(("variance", "three", "one"), [(0.0, 0.787453, 0.656474), (0.5, 0.620913, 0.575175)])
def test_v10d_v10e_shared_luck_makes_all_and_each_rarer(variance, three, one):
    rates = {"six": 6, "eight": 8, "five": 5, "single": 2.5}
    frame = fly(laboratory({name: {"hazard_per_year": h} for name, h in rates.items()}, frailty_variance=variance))
    come = np.array([in_time(frame, name) for name in rates])
    assert often(come[:3].all(axis=0), three)
    assert often(come[3], one)

    def together(shared):
        return math.prod(-math.expm1(-h * shared * D / 365) for h in rates.values())

    assert often(come.all(axis=0), stats.gamma(2, scale=0.5).expect(together) if variance else together(1.0))


def test_v18_a_later_deadline_loses_no_consent(gates):
    later = fly(laboratory({"plain": LAWS["plain"]}, 186))["paid_bn.w-plain"] > 0
    soon = gates["paid_bn.w-plain"].head(len(later)) > 0
    assert (soon <= later).all()
    assert often(later, 0.720282)
    assert later[:2_000].eq(worlds.waits(CONSENT, 0, 2_000) * 365 / 2.5 <= 186).all()


def test_an_extension_gives_the_consent_more_time_as_often_as_it_is_granted():
    """10 if the consent comes in 49 days, or in 28 more where luck extends the round (0.4); otherwise a fallback."""
    investor = bound("one", 10.0, [{"gate": "g", "by": day(49)}], fallback_bn=2.0)
    terms = {"extension_probability": 0.4, "extension_days": 28}
    frame = fly(world([investor], [consent("g", 5.0)], days=49, weeks=12, **terms))
    late, later = math.exp(-5 * 49 / 365), math.exp(-5 * 77 / 365)
    law = {2: 1 - late, 3: 0.4 * (late - later), 1: 0.4 * later, 0: 0.6 * late}
    assert follows(2 * frame["closed"] + frame["extended"], law)
    assert follows(frame["funded_bn"], {10.0: law[2] + law[3], 2.0: law[0] + law[1]})


# --------------------------------------------------------------------------------------------------------------------
# V14 to V17b, V19, V22, V29b, V42: who closes with whom, when nobody knows who will sign, pay, or think again


def test_v14_the_book_and_its_gap_have_the_law_that_enumeration_of_its_signers_gives():
    def closes(who):
        greatest, least = (oracles.money(at_rest(who, oracles.WISHES, least)) for least in (False, True))
        return greatest + 1j * round(greatest - least, 3)

    assert [closes(frozenset(SIX) | {"legal"}), closes(frozenset(SIX))] == [33.0, 10.5 + 7.7j]
    gate = {"id": "legal", "probability_by_deadline": 0.55}
    frame = fly(world(book_of(SIX, SIGNS, ASKS), [gate], days=7, target_bn=30.0))
    assert follows(frame["funded_bn"] + 1j * frame["closing_gap_bn"], law_of(SIGNS | {"legal": 0.55}, closes))


def test_v17_one_more_unconditional_investor_never_loses_anybody_and_brings_others_in():
    five = {name: chance for name, chance in SIGNS.items() if name != "l"}
    book = book_of({name: SIX[name] for name in five}, SIGNS, ASKS)
    before, after = (fly(world(one, days=7, target_bn=9.0), RUNS // 2) for one in (book, [*book, bound("more", 2.5)]))
    assert all((before[f"paid_bn.{name}"] <= after[f"paid_bn.{name}"]).all() for name in five)
    for frame, more in ((before, set()), (after, {"more"})):
        law = law_of(five, lambda who, more=more: oracles.money(at_rest(who | more, oracles.WISHES)))
        assert follows(frame["funded_bn"], law)


def test_v29b_the_parts_of_the_chance_to_reach_28_add_up_to_it():
    """Shapley values of P(success), from what every coalition would have paid in the same runs."""
    frame = fly(world(book_of(SIX, SIGNS, {}), days=7, target_bn=28.0))
    assert often(frame["closed"], 0.45)
    worth = {who: np.mean(musd(frame, *who) >= 28_000) for who, _ in oracles.subsets(SIGNS)}
    parts = oracles.shapley(worth, list(SIX))
    alone = [worth[frozenset(SIX)] - worth[frozenset(SIX) - {name}] for name in SIX]
    tolerance = 4 * math.sqrt(0.45 * 0.55 / RUNS)
    assert parts == pytest.approx([0.160195, 0.105145, 0.066610, 0.032985, 0.045045, 0.040020], abs=tolerance)
    assert alone == pytest.approx([0.45, 0.255, 0.1185, 0.069, 0.105, 0.09], abs=tolerance)


@pytest.mark.parametrize(("select", "least"), [("greatest", False), ("least", True)])
def test_v15_conditions_on_totals_close_as_enumeration_says(select, least):
    """Somebody who never signs has the 3 that 27 lack to the 30 of the last."""
    tickets = {"a": 2, "b": 3, "c": 4, "d": 5, "e": 6, "f": 7, "never": 3}
    asks = {"a": 1, "b": 4, "c": 12, "d": 13, "e": 14, "f": 30}
    wants = {name: lambda who, ask=ask: oracles.money(who, tickets) >= ask for name, ask in asks.items()}
    chances = dict.fromkeys("abcdef", 0.8)
    assert oracles.money(at_rest(frozenset(chances), wants, least), tickets) == (5 if least else 20)
    book = book_of(tickets, chances | {"never": 0.0}, {name: [{"total_bn": ask}] for name, ask in asks.items()})
    frame = fly(world(book, days=14, target_bn=20.0, close_select=select), RUNS // 2)
    assert follows(frame["funded_bn"], law_of(chances, lambda who: oracles.money(at_rest(who, wants, least), tickets)))


UNBROKEN = {k: 0.9**k * (0.1 if k < 12 else 1.0) for k in range(13)}
APART = {0: 0.1, 1: 0.9 - 0.9**3} | {k: chance for k, chance in UNBROKEN.items() if k > 2}


@pytest.mark.parametrize(("second", "law"), [(1, UNBROKEN), (2, APART)])
def test_v16_a_riot_is_as_large_as_its_unbroken_run_of_rebels(second, law):
    """Each of twelve asks for as many others as his number says, and nine in ten are there: a geometric law."""
    asks = {f"r{k}": [{"total_bn": second if k == 1 else k, "count_own": False}] for k in range(1, 12)}
    names = ["r0", *asks]
    rebels = book_of(dict.fromkeys(names, 1.0), dict.fromkeys(names, 0.9), asks)
    frame = fly(world(rebels, days=7, target_bn=12.0), RUNS // 2)
    assert follows(frame["funded_bn"], law)
    assert frame["closing_gap_bn"].eq(frame["funded_bn"].sub(1).clip(0) if second == 2 else 0.0).all()


@pytest.mark.parametrize(("select", "chance"), [("greatest", 0.42), ("least", 0.0)])
def test_a_circle_of_two_closes_when_both_are_there_and_only_at_once(select, chance):
    book = book_of({"a": 3.0, "b": 2.0}, {"a": 0.6, "b": 0.7}, {"a": [{"investor": "b"}], "b": [{"investor": "a"}]})
    frame = fly(world(book, days=7, target_bn=5.0, close_select=select), RUNS // 2)
    assert follows(frame["funded_bn"], {5.0: chance, 0.0: 1 - chance})
    assert often(frame["closing_gap_bn"] == 5.0, 0.42)


@pytest.mark.parametrize(("select", "more"), [("elimination", 30.0), ("greatest", 40.0)])
def test_v17b_a_limit_on_the_post_money_loses_its_owner_or_cuts_the_round_back(select, more):
    book = [bound("a", 20.0), bound("b", 15.0, [{"max_post_money_bn": 300.0}]), signer("c", 10.0, 0.4)]
    frame = fly(world(book, days=7, target_bn=35.0, close_select=select), RUNS // 2)
    assert follows(frame["funded_bn"], {35.0: 0.6, more: 0.4})


def test_a_round_below_its_minimum_takes_nothing():
    book = [signer(name, *one) for name, *one in zip(NINES, TICKETS, CHANCES, strict=True)]
    frame = fly(world(book, days=14, target_bn=6.0, minimum_close_bn=5.0))
    law = total_chances(NINE, list(CHANCES))
    assert follows(musd(frame, *NINES), {0: law[:5_000].sum()} | dict(enumerate(law[5_000:], 5_000)))


def test_v22_v19_a_round_that_is_asked_for_too_much_is_shared_out_to_the_million():
    """The lead is served first; the others share what is left of 8.3, whoever they turn out to be."""
    tickets = {"f0": 10.0, "f1": 9.5, "f2": 8.2, "f3": 6.0, "f4": 5.0, "lead": 2.8}
    comes = dict(zip(tickets, (0.5, 0.4, 0.6, 0.3, 0.5, 0.8), strict=True))
    book = book_of(tickets, comes, {})
    book[-1]["role"] = "lead"
    frame = fly(world(book, days=7, target_bn=8.3, cap_bn=8.3))

    def share(who, name):
        others, room = sorted(who - {"lead"}), 8_300 - 2_800 * ("lead" in who)
        demand = [round(1000 * tickets[one]) for one in others]
        given = largest_remainders(room, demand) if sum(demand) > room else demand
        return (dict(zip(others, given, strict=True)) | {"lead": 2_800}).get(name, 0) if name in who else 0

    for name in tickets:
        law = law_of(comes, lambda who, name=name: share(who, name))
        assert follows(musd(frame, name), law)
        assert mean_agrees(musd(frame, name), sum(value * chance for value, chance in law.items()))
    total = musd(frame, *tickets)
    assert np.array_equal(total, (1000 * frame["funded_bn"]).round().astype(int))
    assert frame["dilution"].to_numpy() == pytest.approx(total / (260_000 + total), abs=1e-8)


def test_money_that_fails_to_come_takes_down_who_waited_for_it():
    tickets, able = {"a": 3, "b": 2, "c": 1, "d": 4}, {"a": 0.7, "b": 0.8, "c": 0.9, "d": 0.6}
    asks = {"b": [{"investor": "a"}], "c": [{"any_of": ["a", "b"]}, {"total_bn": 5.5}], "d": [{"investor": "c"}]}
    wants = {"a": lambda who: True, "b": lambda who: "a" in who, "d": lambda who: "c" in who}
    wants["c"] = lambda who: bool(who & {"a", "b"}) and oracles.money(who, tickets) >= 5.5
    fails = {name: {"settlement_failure_probability": 1 - able[name]} for name in able}
    book = [one | fails[one["id"]] for one in book_of(tickets, dict.fromkeys(able, 1.0), asks)]
    frame = fly(world(book, days=7, target_bn=10.0), RUNS // 2)
    assert follows(frame["funded_bn"], law_of(able, lambda who: oracles.money(at_rest(who, wants), tickets)))


def test_a_fallback_brings_in_whoever_it_satisfies_when_the_consent_does_not_come():
    assert follows(fly(fallback_world(fallback_bn=10.0), RUNS // 2)["funded_bn"], {28.5: 0.55, 14.0: 0.45})


def test_v42_nine_term_sheets_in_ten_survive_eight_calm_weeks():
    calm = {"withdrawal_per_year": 0.0329252 * 365 / 7, "binding": 0.6}
    waiting = [bound(f"w{k}", 1.0, [{"gate": "no"}], **calm) for k in range(20)]
    frame = fly(world(waiting, [consent("no", worlds.NEVER)], days=56), RUNS // 5)
    stays = 20 - (frame[[f"stage.w{k}" for k in range(20)]] == "withdrawn").sum(axis=1)
    assert follows(stays, dict(enumerate(stats.binom(20, 0.9).pmf(range(21)))))


# --------------------------------------------------------------------------------------------------------------------
# V1, V2, V4: investors who decide by themselves, in a week in which the value hardly moves

STEP = 0.05**2 * 7 / 365  # variance that the value gathers in the week
CARRY = (0.05**2 / 2 - 0.15) * 3  # (g - r) h, with a growth that makes no drift
DOUBT, NOISE, HURDLE = 0.5**2 + STEP, 0.35**2, math.log(300) + 0.10
LOG_POST = HURDLE + CARRY + 0.5 / (1 / DOUBT + 1 / NOISE)  # the price at which nothing is wanted below the hurdle
BOLD = {"sign_bias": -50.0, "sign_rate_per_week": 10.0}  # signs whatever he wants, but for 1 in 22,026
SURE = 1 - math.exp(-10)
LOGITS = (("no", -1, 0.268941), ("perhaps", 0.4, 0.598688), ("yes", 2, 0.880797))  # V2


def sized(name, wealth, m):
    """One of V4, who sees a return of m with s2 = .36."""
    sd = math.sqrt(0.36 - STEP - 3 * 0.05**2)
    traits = {"concentration_cap": 0.10, "dry_powder_bn": 12.0, "max_ticket_bn": 5.0, "min_ticket_bn": 0.5}
    traits |= {"prior_mean_bn": math.exp(m + LOG_POST - CARRY + 1.5 * 0.05**2 + sd**2 / 2), "prior_sd_log": sd}
    return worlds.unburdened(name, wealth_bn=wealth, ownership_cap=1.0, risk_aversion=4.0, **traits, **BOLD)


@pytest.fixture(scope="module", params=[(300 * math.exp(0.125), 0.5), (330.0, 0.0)], ids=["any", "330"])
def minds(request):
    """All about a company worth 300 in the median, give or take .5, or 330 for sure."""
    mean, spread = request.param
    prior = {"prior_mean_bn": 300 * math.exp(0.125), "prior_sd_log": 0.5} | BOLD
    book = [worlds.unburdened("learner", signal_precision=1 / NOISE, **prior)]
    book += [worlds.unburdened("crank", prior_spread_log=0.3, **prior)]
    mind = {"choice_noise": 0.2, "sign_rate_per_week": 1.0, "prior_mean_bn": 3000.0}  # for whom all is gain: zeta is 1
    book += [worlds.unburdened(name, sign_bias=1 - 0.2 * x, **mind) for name, x, _ in LOGITS]
    book += [sized("rich", 100.0, 0.05), sized("poor", 20.0, 0.05), sized("wary", 20.0, -0.15)]
    value = {"volatility": 0.05, "growth_per_year": 0.05**2 / 2, "mean_bn": mean, "sd_log": spread}
    return spread, fly(world(book, days=7, pre_money_bn=math.exp(LOG_POST) - 10, sections={"valuation": value}))


def test_v1_diligence_convinces_as_often_as_the_law_of_the_posterior_mean_says(minds):
    spread, frame, weight = *minds, DOUBT / (DOUBT + NOISE)
    mean = math.log(300) if spread else weight * math.log(330) + (1 - weight) * math.log(300)
    expected = stats.norm.cdf((mean - HURDLE) / (weight * math.sqrt(spread**2 + STEP + NOISE)))
    assert expected == pytest.approx(0.403565 if spread else 0.439042, abs=1e-4)
    assert often(frame["paid_bn.learner"] > 0, expected * SURE)
    crank = stats.norm.cdf((math.log(300) - (LOG_POST - CARRY - DOUBT / 2)) / 0.3)  # sees nothing but his own view
    assert often(frame["paid_bn.crank"] > 0, crank * SURE)


def test_v2_a_choice_is_made_at_a_logistic_rate(minds):
    assert all(often(minds[1][f"paid_bn.{name}"] > 0, 1 - math.exp(-logistic)) for name, _, logistic in LOGITS)


def test_v4_a_ticket_is_the_share_under_every_limit_and_nothing_below_the_minimum(minds):
    assert all(follows(minds[1][f"paid_bn.{k}"], {q: SURE, 0.0: 1 - SURE}) for k, q in (("rich", 5.0), ("poor", 2.0)))
    assert minds[1]["paid_bn.wary"].eq(0.0).all()


@pytest.mark.parametrize("price", [260.0, 330.0])
def test_an_inclination_is_the_chance_of_a_signature_until_the_price_moves_it(price):
    bias = optimize.brentq(lambda b: still_chance(260.0, b) - 0.6, -5.0, 5.0)
    scenario = abm.scenario_from(inclined(0.6) | {"valuation": {"mean_bn": 300.0}})
    frame = fly(scenario.with_values({"round.pre_money_bn": price}), RUNS // 20)
    signed = frame[[name for name in frame if name.startswith("sign_day.")]].notna()
    assert often(signed.to_numpy().ravel(), still_chance(price, bias))


# --------------------------------------------------------------------------------------------------------------------
# V9, V23 to V25, V40, V41: the mood by the deadline, told by those who wait for it; the company; labels, and what helps


def in_mood(levels, weeks, **environment):
    """Whether sentiment is at each of the levels or above after so many weeks, run by run: [(level, runs)]."""
    book = [bound(f"m{k}", 1.0, [{"min_sentiment": level}]) for k, level in enumerate(levels)]
    frame = fly(world(book, days=7 * weeks, close_when="deadline", sections={"environment": environment}))
    return [(level, frame[f"paid_bn.m{k}"] > 0) for k, level in enumerate(levels)]


def test_v23_sentiment_has_the_law_of_ornstein_and_uhlenbeck():
    years = 182 / 365
    law = stats.norm(-0.8 * math.exp(-2 * years), 0.5 * math.sqrt(-math.expm1(-4 * years) / 4))
    assert law.sf(0) == pytest.approx(0.102758, abs=1e-3)  # whose 26 weeks are half a year
    found = in_mood((-0.6, -0.294304, -0.1, 0.0), 26, sentiment_start=-0.8, sentiment_volatility=0.5)
    assert all(often(reached, law.sf(level)) for level, reached in found)


def test_v24_the_mood_of_hot_and_cold_markets_has_the_law_of_all_their_histories():
    mood, chance = oracles.moods_after(22, math.exp(-6 * 7 / 365), 0.02, 0.05, -0.3)
    regimes = {"sentiment_reversion_per_year": 6.0, "cold_per_week": 0.02, "thaw_per_week": 0.05}
    found = in_mood((0.0, -0.02, -0.1, -0.2, -0.25), 22, **regimes)
    assert often(found[0][1], 0.641171)  # it has never been cold
    assert all(often(reached, chance[mood >= level].sum()) for level, reached in found)


def test_v25_the_shocks_of_a_year_are_compound_poisson():
    keeps = np.exp(-0.01 * 7 * np.arange(52) / 365)
    sizes = {"jump_mean_log": -0.08, "jump_sd_log": 0.06, "jump_permanent_share": 0.0}
    shocks = {"competitor_jumps_per_year": 2.0, "sentiment_reversion_per_year": 0.01} | sizes
    found = in_mood((0.0, -0.05, -0.16, -0.4), 52, **shocks)
    assert all(often(reached, oracles.shocks_reach(level, 2 * 7 / 365, keeps, -0.08, 0.06)) for level, reached in found)


@pytest.fixture(scope="module")
def gamblers():
    """Cash of 90, and 30 more in every second run; a burn of 100 a year with a noise of 30."""
    raw = firm(weeks=52, cash_bn=90.0, net_burn_bn_per_year=100.0, burn_volatility_bn=30.0)
    raw["round"] |= {"deadline": day(7), "target_bn": 30.0}
    return fly(raw | {"investors": [signer("one", 30.0, 0.5)]})


@pytest.mark.parametrize("weeks", [26, 39, 52])
def test_v9_a_noisy_burn_ruins_the_company_as_often_as_the_recursion_says(gamblers, weeks):
    ruined = gamblers["default_day"] <= 7 * weeks
    poor, rich = (ruin_by_recursion(start, 10.0, 3.0, weeks) for start in (9.0, 12.0))
    assert often(ruined[~gamblers["closed"]], poor)
    assert often(ruined[gamblers["closed"]], rich)
    assert weeks < 52 or often(gamblers["survived"], 1 - (poor + rich) / 2)


@pytest.mark.parametrize(("money", "days"), [(None, 402), (10.0, 568), (30.0, 776)])
def test_v9c_new_money_moves_the_day_on_which_cash_runs_out(money, days):
    frame = fly(firm(weeks=120, money=money, cash_bn=16.579, net_burn_bn_per_year=PATH), 100)
    assert (np.floor(frame["default_day"]) - days).abs().max() <= 1


def test_v40_the_order_of_the_file_does_not_matter_where_addresses_say_whose_luck_is_whose():
    raw = worlds.rich_world()
    shuffled = copy.deepcopy(raw)
    for place, investor in enumerate(shuffled["investors"]):
        investor["address"] = place
    Random(1).shuffle(shuffled["investors"])
    assert fly(shuffled, 2_000).equals(fly(raw, 2_000))


def test_v41_what_helps_a_round_never_keeps_a_single_run_from_closing():
    gains = []
    for steps in BETTER.values():
        scenario = abm.scenario_from(coupled_world(Random(1)))
        closed = [fly(scenario.with_values(step), 1_000)["closed"] for step in steps]
        assert all((before <= after).all() for before, after in itertools.pairwise(closed))
        gains.append(closed[-1].sum() - closed[0].sum())
    assert sum(gain > 50 for gain in gains) > 7, gains
