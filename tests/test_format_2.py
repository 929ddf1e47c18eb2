"""Format 2: ten lines in classes, filled from history, in both engines and against closed forms."""

from __future__ import annotations

import datetime as dt
import math
import tomllib
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from scipy import stats

import abm
from abm.core.errors import ScenarioError
from abm.history import library
from abm.history.case_scenario import case_scenario_text, scenario_of_case
from abm.history.class_table import packaged_values
from abm.history.common_luck import chance_of_all
from abm.history.forecasting import DealTable, forecast
from abm.history.translation import translate
from abm.scenario import provenance, scenario_from
from abm.scenario.class_rows import classes
from abm.scenario.filling import filled, law_of_due
from abm.scenario.scenario import json_schema
from abm.scenario.schema import CONSENTS

DAY = dt.date(2023, 10, 8)
RUNS = 3_000
V = 1.5  # variance of the common luck in closed forms
TEN_LINES = """
format = 2
id = "metro-2023"
as_of = 2023-10-08
round = { target_bn = 0.397, deadline = 2023-12-31, counts_from = 0.9 }
[[investors]]
id = "spaldy"
role = "lead"
standing = "conditional_firm"
ticket_bn = 0.124
needs = ["vote"]
[[investors]]
id = "bonds"
standing = "underwritten"
ticket = "rest"
needs = ["creditors"]
[[gatekeepers]]
id = "vote"
class = "vote"
on = 2023-11-27
"""


def tables(gates: tuple[dict[str, Any], ...] = (), *investors: dict[str, Any], **terms: Any) -> dict[str, Any]:
    """A round of ten with a common luck of a known variance, whose money comes or does not."""
    return {
        "format": 2,
        "id": "small",
        "as_of": DAY,
        "round": {"target_bn": 10.0, **terms},
        "environment": {"frailty_variance": V},
        "gatekeepers": list(gates),
        "investors": list(investors) or [lead(needs=[gate["id"] for gate in gates])],
    }


def lead(**more: Any) -> dict[str, Any]:
    return {"id": "lead", "role": "lead", "standing": "firm", "ticket_bn": 10.0, "holds": 1.0} | more


def gate(name: str, chance: float, **more: Any) -> dict[str, Any]:
    return {"id": name, "chance": chance, "median_days": 60, "time_sd_log": 0.5} | more


@pytest.mark.parametrize(
    ("of", "days"),
    [
        ("consent_routine", 86.5), ("consent_hard", 86.5), ("creditors", 141), ("restructuring", 141),
        ("milestone", 123), ("milestone_aid", 348), ("merger", 143), ("party", 43),
    ],
)  # fmt: skip
def test_a_consent_takes_as_long_as_its_like_took(of, days):
    """Median days until real attempts with such a condition were signed, as history.md counts them."""
    scenario = scenario_from(tables(({"id": "it", "class": of},)))
    assert scenario.gatekeepers[0].median_days == days


def share_closed(scenario: abm.Scenario, by: float = math.inf, runs: int = RUNS) -> float:
    frame = abm.simulate(scenario, runs=runs, seed=11, central=True).to_frame()
    return float((frame["closed"] & (frame["closed_day"] <= by)).mean())


def near(found: float, exact: float, runs: int = RUNS) -> bool:
    """Whether a frequency is within 4.5 of its standard errors."""
    return abs(found - exact) <= 4.5 * math.sqrt(exact * (1 - exact) / runs) + 1e-12


def cut_share(days: float, median: float, sd: float, horizon: float) -> float:
    """Share of a lognormal law, cut to a horizon, that lies before a day; from scipy."""
    law = stats.lognorm(sd, scale=median)
    return float(law.cdf(days) / law.cdf(horizon))


