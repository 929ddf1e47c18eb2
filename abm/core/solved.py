"""Solved: what has been solved for once is kept for the next start, by everything that it depends on."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from functools import cache
from importlib import metadata
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.core.code_state import code_folder
from abm.core.parsing import PARSING
from abm.core.sealed import read_sealed, write_sealed

_MOST = 4096  # answers of all starts, of which the older half goes when there are more
_MOST_OF_A_START = 512  # so that a long sweep does not drive out what is asked for every day
_WRITTEN = count()


def kept(question: str, given: tuple[bytes | float | str, ...], solve: Callable[[], NDArray[Any]]) -> NDArray[Any]:
    """Return the answer that an earlier start found, or find it, and keep it beside the compiled code.

    Parameters
    ----------
    question
        What is asked, a word or two.
    given
        All that the answer depends on, beside the sources of compiled code.
    solve
        Finds the answer.

    Examples
    --------
    >>> kept("square", (3.0,), lambda: np.array([9.0])).tolist()
    [9.0]
    """
    place = code_folder()
    if place is None:
        return solve()
    path = place / "answers" / _name(question, given)
    if (content := read_sealed(path)) is not None:
        with PARSING:
            found: NDArray[Any] = np.load(io.BytesIO(content), allow_pickle=False)
        return found
    answer = solve()
    _write(path, answer)
    return answer


def _name(question: str, given: tuple[bytes | float | str, ...]) -> str:
    digest = hashlib.sha256(repr((_libraries(), question)).encode())
    for one in given:
        text = one if isinstance(one, bytes) else repr(one).encode()
        digest.update(f"{type(one).__name__} {len(text)} ".encode() + text)
    return f"{question.replace(' ', '_')}_{digest.hexdigest()[:32]}"


@cache
def _libraries() -> tuple[str, ...]:
    """Versions of those who solve."""
    return np.__version__, metadata.version("scipy")


def _write(path: Path, answer: NDArray[Any]) -> None:
    number = next(_WRITTEN)
    if number >= _MOST_OF_A_START:
        return
    if number == 0:
        _forget_old(path.parent)
    content = io.BytesIO()
    np.save(content, answer, allow_pickle=False)
    write_sealed(path, content.getvalue())


def _forget_old(answers: Path) -> None:
    """Drop the older half of the answers where there are too many."""
    try:
        found = sorted(answers.iterdir(), key=lambda path: path.stat().st_mtime)
        for old in found[: len(found) // 2] if len(found) > _MOST else ():
            old.unlink()
    except OSError:  # there are none yet, or another start has just dropped one
        return
