"""Comparing on the command line: rounds side by side, levers, and who decides, with chances that are known."""

from __future__ import annotations

import datetime as dt
import json
import math
import re

import pytest

import abm
from abm.analysis.gains import measure_gains
from abm.analysis.pivotal import shapley_values
from abm.core.errors import ScenarioError
from abm.sweeps.variants import flat_changes, read_variants

SMALL = "three-investors"
#: By hand: the fund signs with 0.6, the consent comes within 156 days at 2 a year; without both nothing closes.
CONSENT = 1 - math.exp(-2 * 156 / 365)
CLOSES, WITHOUT = 0.6 * CONSENT, 0.6
FREE = "investors.lead.conditions=off"


def near(p: float, expected: float, runs: int) -> bool:
    return abs(p - expected) < 4.5 * math.sqrt(max(expected * (1 - expected), 1e-9) / runs)


# --------------------------------------------------------------------------------------------------------------------
# abm compare


def test_variants_are_compared_with_the_scenario_as_it_is_under_the_same_luck(command):
    code, text, faults = command("compare", SMALL, "--set", FREE, "--runs", "4000", "--json")
    assert (code, faults) == (0, "")
    answer = json.loads(text)
    assert (answer["event"], answer["runs"], answer["seed"]) == ("closed", 4_000, 1)
    first, free = answer["rounds"]
    assert [first["name"], free["name"]] == [SMALL, FREE]
    assert near(first["p"], CLOSES, 4_000)
    assert near(free["p"], WITHOUT, 4_000)
    assert first["change"] is None
    study = abm.sweep(SMALL, {"investors.lead.conditions": ["as_is", "off"]}, runs=4_000)
    paired = study.difference(0, 1)
    assert (free["change"], free["change_low"], free["change_high"]) == (paired.change, paired.low, paired.high)
    money = study.mean_difference(0, 1, "funded_bn")
    assert free["funded_change"] == pytest.approx(money.change)
    assert free["stands_out"] is True
    pairs = (WITHOUT - CLOSES, free["change_low"], free["change_high"])
    assert pairs[1] < pairs[0] < pairs[2]


def test_what_differs_in_no_run_and_what_may_be_chance_are_said_so(command):
    nothing, hair = "round.target_bn=8", "investors.fund.signing_probability=0.61"
    text = command("compare", SMALL, "--set", nothing, "--set", hair, "--runs", "200")[1]
    blocks = dict(re.findall(r"^(\S.*)\n((?:  .*\n)+)", text + "\n", re.MULTILINE))
    assert blocks[nothing].splitlines()[1] == "  closes in the same runs, and pays the same"
    assert "which does not stand out of its own error" in blocks[hair]
    assert "stand out" not in blocks[SMALL]


def test_scenarios_and_a_file_of_variants_stand_side_by_side(command, tmp_path):
    (tmp_path / "variants.toml").write_text(
        '["no condition"]\ninvestors.lead.conditions = "off"\n\n'
        "[later]\nround.deadline = 2026-03-31\ninvestors.lead.conditions.0.0.by = 2026-03-31\n"
    )
    words = ("compare", SMALL, "mutual-conditions", "--variants", "variants.toml", "--runs", "300", "--json")
    rounds = json.loads(command(*words)[1])["rounds"]
    assert [one["name"] for one in rounds] == [SMALL, "mutual-conditions", "no condition", "later"]
    for one, changes in zip(rounds[2:], read_variants("variants.toml").values(), strict=True):
        alone = abm.simulate(abm.load_scenario(SMALL).with_values(changes), 300, keep="totals")
        assert one["p"] == alone.probability("closed").p
    assert rounds[3]["p"] > rounds[0]["p"]


def test_variants_are_paths_however_they_are_written():
    assert flat_changes({"round": {"target_bn": 6, "deadline": dt.date(2026, 1, 1)}, "investors.lead": "out"}) == {
        "round.target_bn": 6,
        "round.deadline": dt.date(2026, 1, 1),
        "investors.lead": "out",
    }
    ranged = {"value": 6.0, "low": 5.0, "high": 7.0}
    assert flat_changes({"round": {"target_bn": ranged}}) == {"round.target_bn": ranged}
    assert flat_changes({}) == {}


