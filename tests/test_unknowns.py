"""What nobody knows: a world sets every number that has a range, and every run belongs to one, whoever simulates it."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

import abm
from abm.core.batch import Batch
from abm.population import Population, population_of, prepare, unknowns_of
from abm.population.calibration import frozen_advantages, frozen_offers, signing_chance
from abm.population.layout import records_of
from abm.population.sobol import RUNS_OF_A_WORLD
from abm.population.unknowns import Unknowns
from abm.runs.clusters import GROUPS, estimate_over_worlds
from abm.scenario import scenario_from

FLAGSHIP = "openai-2025"


@pytest.fixture(scope="module")
def flagship() -> abm.Scenario:
    return abm.load_scenario(FLAGSHIP)


def law_of(scenario: abm.Scenario) -> Unknowns:
    law = unknowns_of(scenario)
    assert law is not None
    return law


def small(**changes: object) -> abm.Scenario:
    """A round of three with ranges of one's own, by path with dots as double underscores."""
    scenario = abm.load_scenario("three-investors")
    return scenario.with_values({path.replace("__", "."): value for path, value in changes.items()})


def ranged(value: float, low: float, high: float) -> dict[str, float]:
    return {"value": value, "low": low, "high": high}


def rows(batch: Batch) -> list[bytes]:
    parts = (batch.rows, batch.fates, batch.gate_days)
    return [b"".join(part[k].tobytes() for part in parts) for k in range(batch.runs)]


# --------------------------------------------------------------------------------------------------------------------
# A run is a run


@pytest.mark.parametrize("name", [FLAGSHIP, "three-investors"])
def test_both_engines_give_the_same_bits_run_by_run_across_worlds(name):
    first = RUNS_OF_A_WORLD - 4
    fast = abm.simulate(name, 8, 1, first_run=first)
    read = abm.simulate(name, 8, 1, first_run=first, engine="mesa", workers=1)
    assert rows(fast.batch) == rows(read.batch)
    assert np.array_equal(fast.batch.paths, read.batch.paths)


def test_a_model_is_the_run_of_its_world(flagship):
    outcomes = abm.simulate(flagship, 4, 3, first_run=2 * RUNS_OF_A_WORLD - 2)
    for place, run in enumerate(outcomes.batch.rows["run"]):
        model = abm.FundingModel(flagship, 3, int(run))
        model.run_model()
        assert model.result().paid_musd == outcomes.batch.rows["paid_musd"][place]
        assert model.result().end_cash_musd == outcomes.batch.rows["end_cash_musd"][place]


def test_chunks_threads_and_where_one_begins_change_no_run(flagship, monkeypatch):
    from abm.runs import stream

    whole = rows(abm.simulate(flagship, 300, 1, workers=1).batch)
    assert rows(abm.simulate(flagship, 170, 1, first_run=130, workers=2).batch) == whole[130:]
    monkeypatch.setitem(stream._CHUNK, "ensemble", 70)
    assert rows(abm.simulate(flagship, 300, 1, workers=2).batch) == whole


def test_central_numbers_are_one_population_for_all_runs(flagship):
    central = abm.simulate(flagship, 30, 1, central=True)
    model = abm.FundingModel(flagship, 1, 7, central=True)
    model.run_model()
    assert model.result().paid_musd == central.batch.rows["paid_musd"][7]
    assert central.probability("closed").worlds == 0
    assert central.central is None
    assert rows(central.batch) != rows(abm.simulate(flagship, 30, 1).batch)


def test_a_file_without_ranges_has_one_world():
    drawn, central = (abm.simulate("three-investors", 60, 1, central=central) for central in (False, True))
    assert rows(drawn.batch) == rows(central.batch)
    assert str(drawn) == str(central)
    assert drawn.over_worlds().points == 0


# --------------------------------------------------------------------------------------------------------------------
# What a world is


def same(one: Population, other: Population, but: str = "") -> bool:
    for name, first, second in zip(one._fields, one, other, strict=True):
        if name == "traits":
            fields = [field for field in first.dtype.names if field != but]
            if any(not np.array_equal(first[field], second[field], equal_nan=True) for field in fields):
                return False
        elif name == "contracts":
            if not all(np.array_equal(np.asarray(a), np.asarray(b)) for a, b in zip(first, second, strict=True)):
                return False
        elif isinstance(first, (tuple, int)):
            if first != second:
                return False
        elif np.asarray(first).tobytes() != np.asarray(second).tobytes():
            return False
    return True


