"""Schema and knobs: what an editor knows about a scenario file, and what every number says of itself."""

from __future__ import annotations

import copy
import datetime as dt
import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from pydantic.fields import FieldInfo

import abm
from abm.core.plain import plain
from abm.rules.conditions import CONDITIONS
from abm.scenario import Scenario, defaults, investor_tables, json_schema, schema
from abm.scenario.fields import KINDS, Knob, Section, title_of
from tests.breaks import KEYS, NAMES, TABLES, break_it
from tests.worlds import bound, world

SCHEMA = json_schema()
UNITS = {
    "-",
    "days",
    "weeks",
    "months",
    "years",
    "1/week",
    "1/year",
    "1/sqrt(year)",
    "USD billion",
    "USD billion/year",
    "USD billion/sqrt(year)",
    "log-points",
    "1/log-points^2",
    "multiple",
    "share of target",
}
#: What JSON Schema cannot say (order, one key that needs another), or has no form for (dates are text there).
BEYOND = {
    "date as text",
    "condition: date as text",
    "date with a time",
    "low without high",
    "low above high",
    "value above high",
    "law the wrong way round",
    "ladder ascending",
    "ladder with a flat step",
    "path out of order",
    "path with a day twice",
    "path with text",
    "nan",
    "condition: amount nan",
}


def in_json(value: Any) -> Any:
    """Tables as an editor hands them to a schema: dates are text."""
    if isinstance(value, dict):
        return {key: in_json(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [in_json(inner) for inner in value]
    return value.isoformat() if isinstance(value, (dt.date, dt.time)) else value


def complaints(tables: dict[str, Any]) -> list[str]:
    checker = Draft202012Validator(SCHEMA, format_checker=FormatChecker())
    return [error.message for error in checker.iter_errors(in_json(tables))]


def sections() -> dict[str, type[Section]]:
    known = [thing for thing in {**vars(schema), **vars(investor_tables)}.values() if isinstance(thing, type)]
    found = [thing for thing in known if issubclass(thing, Section) and thing is not schema.Tables]
    return {title_of(thing.__name__): thing for thing in [*found, Scenario]}


KNOBS = [
    pytest.param(title, field.alias or name, field, knob, id=f"{title}.{name}")
    for title, section in sections().items()
    for name, field in section.model_fields.items()
    for knob in field.metadata
    if isinstance(knob, Knob)
]


# --------------------------------------------------------------------------------------------------------------------
# The schema


def test_the_schema_is_valid_and_says_which_draft_it_is():
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert json.loads(json.dumps(SCHEMA, allow_nan=False)) == SCHEMA
    assert SCHEMA["additionalProperties"] is False
    assert {"format", "id", "title", "as_of", "round"} == set(SCHEMA["required"])


@pytest.mark.parametrize("name", NAMES)
def test_the_schema_accepts_the_packaged_scenarios(name):
    assert complaints(TABLES[name]) == []


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=case.what) for case in KEYS if case.what not in BEYOND],
)
def test_the_schema_refuses_what_is_wrong_with_a_single_key(case):
    tables = copy.deepcopy(TABLES["three-investors"])
    break_it(tables, case)
    assert complaints(tables)


@pytest.mark.parametrize("title", sections())
def test_every_table_has_a_description_and_is_closed(title):
    schema = SCHEMA if title == "Scenario" else SCHEMA["$defs"].get(title)
    if schema is None:
        assert title in ("Traits", "Paper", "Section")  # parts of investors and pools
        return
    assert schema["additionalProperties"] is False
    assert schema["description"].endswith(".")


def test_every_kind_of_condition_is_in_the_schema_with_its_meaning():
    forms = SCHEMA["$defs"]["Investor"]["properties"]["conditions"]["items"]["items"]["anyOf"]
    assert [next(iter(form["properties"])) for form in forms] == list(CONDITIONS)
    assert all(form["description"].startswith("Hold ") and form["description"].endswith(".") for form in forms)


# --------------------------------------------------------------------------------------------------------------------
# The knobs


