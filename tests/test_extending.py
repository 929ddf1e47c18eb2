"""Extending the model: what CONTRIBUTING promises of rules, numbers, phases, draws, columns holds in both engines."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.extending import Copy, rows

HERE = Path(__file__).parent


def done_by_tests() -> list[str]:
    """Rows of the table of which a test makes a copy of the package."""
    return [
        call.args[1].value
        for path in HERE.glob("test_extending*.py")
        for test in ast.parse(path.read_text("utf-8")).body
        if isinstance(test, ast.FunctionDef) and test.name.startswith("test_")
        for call in ast.walk(test)
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "Copy" and isinstance(call.args[1], ast.Constant)
    ]


def test_every_row_of_the_table_is_done_by_a_test():
    assert len(rows()) >= 14
    assert set(done_by_tests()) == set(rows())


@pytest.fixture(scope="session")
def untouched(tmp_path_factory):
    """Runs of the small round, and some draws, by the package as it is."""
    copy = Copy(tmp_path_factory.mktemp("untouched"), "add a packaged round")
    return copy.ask(DRAWS + "answer |= runs()")


DRAWS = """
from abm.core import draws
purposes = {name: number for name, number in vars(draws).items() if name.isupper() and name[0] != "_"}
answer["draws"] = {name: draws.uniform(1, 2, 3, 4, number, 0) for name, number in purposes.items()}
"""


def changed(found, untouched):
    """Columns that are not what they were."""
    return {name for name in untouched.keys() - {"draws"} if found[name] != untouched[name]}


# --------------------------------------------------------------------------------------------------------------------
# A rule


@pytest.mark.parametrize(
    ("file", "edits", "moves", "keeps"),
    [
        (
            "decision",
            {
                r":math:`\lambda_{max} / (1 + e^{-(\zeta - \zeta_0)/\text{noise}})` [1/week]": r":math:`\lambda_{max}`",
                ">>> signing_rate(0.3, 0.3, 0.2, 0.35)\n    0.175": ">>> signing_rate(0.3, 0.3, 0.2, 0.35)\n    0.35",
                "return fastest_per_week * expit((zeta - bias) * (1.0 / noise))": "return fastest_per_week",
            },
            "sign_day.deciding",
            "sign_day.stated",
        ),
        (
            "belief",
            {
                r"\mu' = \mu + (1 - l)(s - \mu)": r"\mu' = \mu + (1 - l^2)(s - \mu)",
                "    (5.5, 5.0)\n": "    (5.75, 5.0)\n",
                "return mean + (1.0 - left) * (signal - mean)": "return mean + (1.0 - left * left) * (signal - mean)",
            },
            "sign_day.deciding",
            "sign_day.stated",
        ),
        (
            "settlement",
            {
                ">>> shares_for(40_000, 260_000)\n    153846154": ">>> shares_for(40_000, 260_000)\n    307692308",
                "part_of(money_musd, SHARES_BEFORE,": "part_of(2 * money_musd, SHARES_BEFORE,",
            },
            "dilution",
            "funded_bn",
        ),
    ],
    ids=["decides", "learns", "pays"],
)
def test_a_rule_is_changed_in_one_place_for_both_engines(tmp_path, untouched, file, edits, moves, keeps):
    copy = Copy(tmp_path, "change how somebody decides, learns, pays")
    for old, new in edits.items():
        copy.replace(f"abm/rules/{file}.py", old, new)
    found = copy.ask(f"from abm.rules import {file}\nanswer |= runs() | {{'failed': doctest.testmod({file}).failed}}")
    assert found.pop("failed") == 0
    assert moves in changed(found, untouched)
    assert keeps not in changed(found, untouched)


# --------------------------------------------------------------------------------------------------------------------
# A kind of condition

LATE = """
format = 1
id = "late"
title = "One who waits for a day"
as_of = 2025-01-01
horizon_weeks = 12
round = { target_bn = 2.0, deadline = 2025-03-01, pre_money_bn = 10.0 }
[[investors]]
id = "patient"
kind = "crossover"
role = "follower"
ticket_bn = 2.0
signed_at_start = true
conditions = [[{ min_day = 20 }, { min_moment = 20 }]]
"""


def test_a_new_kind_of_condition_is_one_function_with_a_phrase_or_without(tmp_path):
    copy = Copy(tmp_path, "add a kind of condition")
    for name, says in (("min_day", ""), ("min_moment", ' says="day {wanted}",')):
        copy.before("abm/rules/conditions.py", "\n\nMIN_OWN_SHARE =", f'''

@condition("constant", "gate",{says} {name}=Key("count", "count"))
def {name}_has_come(atom: Any, i: int, book: Book) -> bool:
    """Hold from that day on."""
    return book.facts.day >= atom.count
''')  # fmt: skip
    (tmp_path / "late.toml").write_text(LATE, "utf-8")
    found = copy.ask("""
