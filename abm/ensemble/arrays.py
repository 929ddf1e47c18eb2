"""Arrays: how compiled code reaches what a run has, ``arrays.investors(run)[i].mean``, ``arrays.tickets(run)[i]``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from abm.core.code_state import INTERPRETED
from abm.core.waking import Asleep
from abm.ensemble import uncompiled
from abm.ensemble.lanes import ARRAYS, LANED, OWN, SHARED_OF
from abm.ensemble.memory import column


def _view(name: str, *given: Any) -> Any:
    """Something of ``views``, or what it makes of what is given; where nothing is compiled, of ``uncompiled``."""
    if INTERPRETED:
        found = getattr(uncompiled, name)
        return found(*given) if given else found

    def make() -> Any:
        from abm.ensemble import views

        found = getattr(views, name)
        return found(*given) if given else found

    return Asleep(make)


if TYPE_CHECKING:

    def at(block: Any, lane: int) -> Any:
        """Give the run in a lane of a block; a run of the block leads there, too."""

    def __getattr__(name: str) -> Callable[[Any], Any]:
        """One accessor for each table of many rows, and for each array."""

else:
    at = _view("at")
    # Compiled code finds a function in a module, but not in a dictionary: so each becomes a global of this one.
    globals().update({name: _view("rows_of", name) for name in {**LANED, **SHARED_OF}})
    globals().update({name: column(name, layout) for name, layout in ARRAYS.items()})
    globals().update({name: column(name, layout, own=True) for name, layout in OWN.items()})
