"""Repacking: runs in which something can still happen move to the front, so that nobody looks at the others."""

from __future__ import annotations

from typing import Any

from abm.core.jit import folded, lean
from abm.ensemble import arrays
from abm.ensemble.arrays import at
from abm.ensemble.lanes import VECTOR
from abm.ensemble.memory import far

_OPEN, _RUNNING, _OVER = range(3)


@folded
def whole(lanes: int) -> int:
    """Round lanes up to whole vectors, so that a loop over them has no rest to do one by one.

    Lanes that are looked at without need are of silent runs, or of none: a loop over whole vectors leaves what counts
    of those as it is.

    Examples
    --------
    >>> whole(0), whole(1), whole(64)
    (0, 8, 64)
    """
    return (lanes + VECTOR - 1) & -VECTOR


@lean
def at_once(done: int, count: int, lanes: int) -> int:
    """How many of the runs that are left to take side by side, so that blocks are of about the same size.

    Examples
    --------
    >>> at_once(0, 100, 64), at_once(50, 100, 64), at_once(0, 3, 64)
    (50, 50, 3)
    """
    left = count - done
    blocks = (left + lanes - 1) // lanes
    return (left + blocks - 1) // blocks


@lean
def repack_if_worth_it(block: Any) -> None:
    """Repack once a quarter of the lanes that are looked at has fallen silent."""
    n_open = n_running = 0
    for r in range(block.n_running):
        n_open += at(block, r).round_state.open
        n_running += at(block, r).round_state.running
    if n_open == 0 and n_running == block.n_running:
        block.n_open = 0
    elif 4 * n_open < 3 * block.n_open or 4 * n_running < 3 * block.n_running:
        repack(block)


@far
@lean
def repack(block: Any) -> None:
    """Put first the runs whose round is open, then those that go on without one."""
    n_open = _bring_forward(block, 0, _OPEN)
    block.n_running = _bring_forward(block, n_open, _RUNNING)
    block.n_open = n_open


@lean
def _stage_of(run: Any) -> int:
    if not run.round_state.running:
        return _OVER
    return _OPEN if run.round_state.open else _RUNNING


@lean
def _bring_forward(block: Any, first: int, stage: int) -> int:
    """Move the runs of a stage to the front of the lanes from ``first`` on; where they end."""
    front, back = first, block.n_running - 1
    while front <= back:
        if _stage_of(at(block, front)) == stage:
            front += 1
        elif _stage_of(at(block, back)) != stage:
            back -= 1
        else:
            _change_places(block, front, back)
    return front


@lean
def _change_places(block: Any, one: int, other: int) -> None:
    words, lanes = arrays.words(block), block.lanes
    for first in range(0, words.shape[0], lanes):
        words[first + one], words[first + other] = words[first + other], words[first + one]
    _swap_own(block, one, other)


@lean
def _swap_own(block: Any, one: int, other: int) -> None:
    """Exchange the arrays of two runs, byte by byte."""
    bytes_, first, second = arrays.own(at(block, 0)), arrays.own(at(block, one)), arrays.own(at(block, other))
    for k in range(bytes_.shape[0]):
        first[k], second[k] = second[k], first[k]
