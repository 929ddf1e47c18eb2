"""Mutations: every small fault that could be planted in the package, and a seeded sample of them.

A mutant changes one expression or one guard. What nobody's decision rests on is left out: annotations, docstrings,
messages of errors, how a thing prints itself, and the layout of pictures.
"""

from __future__ import annotations

import ast
import random
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
KNOWN = Path(__file__).with_name("equivalents.toml")

#: How often a room is looked into, by what a wrong number in it costs.
WEIGHTS = {
    "rules": 6, "population": 3, "ensemble": 3, "runs": 3, "analysis": 3, "agents": 2, "scenario": 2, "history": 2,
    "core": 1, "sweeps": 1, "report": 1, "plots": 1,
}  # fmt: skip

_COMPARED = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_TURNED = {ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE}
_RECKONED = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
_EXTREMES = {"min": "max", "max": "min", "np.minimum": "np.maximum", "np.maximum": "np.minimum"}
_SILENT = re.compile(r"__repr__|__str__|__dir__|_repr_html_|__getattr__")
_KEY = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_LEAVES = (ast.Return, ast.Continue, ast.Break)


@dataclass(frozen=True)
class Mutant:
    """One fault: what stands where, and what stands there instead."""

    file: str
    function: str
    kind: str
    line: int
    at: str  # the line's text
    start: int  # of the text that is replaced, in the file
    before: str
    after: str

    @property
    def name(self) -> str:
        """What it is called in the table and in the file of equivalents, whatever stands above it."""
        return " | ".join((self.file, self.function, self.at, self.before, self.after))

    def planted(self, text: str) -> str:
        """Return the file with the fault in it."""
        assert text[self.start :].startswith(self.before)
        return text[: self.start] + self.after + text[self.start + len(self.before) :]


def room(file: str) -> str:
    """Room of a module: ``abm/rules/sums.py`` stands in ``rules``."""
    parts = Path(file).parts
    return parts[1] if len(parts) > 2 else ""


def mutants(file: str) -> list[Mutant]:
    """Find every mutant of a module, in the order of its text."""
    text = (ROOT / file).read_text("utf-8")
    found = set(_Module(file, text).walk())
    return sorted(found, key=lambda mutant: (mutant.start, mutant.kind, mutant.after))


def modules(only: str = "") -> list[str]:
    """Return the modules that are mutated, or those whose name contains ``only``."""
    files = [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "abm").rglob("*.py"))]
    return [file for file in files if room(file) in WEIGHTS and only in file]


def sample(seed: int, size: int, only: str = "") -> list[Mutant]:
    """Draw mutants: a room by its weight, a kind of fault, then one of that kind."""
    places: dict[str, dict[str, list[Mutant]]] = {}
    for file in modules(only):
        for mutant in mutants(file):
            places.setdefault(room(file), {}).setdefault(mutant.kind, []).append(mutant)
    luck, drawn = random.Random(seed), []
    while places and len(drawn) < size:
        where = luck.choices(list(places), [WEIGHTS[name] for name in places])[0]
        kind = luck.choice(sorted(places[where]))
        drawn.append(places[where][kind].pop(luck.randrange(len(places[where][kind]))))
        places[where] = {name: left for name, left in places[where].items() if left}
        places = {name: kinds for name, kinds in places.items() if kinds}
    return drawn


def equivalents(known: Path = KNOWN) -> dict[str, str]:
    """Return the mutants that change nothing, each with its reason; one that cannot be planted any more is an error."""
    reasons = {}
    for entry in tomllib.loads(known.read_text("utf-8"))["mutant"]:
        name = " | ".join(entry[key] for key in ("file", "function", "at", "before", "after"))
        if name not in {mutant.name for mutant in mutants(entry["file"])}:
            raise SystemExit(f"{known.name}: expected a mutant of today's code, got {name}")
        reasons[name] = entry["why"]
    return reasons


