"""Fingerprint: the name of the code that decides a result."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from abm.core.parsing import PARSING

_PACKAGE = Path(__file__).parent.parent
#: The rooms, and the files of others, whose code decides the numbers that a study keeps.
DECIDING = (
    *("core/*.py", "rules/*.py", "scenario/*.py", "population/*.py", "agents/*.py", "ensemble/*.py"),
    *("runs/collecting.py", "runs/columns.py", "runs/stream.py", "sweeps/work.py"),
)
_WORDS = ("scenario/labels.py", "scenario/messages.py", "scenario/sources.py")  # they only say what stands in a file


@cache
def code_digest() -> str:
    """Return a hash of all code that a result may depend on; results of other code are computed anew.

    Comments, docstrings and layout do not count: what is hashed is the syntax tree, as the compiler sees it.

    Examples
    --------
    >>> len(code_digest())
    64
    """
    digest = hashlib.sha256()
    for pattern in DECIDING:
        for source in sorted(_PACKAGE.glob(pattern)):
            name = source.relative_to(_PACKAGE).as_posix()
            if name not in _WORDS:
                digest.update(f"{name}\n".encode())
                with PARSING:
                    tree = ast.parse(source.read_bytes())
                for line in _canonical(tree):
                    digest.update(line.encode())
    return digest.hexdigest()


def _canonical(node: ast.AST, depth: int = 0) -> Iterator[str]:
    """Lines that say what a tree does; without empty fields, of which each version of Python has others."""
    yield f"{depth} {type(node).__name__}\n"
    for name, value in ast.iter_fields(node):
        parts = value if isinstance(value, list) else [value]
        if name == "body" and parts and _is_text(parts[0]) and not isinstance(node, ast.Lambda | ast.IfExp):
            parts = parts[1:]  # a docstring
        for part in parts:
            if isinstance(part, ast.AST):
                yield from _canonical(part, depth + 1)
            elif part is not None and name != "kind":
                yield f"{depth} {name}={part!r}\n"


def _is_text(statement: object) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )
