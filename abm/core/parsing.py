"""Parsing: whoever has Python read Python takes his turn.

Before Python 3.12 two threads that do so at once may end in a ``SystemError``, as both count their depth in one place.
The header of an array file is Python, too.
"""

from __future__ import annotations

from threading import Lock

#: To be held while Python, or NumPy's header of a file, is read.
PARSING = Lock()
