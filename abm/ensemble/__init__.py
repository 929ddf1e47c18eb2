"""Ensemble: the engine to be fast, the same rules in the same weeks over records, compiled."""

from abm.ensemble.engine import Ensemble

__all__ = ["Ensemble"]
