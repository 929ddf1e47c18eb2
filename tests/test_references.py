"""References: whatever a docstring, a comment, a document or a source points at is there."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from pathlib import Path

import pytest

import abm
from abm.scenario import load_scenario, packaged, provenance

ROOT = Path(__file__).parent.parent
MODULES = {
    path: ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in sorted((ROOT / "abm").rglob("*.py"))
    if path.stem != "__main__"
}
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
ROLE = re.compile(r":(?:func|class|meth|mod|data|attr|exc):`~?([\w.]+)`")
#: Ours, as code or as a link; what is written by whoever reads (my-round.toml) is not.
FILE = re.compile(r"(?<![\w/])((?:abm|tests|docs|experiments|benchmarks)/[\w/.-]+\.(?:py|md|toml|parquet|svg|png))")
PAGE = re.compile(r"(?<![\w/-])([a-z_-]+\.md)\b")


def resolved(target: str, module: object, owner: type | None) -> bool:
    """Whether a name leads somewhere from a module, or from a class in it."""
    places = [owner, module] if owner is not None else [module]
    for place in places:
        thing, steps = place, target.split(".")
        try:
            for step in steps:
                fields = getattr(thing, "__annotations__", {}) | getattr(thing, "model_fields", {})
                thing = object() if step in fields and not hasattr(thing, step) else getattr(thing, step)
            return True
        except AttributeError:
            if isinstance(thing, type) and f"self.{step}" in inspect.getsource(thing):
                return True  # an attribute that is set where an instance is made
    head, _, _ = target.partition(".")
    for depth in range(target.count(".") + 1, 0, -1):
        name = ".".join(target.split(".")[:depth])
        try:
            thing = importlib.import_module(name)
        except ImportError:
            continue
        rest = target.split(".")[depth:]
        return not rest or resolved(".".join(rest), thing, None)
    return head == "self"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_name_that_a_docstring_points_at_is_there(path):
    module = importlib.import_module(MODULES[path])
    tree = ast.parse(path.read_text("utf-8"))
    lost = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            owners = [c for c in tree.body if isinstance(c, ast.ClassDef) and (c is node or node in ast.walk(c))]
            owner = getattr(module, owners[0].name, None) if owners else None
            for target in ROLE.findall(ast.get_docstring(node) or ""):
                if not resolved(target, module, owner):
                    lost.append(f"{getattr(node, 'name', 'module')}: {target}")
    assert lost == []


@pytest.mark.parametrize("path", [*MODULES, *DOCUMENTS], ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_file_that_is_named_is_there(path):
    text = path.read_text("utf-8")
    assert [name for name in FILE.findall(text) if not (ROOT / name).exists()] == []
    named = set(PAGE.findall(re.sub(r"https?://\S+", "", text)))
    assert [
        name for name in named if not any((ROOT / place / name).exists() for place in (".", "docs", "experiments"))
    ] == []


@pytest.mark.parametrize("name", packaged())
def test_every_document_that_is_named_as_a_source_is_there(name):
    for row in provenance(load_scenario(name)):
        for page in PAGE.findall(row.source or ""):
            assert (ROOT / "docs" / page).exists(), (row.parameter, row.source)


def test_the_public_names_are_found_where_the_documents_import_them():
    for path in DOCUMENTS:
        for module, names in re.findall(r"from (abm[\w.]*) import ([\w, ]+)", path.read_text("utf-8")):
            for name in names.split(","):
                assert hasattr(importlib.import_module(module), name.strip()), (path.name, module, name)
    assert inspect.getdoc(abm)
