"""Expressions: events and formulas over columns are worth what plain NumPy says, and nothing in them is ever run."""

from __future__ import annotations

import ast
import random
import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import abm
from abm.runs.expressions import read_expression

ROOT = Path(__file__).parent.parent
FRAME = pd.DataFrame(
    {
        "run": [0, 1, 2, 3],
        "closed": [True, False, True, False],
        "closed_day": [10.0, np.nan, 200.0, np.nan],
        "cause": pd.Categorical(["", "gate", "", "demand"]),
        "survived": pd.array([True, None, False, True], dtype="boolean"),
        "paid_bn.lead": [1.0, 0.0, 2.0, 0.5],
        "paid_bn.a-fund": [1.0, 0.5, 2.5, 0.0],
        "paid_bn.pool#1": [0.0, 1.0, 1.0, 0.0],
        "paid_bn.pool#10": [9.0, 9.0, 9.0, 9.0],
    }
)


def worth(text: str):
    value = read_expression(text, FRAME.columns).of(FRAME)
    return value.tolist() if isinstance(value, pd.Series) else value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("closed", [True, False, True, False]),
        ("not closed", [False, True, False, True]),
        ("~closed & run > 1", [False, False, False, True]),
        ("closed or run == 1 and not closed", [True, True, True, False]),
        ("closed_day <= 156", [True, False, False, False]),
        ("known(closed_day)", [True, False, True, False]),
        ("0.5 <= paid_bn.lead <= 1", [True, False, False, True]),
        ("paid_bn.a-fund-paid_bn.lead", [0.0, 0.5, 0.5, -0.5]),
        ("paid_bn.pool#10 - paid_bn.pool#1", [9.0, 8.0, 8.0, 9.0]),
        ("`paid_bn.pool#1` > 0", [False, True, True, False]),
        ("cause == 'gate'", [False, True, False, False]),
        ("cause in ['gate', \"demand\"]", [False, True, False, True]),
        ("cause not in ('gate',)", [True, False, True, True]),
        ("run in [1, 3]", [False, True, False, True]),
        ("run % 2 == 0", [True, False, True, False]),
        ("2 * run + 1.5e0", [1.5, 3.5, 5.5, 7.5]),
        ("(run + 1) ** 2", [1.0, 4.0, 9.0, 16.0]),
        ("abs(run - 2)", [2.0, 1.0, 0.0, 1.0]),
        ("run > mean(run)", [False, False, True, True]),
        ("paid_bn.lead == paid_bn.lead.max()", [False, False, True, False]),
        ("max(run) - min(run) + median(run) + sum(run)", 10.5),
        ("-run", [0, -1, -2, -3]),
    ],
)
def test_an_expression_is_worth_what_it_says(text, value):
    assert worth(text) == value


def test_what_is_not_known_stays_unknown():
    assert read_expression("not survived", FRAME.columns).of(FRAME).isna().tolist() == [False, True, False, False]


numbers = st.integers(0, 9).map(str)
sums = st.recursive(
    st.one_of(numbers, st.just("run"), st.just("paid_bn.a-fund")),
    lambda inner: st.tuples(inner, st.sampled_from(["+", "-", "*", "/"]), inner).map(lambda t: f"({' '.join(t)})"),
    max_leaves=6,
)
truths = st.recursive(
    st.one_of(st.just("closed"), st.tuples(sums, st.sampled_from(["<", "<=", "==", "!="]), sums).map(" ".join)),
    lambda inner: st.one_of(
        inner.map("not ({})".format),
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map("({0[0]}) {0[1]} ({0[2]})".format),
    ),
    max_leaves=5,
)


