"""Scenario: what a file may say about a round; read, checked, changed, and sourced number by number."""

from abm.core.errors import Fault, ScenarioError
from abm.scenario.changes import parse_setting
from abm.scenario.messages import dotted, fault_from
from abm.scenario.scenario import Scenario, json_schema, load_scenario, packaged, scenario_from, scenario_of
from abm.scenario.sources import Provenance, provenance

__all__ = [
    "Fault",
    "Provenance",
    "Scenario",
    "ScenarioError",
    "dotted",
    "fault_from",
    "json_schema",
    "load_scenario",
    "packaged",
    "parse_setting",
    "provenance",
    "scenario_from",
    "scenario_of",
]
