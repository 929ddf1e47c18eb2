"""Expressions: the small language of events and formulas over the columns of runs, read without running anything.

``closed and closed_day <= 156``, ``stage.softbank in ['paid', 'signed']``, ``funded_bn - paid_bn.softbank``,
``funded_bn > mean(funded_bn)``: columns, numbers, words, comparisons, ``and``, ``or``, ``not``, arithmetic, and the
functions of :data:`FUNCTIONS`. Nothing else is read; nothing that was written in an expression is ever executed.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache, reduce
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TypeAlias

import numpy as np

from abm.core.parsing import PARSING
from abm.scenario.fields import did_you_mean

if TYPE_CHECKING:
    import pandas as pd

MOST_CHARACTERS = 4_000
MOST_LEVELS = 40  # of brackets within brackets
LARGEST_POWER = 16
LARGEST_NUMBER = 1e300

#: What an expression is worth, given its columns.
_Value: TypeAlias = Callable[[Mapping[str, Any]], Any]

_BINARY: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
#: Functions over all runs, whose value depends on which runs those are, and functions of one run.
AGGREGATES = ("mean", "median", "std", "min", "max", "sum")
FUNCTIONS = (*AGGREGATES, "abs", "known")
#: As pandas reads these signs: they bind less than comparisons.
_AS_WORDS = {"&": " and ", "|": " or ", "~": " not "}
_KEYWORDS = frozenset(("and", "or", "not", "in", "True", "False"))
_WORD = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`|[^\W\d][\w]*(?:[.#-][\w]+)*|\d[\w.]*(?:(?<=[eE])[+-]\d+)?|\S")


class Expression(NamedTuple):
    """An expression that was read.

    Attributes
    ----------
    text
        As it was written.
    columns
        Columns that it looks at.
    by_run
        Whether it can be told from one run alone, without the others.
    value
        Value in each row, given the columns by name.
    """

    text: str
    columns: tuple[str, ...]
    by_run: bool
    value: _Value

    def of(self, frame: pd.DataFrame) -> Any:
        """Value in each row of a frame that has the columns.

        Raises
        ------
        ValueError
            Where words are added up, numbers are joined by ``and``, and the like.
        """
        try:
            with np.errstate(all="ignore"):
                return self.value({column: frame[column] for column in self.columns})
        except (TypeError, ArithmeticError) as error:
            raise ValueError(f"expected an expression that makes sense, got {self.text!r} ({error})") from None


def read_expression(text: str, columns: Iterable[str]) -> Expression:
    """Read an expression over columns.

    Raises
    ------
    ValueError
        Where it is none, in a few words.

    Examples
    --------
    >>> read_expression("paid_bn.pool#1 > 0.75 and closed", ["closed", "paid_bn.pool#1"]).columns
    ('paid_bn.pool#1', 'closed')
    >>> read_expression("__import__('os')", ["closed"])
    Traceback (most recent call last):
    ValueError: unknown function '__import__'; there are mean, median, std, min, max, sum, abs, known
    """
    return _read(text, frozenset(columns))


@lru_cache(maxsize=256)
def _read(text: str, columns: frozenset[str]) -> Expression:
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"at most {MOST_CHARACTERS:,} characters, not {len(text):,}")
    names: dict[str, str] = {}
    plain = "".join(_plain(text, columns, names))
    try:
        with PARSING:
            tree = ast.parse(plain.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise ValueError("it does not read as one expression") from None
    reader = _Translator(names, columns)
    value = reader.read(tree)
    return Expression(text, tuple(dict.fromkeys(names.values())), reader.by_run, value)


def _plain(text: str, columns: frozenset[str], names: dict[str, str]) -> Iterator[str]:
    """Python's spelling of an expression: columns, whose names may have dots and hashes, get names of their own."""
    at = 0
    while found := _WORD.search(text, at):
        yield text[at : found.start()]
        word, at = found.group(), found.end()
        if word in _AS_WORDS:
            yield _AS_WORDS[word]
        elif (word[0].isalpha() or word[0] in "_`") and word not in _KEYWORDS:
            name = _column(word.strip("`"), columns)
            if name and word[0] != "`":
                at = found.start() + len(name)
            if name:
                word = f"c{len(names)}_"
                names[word] = name
            yield word
        else:
            yield word
    yield text[at:]


def _column(word: str, columns: frozenset[str]) -> str:
    """The longest column that a word starts with: of ``paid_bn.a-fund.mean``, ``paid_bn.a-fund``."""
    ends = [len(word), *(found.start() for found in reversed(list(re.finditer(r"[.#-]", word))))]
    return next((word[:end] for end in ends if word[:end] in columns), "")


