"""Closest: the tests that stand nearest to a function, found by the names that they and the code mention.

A test that names a function is nearer than one that names what calls it; among equally near ones, that which shares
more of the rare words. Contexts of coverage would not see compiled code, and a run without the compiler takes
hours.
"""

from __future__ import annotations

import ast
import math
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.mutations import ROOT

_FAR = 3  # names that lead further than this say no more than words do
_NAMED = {
    1: 1.0,
    2: 0.5,
}  # what it counts that a test names a function, or what calls it; to import its module counts 1

#: Tests that read the text of sources, where any change shows, right or wrong; and that run all examples, for minutes.
_LEFT_OUT = (
    "mutations",
    "extending",
    "extending_around",
    "structure",
    "references",
    "interpreted",
    "docs",
    "docs_code",
)


@dataclass
class _Part:
    """A function, a method, a test, or a named value of a module."""

    file: str
    name: str
    mentions: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)


class Closest:
    """The tests, each with its distance from any function."""

    def __init__(self, root: Path = ROOT) -> None:
        self.parts = [
            part
            for folder in ("abm", "tests")
            for path in sorted((root / folder).rglob("*.py"))
            for part in _parts(path.relative_to(root).as_posix(), ast.parse(path.read_text("utf-8")))
        ]
        self.tests = [
            part
            for part in self.parts
            if part.file.startswith("tests/test_") and part.name.startswith("test_")
            if Path(part.file).stem.removeprefix("test_") not in _LEFT_OUT
        ]
        #: Files of tests that call rules one by one, and are quick without the compiler.
        self.of_rules = {test.file for test in self.tests if _calls_rules((root / test.file).read_text("utf-8"))}
        self.imported = {test.file: _modules((root / test.file).read_text("utf-8")) for test in self.tests}
        self.rarity = Counter(word for test in self.tests for word in test.words)

    def to(self, file: str, function: str) -> list[tuple[int, str]]:
        """Return the tests with their distance, the nearest first: one that names the function is at 1.

        Parameters
        ----------
        file
            Module, from the root of the project.
        function
            Its name, after a dot that of a method; nothing for the level of the module.
        """
        names = function.split(".") or [""]
        here = [part for part in self.parts if part.file == file and part.name in (names[-1], names[0])]
        distance = self._distances(file, {names[-1], names[0]} - {""})
        words = {word for part in here for word in part.words} | _words(Path(file).stem)
        module = re.sub(r"(/__init__)?\.py$", "", file).replace("/", ".")
        whole = sum(math.log(len(self.tests) / (1 + self.rarity[word])) for word in words) or 1.0

        def nearness(test: _Part) -> float:
            alike = self._likeness(words, test.words) / math.sqrt(whole)
            return alike + (module in self.imported[test.file]) + _NAMED.get(distance.get(id(test), _FAR), 0.0)

        ranked = sorted(self.tests, key=nearness, reverse=True)
        return [(distance.get(id(test), _FAR), f"{test.file}::{test.name}") for test in ranked]

    def _distances(self, file: str, names: set[str]) -> dict[int, int]:
        found: dict[int, int] = {}
        wanted, seen = set(names), set(names)
        for step in range(1, _FAR):
            new = set()
            for part in self.parts:
                if id(part) not in found and part.mentions & wanted and (step > 1 or not _another(part, file, names)):
                    found[id(part)] = step
                    new.add(part.name)
            wanted = new - seen
            seen |= new
        return found

    def _likeness(self, words: set[str], others: set[str]) -> float:
        """How much rare vocabulary two functions share, as in the search of documents."""
        weight = {word: math.log(len(self.tests) / self.rarity[word]) for word in others}
        whole = math.sqrt(sum(value * value for value in weight.values())) or 1.0
        return sum(weight[word] ** 2 for word in words & others) / whole


def _another(part: _Part, file: str, names: set[str]) -> bool:
    """Whether it is a function of the same name elsewhere, which mentions itself."""
    return part.name in names and part.file != file


def _modules(text: str) -> set[str]:
    """Modules of the package that a text names, whether it imports them or what is in them."""
    found = set(re.findall(r"\babm(?:\.\w+)+", text))
    for room, names in re.findall(r"^from (abm[\w.]*) import ([\w, ]+)", text, re.MULTILINE):
        found |= {f"{room}.{name}" for name in re.findall(r"\w+", names)}
    return found


def _calls_rules(text: str) -> bool:
    rules = re.search(r"^from abm\.(rules|core\.draws|population\.sampling)\b", text, re.MULTILINE)
    return bool(rules) and not re.search(
        r"^(import abm|from abm import .*)$|import (Ensemble|FundingModel)", text, re.MULTILINE
    )


def _parts(file: str, tree: ast.Module) -> list[_Part]:
    found = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            found.append(_part(file, node.name, node))
        elif isinstance(node, ast.ClassDef):
            found.append(_part(file, node.name, node))
            found += [_part(file, one.name, one) for one in node.body if isinstance(one, ast.FunctionDef)]
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found += [_part(file, ast.unparse(target), node) for target in targets if isinstance(target, ast.Name)]
    return found


def _part(file: str, name: str, tree: ast.AST) -> _Part:
    part = _Part(file, name, words=_words(name) | _words(Path(file).stem.removeprefix("test_")))
    own = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            part.mentions |= {node.id} - own
        elif isinstance(node, ast.Attribute):
            part.mentions.add(node.attr)
        elif isinstance(node, ast.arg):
            part.mentions.add(node.arg)  # a fixture
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            part.words |= _words(node.value)
            if file.startswith("tests/") and node.value.isidentifier():
                part.mentions.add(node.value)  # a command, or a function that is patched
    part.words |= {word for name in part.mentions for word in _words(name)}
    part.mentions.discard(name)
    return part


def _words(text: str) -> set[str]:
    return {word for word in re.findall(r"[a-z]{3,}", text.lower()) if len(word) < 20}
