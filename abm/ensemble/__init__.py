"""Engine 2, to be fast: the same rules over records, compiled."""

from abm.ensemble.engine import Ensemble

__all__ = ["Ensemble"]
