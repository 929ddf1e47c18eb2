"""Lever: one lever, and the kinds there are; a round is searched for them in ``levers.py``."""

from abm.analysis.lever.lever import Changes, Lever, switch

__all__ = ["Changes", "Lever", "switch"]