class _Module:
    """One module, walked function by function."""

    def __init__(self, file: str, text: str) -> None:
        self.file, self.text = file, text
        self.tree = ast.parse(text)
        self.starts = [0]
        for line in text.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))
        self.lines = text.splitlines()
        self.layout = room(file) == "plots"  # there, numbers and keywords are colours and sizes
        self.keys = sorted({node.value for node in self._kept(self.tree) if self._is_key(node)})

    def walk(self) -> Iterator[Mutant]:
        yield from self._in(self.tree, "")

    def _in(self, owner: ast.AST, name: str) -> Iterator[Mutant]:
        for node in self._kept(owner, stop=True):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                if not _SILENT.fullmatch(node.name):
                    yield from self._in(node, f"{name}.{node.name}".lstrip("."))
            else:
                yield from self._of(node, name)
        if isinstance(owner, ast.FunctionDef):
            yield from self._returns(owner, name)
            yield from self._guards(owner, name)

    def _kept(self, owner: ast.AST, stop: bool = False) -> Iterator[ast.AST]:
        """Walk a tree without what is left out; with ``stop``, not into functions and classes within it."""
        for field, value in ast.iter_fields(owner):
            if field in ("annotation", "returns", "decorator_list", "type_params", "bases"):
                continue
            for node in value if isinstance(value, list) else [value]:
                if not isinstance(node, ast.AST) or self._left_out(node):
                    continue
                yield node
                if not stop or not isinstance(node, ast.FunctionDef | ast.ClassDef):
                    yield from self._kept(node, stop)

    @staticmethod
    def _left_out(node: ast.AST) -> bool:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return True  # a docstring
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("__all__", "_MODULES"):
            return True
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            return True
        if isinstance(node, ast.Assign) and re.match(r"(\w+\.)?(Literal|TypeVar|NewType)\b", ast.unparse(node.value)):
            return True
        return isinstance(node, ast.Raise | ast.Assert | ast.Import | ast.ImportFrom)

    def _place(self, node: ast.AST) -> tuple[int, int]:
        def offset(line: int, column: int) -> int:
            return self.starts[line - 1] + len(self.lines[line - 1].encode()[:column].decode())

        return offset(node.lineno, node.col_offset), offset(node.end_lineno, node.end_col_offset)

    def _made(self, kind: str, name: str, node: ast.AST, after: str) -> Iterator[Mutant]:
        start, end = self._place(node)
        before = self.text[start:end]
        try:
            found = isinstance(node, ast.stmt) or ast.unparse(ast.parse(f"({before})", mode="eval")) == ast.unparse(
                node
            )
        except SyntaxError:
            found = False
        if found and before != after:  # older Pythons place some parts of f-strings elsewhere
            yield Mutant(self.file, name, kind, node.lineno, self._at(node), start, before, after)

    def _at(self, node: ast.AST) -> str:
        return self.lines[node.lineno - 1].strip()

    def _of(self, node: ast.AST, name: str) -> Iterator[Mutant]:
        if isinstance(node, ast.Compare):
            for table in (_COMPARED, _TURNED):
                if new := table.get(type(node.ops[0])):
                    changed = ast.Compare(node.left, [new(), *node.ops[1:]], node.comparators)
                    yield from self._made("comparison", name, node, ast.unparse(changed))
        elif isinstance(node, ast.BinOp) and (new := _RECKONED.get(type(node.op))) and not self._joins(node):
            yield from self._made("arithmetic", name, node, ast.unparse(ast.BinOp(node.left, new(), node.right)))
        elif isinstance(node, ast.AugAssign) and (new := _RECKONED.get(type(node.op))):
            yield from self._made(
                "arithmetic", name, node, f"{ast.unparse(node.target)} {_sign(new)}= {ast.unparse(node.value)}"
            )
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            yield from self._made("arithmetic", name, node, ast.unparse(node.operand))
        elif isinstance(node, ast.BoolOp):
            other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield from self._made("and, or", name, node, ast.unparse(ast.BoolOp(other, node.values)))
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield from self._made("not", name, node, ast.unparse(node.operand))
        elif isinstance(node, ast.Constant) and not self.layout:
            yield from self._constant(node, name)
        elif isinstance(node, ast.Call):
            yield from self._call(node, name)
        if self._is_key(node):
            yield from self._key(node, name)

    @staticmethod
    def _joins(node: ast.BinOp) -> bool:
        """Whether words or lists are put together."""
        words = ast.JoinedStr, ast.List, ast.ListComp, ast.Tuple
        return any(
            isinstance(x, words) or (isinstance(x, ast.Constant) and isinstance(x.value, str))
            for x in (node.left, node.right)
        )

    def _constant(self, node: ast.Constant, name: str) -> Iterator[Mutant]:
        value = node.value
        if isinstance(value, bool):
            yield from self._made("constant", name, node, str(not value))
        elif isinstance(value, int):
            yield from self._made("constant", name, node, str(value + 1))
        elif isinstance(value, float):
            yield from self._made("constant", name, node, repr(value * 2 if value else 1.0))

    def _call(self, node: ast.Call, name: str) -> Iterator[Mutant]:
        called = ast.unparse(node.func)
        if called in _EXTREMES:
            yield from self._made("min, max", name, node.func, _EXTREMES[called])
        for k, (one, other) in enumerate(zip(node.args, node.args[1:], strict=False)):
            if not isinstance(one, ast.Starred) and not isinstance(other, ast.Starred):
                args = [*node.args[:k], other, one, *node.args[k + 2 :]]
                yield from self._made("arguments", name, node, ast.unparse(ast.Call(node.func, args, node.keywords)))
        for gone in () if self.layout else node.keywords:
            if gone.arg:
                left = [keyword for keyword in node.keywords if keyword is not gone]
                yield from self._made("keyword", name, node, ast.unparse(ast.Call(node.func, node.args, left)))

    @staticmethod
    def _is_key(node: ast.AST) -> bool:
        return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(_KEY.fullmatch(node.value))

    def _key(self, node: ast.Constant, name: str) -> Iterator[Mutant]:
        quote = self.text[self._place(node)[0]]
        if len(self.keys) > 1 and quote in "\"'":
            other = self.keys[(self.keys.index(node.value) + 1) % len(self.keys)]
            yield from self._made("key", name, node, f"{quote}{other}{quote}")

    def _returns(self, owner: ast.FunctionDef, name: str) -> Iterator[Mutant]:
        found = [node for node in self._kept(owner, stop=True) if isinstance(node, ast.Return) and node.value]
        for one, other in zip(found, [*found[1:], *found[:1]], strict=True):
            if ast.unparse(one) != ast.unparse(other):
                yield from self._made("return", name, one.value, ast.unparse(other.value))

    def _guards(self, owner: ast.FunctionDef, name: str) -> Iterator[Mutant]:
        for node in [owner, *self._kept(owner, stop=True)]:
            body = getattr(node, "body", None)
            if isinstance(node, ast.ClassDef) or not isinstance(body, list):
                continue
            for one, other in zip(body, [*body[1:], None], strict=True):
                if _guards(one):
                    yield from self._made("guard", name, one, "pass")
                    if _guards(other) and ast.dump(one.body[0]) != ast.dump(other.body[0]):
                        start, middle, end = self._place(one)[0], self._place(one)[1], self._place(other)[1]
                        second, first = self.text[start:middle], self.text[self._place(other)[0] : end]
                        between = self.text[middle : self._place(other)[0]]
                        whole = second + between + first
                        yield Mutant(
                            self.file, name, "guards", one.lineno, self._at(one), start, whole, first + between + second
                        )


def _guards(node: ast.AST | None) -> bool:
    return isinstance(node, ast.If) and not node.orelse and len(node.body) == 1 and isinstance(node.body[0], _LEAVES)


def _sign(operator: type[ast.operator]) -> str:
    return {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}[operator]