@pytest.mark.parametrize(("title", "name", "field", "knob"), KNOBS)
def test_every_knob_has_a_unit_a_range_around_its_default_and_a_meaning(title, name, field: FieldInfo, knob: Knob):
    assert knob.unit in UNITS
    assert knob.low < knob.high
    default = field.default
    if isinstance(default, tuple) and default:  # a path
        default = default[0][1]
    if isinstance(default, (int, float)):
        assert knob.low <= default <= knob.high
        assert not knob.whole or default == int(default)
    assert re.match(r"[A-Z0-9].*[^. ]$", knob.doc)  # a sentence without its full stop: the unit follows
    assert knob.source


@pytest.mark.parametrize(("title", "name", "field", "knob"), KNOBS)
def test_the_schema_describes_every_knob_with_unit_and_range(title, name, field: FieldInfo, knob: Knob):
    section = SCHEMA if title == "Scenario" else SCHEMA["$defs"]["Investor" if title in ("Traits", "Paper") else title]
    described = section["properties"][name]
    assert described["description"] == f"{knob.doc} [{knob.unit}; {plain(knob.low)} to {knob.high:g}]"
    number = described["anyOf"][0]
    assert (number["minimum"], number["maximum"]) == (knob.low, knob.high)
    assert number["type"] == ("integer" if knob.whole else "number")


UNIT_IN_NAME = {  # the longest ending counts
    "volatility_bn": "USD billion/sqrt(year)",
    "bn_per_year": "USD billion/year",
    "_bn": "USD billion",
    "_per_week": "1/week",
    "_per_year": "1/year",
    "_days": "days",
    "_weeks": "weeks",
    "_months": "months",
    "_years": "years",
    "_probability": "-",
    "needed_share": "share of target",
    "_share": "-",
}


def test_the_unit_in_a_name_is_the_unit_of_the_knob():
    found = set()
    for _, name, _, knob in (knob.values for knob in KNOBS):
        ending = next((ending for ending in UNIT_IN_NAME if name.endswith(ending)), None)
        if ending is not None:
            assert knob.unit == UNIT_IN_NAME[ending], name
            found.add(ending)
    assert found == set(UNIT_IN_NAME)


def test_every_kind_of_investor_has_its_traits_and_each_lies_within_its_knob():
    assert set(defaults.BY_KIND) == set(KINDS)
    fields = investor_tables.InvestorPoolTable.model_fields
    for kind in KINDS:
        for trait in {**defaults.COMMON, **defaults.BY_KIND[kind]}:
            knob = next(mark for mark in fields[trait].metadata if isinstance(mark, Knob))
            value = defaults.trait_default(kind, trait)
            assert value is not None
            assert knob.low <= value <= knob.high, (kind, trait)


def test_every_trait_has_a_default_but_those_that_follow_from_others():
    undecided = {
        trait
        for trait in investor_tables.Traits.model_fields
        if any(defaults.trait_default(kind, trait) is None for kind in KINDS)
    }
    assert undecided == {"dry_powder_bn", "prior_mean_bn"}


@pytest.mark.parametrize(
    ("share", "weights", "sound"),
    [(0.5, {kind: weight}, True) for kind in ("total", "lead", "peers", "sentiment") for weight in (0.1, 1.0)]
    + [(0.5, {}, False), (0.0, {}, True), (1.0, {}, False)],
)
def test_whoever_asks_for_something_needs_one_kind_of_thing_to_ask_for(share, weights, sound):
    nothing = dict.fromkeys(("total", "lead", "peers", "sentiment"), 0.0)
    pool = {"id": "crowd", "count": 3, "kind": "crossover", "max_ticket_bn": 0.5, "conditional_share": share}
    raw = world([bound("a", 1.0)], pools=[pool | {"condition_mix": nothing | weights}])
    if sound:
        assert abm.scenario_from(raw).investor_pools[0].condition_mix.total == weights.get("total", 0.0)
    else:
        with pytest.raises(abm.ScenarioError, match="condition_mix: expected at least one weight above 0"):
            abm.scenario_from(raw)
