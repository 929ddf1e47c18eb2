"""Code cache: where compiled code is kept between two starts, in a folder that nobody else can write."""

from __future__ import annotations

import os
import re
import shutil
import stat
import tempfile
from pathlib import Path

_FOUND: list[Path] = []  # folders that held compiled code when this start asked for them
_KEEP = 4  # caches: of these sources, and of those before them
_OTHERS, _OTHERS_WRITE = stat.S_IRWXG | stat.S_IRWXO, stat.S_IWGRP | stat.S_IWOTH


def cache_folder(digest: str) -> Path | None:
    """Return the folder for the code compiled from some sources, made if need be.

    ``NUMBA_CACHE_DIR`` comes first, then the user's own folder of caches, then a temporary folder of his.

    Parameters
    ----------
    digest
        Name of the state of the sources.

    Returns
    -------
    Path or None
        None where no place can be written, or others could put code of theirs there.
    """
    for root in (_given, _of_the_user, _temporary):
        try:
            folder = (root() / digest).resolve()
            _make(folder)
            if not out_of_reach(folder):
                continue
            tempfile.TemporaryFile(dir=folder).close()
            os.utime(folder)  # so that the oldest is the one that no start has asked for, not the first that was made
        except (OSError, RuntimeError):  # a read-only place, or symlinks in a circle
            continue
        _forget_old(folder)
        if any(folder.iterdir()):
            _FOUND.append(folder)
        return folder
    return None


def compiled_before() -> bool:
    """Whether an earlier start left compiled code, as far as a folder for it has been looked for."""
    return bool(_FOUND)


def _given() -> Path:
    if not (given := os.environ.get("NUMBA_CACHE_DIR")):
        raise FileNotFoundError("NUMBA_CACHE_DIR")
    return Path(given)


def _of_the_user() -> Path:
    from platformdirs import user_cache_path

    root = user_cache_path("abm")
    if not root.is_absolute():  # there is no home
        raise FileNotFoundError(str(root))
    return root / "compiled"


def _temporary() -> Path:
    owner = str(os.geteuid()) if hasattr(os, "geteuid") else ""
    return Path(tempfile.gettempdir()) / f"abm-{owner}"


def _make(folder: Path) -> None:
    """Make a folder and those above it, for the user alone whatever his mask says."""
    for part in reversed([folder, *folder.parents]):
        if not part.exists():
            part.mkdir(0o700, exist_ok=True)


def out_of_reach(folder: Path) -> bool:
    """Whether nobody but the user can look into a folder, or put another one in its place.

    Parameters
    ----------
    folder
        Without symlinks on the way.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     before = out_of_reach(Path(folder).resolve())
    ...     Path(folder).chmod(0o777)
    ...     before, out_of_reach(Path(folder).resolve())
    (True, False)
    """
    if not hasattr(os, "geteuid"):  # no such modes on this system, where a home is its owner's
        return True
    found, user = folder.stat(), os.geteuid()
    trusted = (user, Path(folder.anchor).stat().st_uid)
    return found.st_uid == user and not found.st_mode & _OTHERS and all(_is_safe(p, trusted) for p in folder.parents)


def _is_safe(parent: Path, trusted: tuple[int, ...]) -> bool:
    """Whether what lies in a folder stays what it is: in a sticky one, such as /tmp, it does."""
    found = parent.stat()
    return found.st_uid in trusted and (not found.st_mode & _OTHERS_WRITE or bool(found.st_mode & stat.S_ISVTX))


def _forget_old(folder: Path) -> None:
    """Drop the caches of sources that no start has asked for, for the longest time."""
    caches = (path for path in folder.parent.iterdir() if re.fullmatch("[0-9a-f]{16}", path.name))
    try:
        old = sorted(caches, key=lambda path: path.stat().st_mtime)
    except OSError:  # another start has just dropped one
        return
    for one in old[:-_KEEP]:
        shutil.rmtree(one, ignore_errors=True)