def same_in_both(scenario: abm.Scenario, runs: int = 40) -> None:
    frame = abm.simulate(scenario, runs=runs, seed=3).to_frame()
    for run in range(runs):
        model = abm.FundingModel(scenario, seed=3, run=run)
        model.run_model()
        row, own = frame.iloc[run], model.result()
        assert (row["closed"], row["funded_bn"]) == (model.closed, model.population.bn(model.paid_musd))
        assert row["closed_day"] == model.closed_day or (math.isnan(row["closed_day"]) and math.isnan(model.closed_day))
        assert own.run == run


# ---------------------------------------------------------------------------------------------------------- filling


def test_ten_lines_run_and_history_says_the_rest(tmp_path):
    file = tmp_path / "metro.toml"
    file.write_text(TEN_LINES)
    scenario = abm.load_scenario(file)
    grades = {row.parameter: row.grade for row in provenance(scenario)}
    assert grades["gatekeepers.vote.chance"] == "history"
    assert grades["gatekeepers.creditors.chance"] == classes()["creditors"].grade
    assert grades["round.target_bn"] == "assumption"
    by_id = {row.parameter: row for row in provenance(scenario)}
    assert by_id["investors.spaldy.holds"].source.startswith(f"n = {classes()['signed'].n}: ")
    exact = chance_of_all(
        [classes()[name].value for name in ("signed", "underwritten", "vote", "creditors")],
        classes()["luck_variance"].value,
    )
    assert near(share_closed(scenario), exact)


def test_a_number_of_the_file_stands_in_the_place_of_history(tmp_path):
    file = tmp_path / "metro.toml"
    file.write_text(TEN_LINES)
    stated = abm.load_scenario(file).with_values(
        {"gatekeepers.vote.chance": 0.5, "investors.spaldy.standing": "in_talks"}
    )
    assert (stated.gatekeepers[0].chance, stated.gatekeepers[0].chance.low) == (0.5, None)
    assert float(stated.investors[0].chance) == classes()["in_talks"].value
    assert not stated.investors[0].signed_at_start
    assert stated.digest != abm.load_scenario(file).digest


def test_what_history_says_has_its_range_and_count():
    full = scenario_from(tables((), lead(standing="in_talks")))
    row = classes()["in_talks"]
    chance = full.investors[0].chance
    assert (chance, chance.low, chance.high, chance.grade) == (row.value, row.low, row.high, "history")
    assert f"n = {row.n}" in chance.source


def test_the_schema_takes_the_ten_lines_and_asks_more_of_format_1():
    def plain(raw):
        if isinstance(raw, dict):
            return {key: plain(value) for key, value in raw.items()}
        return [plain(one) for one in raw] if isinstance(raw, list) else str(raw) if isinstance(raw, dt.date) else raw

    raw = plain(tomllib.loads(TEN_LINES)) | {"title": "Metro"}
    check = Draft202012Validator(json_schema())
    assert list(check.iter_errors(raw)) == []
    missing = {error.message.split("'")[1] for error in check.iter_errors(raw | {"format": 1})}
    assert missing == {"pre_money_bn", "kind"}


def test_classes_of_the_schema_are_those_of_the_table():
    assert set(CONSENTS) == {row.id for row in classes().values() if row.of == "consent"}


def test_a_file_of_format_1_is_not_filled():
    raw = abm.load_scenario("openai-2025").raw
    assert filled(raw) == raw


def test_the_law_of_a_date_has_the_counted_share_before_it_and_the_counted_lateness():
    for days in (40.0, 120.0, 400.0):
        median, spread = law_of_due(days)
        rows = classes()
        law = stats.lognorm(spread, scale=median)
        assert law.cdf(days) == pytest.approx(rows["one_in_time"].value)
        half = (1 + law.cdf(days)) / 2
        assert law.ppf(half) == pytest.approx(days + rows["lateness"].value)


# -------------------------------------------------------------------------------------- against closed forms


@pytest.mark.parametrize("case", ["metro_bank_2023", "barclays_2008", "openai_softbank_2025", "monolith_doe_2021"])
def test_the_engine_is_the_closed_form_that_was_tested_on_cases(case):
    found = library()[case]
    exact = forecast(DealTable.of([translate(found)]), packaged_values()).full[0]
    assert near(share_closed(scenario_of_case(found)), exact)


