"""Ahead: on the first use after an install, a second process compiles half of the engine."""

from __future__ import annotations

import subprocess
import sys

import numpy as np

from abm.core.code_state import code_folder
from abm.core.records import FATE, LUCK, RESULT
from abm.ensemble.block import FAR
from abm.ensemble.kernel import simulate
from abm.ensemble.lanes import BLOCK
from abm.ensemble.memory import address_of

_COMPILE = "import gc; gc.disable(); from abm.ensemble.ahead import compile_kernel; compile_kernel()"


def compile_kernel() -> None:
    """Compile the kernel, or load it: what it calls through addresses, from the last on, then itself, with no runs.

    Whoever lays out a block compiles what is called through addresses from the first on, and loads what is there.
    """
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

    The caller starts from the other end meanwhile. Where this fails, the kernel is compiled when it is called.

    Returns
    -------
    subprocess.Popen or None
        The process, or None where there is nothing to do.
    """
    if is_compiled():
        return None
    quiet = subprocess.DEVNULL
    return subprocess.Popen(
        [sys.executable, "-c", _COMPILE], stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True
    )
