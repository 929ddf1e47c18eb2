"""Ensemble: the engine to be fast, the same rules in the same weeks compiled, over many runs side by side."""

from abm.ensemble.engine import Ensemble

__all__ = ["Ensemble"]