def test_two_consents_under_a_common_luck():
    scenario = scenario_from(tables((gate("a", 0.6), gate("b", 0.7))))
    assert near(share_closed(scenario), chance_of_all([0.6, 0.7], V))
    apart = scenario.with_values({"environment.frailty_variance": 0.0})
    assert near(share_closed(apart), 0.42)


@pytest.mark.parametrize("weeks", [6, 10, 20])
def test_the_chance_by_a_day_is_that_of_the_law_of_time(weeks):
    scenario = scenario_from(tables((gate("a", 0.6), gate("b", 0.7, median_days=40))))
    horizon = 156 * 7
    by = [0.6 * cut_share(7 * weeks, 60, 0.5, horizon), 0.7 * cut_share(7 * weeks, 40, 0.5, horizon)]
    assert near(share_closed(scenario, by=7 * weeks), chance_of_all(by, V))


def test_a_signature_and_a_consent_share_the_luck():
    scenario = scenario_from(
        tables((gate("a", 0.5),), lead(standing="in_talks", chance=0.4, median_days=30, needs=["a"]))
    )
    assert near(share_closed(scenario), chance_of_all([0.4, 0.5], V))


def test_signed_paper_holds_for_all_or_for_nobody():
    two = lead(ticket_bn=5.0, holds=0.7), {"id": "two", "standing": "firm", "ticket_bn": 5.0, "holds": 0.7}
    assert near(share_closed(scenario_from(tables((), *two))), 0.7)
    apart = two[0], two[1] | {"standing": "underwritten"}
    assert near(share_closed(scenario_from(tables((), *apart))), chance_of_all([0.7, 0.7], V))


def test_those_behind_the_lead_come_together():
    others = [
        {"id": f"co-{k}", "standing": "in_talks", "ticket_bn": 3.0, "chance": 0.6, "median_days": 20} for k in range(2)
    ]
    assert near(share_closed(scenario_from(tables((), lead(ticket_bn=4.0), *others))), 0.6)


def test_a_lost_investor_is_replaced_and_a_refused_consent_waived():
    raw = tables((gate("a", 0.5),), lead(standing="in_talks", chance=0.4, median_days=30, needs=["a"]))
    raw["round"] |= {"replacement_probability": 0.3, "waiver_probability": 0.2}
    assert near(share_closed(scenario_from(raw)), chance_of_all([0.4 + 0.6 * 0.3, 0.5 + 0.5 * 0.2], V))


def test_what_stays_of_a_trust_follows_the_law_of_the_arc_sine():
    raw = tables((), lead(standing="firm", redeemable=True, kept_share=0.5))
    found = abm.simulate(scenario_from(raw), runs=RUNS, seed=11, central=True).to_frame()["funded_bn"].to_numpy() / 10.0
    for share in (0.1, 0.5, 0.9):
        assert near(float((found <= share).mean()), 2 / math.pi * math.asin(math.sqrt(share)))
    assert near(share_closed(scenario_from(raw)), 1 - 2 / math.pi * math.asin(math.sqrt(0.9)))


# ------------------------------------------------------------------------------------------------ by hand


def test_a_vote_is_held_on_its_day_and_has_no_second_chance():
    vote = {"id": "vote", "chance": 1.0, "on": dt.date(2023, 11, 27)}
    before = {"id": "plan", "chance": 1.0, "median_days": 30}
    in_time = scenario_from(tables((before, vote | {"requires": ["plan"]}), lead(needs=["vote"])))
    frame = abm.simulate(in_time, runs=20, seed=1, central=True).to_frame()
    assert frame["closed"].all()
    assert set(frame["closed_day"]) == {56.0}  # the vote on day 50, closed at the end of that week
    late = in_time.with_values({"gatekeepers.plan.median_days": 51})
    assert not abm.simulate(late, runs=20, seed=1, central=True).to_frame()["closed"].any()


