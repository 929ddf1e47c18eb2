"""Market files: what they may say, every fault in one sentence, and what the command line makes of them."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import jsonschema
import pandas as pd
import pytest
import tomli_w

import abm
from abm.scenario.market_tables import MarketTables, market_schema
from tests.worlds import day, signer, world

PAGE = (Path(__file__).parent.parent / "docs" / "market.md").read_text("utf-8")


def tables() -> dict:
    return {
        "format": 1,
        "id": "two",
        "title": "Two companies",
        "companies": [{"id": "a", "scenario": "a.toml"}, {"id": "b", "scenario": "b.toml"}],
        "shared": [{"id": "anna", "companies": ["a", "b"], "dry_powder_bn": 2.0}],
    }


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A folder with the scenarios of two companies; what writes a market beside them."""
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b"):
        raw = world([signer("anna", 1.0, 0.5), signer("ben", 1.0, 0.9)], target_bn=2.0) | {"id": name}
        Path(f"{name}.toml").write_text(tomli_w.dumps(raw), "utf-8")

    def write(raw: dict) -> str:
        Path("market.toml").write_text(tomli_w.dumps(raw), "utf-8")
        return "market.toml"

    return write


def changed(key: str, value: object) -> dict:
    raw = tables()
    node: object = raw
    *way, last = key.split("/")
    for step in way:
        node = node[int(step)] if isinstance(node, list) else node.setdefault(step, {})
    if value is None:
        del node[last]
    else:
        node[int(last) if isinstance(node, list) else last] = value
    return raw


