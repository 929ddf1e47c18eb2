"""Old names of public things, which work for one more release and say so."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Mapping
from typing import Any

_LATER = "the old name goes with the next release"


def renamed(module: str, names: Mapping[str, str]) -> Callable[[str], Any]:
    """The ``__getattr__`` of a module some of whose names have changed: the new thing, with a warning.

    Parameters
    ----------
    module
        Full name of the module, its ``__name__``.
    names
        For every old name the new one in the same module.

    Examples
    --------
    At the end of a module whose ``logit`` is called ``expit`` now::

        __getattr__ = renamed(__name__, {"logit": "expit"})
    """

    def attribute(name: str) -> Any:
        if name not in names:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        warnings.warn(
            f"{module}.{name} is called {names[name]} now; {_LATER}",
            DeprecationWarning,
            stacklevel=2,
        )
        return getattr(importlib.import_module(module), names[name])

    return attribute


def renamed_attribute(old: str, new: str) -> Any:
    """An attribute of a class that is called ``new`` now: reading it warns.

    Examples
    --------
    In the body of a class whose ``place`` is called ``index`` now::

        place = renamed_attribute("place", "index")
    """

    def read(thing: object) -> Any:
        warnings.warn(f"{type(thing).__name__}.{old} is called {new} now; {_LATER}", DeprecationWarning, stacklevel=2)
        return getattr(thing, new)

    return property(read)