from abm.analysis.story import tell_story
from abm.report.parameters_page import parameters_text
from abm.scenario import json_schema

answer["check"] = say("check", "late.toml")
answer["days"] = runs("late.toml", 2)["closed_day"]
answer["story"] = tell_story(abm.load_scenario("late.toml"), 1, 0).text()
answer["explained"] = say("explain", "late.toml", "--run", "0", "--json")
answer["schema"], answer["page"] = str(json_schema()), parameters_text()
""")
    assert "late.toml: sound" in found["check"]
    assert found["days"] == ["21.0", "21.0"]  # the first week that ends after day 20
    assert "on condition that min day 20 and day 20" in found["story"]
    assert "waited for min day 20 and day 20" in found["story"]
    assert "min day 20" in found["explained"]
    for name in ("min_day", "min_moment"):
        assert name in found["schema"]
        assert f"| `{name}` |" in found["page"]


# --------------------------------------------------------------------------------------------------------------------
# A number of the scenario file

A_NUMBER = """
from abm.report.parameters_page import parameters_text

path, name, value, beyond = {path!r}, {name!r}, {value!r}, {beyond!r}
answer["schema"] = name in say("schema")
answer["page"] = [line for line in parameters_text().splitlines() if f"| `{{name}}` |" in line]
answer["refused"] = say("run", "small.toml", "--set", f"{{path}}={{beyond}}")
setting = ("--set", f"{{path}}={{value}}")
answer["stated"] = json.loads(say("run", "small.toml", "--runs", "2", "--engine", "mesa", "--json", *setting))
small = abm.load_scenario("small.toml")
answer["usual"], answer["set"] = runs(), runs(small.with_values({{path: value}}))
Path("set.toml").write_text(Path("small.toml").read_text().replace({mark!r}, {mark!r} + {line!r}))
answer["check"], answer["read"] = say("check", "set.toml"), runs("set.toml", central=True)
"""
DOES_IT_MATTER = """
from tests import test_model_knobs as knobs

