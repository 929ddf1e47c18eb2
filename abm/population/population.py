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
    set_biases(scenario, population, records_of_baseline(scenario, population))
    return population


def records_of_baseline(scenario: Scenario, population: Population) -> Population:
    """Return the records of the file as it was written, in which inclinations are true."""
    if scenario.baseline is scenario:
        return population
    known = scenario.baseline.known
    base: Population = known.get("records") or records_of(scenario.baseline)
    known["records"] = base
    return base
