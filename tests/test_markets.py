"""Markets: several companies side by side, one purse, one attention, one mood."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import abm
from abm.agents.several import MarketModel
from abm.core import draws, mixed
from abm.rules import purse
from tests.rivals import difference, market, random_market, same_bits
from tests.worlds import day, signer, thinker, world

FLAGSHIP = "openai-2025"


def alone(name: str, runs: int, seed: int, **asked: object) -> abm.Outcomes:
    return abm.simulate(abm.load_scenario(name), runs=runs, seed=seed, workers=1, **asked)  # type: ignore[call-overload, no-any-return]


# --------------------------------------------------------------------------------------------------------------------
# One company, and companies that have nothing to do with each other


@pytest.mark.parametrize("name", [FLAGSHIP, "three-investors", "mutual-conditions"])
@pytest.mark.parametrize("engine", ["ensemble", "mesa"])
def test_a_market_of_one_company_is_the_scenario_alone_to_the_last_bit(name, engine):
    raw = {"format": 1, "id": "one", "title": "One", "companies": [{"id": "it", "scenario": name}]}
    raw["market"] = {"mood_correlation": 0.7}
    runs = 250 if engine == "ensemble" else 6
    found = abm.simulate_market(abm.market_from(raw), runs=runs, seed=5, engine=engine, workers=1)
    assert same_bits(found["it"].batch, alone(name, runs, 5, engine=engine).batch)


def test_companies_that_share_nobody_have_the_runs_that_they_have_alone():
    one = random_market(7, correlation=0.0, shared=False)
    found = abm.simulate_market(one, runs=120, seed=3, workers=1)
    for name, seed in one.seeds(3).items():
        own = abm.simulate(one.scenarios[name], runs=120, seed=seed, workers=1)
        assert same_bits(found[name].batch, own.batch), name


def test_what_shared_investors_do_not_use_changes_nothing():
    """Purses that hold everything, slots for all: the packaged race at no correlation is each round alone."""
    race = abm.load_market("ai-race-2025")
    wide = {f"shared.{who.id}.dry_powder_bn": 500.0 for who in race.shared}
    wide |= {f"shared.{who.id}.slots": 3 for who in race.shared} | {"market.mood_correlation": 0.0}
    found = abm.simulate_market(race.with_values(wide), runs=200, seed=2, workers=1)
    for name, seed in race.seeds(2).items():
        own = abm.simulate(race.scenarios[name], runs=200, seed=seed, workers=1)
        assert same_bits(found[name].batch, own.batch), name


def test_two_rounds_of_independent_luck_are_independent():
    """One signer of one half a company: both close in a quarter of the runs, as two coins do."""
    raw = world([signer("anna", 1.0, 0.5)], target_bn=1.0)
    found = abm.simulate_market(market({"a": raw, "b": raw}), runs=20_000, seed=1, keep="rows")
    frame = found.to_frame()
    table = [((frame["closed.a"] == a) & (frame["closed.b"] == b)).mean() for a, b in itertools.product([0, 1], [0, 1])]
    assert table == pytest.approx([0.25] * 4, abs=4 * math.sqrt(0.25 * 0.75 / 20_000))
    assert abs(np.corrcoef(frame["closed.a"], frame["closed.b"])[0, 1]) < 4 / math.sqrt(20_000)


def test_a_rival_more_or_less_changes_nobodys_luck():
    race = abm.load_market("ai-race-2025")
    for part in (race.without("anthropic"), race.only("xai"), race.only("xai", "openai")):
        for name in part.ids:
            assert part.seeds(9)[name] == race.seeds(9)[name]
            assert part.moods(9, name) == race.moods(9, name)


# --------------------------------------------------------------------------------------------------------------------
# Both engines


@pytest.mark.parametrize("seed", range(16))
def test_both_engines_agree_in_every_number_of_a_random_market(seed):
    one = random_market(seed)
    fast = abm.simulate_market(one, runs=6, seed=seed, workers=1)
    readable = abm.simulate_market(one, runs=6, seed=seed, workers=1, engine="mesa")
    assert difference(fast, readable) == []


@settings(max_examples=15)
@given(seed=st.integers(1_000, 2**31))
def test_both_engines_agree_whatever_the_market(seed):
    one = random_market(seed)
    fast = abm.simulate_market(one, runs=3, seed=1, workers=1)
    assert difference(fast, abm.simulate_market(one, runs=3, seed=1, workers=1, engine="mesa")) == []


def test_both_engines_agree_on_the_packaged_race():
    fast = abm.simulate_market("ai-race-2025", runs=8, seed=4, first_run=96, workers=1)
    readable = abm.simulate_market("ai-race-2025", runs=8, seed=4, first_run=96, workers=1, engine="mesa")
    assert difference(fast, readable) == []


def test_runs_depend_on_their_numbers_alone():
    one = random_market(11)
    whole = abm.simulate_market(one, runs=500, seed=1, workers=2)
    for start in (0, 130, 499):
        part = abm.simulate_market(one, runs=1, seed=1, first_run=start, workers=1)
        for name in one.ids:
            assert same_bits(part[name].batch, whole[name].batch.part(start, start + 1)), (start, name)


# --------------------------------------------------------------------------------------------------------------------
# One purse


@settings(max_examples=25)
@given(seed=st.integers(0, 2**31), run=st.integers(0, 50))
def test_nobody_ever_has_more_out_than_his_one_purse(seed, run):
    model = MarketModel(random_market(seed), seed=1, run=run, narrate=False)
    while model.running:
        model.step()
        for who in {seat.record.shared for seat in model.seats}:
            seats = [seat for seat in model.seats if seat.record.shared == who]
            assert sum(seat.tied for seat in seats) <= seats[0].record.purse


@pytest.mark.parametrize("seed", range(40, 50))
def test_what_is_paid_over_the_market_is_in_the_purse(seed):
    one = random_market(seed)
    frame = abm.simulate_market(one, runs=200, seed=1, keep="rows").to_frame()
    for who in one.shared:
        assert frame[f"paid_bn.{who.id}"].max() <= who.dry_powder_bn + 1e-9
        parts = [column for column in frame if column.startswith(f"paid_bn.{who.id}.")]
        assert np.allclose(frame[parts].sum(axis=1), frame[f"paid_bn.{who.id}"])


def purse_of(bn: float, **more: object) -> list[dict[str, object]]:
    return [{"id": "anna", "companies": ["a", "b"], "dry_powder_bn": bn, **more}]


def test_a_signature_here_lowers_what_is_left_there():
    """Anna signs at once wherever she has the money: 6 of 8 in the first company, then the 2 that are left."""
    raw = world([signer("anna", 6.0)], target_bn=6.0)
    model = MarketModel(market({"a": raw, "b": raw}, purse_of(8.0)))
    model.run_model()
    assert [one.paid_musd for one in model.models.values()] == [6000, 2000]
    assert [one.closed for one in model.models.values()] == [True, False]


def test_who_has_not_his_least_ticket_left_stays_away():
    raw = world([signer("anna", 6.0, min_ticket_bn=3.0)], target_bn=6.0)
    model = MarketModel(market({"a": raw, "b": raw}, purse_of(8.0)))
    model.run_model()
    assert [one.paid_musd for one in model.models.values()] == [6000, 0]


def test_money_that_comes_back_can_be_signed_for_again():
    """A round that fails gives back what was signed for: the other company's is open longer, and gets it."""
    short = world([signer("anna", 6.0)], target_bn=10.0, days=28, minimum_close_bn=10.0, weeks=20)
    long = world([signer("anna", 6.0)], target_bn=6.0, days=140)
    model = MarketModel(market({"a": short, "b": long}, purse_of(6.0)))
    model.run_model()
    day_of = model.models["b"].investors[0].sign_day
    assert model.models["a"].paid_musd == 0
    assert model.models["b"].paid_musd == 6000
    assert 28.0 <= day_of < 35.0


