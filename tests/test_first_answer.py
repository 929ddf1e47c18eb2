"""The first answer: what is said of a round, and what is better left unsaid."""

from __future__ import annotations

import datetime as dt
import math
from types import SimpleNamespace

import pandas as pd
import pytest

import abm
from abm.analysis.gains import measure_gains
from abm.analysis.twin import threats_of
from abm.cli.streams import tell_of_compiling
from abm.plots import figure_of
from abm.report.answer import answer_json, answer_text
from abm.report.comparison_text import compared_text, levers_text
from abm.report.opening import answer, deal
from abm.report.reasons import leaders
from abm.report.sections import company
from abm.report.study_text import describe_study
from abm.scenario import load_scenario

IDLE = {"name": "Acme", "cash_bn": 2.0}


def said_by(*sections) -> str:
    """Every text and cell of some sections."""
    parts = [part for section in sections for part in section.parts]
    cells = [cell for part in parts if part.table for row in part.table.rows for cell in row]
    return " ".join(
        [*(part.text for part in parts), *cells, *(fact["words"] for part in parts for fact in part.numbers)]
    )


def test_of_a_company_that_spends_nothing_nothing_is_said_but_what_is_missing():
    idle = load_scenario("three-investors").with_values({"company": IDLE})
    outcomes = abm.simulate(idle, 60, 1)
    dossier = SimpleNamespace(outcomes=outcomes, scenario=idle, around=None, inert=())
    said, told = said_by(deal(dossier), answer(dossier)), " ".join(answer_text(outcomes).split())
    missing = "How long the cash of Acme lasts is not known: the file names no burn, no obligations and no claims."
    assert missing in said
    assert missing in told
    assert "pays its bills" not in said + told
    assert answer_json(outcomes)["probability"]["survived"] is None
    assert company(dossier) is None
    with pytest.raises(ValueError, match="without a company that spends"):
        figure_of(outcomes, "cash")


@pytest.mark.parametrize(
    "spent",
    [
        {"net_burn_bn_per_year": 0.0},
        {"burn_volatility_bn": 0.1},
        {"obligations": [{"id": "a", "creditor": "A", "from": dt.date(2025, 9, 1), "bn_per_year": 1.0}]},
        {"claims": [{"id": "a", "holder": "A", "on": dt.date(2025, 9, 1), "amount_bn": 1.0}]},
    ],
)
def test_whatever_a_file_says_of_spending_is_enough_to_speak_of_survival(spent):
    scenario = load_scenario("three-investors").with_values({"company": IDLE | spent})
    assert "Acme pays its bills for 104 weeks with probability" in answer_text(abm.simulate(scenario, 20, 1))


# --------------------------------------------------------------------------------------------------------------------
# Who decides


def parts(*rows: tuple[str, float, float]) -> SimpleNamespace:
    """Parts of 10 points, 2 either way, with what each would gain, and the error of that."""
    table = pd.DataFrame(rows, columns=["name", "bind", "error"])
    table = table.assign(shapley=0.1, low=0.08, high=0.12)
    return SimpleNamespace(
        table=table.assign(bind_low=table["bind"] - table["error"], bind_high=table["bind"] + table["error"])
    )


@pytest.mark.parametrize(
    ("rows", "most"),
    [
        ([("Vote", 0.02, 0.01), ("Swap", 0.09, 0.02)], "“Swap”"),
        ([("Vote", 0.08, 0.01), ("Swap", 0.09, 0.02)], None),  # either may gain more
        ([("Vote", -0.02, 0.01), ("Swap", 0.01, 0.02)], None),  # neither may gain anything
        ([("Vote", 0.02, 0.01), ("Swap", 0.09, 0.02), ("Bond", 0.09, 0.02)], "“Swap” or “Bond”"),
        ([("Pool", math.nan, 0.0), ("Swap", 0.05, 0.02)], "“Swap”"),  # nobody can bind a pool
    ],
)
def test_of_equal_parts_the_one_who_gains_most_by_being_certain_is_named(rows, most):
    said = leaders(parts(*rows))
    assert said.startswith("all parts are equal, 10.0 points (8.0 to 12.0)")
    assert ("certain" in said) == (most is not None)
    assert most is None or f"; most would be gained if {most} alone were certain, +" in said


