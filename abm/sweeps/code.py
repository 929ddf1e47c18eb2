"""Code: the name of the sources that decide a result."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).parent.parent
#: Sources that only ask, store, show or tell.
_BESIDE = ("cli.py", "__init__.py", "simulation.py", "standalone.py", "estimates.py", "tally.py", "provenance.py")


@cache
def code_digest() -> str:
    """Return a hash of every source that a result may depend on; results of other code are computed anew.

    Examples
    --------
    >>> len(code_digest())
    64
    """
    digest = hashlib.sha256()
    for source in sorted(_PACKAGE.glob("*.py")) + sorted(_PACKAGE.glob("*/*.py")):
        inside = source.relative_to(_PACKAGE).as_posix()
        decides = "/" not in inside or inside.startswith(("rules/", "ensemble/", "agents/"))
        if decides and inside not in _BESIDE:
            digest.update(inside.encode())
            digest.update(source.read_bytes())
    return digest.hexdigest()