def test_companies_that_count_in_other_units_share_the_same_money():
    """A round of a few million beside one of billions: what is tied up in one is counted in the finer unit of both."""
    small = world([signer("anna", 0.0005)], target_bn=0.0005)
    large = world([signer("anna", 2.0)], target_bn=2.0)
    model = MarketModel(market({"a": small, "b": large}, purse_of(2.0)))
    model.run_model()
    first, second = model.models.values()
    assert first.population.units_per_bn > second.population.units_per_bn
    assert first.population.bn(first.paid_musd) == 0.0005
    assert second.population.bn(second.paid_musd) == 1.999  # whole millions of what is left


# --------------------------------------------------------------------------------------------------------------------
# One attention, and exclusivity


def busy(days: float) -> dict[str, object]:
    return world([thinker("anna", diligence_days=days, inclination=0.5)], days=156)


def diligence_ends(model: MarketModel) -> list[float]:
    model.run_model()
    return [float(one.investors[0].params.diligence_day) for one in model.models.values()]


def test_two_diligences_on_one_slot_take_turns():
    """Of 20 days each, side by side: the first company is looked at in odd weeks, the other in even ones."""
    model = MarketModel(market({"a": busy(20.0), "b": busy(20.0)}, purse_of(500.0, slots=1)))
    # a works in weeks 1, 3 and 5 and is done on day 20 + 2 x 7; b in weeks 2, 4 and, once a is done, 6
    assert diligence_ends(model) == [34.0, 41.0]


def test_two_diligences_on_two_slots_do_not_wait():
    model = MarketModel(market({"a": busy(20.0), "b": busy(20.0)}, purse_of(500.0, slots=2)))
    assert diligence_ends(model) == [20.0, 20.0]


def test_who_is_exclusive_signs_in_one_company_alone():
    raw = world([signer("anna", 2.0)], target_bn=2.0)
    model = MarketModel(market({"a": raw, "b": raw}, purse_of(500.0, exclusive=True)))
    model.run_model()
    assert [one.paid_musd for one in model.models.values()] == [2000, 0]


