"""Population: from a scenario to the arrays in which its runs start."""

from abm.population.layout import Population
from abm.population.mutual import circles
from abm.population.population import prepare
from abm.population.unknowns import Unknowns, population_of, unknowns_of

__all__ = ["Population", "Unknowns", "circles", "population_of", "prepare", "unknowns_of"]
