"""Uncompiled: the views of a run where nothing is compiled, with the names of ``views`` and their meaning."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.ensemble.lanes import LANED, SHARED_OF


def _array(address: int, layout: np.dtype[Any], length: int) -> NDArray[Any]:
    """Find an array by its address."""
    layout = np.dtype(layout)
    memory: Any = (ctypes.c_char * (layout.itemsize * length)).from_address(address)
    return np.frombuffer(memory, layout).view(np.recarray if layout.names else np.ndarray)


def column(name: str, layout: np.dtype[Any], own: bool) -> Callable[[Any], Any]:
    """As ``memory.column``."""

    def read(run: PlainRun) -> Any:
        length = int(run.block[f"{name}_n"])
        start = int(run.block[f"{name}_at"]) + (run.lane * int(run.block["own_step"]) if own else 0)
        return _array(start, layout, length)

    return read


class PlainRows:
    """All rows of a table in one run."""

    def __init__(self, table: str, run: PlainRun) -> None:
        block, laned = run.block, LANED.get(table)
        self._lane, self._fields = run.lane, list(laned.fields) if laned else []
        self._kinds = laned.fields if laned else {}
        self._shared: Any = None
        if laned:
            count, lanes = int(block[f"{table}_n"]), int(block["lanes"])
            words = _array(int(block[f"{table}_at"]), np.dtype(np.int64), count * len(self._fields) * lanes)
            self._words = words.reshape(len(self._fields), count, lanes)
            self.shape = (count,)
        if table in (block.dtype.names or ()):
            self._shared = _array(int(block["here"]) + block.dtype.fields[table][1], SHARED_OF[table], 1)
        elif table in SHARED_OF:
            self.shape = (int(block[f"{table}_shared_n"]),)
            self._shared = _array(int(block[f"{table}_shared_at"]), SHARED_OF[table], self.shape[0])

    def __getitem__(self, index: int) -> PlainView:
        return PlainView(self, int(index))

    def _column(self, name: str) -> NDArray[Any]:
        if name in self._kinds:
            words = self._words[self._fields.index(name)]
            return (words.view(np.float64) if self._kinds[name].kind == "f" else words)[:, self._lane]
        return self._shared[name]

    def __getattr__(self, name: str) -> NDArray[Any]:
        return self._column(name)


class PlainView:
    """One row of a table in one run."""

    __slots__ = ("_index", "_rows")

    def __init__(self, rows: PlainRows, index: int) -> None:
        object.__setattr__(self, "_rows", rows)
        object.__setattr__(self, "_index", index)

    def __getattr__(self, name: str) -> Any:
        found = self._rows._column(name)[self._index]
        kinds = self._rows._kinds
        return bool(found) if name in kinds and kinds[name].kind == "b" else found

    def __setattr__(self, name: str, value: Any) -> None:
        self._rows._column(name)[self._index] = value


class PlainRun:
    """A block, and the lane of one of its runs."""

    __slots__ = ("block", "lane")

    def __init__(self, block: Any, lane: int) -> None:
        object.__setattr__(self, "block", block)
        object.__setattr__(self, "lane", int(lane))

    def __getattr__(self, name: str) -> Any:
        if name in LANED or (name in SHARED_OF and name in self.block.dtype.names):
            return PlainRows(name, self)[0]
        return getattr(self.block, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.block, name, value)


def rows_of(table: str) -> Callable[[PlainRun], PlainRows]:
    """As ``views.rows_of``."""
    return lambda run: PlainRows(table, run)


def at(block: Any, lane: int) -> PlainRun:
    """As ``views.at``; a run of the same block leads to another, too."""
    return PlainRun(block.block if isinstance(block, PlainRun) else block, lane)