def test_a_world_is_the_scenario_with_its_values(flagship):
    law = law_of(flagship)
    for world in range(4):
        changed = flagship.with_values(law.values(1, world))
        assert same(law.population(1, world), records_of(changed, law.central.units_per_bn), but="sign_bias")
        assert np.abs(law.population(1, world).traits["sign_bias"] - prepare(changed).traits["sign_bias"]).max() < 2e-4


def test_inclinations_of_a_world_are_true_in_the_world_of_the_file(flagship):
    law, base = law_of(flagship), prepare(flagship)
    offers, deadline = frozen_offers(base), float(base.round.deadline_day)
    for world in range(3):
        values, biased = law.values(5, world), law.population(5, world)
        for place, name in enumerate(base.ids):
            path = f"investors.{name}.inclination"
            if path in values:
                zeta, days = frozen_advantages(base.traits[place], base.market, offers, deadline)
                bias = float(biased.traits["sign_bias"][place])
                assert signing_chance(base.traits[place], bias, zeta, days) == pytest.approx(values[path], abs=2e-4)


def test_a_number_that_is_set_is_no_longer_drawn_and_the_others_keep_their_draws(flagship):
    path = "valuation.mean_bn"
    before, after = law_of(flagship), law_of(flagship.with_values({path: 320.0}))
    for world in range(3):
        values = before.values(1, world)
        del values[path]
        assert after.values(1, world) == values
        assert float(after.population(1, world).market.mean_bn) == 320.0


def test_draws_follow_the_triangular_law_and_worlds_of_a_pair_are_mirror_images(flagship):
    law, number = law_of(flagship), next(n for n in law_of(flagship).numbers if n.path == "valuation.mean_bn")
    drawn = np.array([law.values(1, world)[number.path] for world in range(400)])
    low, mode, high = number.low, number.value, number.high

    def below(x: np.ndarray) -> np.ndarray:
        """Distribution function, as a textbook has it."""
        left = (x - low) ** 2 / ((high - low) * (mode - low))
        return np.where(x <= mode, left, 1 - (high - x) ** 2 / ((high - low) * (high - mode)))

    assert below(drawn[::2]) + below(drawn[1::2]) == pytest.approx(np.ones(200))
    assert np.abs(np.sort(below(drawn)) - (np.arange(400) + 0.5) / 400).max() < 1.36 / np.sqrt(200)  # Kolmogorov, 95 %


def test_every_whole_number_is_as_probable_as_every_other():
    law = law_of(small(round__extension_days=ranged(65, 60, 69)))
    drawn = [law.values(1, world)["round.extension_days"] for world in range(1_000)]
    assert {type(value) for value in drawn} == {int}
    assert np.bincount(np.array(drawn) - 60, minlength=10) == pytest.approx(np.full(10, 100), abs=35)


def test_a_world_that_contradicts_itself_is_drawn_again_for_those_at_fault():
    free = law_of(small(investors__lead__fallback_bn=ranged(1, 0, 6), round__target_bn=ranged(8, 6, 9)))
    bound = law_of(
        small(
            investors__lead__fallback_bn=ranged(1, 0, 6),
            investors__lead__ticket_bn=ranged(6, 4, 6.5),
            round__target_bn=ranged(8, 6, 9),
        )
    )
    again = 0
    for world in range(200):
        values, other = bound.values(1, world), free.values(1, world)
        assert values["investors.lead.fallback_bn"] <= values["investors.lead.ticket_bn"]
        assert values["round.target_bn"] == other["round.target_bn"]
        again += values["investors.lead.fallback_bn"] != other["investors.lead.fallback_bn"]
    assert 5 < again < 100


def test_where_no_draw_makes_sense_the_values_of_the_file_stand():
    law = law_of(small(investors__fund__ticket_bn=ranged(3, 0.1, 3), investors__lead__fallback_bn=ranged(0, 0, 1)))
    assert all(0.1 <= law.values(1, world)["investors.fund.ticket_bn"] <= 3 for world in range(50))
    scenario = small(
        round__pre_money_bn=[ranged(40, 40, 40.000001), ranged(39.9999999, 10, 39.9999999)],
        round__minimum_close_bn=ranged(10, 10, 11),
    )
    never = law_of(scenario)  # whatever is drawn, less may be taken than must be
    assert never.values(1, 0) == {number.path: number.value for number in never.numbers}
    assert population_of(scenario, 1, 0) is never.central


def test_how_many_weeks_and_members_there_are_is_the_same_in_all_worlds(flagship):
    counted = flagship.with_values({"investor_pools.unnamed.count": ranged(16, 8, 60)})
    assert not any(number.path.endswith(".count") for number in law_of(counted).numbers)
    assert abm.simulate(counted, 4, 1).ids == abm.simulate(flagship, 4, 1).ids


