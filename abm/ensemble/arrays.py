"""Arrays: how compiled code reaches each array of a world, ``arrays.traits(world)``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from abm.core.records import Record
from abm.ensemble.memory import column
from abm.ensemble.world import ARRAYS

if TYPE_CHECKING:

    def __getattr__(name: str) -> Callable[[Record], Any]:
        """One accessor for each of ``ARRAYS``, by its name."""

else:
    # Compiled code finds a function in a module, but not in a dictionary: so each becomes a global of this one.
    globals().update({name: column(name, layout) for name, layout in ARRAYS.items()})
