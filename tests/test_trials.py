"""Trials: files that real use brought and that failed once, each with what is right; rounds stand elsewhere."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest

import abm
from abm.sweeps import Design

TRIALS = Path(__file__).parent / "trials"
TARGET, FALLBACK, DEADLINE = "round.target_bn", "investors.lead.fallback_bn", "round.deadline"
TWO = [{TARGET: 6, FALLBACK: 1}, {TARGET: 8, FALLBACK: 2}]
DATES = [{DEADLINE: dt.date(2025, 12, 31)}, {DEADLINE: dt.date(2026, 1, 15)}]
NO_SIGN = "expected a number without a sign for money or per cent (60 % is 0.6)"

READ = {
    "plain.csv": TWO,
    "bom.csv": TWO,
    "excel_blank_rows.csv": TWO,
    "upper.CSV": [{TARGET: 6}, {TARGET: 8}],
    "label_column.csv": [{TARGET: 6}, {TARGET: 8}],
    "r_write_csv.csv": [{TARGET: 6}, {TARGET: 8}],
    "pandas_default_index.csv": [{TARGET: 6.5, "investors.lead": "out"}, {TARGET: 8.0}],
    "semicolon_decimal_comma.csv": [{TARGET: 6.5, FALLBACK: 1}, {TARGET: 8, FALLBACK: 2.5}],
    "empty_cell.csv": [{TARGET: 6, FALLBACK: 1}, {FALLBACK: 2}],
    "linked_paths.csv": [{TARGET: 6, "round.cap_bn": 6}, {TARGET: 8, "round.cap_bn": 8}],
    "ladder.csv": [{"round.pre_money_bn": [40, 35]}, {"round.pre_money_bn": 40}],
    "booleans_TRUE.csv": [{"investors.lead.signed_at_start": True}, {"investors.lead.signed_at_start": False}],
    "dates_de.csv": DATES,
    "iso_datetime.csv": DATES,
}
REFUSED = {
    "cp1252.csv": "row 2: expected UTF-8, got the byte 0xFC; save it as CSV UTF-8",
    "currency.csv": f"row 2, column {TARGET}: {NO_SIGN}, got '$6'",
    "percent.csv": f"row 2, column investors.fund.signing_probability: {NO_SIGN}, got '60%'",
    "thousands_comma.csv": "row 2, column investors.swf.wealth_bn: expected a number that cannot be a thousand as well "
    "as a decimal, as 1000 or 1.0, got '1,000'",
    "duplicate_head.csv": f"row 1: expected every path in one column, got '{TARGET}' twice",
    "long_row.csv": "row 2: expected 2 cells as in the head, got 3",
    "short_row.csv": "row 3: expected 2 cells as in the head, got 1",
}  # fmt: skip


def test_every_table_stands_here():
    assert {f"table_{name}" for name in READ | REFUSED} == {path.name for path in TRIALS.glob("table_*")}


@pytest.mark.parametrize("name", READ)
def test_a_table_means_what_it_says(name):
    assert list(Design.table(TRIALS / f"table_{name}")) == READ[name]


@pytest.mark.parametrize("name", REFUSED)
def test_a_table_that_could_mean_two_things_is_refused_with_its_row(name):
    path = TRIALS / f"table_{name}"
    with pytest.raises(ValueError, match=re.escape(f"{path}, {REFUSED[name]}") + "$"):
        Design.table(path)


def test_a_file_with_a_mark_before_it_is_the_file_without():
    assert abm.load_scenario(TRIALS / "scenario_with_bom.toml") == abm.load_scenario("three-investors")


def test_a_cap_table_is_no_scenario_and_no_design(command):
    path = TRIALS / "Transactions.ocf.json"
    code, _, said = command("check", str(path))
    assert (code, said.count("\n")) == (2, 1)
    assert said.startswith(f"{path}: file: expected valid TOML")
    code, _, said = command("sweep", "three-investors", "--design", str(path))
    assert (code, said.count("\n")) == (2, 1)
    assert said.startswith("--design: expected one of grid, oat, lhs, sobol, prior or a table")
