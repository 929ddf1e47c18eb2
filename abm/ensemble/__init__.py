"""Engine 2, to be fast: the same rules over records, compiled."""

from abm.ensemble.world import World, world_of

__all__ = ["World", "world_of"]