def test_exclusivity_may_end_on_a_day():
    raw = world([signer("anna", 2.0)], target_bn=2.0)
    model = MarketModel(market({"a": raw, "b": raw}, purse_of(500.0, exclusive=True, exclusive_until=day(70))))
    model.run_model()
    assert [one.paid_musd for one in model.models.values()] == [2000, 2000]
    assert model.models["b"].investors[0].sign_day == 70.0


@pytest.mark.parametrize("chance", [0.3, 0.8])
def test_the_clock_of_who_may_not_sign_stands_still(chance):
    """Bound until day 70 of 140, he signs in the second company as often as in half of its window."""
    rival, raw = world([signer("anna", 2.0)], days=140), world([signer("anna", 2.0, chance)], target_bn=2.0, days=140)
    one = market({"a": rival, "b": raw}, purse_of(500.0, exclusive=True, exclusive_until=day(70)))
    runs = 20_000
    signed = abm.simulate_market(one, runs=runs, seed=1, keep="rows")["b"].probability("paid_bn.anna > 0").p
    expected = 1.0 - math.sqrt(1.0 - chance)  # a constant rate over half of the time
    assert signed == pytest.approx(expected, abs=4 * math.sqrt(expected * (1 - expected) / runs))


def test_another_company_is_first_every_week():
    raw = world([signer("anna", 2.0, 0.9)], target_bn=2.0, days=140)
    frame = abm.simulate_market(
        market({"a": raw, "b": raw}, purse_of(2.0)), runs=20_000, seed=1, keep="rows"
    ).to_frame()
    first, second = frame["closed.a"].mean(), frame["closed.b"].mean()
    assert first == pytest.approx(second, abs=5 * math.sqrt(0.25 / 20_000))


# --------------------------------------------------------------------------------------------------------------------
# One mood


@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.8, 1.0])
def test_any_two_moods_have_the_correlation_that_is_asked_for(correlation):
    keys = [mixed.seed_of(1, place) for place in range(3)]
    rows = [np.array(mixed.weights_of(place, correlation)) for place in range(3)]
    z = [
        [mixed.normal(np.array(keys[: k + 1]), rows[k], keys[k], run, 1, draws.SENTIMENT, 0) for run in range(20_000)]
        for k in range(3)
    ]
    found = np.corrcoef(z)
    assert found[np.triu_indices(3, 1)] == pytest.approx([correlation] * 3, abs=0.02)
    assert np.var(z, axis=1) == pytest.approx([1.0] * 3, abs=0.05)


def test_at_full_correlation_two_companies_have_the_same_sentiment_and_shocks():
    raw = world([signer("anna", 1.0)], days=350, sections={"environment": MOODY})
    model = MarketModel(market({"a": raw, "b": raw}, correlation=1.0), seed=3)
    while model.running:
        model.step()
        one, other = (each.market for each in model.models.values())
        assert (one.sentiment, one.shock, one.cold) == (other.sentiment, other.shock, other.cold)
    assert one.jumps > 0


def test_moods_that_go_together_make_closings_go_together():
    """Each waits for a good mood at the deadline: at full correlation of the same mood both close or none."""
    moody = {"conditions": [[{"min_sentiment": 0.0}]]}
    raw = world([signer("anna", 1.0, **moody)], target_bn=1.0, close_when="deadline", sections={"environment": CALM})
    both = {}
    for correlation in (0.0, 0.6, 1.0):
        found = abm.simulate_market(
            market({"a": raw, "b": raw}, correlation=correlation), runs=8_000, seed=1, keep="rows"
        )
        frame = found.to_frame()
        both[correlation] = float((frame["closed.a"] & frame["closed.b"]).mean())
    # of two normals of mean 0: P(both above) = 1/4 + asin(rho) / (2 pi) (Sheppard 1899)
    expected = {rho: 0.25 + math.asin(rho) / (2 * math.pi) for rho in both}
    assert both == pytest.approx(expected, abs=0.02)


MOODY = {
    "sentiment_volatility": 0.5, "sentiment_reversion_per_year": 2.0, "competitor_jumps_per_year": 4.0,
    "jump_mean_log": -0.1, "jump_sd_log": 0.1,
}  # fmt: skip
CALM = {"sentiment_volatility": 0.5, "sentiment_reversion_per_year": 2.0}


# --------------------------------------------------------------------------------------------------------------------
# Rules


@given(week=st.integers(1, 500), companies=st.integers(1, 16))
def test_every_company_has_its_turn_once_a_week(week, companies):
    order = [purse.turn(week, position, companies) for position in range(companies)]
    assert sorted(order) == list(range(companies))
    assert order[0] == (week - 1) % companies


@given(bn=st.integers(0, 10**12), out=st.integers(0, 10**12), scale=st.sampled_from([1, 10, 1000]))
def test_what_is_left_and_what_is_out_never_come_to_more_than_the_purse(bn, out, scale):
    left = purse.left_here(bn, out, scale)
    assert left >= 0
    assert left == 0 or out + purse.sums_up(left, scale) <= bn
