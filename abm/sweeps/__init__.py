"""Sweeps: many points of a scenario, kept safe, each with as many runs as its answer needs."""

from abm.faults import StoreError
from abm.sweeps.carry_out import resume, sweep
from abm.sweeps.design import Axis, Design
from abm.sweeps.store import BusyError
from abm.sweeps.study import Layers, Study

__all__ = ["Axis", "BusyError", "Design", "Layers", "StoreError", "Study", "resume", "sweep"]
