"""Pages: memory that is walked through again and again, in pages as large as the machine has."""

from __future__ import annotations

import math
import mmap
from typing import Any

import numpy as np
from numpy.typing import NDArray

_LARGE = 2**21  # bytes of a large page of x86 and ARM
_WORTH_IT = 2**17  # bytes from which on small pages are too many for a processor to remember where they are


def zeros(shape: int | tuple[int, ...], layout: np.dtype[Any] | type) -> NDArray[Any]:
    """Return zeros as ``numpy.zeros`` does, those of large arrays in large pages where the system has them.

    Parameters
    ----------
    shape
        Lengths [-].
    layout
        Type of an element.

    Returns
    -------
    ndarray
        Zeros; how they lie in memory makes no difference but in time.

    Examples
    --------
    >>> zeros((100_000, 8), float).sum()
    np.float64(0.0)
    """
    kind = np.dtype(layout)
    size = kind.itemsize * math.prod(np.atleast_1d(shape).tolist())
    if size < _WORTH_IT or not hasattr(mmap, "MADV_HUGEPAGE"):
        return np.zeros(shape, kind)
    memory = mmap.mmap(-1, size + _LARGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    try:
        memory.madvise(mmap.MADV_HUGEPAGE)
    except OSError:  # a system that has none
        return np.zeros(shape, kind)
    room = np.frombuffer(memory, np.uint8)
    first = -room.ctypes.data % _LARGE
    return room[first : first + size].view(kind).reshape(shape)


def moved(array: NDArray[Any]) -> NDArray[Any]:
    """Return a copy of an array, laid out as :func:`zeros` would.

    Examples
    --------
    >>> moved(np.arange(3))
    array([0, 1, 2])
    """
    copy = zeros(array.shape, array.dtype)
    copy[...] = array
    return copy
