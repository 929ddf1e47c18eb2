"""Drafts: files that are written beside their place, and put there at once when they are whole."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_RANDOM = re.compile(r"[a-z0-9_]{8}")  # what tempfile puts at the end of a name


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Write a file whole or not at all: write to the path that is given, it takes its place in the end.

    Raises
    ------
    OSError
        Where it cannot be written.
    """
    draft = Draft(path)
    try:
        yield draft.path
        draft.put_in_place()
    finally:
        draft.drop()


class Draft:
    """An empty file beside another; in the same folder, as a file moves at once only within a file system.

    It is held as long as somebody writes it: one that nobody holds was left by a program that was killed.

    Parameters
    ----------
    path
        What it is a draft of.

    Raises
    ------
    OSError
        Where it cannot be made.
    """

    def __init__(self, path: Path) -> None:
        clean(path)
        self._target = path
        self._handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        self.path = Path(name)
        with suppress(OSError):  # a file system that knows no locks
            _hold(self._handle)

    def put_in_place(self) -> None:
        """Turn the draft into the file that it is a draft of."""
        os.fsync(self._handle)  # or a power cut could leave the new name with no content
        self._let_go()
        self.path.chmod(0o644)  # drafts are readable by their owner alone
        self.path.replace(self._target)

    def drop(self) -> None:
        """Remove the draft, if it is still one."""
        self._let_go()
        self.path.unlink(missing_ok=True)

    def _let_go(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def clean(path: Path) -> None:
    """Remove drafts of a file that programs left when they were killed."""
    prefix = f".{path.name}."
    for stray in path.parent.iterdir():
        if stray.name.startswith(prefix) and _RANDOM.fullmatch(stray.name.removeprefix(prefix)):
            with suppress(OSError), stray.open("rb") as file:  # held by somebody, or gone meanwhile
                _hold(file.fileno())
                stray.unlink()


def _hold(handle: int) -> None:
    """Hold a file until it is closed, at the latest by the end of the program.

    Raises
    ------
    OSError
        Where somebody else holds it.
    """
    try:
        import fcntl
    except ModuleNotFoundError:  # a system on which a file that is open cannot be removed
        return
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