answer["tried"] = {name!r} in knobs.KNOBS
knobs.rich = lambda: abm.load_scenario("small.toml")  # which is quicker to prepare
knobs.RUNS = 4
answer["matters"] = knobs.some_matter([{{{path!r}: 0.5}}], [])
"""


def test_a_number_of_an_investor_is_a_knob_a_field_and_what_the_rule_does_with_it(tmp_path, untouched):
    copy = Copy(tmp_path, "add a number to the scenario file")
    knob = '"-", 0, 1, "Part of his limit that he keeps back", "A5"'
    copy.after(
        "abm/scenario/investor_tables.py",
        '"""How a behavioural investor thinks; what is left out comes from the table of his kind."""\n',
        f"\n    held_back_share: Annotated[float | None, Knob({knob})] = None",
    )
    copy.before("abm/core/records.py", '    "carry",  # the rest', '    "held_back_share",\n')
    path = "investors.deciding.held_back_share"
    matters = DOES_IT_MATTER.format(name="Investor.held_back_share", path=path)
    assert copy.ask(matters) == {"tried": True, "matters": False}  # so that the test of the knobs fails
    copy.after("abm/rules/decision.py", "traits.ownership_cap * offer.post_bn * 1000.0\n    )\n",
               "    limit = limit * (1.0 - traits.held_back_share)\n")  # fmt: skip
    found = copy.ask(matters + A_NUMBER.format(
        path=path, name="held_back_share", value=0.5, beyond=1.5,
        mark='id = "deciding"\n', line="held_back_share = { value = 0.5, low = 0.2, high = 0.8 }\n",
    ))  # fmt: skip
    assert found["matters"]
    is_known(found, "Part of his limit that he keeps back | - | 0 to 1 |", "expected a number from 0 to 1", "1.5")
    assert changed(found["usual"], untouched) == set()
    assert set(found["set"]["paid_bn.deciding"]) <= {"0.0", "0.5"}  # half of the limit of 1 billion
    assert "1.0" in found["usual"]["paid_bn.deciding"]


def test_a_number_that_a_rule_takes_plain_is_handed_over_by_both_engines(tmp_path, untouched):
    copy = Copy(tmp_path, "add a number to the scenario file")
    knob = '"USD million/week", 0, 100, "Fee of an auditor"'
    copy.before("abm/scenario/schema.py", "    burn_volatility_bn:",
                f"    fee_musd_per_week: Annotated[float, Knob({knob})] = 0.0\n")  # fmt: skip
    copy.after("abm/core/records.py", '        ("burn_volatility_bn", np.float64),\n',
               '        ("fee_musd_per_week", np.float64),\n')  # fmt: skip
    rule = "abm/rules/company.py"
    copy.replace(rule, "interest_musd: float, firm_obligations_musd: float)",
                 "interest_musd: float, firm_obligations_musd: float, fee_musd: float)")  # fmt: skip
    copy.replace(rule, "return burn_musd + interest_musd + firm_obligations_musd",
                 "return burn_musd + interest_musd + firm_obligations_musd + fee_musd")  # fmt: skip
    for engine in ("abm/agents/company.py", "abm/ensemble/surroundings.py"):
        copy.replace(engine, "bill_musd(burn, interest, plan.firm_musd)",
                     "bill_musd(burn, interest, plan.firm_musd, firm.fee_musd_per_week)")  # fmt: skip
    found = copy.ask(A_NUMBER.format(
        path="company.fee_musd_per_week", name="fee_musd_per_week", value=2, beyond=101,
        mark="[company]\n", line="fee_musd_per_week = 2\n",
    ))  # fmt: skip
    is_known(found, "Fee of an auditor | USD million/week | 0 to 100 | 0 |", "from 0 to 100 USD million/week", "101")
    assert changed(found["usual"], untouched) == set()
    assert changed(found["set"], untouched) == {"end_cash_bn", "least_cash_bn"}
    cash = zip(found["set"]["end_cash_bn"], untouched["end_cash_bn"], strict=True)
    assert {round(float(usual) - float(less), 9) for less, usual in cash} == {0.016}  # 2 million in each of 8 weeks


def is_known(found, page, expectation, got):
    """A number is read, refused beyond its range, described, and reached by --set as from the file."""
    assert found["schema"]
    assert [page in line for line in found["page"]] == [True]
    assert found["refused"].startswith("exit 2")
    assert expectation in found["refused"]
    assert got in found["refused"]
    assert found["stated"]["runs"] == 2
    assert "set.toml: sound" in found["check"]
    assert found["read"] == found["set"]


# --------------------------------------------------------------------------------------------------------------------
# A phase, a draw, a column


def test_a_phase_is_a_name_a_method_and_a_function(tmp_path, untouched):
    copy = Copy(tmp_path, "add something that happens every week")
    copy.before("abm/core/schedule.py", '    "record",\n', '    "audit",  # of what is left after the bills\n')
    copy.before("abm/agents/model.py", "    def record(self)", '''\
    def audit(self) -> None:
        """Pay the auditor."""
        if self.company:
            self.company.cash_musd = add(self.company.cash_musd, -1)

''')  # fmt: skip
    copy.after("abm/ensemble/phases.py", "from abm.rules import failure\n", "from abm.rules.sums import add\n")
    copy.before("abm/ensemble/phases.py", "@far\n@lean\ndef record(", '''\
@lean
def audit(block: Any) -> None:
    """Pay the auditor."""
    for r in range(block.n_running):
        run = at(block, r)
        if run.firm.exists and run.round_state.running:
            run.company.cash_musd = add(run.company.cash_musd, -1)


''')  # fmt: skip
    copy.before("abm/ensemble/phases.py", "    record(block)\n", "    audit(block)\n")
    found = copy.ask("""