FAULTS = {
    "an unknown key": ("shared/0/slot", 1, "shared.anna.slot: unknown key (did you mean 'slots'?)"),
    "another format": ("format", 2, "format: expected 1, got 2"),
    "no companies": ("companies", [], "companies: expected 1 to 16 companies, got 0"),
    "a company twice": ("companies/1/id", "a", "companies: expected every id once, got 'a' 2 times"),
    "a company with the name of a key": (
        "companies/1/id", "shared", "companies: expected no company called market, shared or companies, got 'shared'",
    ),
    "a company that is not there": (
        "shared/0/companies", ["a", "c"], "shared.anna.companies: expected companies of this file, got 'c'",
    ),
    "one company alone": (
        "shared/0/companies", ["a"], "shared.anna.companies: expected at least two companies that share him, got 1",
    ),
    "neither list nor table": (
        "shared/0/companies", 3, "shared.anna.companies: expected a list of companies, or a table "
        "{ company = \"his id there\" }, got 3",
    ),
    "somebody who is not there": (
        "shared/0/companies", {"a": "anna", "b": "bem"},
        "shared.anna.companies.b: expected an investor with a name of that scenario (did you mean 'ben'?), got 'bem'",
    ),
    "no purse": ("shared/0/dry_powder_bn", None, "shared.anna.dry_powder_bn: this key is required and missing"),
    "a purse below zero": (
        "shared/0/dry_powder_bn", -1.0,
        "shared.anna.dry_powder_bn: expected a number from 0.000001 to 10000 USD billion, got -1.0",
    ),
    "a range": (
        "shared/0/dry_powder_bn", {"value": 2.0, "low": 1.0, "high": 3.0},
        "shared.anna.dry_powder_bn: expected a number without a range: a market draws none of its own, got 2",
    ),
    "half a slot": ("shared/0/slots", 0.5, "shared.anna.slots: expected a whole number from 1 to 100 1/week, got 0.5"),
    "a correlation above one": (
        "market/mood_correlation", 1.5, "market.mood_correlation: expected a number from 0 to 1, got 1.5",
    ),
    "an end of what never begins": (
        "shared/0/exclusive_until", day(10), "shared.anna.exclusive_until: expected exclusive = true beside it",
    ),
    "a file that is not there": (
        "companies/1/scenario", "c.toml", "c.toml: file: expected a readable TOML file, got no such file or directory",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_gets_one_sentence_with_file_key_and_what_was_expected(files, fault):
    key, value, says = FAULTS[fault]
    with pytest.raises(abm.ScenarioError) as refused:
        abm.load_market(files(changed(key, value)))
    assert str(refused.value).removeprefix("market.toml: ").splitlines()[0] == says


def test_what_the_companies_files_contradict_is_said(files):
    late = world([signer("anna", 1.0)]) | {"as_of": day(1), "id": "late"}
    Path("b.toml").write_text(tomli_w.dumps(late), "utf-8")
    with pytest.raises(
        abm.ScenarioError, match=r"companies\.b\.scenario: expected a scenario as of 2025-07-28, as the f"
    ):
        abm.load_market(files(tables()))
    signed = world([signer("anna", 1.5) | {"signed_at_start": True}]) | {"id": "b"}
    del signed["investors"][0]["signing_probability"]
    for name in ("a", "b"):
        Path(f"{name}.toml").write_text(tomli_w.dumps(signed), "utf-8")
    with pytest.raises(abm.ScenarioError, match="dry_powder_bn: expected at least the 3 that he has signed for at the"):
        abm.load_market(files(tables()))
    with pytest.raises(abm.ScenarioError, match="exclusive: expected at most one signature at the start, got a and b"):
        abm.load_market(files(changed("shared/0/exclusive", True) | {}))


def test_one_person_cannot_be_shared_twice(files):
    raw = tables()
    raw["shared"].append({"id": "again", "companies": {"a": "anna", "b": "ben"}, "dry_powder_bn": 1.0})
    with pytest.raises(abm.ScenarioError, match="shared: expected every investor of 'a' once, got 'anna' 2 times"):
        abm.load_market(files(raw))


def test_he_may_be_called_otherwise_in_each_company(files):
    market = abm.load_market(files(changed("shared/0/companies", {"a": "anna", "b": "ben"})))
    assert [market.shared[0].id_in(name) for name in market.ids] == ["anna", "ben"]


def test_the_schema_takes_what_is_taken_and_says_what_each_key_is(files):
    schema = market_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    valid = jsonschema.Draft202012Validator(schema)
    packaged = tomllib.loads(Path(abm.__file__).parent.joinpath("markets", "ai-race-2025.toml").read_text("utf-8"))
    assert list(valid.iter_errors(packaged)) == []
    assert list(valid.iter_errors(tables())) == []
    assert list(valid.iter_errors(changed("shared/0/companies", {"a": "anna", "b": "ben"}))) == []
    for fault in ("an unknown key", "no purse", "a purse below zero", "neither list nor table", "another format"):
        assert list(valid.iter_errors(changed(*FAULTS[fault][:2]))), fault


def keys_of(table: type, path: str = "") -> list[str]:
    found = []
    for name, field in table.model_fields.items():
        inner = [one for one in (field.annotation, *getattr(field.annotation, "__args__", ())) if isinstance(one, type)]
        sections = [one for one in inner if hasattr(one, "model_fields")]
        found += [f"{path}{name}", *(key for one in sections for key in keys_of(one, f"{path}{name}."))]
    return found


def test_every_key_stands_on_the_page_with_its_range():
    named = set(re.findall(r"`([\w.]+)`", PAGE.split("## Every key")[1].split("\n## ")[0]))
    assert set(keys_of(MarketTables)) - {"market"} <= named
    assert "USD billion, 0.000001 to 10,000" in PAGE


# --------------------------------------------------------------------------------------------------------------------
# Changes, and parts


def test_values_are_changed_by_path_in_the_market_and_in_its_companies(files):
    market = abm.load_market(files(tables()))
    changes = {"shared.anna.slots": 1, "market.mood_correlation": 0.5, "b.round.target_bn": 1.5}
    other = market.with_values(changes)
    assert (other.shared[0].slots, other.mood_correlation) == (1.0, 0.5)
    assert [float(one.round.target_bn) for one in other.scenarios.values()] == [2.0, 1.5]
    assert other.digest != market.digest
    assert market.with_values({}).digest == market.digest
    with pytest.raises(abm.ScenarioError, match=r"b\.toml: round\.target: unknown key"):
        market.with_values({"b.round.target": 1.5})
    with pytest.raises(abm.ScenarioError, match=r"market\.toml: shared\.bert\.slots: expected an id or a position"):
        market.with_values({"shared.bert.slots": 1})


def test_companies_that_are_not_there_cannot_be_left_out(files):
    market = abm.load_market(files(tables()))
    assert market.without("b").ids == market.only("a").ids == ("a",)
    assert [who.id for who in market.only("a").shared] == ["anna"]  # his purse is his purse whoever asks
    with pytest.raises(ValueError, match="expected companies of two"):
        market.without("c")
    with pytest.raises(ValueError, match="expected to leave at least one company"):
        market.without("a", "b")


# --------------------------------------------------------------------------------------------------------------------
# The command line


def test_run_tells_each_company_and_who_gives_what(files, command):
    file = files(tables())
    code, text, faults = command("run", file, "--runs", "400", "--event", "closed.a or closed.b")
    assert (code, faults) == (0, "")
    outcomes = abm.simulate_market(file, runs=400, seed=1)
    for name in ("a", "b"):
        assert f"{100 * outcomes[name].probability('closed').p:.1f}%" in text
    assert "closed.a or closed.b" in text
    assert re.search(r"^  anna +2\.00  a +0\.", text, re.MULTILINE)


def test_json_is_one_object_with_the_same_numbers(files, command):
    file = files(tables())
    code, text, _ = command("run", file, "--runs", "300", "--json", "--event", "companies_closed > 0")
    told, outcomes = json.loads(text), abm.simulate_market(file, runs=300, seed=1)
    assert code == 0
    assert [one["closed"]["p"] for one in told["companies"]] == [
        one.probability("closed").p for one in outcomes.companies.values()
    ]
    assert sum(one["p"] for one in told["companies_closed"].values()) == pytest.approx(1.0)
    assert told["probability"]["p"] == outcomes.probability("companies_closed > 0").p
    frame = outcomes.to_frame()
    assert [one["mean_bn"] for one in told["given"]] == pytest.approx(
        [frame["paid_bn.anna.a"].mean(), frame["paid_bn.anna.b"].mean()]
    )


def test_out_keeps_the_runs_of_all_and_of_each(files, command):
    file = files(tables())
    assert command("run", file, "--runs", "100", "--out", "kept")[0] == 0
    outcomes = abm.simulate_market(file, runs=100, seed=1)
    assert sorted(path.name for path in Path("kept").iterdir()) == [
        "a.parquet", "b.parquet", "manifest.json", "outcomes.parquet",
    ]  # fmt: skip
    pd.testing.assert_frame_equal(pd.read_parquet("kept/outcomes.parquet"), outcomes.to_frame())
    manifest = json.loads(Path("kept/manifest.json").read_text("utf-8"))
    assert manifest["market_sha256"] == abm.load_market(file).digest
    assert manifest["seeds"] == outcomes.market.seeds(1)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--by", "2025-10-01"], "--by: expected a scenario of one company, got a market"),
        (["--within", "0.1"], "--within: expected a scenario of one company, got a market"),
        (["--event", "closed.c"], "--event: expected a condition on the columns of the outcomes, got 'closed.c'"),
        (["--set", "shared.anna.slot=1"], "market.toml: shared.anna.slot: unknown key"),
        (["--set", "a.round.target_bn=-1"], "a.toml: round.target_bn: expected a number"),
    ],
)
def test_what_makes_no_sense_ends_in_one_sentence_and_exit_2(files, command, arguments, says):
    code, text, faults = command("run", files(tables()), *arguments)
    assert (code, text) == (2, "")
    assert faults.startswith(says)
    assert faults.count("\n") == 1


