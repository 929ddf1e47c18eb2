"""Sealed files: what one start leaves for the next is written in one go, and used only as it was written."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

_SEAL = 64  # hexadecimal digits of a SHA-256, before everything else


def write_sealed(path: Path, content: bytes) -> None:
    """Write a file that :func:`read_sealed` reads, made whole or not at all; nothing where it cannot be written.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_sealed(Path(folder) / "new" / "one", b"content")
    ...     read_sealed(Path(folder) / "new" / "one"), read_sealed(Path(folder) / "another")
    (b'content', None)
    """
    try:
        path.parent.mkdir(0o700, exist_ok=True)
        number, name = tempfile.mkstemp(dir=path.parent, prefix=".")
        draft = Path(name)
        try:
            with os.fdopen(number, "wb") as file:
                file.write(hashlib.sha256(content).hexdigest().encode() + content)
            draft.replace(path)
        except BaseException:
            draft.unlink()
            raise
    except OSError:  # a full or a read-only disk: the next start works it out anew
        return


def read_sealed(path: Path) -> bytes | None:
    """Read a file that :func:`write_sealed` wrote; None where there is none, or it has been damaged since."""
    try:
        whole = path.read_bytes()
    except OSError:
        return None
    content = whole[_SEAL:]
    return content if hashlib.sha256(content).hexdigest().encode() == whole[:_SEAL] else None
