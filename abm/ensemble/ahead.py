"""Ahead: on the first use after an install, a second process compiles half of the engine."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from abm.core.code_state import code_folder
from abm.core.records import FATE, LUCK, RESULT
from abm.ensemble.block import FAR
from abm.ensemble.kernel import simulate
from abm.ensemble.lanes import BLOCK
from abm.ensemble.memory import address_of

_COMPILE = "from abm.ensemble.ahead import compile_kernel; compile_kernel()"
_STARTED: list[subprocess.Popen[bytes]] = []  # by this process
_THERE: set[Path | None] = set()  # where this process has seen the kernel: every simulation asks


@contextmanager
def without_collector() -> Iterator[None]:
    """Let the garbage collector rest: the first call compiles, and a tenth of that would be searching for garbage."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def compile_kernel() -> None:
    """Compile the kernel, or load it: what it calls through addresses, from the last on, then itself, with no runs.

    Whoever lays out a block compiles what is called through addresses from the first on, and loads what is there.
    """
    with without_collector():
        for function in reversed(FAR.values()):
            address_of(function)
    block = np.zeros(1, BLOCK).view(np.recarray)[0]
    rows, fates = np.zeros(0, RESULT).view(np.recarray), np.zeros((0, 0), FATE).view(np.recarray)
    luck = np.zeros(0, LUCK).view(np.recarray)
    simulate(block, 0, 0, luck, rows, fates, np.zeros((0, 0)))


def is_compiled() -> bool:
    """Whether the cache of these sources and this Python holds the kernel, or nothing is compiled or kept."""
    place = code_folder()
    if place is None:
        return True
    python = f"py{sys.version_info.major}{sys.version_info.minor}"
    return any(place.glob(f"*/kernel.simulate-*.{python}*.nbi"))


def compile_ahead() -> subprocess.Popen[bytes] | None:
    """Start to compile the kernel into the cache, in a process that nobody needs to wait for.

    The caller starts from the other end meanwhile, or prepares a scenario first, for which rules are compiled, too.
    Where this fails, the kernel is compiled when it is called.

    Returns
    -------
    subprocess.Popen or None
        The process, also where it has been started before, or None where there is nothing to do.
    """
    if (place := code_folder()) in _THERE:
        return None
    if is_compiled():
        _THERE.add(place)
        return None
    if not _STARTED or _STARTED[-1].poll() is not None:
        quiet, code = subprocess.DEVNULL, [sys.executable, "-c", _COMPILE]
        _STARTED.append(subprocess.Popen(code, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True))
    return _STARTED[-1]
