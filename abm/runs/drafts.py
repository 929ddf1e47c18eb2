"""Drafts: files that are written beside their place, and put there at once when they are whole."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Write a file whole or not at all: write to the path that is given, it takes its place in the end.

    Raises
    ------
    OSError
        Where it cannot be written.
    """
    draft = new_draft(path)
    try:
        yield draft
        put_in_place(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def new_draft(path: Path) -> Path:
    """Make an empty file beside another; in the same folder, as a file moves at once only within a file system."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    return Path(name)


def put_in_place(draft: Path, path: Path) -> None:
    """Turn a draft into the file that it is a draft of."""
    with draft.open("rb") as written:
        os.fsync(written.fileno())  # or a power cut could leave the new name with no content
    draft.chmod(0o644)  # drafts are readable by their owner alone
    draft.replace(path)
