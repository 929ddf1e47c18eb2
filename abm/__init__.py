"""abm: will a large, conditional funding round close, who decides it, why does it fail, what would change it?"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from abm.core import version

if TYPE_CHECKING:
    from abm.agents import Company, FundingModel, Gatekeeper, Investor
    from abm.agents.several import MarketModel
    from abm.analysis.comparison import Comparison, compare
    from abm.core.errors import ScenarioError
    from abm.population.commitment_book import BookClosing, CommitmentBook, close_book
    from abm.runs.collecting import weekly
    from abm.runs.markets import MarketOutcomes, simulate_market
    from abm.runs.outcomes import Batch, Estimate, Event, Outcomes, Totals, Trace
    from abm.runs.simulation import batches, simulate
    from abm.scenario import Scenario, load_scenario, packaged, scenario_from
    from abm.scenario.market_file import FundingMarket, load_market, market_from, packaged_markets
    from abm.sweeps import Design, StoreError, Study, resume, sweep

# Names are imported when they are first used: `import abm` and `abm --help` stay fast.
_HOMES = {
    "Company": "abm.agents",
    "FundingModel": "abm.agents",
    "Gatekeeper": "abm.agents",
    "Investor": "abm.agents",
    "MarketModel": "abm.agents.several",
    "MarketOutcomes": "abm.runs.markets",
    "simulate_market": "abm.runs.markets",
    "FundingMarket": "abm.scenario.market_file",
    "load_market": "abm.scenario.market_file",
    "market_from": "abm.scenario.market_file",
    "packaged_markets": "abm.scenario.market_file",
    "Comparison": "abm.analysis.comparison",
    "compare": "abm.analysis.comparison",
    "Batch": "abm.runs.outcomes",
    "Estimate": "abm.runs.outcomes",
    "Event": "abm.runs.outcomes",
    "Outcomes": "abm.runs.outcomes",
    "Totals": "abm.runs.outcomes",
    "Trace": "abm.runs.outcomes",
    "Scenario": "abm.scenario",
    "ScenarioError": "abm.core.errors",
    "load_scenario": "abm.scenario",
    "packaged": "abm.scenario",
    "scenario_from": "abm.scenario",
    "batches": "abm.runs.simulation",
    "weekly": "abm.runs.collecting",
    "simulate": "abm.runs.simulation",
    "BookClosing": "abm.population.commitment_book",
    "CommitmentBook": "abm.population.commitment_book",
    "close_book": "abm.population.commitment_book",
    "Design": "abm.sweeps",
    "Study": "abm.sweeps",
    "StoreError": "abm.core.errors",
    "resume": "abm.sweeps",
    "sweep": "abm.sweeps",
}

__all__ = [
    "Batch",
    "BookClosing",
    "CommitmentBook",
    "Company",
    "Comparison",
    "Design",
    "Estimate",
    "Event",
    "FundingMarket",
    "FundingModel",
    "Gatekeeper",
    "Investor",
    "MarketModel",
    "MarketOutcomes",
    "Outcomes",
    "Scenario",
    "ScenarioError",
    "StoreError",
    "Study",
    "Totals",
    "Trace",
    "batches",
    "close_book",
    "compare",
    "load_market",
    "load_scenario",
    "market_from",
    "packaged",
    "packaged_markets",
    "resume",
    "scenario_from",
    "simulate",
    "simulate_market",
    "sweep",
    "weekly",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'abm' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


__version__ = version.VERSION