# --------------------------------------------------------------------------------------------------------------------
# What the mean over worlds is worth


def test_totals_and_runs_say_the_same_over_worlds(flagship):
    event = "funded_bn >= 20"
    runs = abm.simulate(flagship, 1_050, 1, first_run=30)
    totals = abm.simulate(flagship, 1_050, 1, first_run=30, keep="totals", events=[event])
    for asked in ("closed", "survived", event):
        assert totals.probability(asked) == runs.probability(asked)
        assert totals.over_worlds(asked) == runs.over_worlds(asked)
    assert totals.probability("closed").worlds == 11


def test_the_interval_of_a_mean_over_worlds_holds_what_it_promises():
    """Planted: pairs of worlds with a probability each, from a law whose mean is known."""
    rng, held, simulations = np.random.default_rng(1), 0, 600
    for _ in range(simulations):
        p = rng.beta(1.2, 2.8, (30, 2))
        successes = np.zeros(GROUPS, np.int64)
        successes[:30] = rng.binomial(100, p).sum(axis=1)
        runs = np.where(np.arange(GROUPS) < 30, 200, 0)
        found = estimate_over_worlds(successes, runs, 60, 1)
        held += found.low <= 0.3 <= found.high
    assert 0.93 <= held / simulations <= 0.975


def test_a_single_world_is_worth_one_run():
    one = abm.simulate(FLAGSHIP, RUNS_OF_A_WORLD, 1).probability("closed")
    assert one.worlds == 1
    assert one.high - one.low > 0.6


def test_the_spread_over_worlds_is_told_without_the_noise_of_few_runs():
    """A file whose range moves nothing: all worlds are alike, however their counts differ."""
    layers = abm.simulate(small(company__cash_bn=ranged(2, 2, 2.0001)), 4_000, 1).over_worlds()
    assert layers.points == 40
    assert layers.spread < 0.02
    assert layers.quantiles["p95"] - layers.quantiles["p05"] < 0.08


def test_the_width_that_is_asked_for_is_that_of_the_mean_over_worlds(flagship):
    totals = abm.simulate(flagship, 20_000, 1, within=0.02, keep="totals")
    found = totals.probability("closed")
    assert totals.reached
    assert (found.high - found.low) / 2 <= 0.02
    assert found.worlds == -(-totals.runs // RUNS_OF_A_WORLD)


def test_what_a_file_in_classes_leaves_to_be_computed_follows_the_numbers_of_a_world():
    """12 months of burn are the cash over the runway; no price is ten targets; who pays the rest may pay all of it."""
    ranged = {"target_bn": {"value": 2.0, "low": 1.0, "high": 4.0, "source": "two reports"}}
    raw = {
        "format": 2, "id": "ranged", "as_of": dt.date(2025, 1, 1), "round": ranged,
        "company": {"cash_bn": 3.0, "runway_months": {"value": 9.0, "low": 4.0, "high": 18.0, "source": "a guess"}},
        "investors": [
            {"id": "lead", "role": "lead", "standing": "firm", "ticket_bn": 0.5},
            {"id": "whoever", "standing": "in_talks", "ticket": "rest"},
        ],
    }  # fmt: skip
    scenario = scenario_from(raw)
    law = law_of(scenario)
    for world in range(6):
        values = law.values(1, world)
        target, months = values["round.target_bn"], values["company.runway_months"]
        tables = law._with([values[number.path] for number in law.numbers])
        assert tables.round.pre_money_bn[0] == pytest.approx(10 * target)
        assert tables.company.net_burn_bn_per_year[0][1] == pytest.approx(36 / months)
        assert tables.investors[1].ticket_bn == pytest.approx(target)
        drawn, changed = law.population(1, world), records_of(scenario.with_values(values), law.central.units_per_bn)
        assert drawn.plan["burn_musd"] == pytest.approx(changed.plan["burn_musd"])  # to the last bit but one
        assert same(drawn._replace(plan=changed.plan), changed)
        assert drawn.round.target_musd == round(target * drawn.units_per_bn)


def test_what_a_file_states_follows_nothing():
    raw = {
        "format": 2, "id": "stated", "as_of": dt.date(2025, 1, 1),
        "round": {"target_bn": {"value": 2.0, "low": 1.0, "high": 4.0}, "pre_money_bn": 30.0},
        "investors": [{"id": "lead", "role": "lead", "standing": "firm", "ticket_bn": 0.5}],
    }  # fmt: skip
    law = law_of(scenario_from(raw))
    values = law.values(1, 0)
    assert values["round.target_bn"] != 2.0
    assert law._with([values[number.path] for number in law.numbers]).round.pre_money_bn[0] == 30.0