def test_whoever_pays_the_rest_pays_what_is_missing():
    raw = tables((), lead(ticket_bn=4.0), {"id": "bank", "standing": "underwritten", "ticket": "rest", "holds": 1.0})
    raw["investors"].append({"id": "friend", "standing": "firm", "ticket_bn": 1.5, "holds": 1.0})
    batch = abm.simulate(scenario_from(raw), runs=5, seed=1, central=True)
    model = abm.FundingModel(scenario_from(raw), seed=1, run=0)
    model.run_model()
    assert {one.id: one.paid_musd for one in model.investors} == {"lead": 4000, "bank": 4500, "friend": 1500}
    assert (batch.to_frame()["funded_bn"] == 10.0).all()
    capped = scenario_from(raw).with_values({"investors.bank.ticket_bn": 3.0})
    assert not abm.simulate(capped, runs=200, seed=1, central=True).to_frame()["closed"].any()


def test_tranches_are_signed_for_at_once_and_paid_apart():
    plan = {"id": "plan", "chance": 0.5, "median_days": 30}
    parts = [{"ticket_bn": 6.0}, {"ticket_bn": 4.0, "needs": ["plan"]}]
    one = lead(standing="in_talks", chance=0.5, median_days=10, tranches=parts)
    del one["ticket_bn"]
    scenario = scenario_from(tables((plan,), one, piecemeal_probability=1.0))
    assert [(i.id, float(i.ticket_bn)) for i in scenario.investors] == [("lead", 6.0), ("lead-2", 4.0)]
    frame = abm.simulate(scenario, runs=RUNS, seed=11, central=True).to_frame()
    assert near(float((frame["funded_bn"] >= 6.0).mean()), 0.5)
    assert near(float(frame["closed"].mean()), chance_of_all([0.5, 0.5], V))
    same_in_both(scenario)


def test_all_or_nothing_pays_nothing_where_the_round_cannot_be_full():
    small = {"id": "small", "standing": "firm", "ticket_bn": 4.0, "holds": 1.0}
    raw = tables((gate("a", 0.5),), small, {**lead(ticket_bn=6.0, needs=["a"]), "role": "follower"})
    raw["round"]["piecemeal_probability"] = 0.25
    frame = abm.simulate(scenario_from(raw), runs=RUNS, seed=11, central=True).to_frame()
    parts = (frame["funded_bn"] > 0) & ~frame["closed"]
    assert set(frame["funded_bn"][parts]) == {4.0}
    assert near(float(parts.mean()), 0.5 * 0.25)


def test_full_counts_from_a_share_of_the_target():
    raw = tables((), lead(ticket_bn=9.0))
    assert abm.simulate(scenario_from(raw), runs=5, seed=1, central=True).to_frame()["closed"].all()
    raw["round"]["counts_from"] = 0.95
    assert not abm.simulate(scenario_from(raw), runs=5, seed=1, central=True).to_frame()["closed"].any()


def test_money_comes_after_its_date_unless_that_is_the_end():
    late = {"id": "plan", "chance": 1.0, "median_days": 100}
    raw = tables((late,), lead(needs=["plan"]), deadline=dt.date(2023, 12, 31))
    soft = scenario_from(raw)
    assert (soft.round.due, soft.round.deadline) == (dt.date(2023, 12, 31), DAY + dt.timedelta(weeks=156))
    assert set(abm.simulate(soft, runs=5, seed=1, central=True).to_frame()["closed_day"]) == {105.0}
    raw["round"]["hard_deadline"] = True
    assert not abm.simulate(scenario_from(raw), runs=5, seed=1, central=True).to_frame()["closed"].any()


def test_a_runway_in_months_is_a_net_burn():
    raw = tables((), lead())
    raw["company"] = {"cash_bn": 2.0, "runway_months": 6}
    assert scenario_from(raw).company.net_burn_bn_per_year == ((None, 4.0),)


