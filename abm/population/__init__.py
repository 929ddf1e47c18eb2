"""Population: from a scenario to the arrays in which its runs start."""

from abm.population.layout import Population
from abm.population.mutual import circles
from abm.population.population import prepare

__all__ = ["Population", "circles", "prepare"]
