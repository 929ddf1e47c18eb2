"""Messages: values as a file writes them, dates that do not exist, and tables where a number was meant."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from importlib import resources

import pytest

import abm
from abm.core.errors import ScenarioError
from abm.core.written import as_in_a_file
from abm.report.scenario_diff import diff_text
from abm.scenario import parse_setting

START = (resources.files("abm.scenarios") / "three-investors.toml").read_text("utf-8")


@pytest.mark.parametrize("date", ["2025-13-08", "2025-02-29", "2025-7-28"])
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