class _Translator(ast.NodeVisitor):
    """Turns a syntax tree into a function of the columns; what has no method here is refused."""

    def __init__(self, names: Mapping[str, str], columns: Iterable[str]) -> None:
        self.names, self.columns = names, sorted(columns)
        self.by_run = True
        self._level = 0

    def read(self, node: ast.expr) -> _Value:
        """Read a part that stands in another."""
        if self._level == MOST_LEVELS:
            raise ValueError(f"at most {MOST_LEVELS} levels of brackets")
        self._level += 1
        value: _Value = self.visit(node)
        self._level -= 1
        return value

    def generic_visit(self, node: ast.AST) -> Any:
        """Refuse what the language does not have."""
        raise ValueError(f"{self._spelled(node)} is not part of the language")

    def _spelled(self, node: ast.AST) -> str:
        """A part as it was written, or nearly so."""
        try:
            return repr(re.sub(r"c\d+_", lambda found: self.names[found.group()], ast.unparse(node))[:60])
        except (ValueError, KeyError, RecursionError):
            return "a part of it"

    def visit_Constant(self, node: ast.Constant) -> _Value:
        """A number, a word, true or false."""
        value = node.value
        if isinstance(value, int | float) and not isinstance(value, bool):
            if not abs(value) < LARGEST_NUMBER:
                raise ValueError("a number is too large")
            value = np.float64(value)  # as floats, so that no power of a power grows without bound
        elif not isinstance(value, bool | str):
            raise ValueError(f"{self._spelled(node)} is neither a number nor a word")
        return lambda columns: value

    def visit_Name(self, node: ast.Name) -> _Value:
        """A column."""
        if node.id not in self.names:
            self._refuse_name(node.id)
        column = self.names[node.id]
        return lambda columns: columns[column]

    def visit_Attribute(self, node: ast.Attribute) -> _Value:
        """A name with a dot that is no column; of columns, such names were replaced before."""
        if not isinstance(node.value, ast.Name) or node.value.id in self.names:
            self.generic_visit(node)
        return self._refuse_name(ast.unparse(node))

    def _refuse_name(self, name: str) -> NoReturn:
        raise ValueError(f"unknown column {name!r}{did_you_mean(name, self.columns)}")

    def visit_UnaryOp(self, node: ast.UnaryOp) -> _Value:
        """Not, minus and plus."""
        inner = self.read(node.operand)
        if isinstance(node.op, ast.Not):
            return lambda columns: ~_truth(inner(columns))
        if isinstance(node.op, ast.USub):
            return lambda columns: -_number(inner(columns))
        return lambda columns: _number(inner(columns))

    def visit_BoolOp(self, node: ast.BoolOp) -> _Value:
        """And, or."""
        parts = [self.read(part) for part in node.values]
        join = operator.and_ if isinstance(node.op, ast.And) else operator.or_
        return lambda columns: reduce(join, (_truth(part(columns)) for part in parts))

    def visit_BinOp(self, node: ast.BinOp) -> _Value:
        """Arithmetic; powers are small, as they might not end otherwise."""
        if type(node.op) not in _BINARY:
            self.generic_visit(node)
        if isinstance(node.op, ast.Pow):
            power = node.right.value if isinstance(node.right, ast.Constant) else None
            if not isinstance(power, int | float) or abs(power) > LARGEST_POWER:
                raise ValueError(f"a power is a number of at most {LARGEST_POWER}")
        apply, left, right = _BINARY[type(node.op)], self.read(node.left), self.read(node.right)
        return lambda columns: apply(_number(left(columns)), _number(right(columns)))

    def visit_Compare(self, node: ast.Compare) -> _Value:
        """Comparisons, one or a chain, and membership of a list."""
        if len(node.ops) == 1 and isinstance(node.ops[0], ast.In | ast.NotIn):
            return self._read_membership(node)
        if any(type(op) not in _COMPARE for op in node.ops):
            raise ValueError(f"{self._spelled(node)} is not one of the comparisons")
        sides = [self.read(side) for side in (node.left, *node.comparators)]
        tests = [_COMPARE[type(op)] for op in node.ops]

        def compared(columns: Mapping[str, Any]) -> Any:
            pairs = zip(tests, pairwise([side(columns) for side in sides]), strict=True)
            try:
                return reduce(operator.and_, (test(left, right) for test, (left, right) in pairs))
            except TypeError:
                raise TypeError("words are equal or not, neither more nor less") from None

        return compared

    def _read_membership(self, node: ast.Compare) -> _Value:
        (listed,) = node.comparators
        words = listed.elts if isinstance(listed, ast.List | ast.Tuple) else []
        known = [word.value for word in words if isinstance(word, ast.Constant)]
        if not known or len(known) < len(words):
            raise ValueError("'in' takes a list of numbers or words")
        left, negated = self.read(node.left), isinstance(node.ops[0], ast.NotIn)
        return lambda columns: _series(left(columns)).isin(known) ^ negated

    def visit_Call(self, node: ast.Call) -> _Value:
        """A function of a column, or a method as pandas spells it."""
        method = node.func if isinstance(node.func, ast.Attribute) else None
        name = method.attr if method else getattr(node.func, "id", self._spelled(node.func))
        if name not in FUNCTIONS:
            raise ValueError(f"unknown function {name!r}; there are {', '.join(FUNCTIONS)}")
        given = [method.value, *node.args] if method else node.args
        if len(given) != 1 or node.keywords:
            raise ValueError(f"{name} takes one column or formula")
        self.by_run = self.by_run and name not in AGGREGATES
        inner = self.read(given[0])
        if name == "known":
            return lambda columns: _series(inner(columns)).notna()
        if name == "abs":
            return lambda columns: abs(_number(inner(columns)))
        return lambda columns: np.float64(getattr(_number(_series(inner(columns))), name)())


def _series(value: Any) -> Any:
    if not hasattr(value, "isin"):
        raise TypeError("a column is expected where there is one number or word")
    return value


def _truth(value: Any) -> Any:
    if str(getattr(value, "dtype", type(value).__name__)) not in ("bool", "boolean"):
        raise TypeError("'and', 'or' and 'not' take what is true or false")
    return np.bool_(value) if isinstance(value, bool) else value


def _number(value: Any) -> Any:
    if re.match(r"str|object|category", str(getattr(value, "dtype", type(value).__name__))):
        raise TypeError("words are no numbers")
    return value
