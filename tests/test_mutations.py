"""Mutations: which small faults `make mutants` plants, and which tests it calls the closest."""

from __future__ import annotations

import ast

import pytest

from benchmarks.closest import Closest
from benchmarks.mutations import ROOT, equivalents, modules, mutants, room, sample


def planted(file: str, function: str) -> set[tuple[str, str]]:
    return {(one.before, one.after) for one in mutants(file) if one.function == function}


def test_every_mutant_that_is_known_to_change_nothing_can_still_be_planted():
    assert all(why.endswith(".") for why in equivalents().values())


@pytest.mark.parametrize("file", ["abm/rules/book.py", "abm/report/quoting.py"])
def test_a_mutant_is_python_and_differs_from_the_code_in_one_place(file):
    text = (ROOT / file).read_text("utf-8")
    found = mutants(file)
    assert found
    for mutant in found:
        changed = mutant.planted(text)
        assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(text)), mutant.name
        assert changed.removeprefix(text[: mutant.start]).endswith(text[mutant.start + len(mutant.before) :])


def test_signs_sides_guards_and_numbers_are_turned():
    lag = planted("abm/rules/book.py", "rung_after")
    assert {("-allowed_lag", "allowed_lag"), ("rung + 1", "rung - 1")} <= lag
    assert ("pace < -allowed_lag", "pace > -allowed_lag") in lag
    assert ("waited >= least_wait", "waited > least_wait") not in lag  # it is called otherwise
    assert ("weeks_waited >= least_wait", "weeks_waited > least_wait") in lag
    assert ("return rung + 1", "pass") not in lag
    assert any(before.startswith("if rung + 1 < rungs and") and after == "pass" for before, after in lag)
    assert ("min", "max") in planted("abm/rules/book.py", "momentum")
    assert ("1000.0", "2000.0") in planted("abm/rules/book.py", "share_of_wealth")
    assert ('"closed"', '"closes"') in planted("abm/report/sections.py", "stories")
    assert ("signed, paid, contracts, book", "x") not in planted("abm/rules/closing.py", "close")


def test_words_that_nobody_decides_by_are_left_alone():
    for file in ("abm/core/errors.py", "abm/plots/levers.py", "abm/runs/estimates.py"):
        lines = (ROOT / file).read_text("utf-8").splitlines()
        for mutant in mutants(file):
            assert not lines[mutant.line - 1].strip().startswith(("raise ", '"""', "import ", "from "))
            assert mutant.kind not in ("constant", "keyword") or room(file) != "plots"


def test_a_sample_is_that_of_its_seed():
    names = [mutant.name for mutant in sample(3, 40, "rules/b")]
    assert names == [mutant.name for mutant in sample(3, 40, "rules/b")]
    assert names[:20] == [mutant.name for mutant in sample(3, 20, "rules/b")]
    assert names != [mutant.name for mutant in sample(4, 40, "rules/b")]
    assert {room(mutant.file) for mutant in sample(3, 5, "rules/b")} == {"rules"}
    assert modules("rules/closing") == ["abm/rules/closing.py"]


def test_the_closest_tests_of_a_function_are_those_that_name_it():
    ranked = Closest().to("abm/rules/book.py", "rung_after")
    assert ranked[0][0] == 1
    assert {test for distance, test in ranked if distance == 1} >= {
        "tests/test_by_hand.py::test_below_the_last_rung_there_is_none",
        "tests/test_by_hand.py::test_the_price_is_cut_no_sooner_than_the_wait_between_two_cuts",
    }
    assert len(ranked) == len({test for _, test in ranked}) > 1_000