@given(truths)
def test_what_is_written_is_what_python_makes_of_each_row(text):
    """Brute force: the same words, evaluated by Python row by row, with zero divided as floating point does."""
    value = read_expression(text, FRAME.columns).of(FRAME)
    spelled = re.sub(r"\b(\d)\b", r"number(\1)", text.replace("paid_bn.a-fund", "fund"))
    for k, row in FRAME.iterrows():
        names = {"run": np.float64(row["run"]), "fund": np.float64(row["paid_bn.a-fund"]), "closed": row["closed"]}
        with np.errstate(all="ignore"):
            expected = eval(spelled, {"number": np.float64}, names)
        assert bool(value if np.ndim(value) == 0 else value[k]) == bool(expected)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "does not read"),
        ("closed +", "does not read"),
        ("@pd.io.common.os.system('x')", "does not read"),
        ("__import__('os').system('x')", "unknown function 'system'"),
        ("closed.to_pickle('x') or closed", "unknown function 'to_pickle'"),
        ("closed.__class__", r"'closed.__class__' is not part of the language"),
        ("run.values", "not part of the language"),
        ("run[0]", "not part of the language"),
        ("closed if closed else run", "not part of the language"),
        ("lambda: closed", "not part of the language"),
        ("[run for run in run]", "not part of the language"),
        ("(x := run)", "not part of the language"),
        ("f'{run}'", "not part of the language"),
        ("run is 1", "not one of the comparisons"),
        ("run in run", "'in' takes a list"),
        ("run ** 99", "a power is a number of at most 16"),
        ("9 ** 9 ** 9", "a power is a number of at most 16"),
        ("run == 1e999", "a number is too large"),
        ("run == 10j", "neither a number nor a word"),
        ("closd", "unknown column 'closd' .did you mean 'closed'"),
        ("paid_bn.leed > 0", "unknown column 'paid_bn.leed' .did you mean 'paid_bn.lead'"),
        ("mean(run, 2)", "mean takes one column"),
        ("mean()", "mean takes one column"),
        ("mean(x=run)", "mean takes one column"),
        ("(" * 500 + "run" + ")" * 500, "does not read"),
        ("-" * 3_000 + "run", "does not read|levels"),
        ("not " * 100 + "closed", "levels of brackets"),
        ("closed or " * 1_000 + "closed", "at most 4,000 characters"),
    ],
)
def test_everything_else_is_refused_in_a_few_words(text, why):
    with pytest.raises(ValueError, match=why):
        read_expression(text, FRAME.columns)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("cause + 1", "words are no numbers"),
        ("closed and run", "'and', 'or' and 'not' take what is true or false"),
        ("cause > 1", "words are equal or not"),
        ("'a' < 1", "words are equal or not"),
        ("mean(1)", "a column is expected"),
        ("known('a')", "a column is expected"),
        ("1 in [1]", "a column is expected"),
    ],
)
def test_what_makes_no_sense_of_these_columns_is_refused_when_it_is_worked_out(text, why):
    with pytest.raises(ValueError, match=why):
        worth(text)


PIECES = [
    *("closed", "run", "paid_bn.a-fund", "cause", "'gate'", "1", "0.5", "(", ")", "[", "]", ",", ".", " and ", " or "),
    *("not ", " in ", "==", "<", "**", "*", "+", "-", "~", "&", "|", "@", "__import__", "'os'", "system", "eval"),
    *("exec", "open", "to_pickle", "to_csv", "query", "mean", "abs", "known", "__class__", "__subclasses__", "lambda"),
    *(":", "x", "f'{run}'", "if ", "else ", "for ", "`", "{", "}", "=", ":=", "print", "os", "pd", "np", "globals"),
    *("getattr", "\n"),
]


def test_ten_thousand_expressions_run_nothing(tmp_path, monkeypatch):
    """Whatever is thrown together is worth something or refused; no audited event of Python happens meanwhile."""
    monkeypatch.chdir(tmp_path)
    done: list[str] = []
    watching = True
    forbidden = ("exec", "open", "os.", "subprocess.", "import", "socket.", "shutil.", "pickle.", "ctypes.")
    sys.addaudithook(lambda event, _: done.append(event) if watching and event.startswith(forbidden) else None)
    read_expression("closed and run > 1 or known(run)", FRAME.columns).of(FRAME)  # whatever pandas loads late
    chance = random.Random(12)
    counts = {"worth": 0, "refused": 0}
    done.clear()
    for _ in range(10_000):
        text = "".join(chance.choices(PIECES, k=chance.randint(1, 9)))
        try:
            read_expression(text, FRAME.columns).of(FRAME)
            counts["worth"] += 1
        except ValueError:
            counts["refused"] += 1
    watching = False
    assert done == []
    assert list(tmp_path.iterdir()) == []
    assert counts["worth"] > 100


#: What runs words that somebody wrote, or loads objects that somebody else pickled.
RUNS_WORDS = {"eval", "exec", "compile", "__import__", "query", "read_pickle", "to_pickle", "loads_pickle"}


def test_nothing_in_the_package_runs_what_it_reads():
    found = []
    for path in sorted((ROOT / "abm").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            name = ""
            if isinstance(node, ast.Call):
                function = node.func
                name = getattr(function, "id", getattr(function, "attr", ""))
                if name == "compile" and ast.unparse(function) in ("re.compile", "self.itself.compile"):  # a rule
                    continue
            if isinstance(node, ast.Import | ast.ImportFrom):
                modules = [alias.name for alias in node.names] + [getattr(node, "module", "") or ""]
                found += [f"{path}: {m}" for m in modules if m.split(".")[0] in ("pickle", "dill", "shelve", "marshal")]
            if name in RUNS_WORDS:
                found.append(f"{path.name}: {ast.unparse(node)}")
    assert found == []


@pytest.mark.parametrize("event", ["@pd.io.common.os.system('touch ran')", "closed.to_pickle('ran') or closed"])
def test_an_event_from_a_command_line_or_a_study_runs_nothing(event, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outcomes = abm.simulate("three-investors", runs=4, seed=1, engine="mesa", workers=1)
    with pytest.raises(ValueError, match="expected a condition on the columns"):
        outcomes.probability(event)
    with pytest.raises(ValueError, match="expected a condition on the columns"):
        abm.sweep("three-investors", {"round.target_bn": [6, 8]}, runs=10, event=event)
    assert not (tmp_path / "ran").exists()
