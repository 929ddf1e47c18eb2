"""Old names of public things, which work for one more release and say so."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Mapping
from typing import Any


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
            f"{module}.{name} is called {names[name]} now; the old name goes with the next release",
            DeprecationWarning,
            stacklevel=2,
        )
        return getattr(importlib.import_module(module), names[name])

    return attribute
