"""Messages: values as a file writes them, dates that do not exist, and tables where a number was meant."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from importlib import resources
from pathlib import Path

import pytest

import abm
from abm.core.errors import ScenarioError
from abm.core.written import as_in_a_file
from abm.report.scenario_diff import diff_text
from abm.scenario import parse_setting

METRO = (Path(__file__).parents[1] / "experiments" / "metro-2023.toml").read_text("utf-8")
START = (resources.files("abm.scenarios") / "three-investors.toml").read_text("utf-8")


@pytest.mark.parametrize("date", ["2025-13-08", "2025-02-29"])
def test_a_day_that_does_not_exist_is_said_with_its_line(date, tmp_path):
    (tmp_path / "round.toml").write_text(START.replace("as_of = 2025-07-28", f"as_of = {date}"))
    number = START[: START.index("as_of = ")].count("\n") + 1
    with pytest.raises(
        ScenarioError, match=rf"file: expected a date that exists, .* \(at line {number}\), got {date}$"
    ):
        abm.load_scenario(tmp_path / "round.toml")


@pytest.mark.parametrize("path", ["round.deadline", "investors.lead.conditions.0.0.by"])
def test_a_day_that_does_not_exist_is_said_wherever_it_is_set(path):
    with pytest.raises(ScenarioError, match=r"expected a date that exists, such as 2025-12-31.*, got"):
        abm.load_scenario("three-investors").with_values(dict([parse_setting(f"{path}=2025-11-31")]))


@pytest.mark.parametrize(
    ("path", "value", "shown"),
    [
        ("investors.lead.conditions", [{"gate": "x", "by": dt.date(2025, 12, 31)}], "{ gate = 'x', by = 2025-12-31 }"),
        ("round.close_when", dt.date(2025, 12, 31), "2025-12-31"),
        ("round.deadline", True, "True"),
        ("round.target_bn", {"value": [dt.date(2025, 1, 1)]}, "{ value = [2025-01-01] }"),
        ("investors.fund.signed_at_start", {"yes": False}, "{ yes = false }"),
    ],
)
def test_a_value_stands_in_a_message_as_a_file_writes_it(path, value, shown):
    with pytest.raises(ScenarioError) as refused:
        abm.load_scenario("three-investors").with_values({path: value})
    assert f"got {shown}" in str(refused.value)
    assert "datetime" not in str(refused.value)


def test_written_values_are_read_back_as_they_were():
    value = {"a": [True, 1, 0.1, 1e30, "x", dt.date(2025, 1, 31)], "b": {"c": "d e", "d": []}}
    assert tomllib.loads(f"value = {as_in_a_file(value)}")["value"] == value


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("gatekeepers.restructuring", "gatekeepers.restructuring.hazard_per_year"),
        ("investors.fund", "investors.fund.ticket_bn or investors.fund.signing_probability"),
        ("round", "round.target_bn or round.cap_bn or round.pre_money_bn"),
    ],
)
def test_a_number_for_a_table_asks_for_the_number_that_was_meant(path, asked):
    scenario = abm.load_scenario("three-investors")
    with pytest.raises(ScenarioError, match=re.escape(f"'{path}' is a table (did you mean {asked}?)")):
        scenario.with_values({path: 0.6})


def test_a_difference_is_written_as_in_the_file():
    scenario = abm.load_scenario("three-investors")
    later = scenario.with_values(
        {"investors.lead.conditions": [[{"gate": "restructuring", "by": dt.date(2025, 11, 30)}]]}
    )
    assert "{ gate = 'restructuring', by = 2025-12-31 }" in diff_text(scenario, later)
    assert "→ [[{ gate = 'restructuring', by = 2025-11-30 }]]" in diff_text(scenario, later)


def in_a_file(tmp_path, before: str, after: str, text: str = START) -> str:
    """What is said of a file in which a line stands otherwise."""
    assert before in text
    (tmp_path / "round.toml").write_text(text.replace(before, after, 1))
    with pytest.raises(ScenarioError) as refused:
        abm.load_scenario(tmp_path / "round.toml")
    return str(refused.value)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("28.07.2025", "2025-07-28"),
        ('"28.07.2025"', "2025-07-28"),
        ("2025-7-28", "2025-07-28"),
        ("28-07-2025", "2025-07-28"),
        ("07/28/2025", "2025-07-28"),
        ("2025/07/28", "2025-07-28"),
        ("28 July 2025", "2025-07-28"),
        ("July 28, 2025", "2025-07-28"),
        ('"2025-07-28"', "2025-07-28"),
        ("05/07/2025", None),  # May or July
        ("31.02.2025", None),
        ("20250728", None),
    ],
)
def test_a_date_in_another_order_is_told_how_a_file_writes_it(written, meant, tmp_path):
    said = in_a_file(tmp_path, "as_of = 2025-07-28", f"as_of = {written}")
    assert "expected a TOML date such as 2025-12-31 (year-month-day, without quotes" in said
    assert ("did you mean" in said) == (meant is not None)
    assert meant is None or f"did you mean {meant}?" in said


def test_a_deadline_that_is_no_date_is_said_where_it_stands(tmp_path):
    said = in_a_file(tmp_path, "deadline = 2023-12-31", 'deadline = "31.12.2023"', METRO)
    assert "round.deadline: expected a TOML date" in said
    assert "round.due" not in said


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            "ticket_bn = 0.124",
            "ticket = 0.124",
            "investors.spaldy.ticket: expected 'rest' (an amount is ticket_bn = 0.124)",
        ),
        ("ticket_bn = 0.124", "ticket_musd = 124", "(did you mean 'ticket_bn', in USD billion?)"),
        (
            "target_bn = 0.397",
            "target = 0.397",
            "round.target: unknown key (did you mean 'target_bn', in USD billion?)",
        ),
        ("counts_from = 0.9", "extension_weeks = 4", "(did you mean 'extension_days', in days?)"),
        ("on = 2023-11-27", "on = 2023-11-27\nhazard = 2.0", "(did you mean 'hazard_per_year', in 1/year?)"),
        ("on = 2023-11-27", "lag_weeks = 2", "(did you mean 'lag_days', in days?)"),
        ("[round]", "[company]\nnet_burn = 2\n[round]", "(did you mean 'net_burn_bn_per_year', in USD billion/year?)"),
        ('ticket = "rest"', "conditions = [[{ total = 3 }]]", "(did you mean 'total_bn'?)"),
    ],
)
def test_a_key_without_its_unit_or_with_another_one_is_told_the_right_one(before, after, said, tmp_path):
    assert said in in_a_file(tmp_path, before, after, METRO)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            'needs = ["vote"]',
            'needs = ["vote", "voet"]',
            "investors.spaldy.needs.1: {} (did you mean 'vote'?), got 'voet'",
        ),
        ('needs = ["vote"]', 'needs = ["bonde"]', "investors.spaldy.needs.0: {} (did you mean 'bonds'?), got 'bonde'"),
        (
            'needs = ["vote"]',
            'needs = ["creditorz"]',
            "investors.spaldy.needs.0: {} (did you mean 'creditors'?), got 'c",
        ),
        ('needs = ["vote"]', 'needs = ["x"]', "investors.spaldy.needs.0: {} (there are vote, bonds), got 'x'"),
        ('needs = ["vote"]', 'needs = ["spaldy"]', "investors.spaldy.needs.0: {} than himself, got 'spaldy'"),
        (
            'ticket = "rest"',
            'tranches = [{ ticket_bn = 0.1 }, { ticket_bn = 0.2, needs = ["voet"] }]',
            "investors.bonds.tranches.1.needs.0: {} (did you mean 'vote'?), got 'voet'",
        ),
    ],
)
def test_a_need_that_stands_for_nobody_is_said_where_it_stands(before, after, said, tmp_path):
    found = in_a_file(tmp_path, before, after, METRO)
    assert said.format("expected the id of a gatekeeper or of another investor") in found
    assert ".conditions." not in found


def test_needs_are_said_beside_the_other_faults_of_a_file(tmp_path):
    found = in_a_file(tmp_path, 'ticket_bn = 0.124\nneeds = ["vote"]', 'ticket = 0.1\nneeds = ["voet"]', METRO)
    assert "investors.spaldy.ticket: expected 'rest'" in found
    assert "investors.spaldy.needs.0" in found