@pytest.mark.parametrize("case", ["metro_bank_2023", "cape_wind_2014", "vice_spac_2021", "credit_suisse_2022"])
def test_both_engines_agree_on_cases(case):
    same_in_both(scenario_of_case(library()[case]))


def test_a_case_comes_as_a_file_with_its_choices_above_it(tmp_path):
    case = library()["cape_wind_2014"]
    file = tmp_path / "cape_wind_2014.toml"
    file.write_text(case_scenario_text(case))
    assert abm.load_scenario(file) == scenario_of_case(case)
    said = [line for line in file.read_text().splitlines() if line.startswith("# ")]
    assert len(said) >= 1 + len(translate(case).notes)
    assert any("others, whom nobody named" in line for line in said)


def test_every_case_is_a_scenario():
    assert all(scenario_of_case(case).format == 2 for case in library())


# ------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": 1, "investors": [lead(kind="venture")]}, "expected format = 2 for this key"),
        ({"investors": [lead(needs=["nobody"])]}, "expected the id of a gatekeeper"),
        ({"investors": [lead(standing="sure")]}, "investors.lead.standing"),
        ({"gatekeepers": [{"id": "a", "class": "voting"}]}, "gatekeepers.a.class"),
        ({"gatekeepers": [{"id": "a", "chance": 0.5}]}, "expected the day of the vote (on) or the time that it takes"),
        ({"gatekeepers": [{"id": "a", "class": "vote", "on": DAY}]}, "expected a date after as_of"),
        ({"gatekeepers": [gate("a", 0.5, hazard_per_year=1.0)]}, "expected one of"),
        ({"investors": [lead(luck="nobody")]}, "expected the id of a named investor"),
        ({"investors": [lead(tranches=[{"needs": []}])]}, "ticket_bn"),
        ({"investors": [lead(tranches=[{"ticket_bn": 5.0}])]}, "expected none beside tranches"),
        ({"investors": "lead"}, "investors"),
        ({"investors": [lead(needs="vote")]}, "needs"),
        ({"round": 10}, "round"),
        ({"environment": 1}, "environment"),
    ],
)
def test_faults_are_said_in_a_sentence(change, said):
    raw = tables((), lead(kind="venture"))
    raw["title"] = "Small"
    raw["round"] |= {"deadline": dt.date(2024, 3, 1), "pre_money_bn": 100.0}
    with pytest.raises(ScenarioError) as refused:
        scenario_from(raw | change)
    assert said in str(refused.value)


def test_luck_of_all_runs_is_one_luck():
    """The first draw of a run decides whether and when; its law does not depend on how many share it."""
    alone, both = tables((gate("a", 0.5),)), tables((gate("a", 0.5), gate("b", 1.0)))
    rounds = [abm.simulate(scenario_from(raw), runs=500, seed=2, central=True) for raw in (alone, both)]
    days = [each.to_frame()["closed"].to_numpy() for each in rounds]
    assert np.array_equal(days[0], days[1])


def test_a_consent_that_is_only_named_as_a_class_can_be_moved_and_keeps_the_luck_of_everybody():
    scenario = scenario_from(tomllib.loads(TEN_LINES))
    as_it_is = abm.simulate(scenario, 300, workers=1)
    same = scenario.with_values({"gatekeepers.creditors": "as_is", "gatekeepers.vote": "as_is"})
    assert abm.simulate(same, 300, workers=1).to_frame().equals(as_it_is.to_frame())
    never = abm.simulate(scenario.with_values({"gatekeepers.creditors": "never"}), 300, workers=1)
    assert never.probability("closed").p == 0.0
    given = abm.simulate(scenario.with_values({"gatekeepers.creditors.chance": 1.0}), 300, workers=1)
    assert (given.to_frame()["closed"] >= as_it_is.to_frame()["closed"]).all()
    assert given.probability("closed").p > as_it_is.probability("closed").p
    with pytest.raises(ScenarioError, match=r"gatekeepers\.nobody.*there are vote, creditors"):
        scenario.with_values({"gatekeepers.nobody": "never"})
