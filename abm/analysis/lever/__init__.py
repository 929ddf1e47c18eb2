"""Levers: what can be changed about a round, kind by kind."""

from abm.analysis.lever.lever import Changes, Lever, switch

__all__ = ["Changes", "Lever", "switch"]