def test_in_python_the_same_is_a_frame():
    as_is = abm.load_scenario(SMALL)
    free = as_is.with_values({"investors.lead.conditions": "off"})
    found = abm.compare({"as it is": as_is, "free": free, "again": SMALL}, runs=500, event="paid_bn.lead >= 6")
    frame = found.to_frame().set_index("name")
    assert frame["p"].tolist() == [
        abm.simulate(one, 500).probability("paid_bn.lead >= 6").p for one in (as_is, free, as_is)
    ]
    assert frame.loc["again", ["change", "other_runs", "stands_out"]].tolist() == [0.0, 0, False]
    assert frame.loc["free", "other_runs"] == round(500 * frame.loc["free", "change"])  # it pays more often, never less
    with pytest.raises(ValueError, match="expected at least two rounds to compare, got 1"):
        abm.compare({"alone": SMALL})
    with pytest.raises(ScenarioError, match=r"mutual-conditions\.toml: event: expected one that is known in every run"):
        abm.compare({"small": SMALL, "mutual": "mutual-conditions"}, runs=10, event="survived")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([SMALL], "abm compare: expected a second scenario, --set or --variants to compare with"),
        ([SMALL, SMALL], "abm compare: expected every scenario and variant once, got 'three-investors' again"),
        ([SMALL, "zebra"], "zebra: scenario: expected a packaged id"),
        ([SMALL, "--set", "round.target=2"], r"three-investors.toml: round.target=2: round.target: unknown key"),
        ([SMALL, "--set", "round.target_bn=6;"], "--set: : expected PATH=VALUE"),
        ([SMALL, "--set", FREE, "--event", "funded > 2"], "three-investors.toml: event: expected a condition"),
        ([SMALL, "--variants", "nowhere.toml"], "nowhere.toml: file: expected a readable TOML file"),
        ([SMALL, "--variants", "empty.toml"], "empty.toml: file: expected at least one table"),
        ([SMALL, "--variants", "bare.toml"], "bare.toml: target_bn: expected a table of changes .*, got 6"),
        ([SMALL, "--variants", "no.toml"], "no.toml: file: expected valid TOML"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_one_sentence(words, says, command, tmp_path):
    for name, text in {"empty": "", "bare": "target_bn = 6", "no": "[["}.items():
        (tmp_path / f"{name}.toml").write_text(text)
    code, text, faults = command("compare", *words, "--runs", "10")
    assert (code, text, faults.count("\n")) == (2, "", 1)
    assert re.match(says, faults), faults


# --------------------------------------------------------------------------------------------------------------------
# abm levers, abm who


def test_levers_are_those_of_the_analysis_the_best_first(command):
    code, text, faults = command("levers", SMALL, "conditions.lead", "price", "--runs", "2000", "--json")
    assert (code, faults) == (0, "")
    rows = json.loads(text)["levers"]
    table = measure_gains(SMALL, ["conditions.lead", "price"], 2_000)
    assert [row["lever"] for row in rows] == ["conditions.lead", "price"] == table["lever"].tolist()
    assert [row["change"] for row in rows] == table["change"].tolist()
    assert rows[0]["low"] < WITHOUT - CLOSES < rows[0]["high"]
    text = command("levers", SMALL, "conditions.lead", "price", "--runs", "2000")[1]
    assert "all conditions of Lead Capital are dropped [conditions.lead]\n  +" in text
    assert "What does not stand out of its own error: the price is cut by 10 %." in text
    code, text, faults = command("levers", SMALL, "zebra")
    assert (code, text, faults.count("\n")) == (2, "", 1)
    assert "expected a lever out of price," in faults


def test_who_is_necessary_has_an_equal_part_and_who_cannot_matter_has_none(command):
    """Lead, fund and consent are all needed, so each has a third; with the other two the sovereign cannot fill 8."""
    code, text, faults = command("who", SMALL, "--runs", "2000", "--json")
    assert (code, faults) == (0, "")
    answer = json.loads(text)
    assert near(answer["total"]["p"], CLOSES, 2_000)
    parts = {one["id"]: one["shapley"] for one in answer["players"]}
    assert parts.pop("swf") == 0.0
    assert list(parts.values()) == pytest.approx([answer["total"]["p"] / 3] * 3)
    assert [one["shapley"] for one in answer["players"]] == shapley_values(SMALL, 2_000).table["shapley"].tolist()
    text = command("who", SMALL, "--runs", "200", "--set", "investors.lead=bound")[1]
    assert "Follow Ventures" in text
    assert "200 runs, seed 1" in text
    code, text, faults = command("who", SMALL, "--event", "funded > 1", "--runs", "20")
    assert (code, text, faults.count("\n")) == (2, "", 1)
