"""Docstrings: everything public has one, and what they refer to exists."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import sys
from pathlib import Path

import abm

ROOT = Path(abm.__file__).parent.parent
TREES = {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text("utf-8")) for path in ROOT.glob("abm/**/*.py")}

NUMBAS = {"generic", "generic_resolve"}  # what numba calls on classes of types, and nobody else


def test_everything_public_has_a_docstring():
    """Modules, classes, functions and methods, as ``interrogate`` counts them, but for what is inside of a function."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    bare, counted = [], 0
    for name, tree in TREES.items():
        owners = [tree, *(node for node in tree.body if isinstance(node, ast.ClassDef))]
        public = [node for owner in owners for node in owner.body if isinstance(node, kinds) and node.name[0] != "_"]
        shown = [node for node in public if "overload" not in map(ast.unparse, node.decorator_list)]
        shown = [node for node in shown if node.name not in NUMBAS]
        counted += len(shown)
        bare += [f"{name}: {node.name}" for node in shown if not ast.get_docstring(node)]
    assert bare == []
    assert counted > 1_000


def test_every_name_that_a_docstring_refers_to_exists():
    lost = []
    for name, tree in TREES.items():
        home = importlib.import_module(name.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
        for target in re.findall(r":(?:func|class|meth|mod|data):`~?([\w.]+)`", (ROOT / name).read_text("utf-8")):
            if target.split(".")[0] not in sys.stdlib_module_names and not found_in(home, target, tree):
                lost.append(f"{name}: {target}")
    assert lost == []


def found_in(home, target, tree):
    """Whether a name exists in its module, in one of the module's classes, or by its whole path."""
    classes = [vars(home).get(node.name) for node in tree.body if isinstance(node, ast.ClassDef)]
    whole = sys.modules["abm"] if target.startswith("abm.") else None
    for start, path in [(home, target), (whole, target.removeprefix("abm.")), *((one, target) for one in classes)]:
        thing = start
        for part in path.split("."):
            thing = getattr(thing, part, None) if not inspect.ismodule(thing) else inside(thing, part)
        if thing is not None:
            return True
    return False


def inside(module, part):
    try:
        return getattr(module, part)
    except AttributeError:
        try:
            return importlib.import_module(f"{module.__name__}.{part}")
        except ImportError:
            return None