# --------------------------------------------------------------------------------------------------------------------
# Words


def test_rounds_that_close_alike_may_pay_otherwise():
    scenario = load_scenario("three-investors").with_values({"investors.lead.conditions": "off"})
    dearer = {name: scenario.with_values({"round.cap_bn": cap}) for name, cap in (("nine", 9.0), ("ten", 10.0))}
    text = compared_text(
        abm.compare({"as it is": dearer["ten"], "nine": dearer["nine"], "again": dearer["ten"]}, runs=200)
    )
    blocks = text.split("\n\n")[1].split("\n")
    assert "  closes in the same runs; -" in blocks[blocks.index("nine") + 2]
    assert blocks[blocks.index("again") + 2] == "  closes in the same runs, and pays the same"


def test_a_higher_target_is_no_finding_where_the_tickets_leave_nothing_to_spare():
    """Ten billion of tickets stand behind a target of eight, and behind one of ten."""
    scenario = load_scenario("three-investors")
    assert "more-target" in [threat.id for threat in threats_of(scenario)]
    assert "more-target" not in [threat.id for threat in threats_of(scenario.with_values({"round.target_bn": 10.0}))]


def test_no_word_of_a_lever_depends_on_how_many_a_name_stands_for():
    many = load_scenario("three-investors").with_values(
        {"investors.lead.name": "Owners", "investors.fund.name": "Banks"}
    )
    gains = measure_gains(many, runs=20)
    words = [*gains["words"], *(threat.words for threat in threats_of(many))]
    assert not [one for one in words if "Owners " in one and "of Owners" not in one and "to Owners" not in one]
    text = levers_text(many.title, gains)
    assert "1.00 doubling" not in text
    assert "1.00 consent" not in text


def test_a_table_of_a_grid_is_whole_lines_with_three_digits(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    axes = {"gatekeepers.restructuring.hazard_per_year": [1.0, 4.0], "investors.fund.signing_probability": [0.4, 0.8]}
    text = describe_study(abm.sweep("three-investors", axes, runs=60))
    assert "\\" not in text
    table = text.split("\n\n")[2].splitlines()
    assert [line.split()[0] for line in table[-4:]] == ["0", "1", "2", "3"]
    assert max(map(len, text.splitlines())) <= 80
    assert all(len(line.split()[-1].replace(".", "").lstrip("0")) == 3 for line in table[-4:])
    assert "nine in ten" not in text
    drawn = abm.Design.latin_hypercube({"round.target_bn": (6, 9)}, 4)
    assert "at nine in ten of them" in describe_study(abm.sweep("three-investors", drawn, runs=60))


@pytest.mark.parametrize(("day", "late"), [("2025-12-31", False), ("2026-01-01", True)])
def test_a_day_after_the_last_closing_is_remarked_upon(day, late, command):
    code, text, remark = command("run", "three-investors", "--runs", "20", "--by", day)
    assert code == 0
    assert f"The round closes by {day} with probability" in text
    assert ("nothing closes after 2025-12-31, so a later day changes nothing" in remark) == late


@pytest.mark.parametrize(
    ("terminal", "before", "told"),
    [(True, False, True), (True, True, False), (False, False, True), (False, True, False)],
)
def test_a_first_start_says_in_one_line_on_stderr_that_it_compiles_whatever_stderr_is(
    terminal, before, told, monkeypatch, capsys
):
    monkeypatch.delenv("NUMBA_DISABLE_JIT", raising=False)
    monkeypatch.setattr("sys.stderr.isatty", lambda: terminal)
    monkeypatch.setattr("abm.core.code_cache.compiled_before", lambda: before)
    tell_of_compiling()
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == ("abm: compiling once for this machine, which takes half a minute or more\n" if told else "")


def test_nothing_is_said_of_compiling_where_nothing_is_compiled(monkeypatch, capsys):
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    monkeypatch.setattr("abm.core.code_cache.compiled_before", lambda: False)
    tell_of_compiling()
    assert capsys.readouterr() == ("", "")
