"""Lending: named tuples of arrays that compiled code hands on by one pointer, instead of seven words for each array."""

from __future__ import annotations

from typing import Any, TypeVar

from abm.core.code_state import INTERPRETED
from abm.core.waking import Asleep, when_awake

_Tuple = TypeVar("_Tuple", bound=tuple[Any, ...])


def _itself(parts: _Tuple) -> _Tuple:
    """Return a tuple: uncompiled code hands on everything by one pointer."""
    return parts


def _on_the_stack() -> Any:
    from abm.core.lent import on_the_stack

    return on_the_stack


#: Lend a tuple to whatever compiled code is called with it, for the length of the caller's own call.
lend: Any = _itself if INTERPRETED else Asleep(_on_the_stack)


def lent(form: type[_Tuple]) -> type[_Tuple]:
    """Let compiled code take the named tuples of a class by one pointer, whether from Python or from :func:`lend`.

    What is lent must not outlive the call: compiled code neither returns it nor keeps it.
    """
    when_awake(lambda: _lend(form))
    return form


def _lend(form: type[tuple[Any, ...]]) -> None:
    from abm.core.lent import lend_all

    lend_all(form)