def test_check_looks_at_a_market_and_at_its_companies(files, command):
    assert command("check", files(tables())) == (0, "market.toml: sound (companies: 2, shared investors: 1)\n", "")
    code, _, faults = command("check", files(changed("shared/0/slot", 1)))
    assert (code, faults) == (2, "market.toml: shared.anna.slot: unknown key (did you mean 'slots'?)\n")


def test_a_market_is_told_from_a_scenario_where_only_that_is_taken(files, command):
    for asked in ("explain", "report"):
        code, text, faults = command(asked, files(tables()))
        assert (code, text) == (2, "")
        assert (
            faults == "market.toml: scenario: expected a scenario of one company, got a market, which abm run takes\n"
        )
    faults = command("explain", "ai-race-2025")[2]
    assert faults == "ai-race-2025: scenario: expected a scenario of one company, got a market, which abm run takes\n"


def test_provenance_says_where_the_numbers_of_a_market_come_from(command):
    code, text, _ = command("provenance", "ai-race-2025", "--json")
    rows = {row["parameter"]: row for row in json.loads(text)}
    assert code == 0
    assert rows["shared.mgx.dry_powder_bn"]["value"] == "5"
    assert all(row["source"] for row in rows.values())
    assert {row["grade"] for row in rows.values()} == {"judgement", "assumption"}


def test_the_packaged_race_is_as_of_one_day_and_every_number_has_a_source():
    race = abm.load_market("ai-race-2025")
    assert {str(one.as_of) for one in race.scenarios.values()} == {"2025-07-28"}
    raw = tomllib.loads(Path(abm.__file__).parent.joinpath("markets", "ai-race-2025.toml").read_text("utf-8"))
    for who in raw["shared"]:
        for key in ("dry_powder_bn", "slots"):
            assert key not in who or {"source", "grade"} <= set(who[key]), (who["id"], key)
    for who in race.shared:  # no purse binds where one company alone asks
        for name in who.companies:
            table = next(one for one in race.scenarios[name].investors if one.id == who.id_in(name))
            assert who.dry_powder_bn >= table.max_ticket_bn.high, (who.id, name)
