"""Code state: the sources that compiled code is made of, and the folder of what is kept of it."""

from __future__ import annotations

import functools
import hashlib
import os
from pathlib import Path

from abm.core.code_cache import cache_folder

_PACKAGE = Path(__file__).parent.parent

#: Sources that compiled code, or what was solved with it, may depend on.
COMPILED = (
    *("core/jit.py", "core/waking.py", "core/lending.py", "core/lent.py", "core/objects.py", "core/emitting.py"),
    *("core/records.py", "core/schedule.py", "core/draws.py", "core/solved.py", "core/sealed.py"),
    *("core/floating.py", "core/arithmetic.py", "core/mixed.py", "population/seats.py"),
    *("population/sampling.py", "population/calibration.py", "population/moods.py", "population/bias_table.py"),
    *("rules/*.py", "ensemble/*.py"),
)

#: Whether code runs as it is written; numba reads the same variable.
INTERPRETED = os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")


def sources_digest() -> str:
    """Name the state of every source that compiled code may contain.

    Numba checks only the file of the function it loads, not the files of the functions called from it, so a rule
    that was edited would go on living inside a kernel of another file. A cache folder per digest rules that out.
    """
    digest = hashlib.sha256()
    for pattern in COMPILED:
        for source in sorted(_PACKAGE.glob(pattern)):
            digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


@functools.cache
def code_folder() -> Path | None:
    """Folder of what is kept for these sources; None where nothing is."""
    return None if INTERPRETED else cache_folder(sources_digest())
