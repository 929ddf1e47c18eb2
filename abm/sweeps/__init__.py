"""Sweeps: many points of a scenario, kept safe, each with as many runs as its answer needs."""

from abm.core.errors import StoreError
from abm.runs.layers import Layers
from abm.sweeps.axis import Axis
from abm.sweeps.design import Design
from abm.sweeps.run_sweep import resume, sweep
from abm.sweeps.store import BusyError
from abm.sweeps.study import Study

__all__ = ["Axis", "BusyError", "Design", "Layers", "StoreError", "Study", "resume", "sweep"]
