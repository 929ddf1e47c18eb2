"""abm: will a large, conditional funding round close, who decides it, why does it fail, what would change it?"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from abm.agents import Company, FundingModel, Gatekeeper, Investor
    from abm.faults import ScenarioError
    from abm.outcomes import Batch, Estimate, Event, Outcomes, Totals, Trace
    from abm.scenario import Scenario, load_scenario, packaged, scenario_from
    from abm.simulation import batches, simulate
    from abm.standalone import BookClosing, CommitmentBook, close_book
    from abm.sweeps import Design, StoreError, Study, resume, sweep

# Names are imported when they are first used: `import abm` and `abm --help` stay fast.
_HOMES = {
    "Company": "abm.agents",
    "FundingModel": "abm.agents",
    "Gatekeeper": "abm.agents",
    "Investor": "abm.agents",
    "Batch": "abm.outcomes",
    "Estimate": "abm.outcomes",
    "Event": "abm.outcomes",
    "Outcomes": "abm.outcomes",
    "Totals": "abm.outcomes",
    "Trace": "abm.outcomes",
    "Scenario": "abm.scenario",
    "ScenarioError": "abm.faults",
    "load_scenario": "abm.scenario",
    "packaged": "abm.scenario",
    "scenario_from": "abm.scenario",
    "batches": "abm.simulation",
    "simulate": "abm.simulation",
    "BookClosing": "abm.standalone",
    "CommitmentBook": "abm.standalone",
    "close_book": "abm.standalone",
    "Design": "abm.sweeps",
    "Study": "abm.sweeps",
    "StoreError": "abm.faults",
    "resume": "abm.sweeps",
    "sweep": "abm.sweeps",
}

__all__ = [
    "Batch",
    "BookClosing",
    "CommitmentBook",
    "Company",
    "Design",
    "Estimate",
    "Event",
    "FundingModel",
    "Gatekeeper",
    "Investor",
    "Outcomes",
    "Scenario",
    "ScenarioError",
    "StoreError",
    "Study",
    "Totals",
    "Trace",
    "batches",
    "close_book",
    "load_scenario",
    "packaged",
    "resume",
    "scenario_from",
    "simulate",
    "sweep",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'abm' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


__version__ = "0.1.0"
