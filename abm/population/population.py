"""Population: a scenario as records, with biases that make its inclinations true."""

from __future__ import annotations

from abm.population.calibration import set_biases
from abm.population.layout import Population, records_of
from abm.scenario import Scenario


def prepare(scenario: Scenario) -> Population:
    """Turn a scenario into records, once for all its runs, with biases that make its inclinations true.

    Raises
    ------
    ScenarioError
        Where an inclination cannot be reached by the investor that has it.

    Examples
    --------
    >>> import abm
    >>> prepare(abm.load_scenario("three-investors")).ids
    ('lead', 'fund', 'swf')
    """
    population = records_of(scenario)
    known = scenario.baseline.known
    if scenario.baseline is scenario:
        base = population
    else:
        base = known["records"] = known.get("records") or records_of(scenario.baseline)
    set_biases(scenario, population, base)
    return population
