"""Streams: what is printed arrives, whatever letters the other end can write."""

from __future__ import annotations

import os
import sys


def write_any_letter() -> None:
    r"""Let stdout and stderr write a letter that their encoding lacks as its number, such as ``\u65e5``.

    A redirected stream on Windows, or one in a plain container, knows a hundred letters or two; names have others.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # another program's own stream may not know how
            stream.reconfigure(errors="backslashreplace")


def tell_of_compiling() -> None:
    """Say on stderr, before it happens, that a first start compiles the rules, whatever stderr is."""
    if os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):  # then nothing is compiled
        return
    from abm.core.code_cache import compiled_before
    from abm.core.code_state import code_folder

    code_folder()  # where compiled code would be
    if not compiled_before():
        print("abm: compiling once for this machine, which takes half a minute or more", file=sys.stderr, flush=True)
