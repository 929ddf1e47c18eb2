"""Scratch: a temporary folder that goes with the object that holds it, and travels with it between processes."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class ScratchFolder:
    """A temporary folder of files. A copy of it, such as one that came from another process, has copies of its own.

    Examples
    --------
    >>> import copy
    >>> scratch = ScratchFolder()
    >>> _ = (scratch.path / "a").write_text("kept")
    >>> other = copy.copy(scratch)
    >>> del scratch
    >>> (other.path / "a").read_text()
    'kept'
    """

    def __init__(self, files: Mapping[str, bytes] | None = None) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="abm-"))
        weakref.finalize(self, _remove, self.path, os.getpid())
        for name, content in (files or {}).items():
            (self.path / name).write_bytes(content)

    def __reduce__(self) -> tuple[Any, ...]:
        """Take the files along: the folder itself ends with its owner."""
        return type(self), ({file.name: file.read_bytes() for file in self.path.iterdir()},)


def _remove(path: Path, owner: int) -> None:
    """Remove a folder, unless this process is a fork of the one that made it and still needs it."""
    if os.getpid() == owner:
        shutil.rmtree(path, ignore_errors=True)