from abm.population import prepare
from tests import test_lockstep as lockstep

small = abm.load_scenario("small.toml")
population = prepare(small)
lockstep.walk(small, population, seed=1, runs=range(2))
answer["walked"] = lockstep.PHASES
answer |= runs()
""")
    assert found.pop("walked")[-2:] == ["audit", "record"]
    assert changed(found, untouched) == {"end_cash_bn", "least_cash_bn"}
    cash = zip(found["end_cash_bn"], untouched["end_cash_bn"], strict=True)
    assert {round(float(usual) - float(less), 9) for less, usual in cash} == {0.008}  # a million in each of 8 weeks


def test_a_new_draw_leaves_all_others_as_they_are(tmp_path, untouched):
    copy = Copy(tmp_path, "draw a new random number")
    last = "UNKNOWN = 601  # of a design: what the file does not know\n"
    copy.after("abm/core/draws.py", last, "AUDIT = 701\n")
    found = copy.ask(
        DRAWS
        + """
answer |= runs()


class Audited(abm.Company):
    def pay_bills(self):
        model = self.model
        self.cash_musd -= draws.uniform(model.seed, model.run, 0, model.week, draws.AUDIT, 0) < 0.5
        super().pay_bills()


audited = abm.simulate("small.toml", 6, 1, company=Audited, workers=1).to_frame()
answer["audited"] = {name: list(map(str, audited[name])) for name in audited}
"""
    )
    new = found["draws"].pop("AUDIT")
    assert found["draws"] == untouched["draws"]
    assert new not in found["draws"].values()
    assert changed(found, untouched) == set()
    assert changed(found["audited"], untouched) == {"end_cash_bn", "least_cash_bn"}


def test_an_outcome_is_declared_once_and_worked_out_by_each_engine(tmp_path, untouched):
    copy = Copy(tmp_path, "keep a new number of every run")
    copy.before("abm/core/records.py", '    Outcome("least_cash_musd"',
                '    Outcome("deferred_musd", np.int64, "deferred_bn", 1000),\n')  # fmt: skip
    copy.before("abm/agents/ledger.py", '        "least_cash_musd":',
                '        "deferred_musd": company.vendor_musd if company else 0,\n')  # fmt: skip
    copy.before("abm/ensemble/kernel.py", "    row.end_cash_musd,", "    row.deferred_musd = company.vendor_musd\n")
    found = copy.ask('''
Path("owing.toml").write_text(Path("small.toml").read_text() + """
[company.levers]
vendor_limit_bn = 0.8
[[company.obligations]]
id = "rent"
creditor = "Landlord"
from = 2025-01-01
bn_per_year = 5.2
deferrable_share = 1.0
""")
owing = abm.load_scenario("owing.toml").with_values({"company.minimum_cash_bn": 3.0})
answer["usual"], answer["owing"] = runs(), runs(owing)
totals = abm.simulate(owing, 6, 1, engine="mesa", workers=1, keep="totals", events=["deferred_bn > 0.1"])
answer["quantiles"], answer["often"] = totals.quantiles("deferred_bn"), totals.probability("deferred_bn > 0.1").p
study = abm.sweep(owing, {"round.target_bn": [2, 3]}, 6, engine="mesa", executor="threads", columns=("deferred_bn",))
answer["swept"] = study.points()["mean.deferred_bn"].tolist()
''')
    usual, owing = found["usual"], [float(value) for value in found["owing"]["deferred_bn"]]
    assert set(usual.pop("deferred_bn")) == {"0.0"}
    assert changed(usual, untouched) == set()
    assert len(set(owing)) > 1
    mean = sum(owing) / 6
    assert found["quantiles"]["mean"] == pytest.approx(mean)
    assert found["often"] == sum(value > 0.1 for value in owing) / 6
    assert found["swept"][1] == pytest.approx(mean)
