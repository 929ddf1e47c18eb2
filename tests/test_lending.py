"""Lent tuples: compiled code takes a book by one pointer, writes into its arrays, and keeps nothing of it."""

from __future__ import annotations

import sys
from typing import NamedTuple

import numba
import numpy as np
import pytest

from abm.core.jit import lean, rule
from abm.core.lending import lend, lent
from abm.population.contracts import flatten, new_book, new_record
from abm.rules.closing import GREATEST, close
from abm.rules.conditions import FACTS

compiled_only = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled")


@lent
class Shelf(NamedTuple):
    """Two arrays."""

    books: np.ndarray
    weights: np.ndarray


@lean
def heaviest(shelf: Shelf) -> int:
    """Place of the heaviest book, whose weight is set to 0."""
    found = 0
    for i in range(shelf.books.shape[0]):
        if shelf.weights[i] > shelf.weights[found]:
            found = i
    shelf.weights[found] = 0.0
    return int(shelf.books[found])


@lean
def two_heaviest(books: np.ndarray, weights: np.ndarray) -> int:
    """Numbers of the two heaviest books, as tens and ones."""
    shelf = lend(Shelf(books, weights))
    first = heaviest(shelf)
    return 10 * first + heaviest(shelf)


@rule
def copied(shelf: Shelf) -> np.ndarray:
    """A copy of the books, by a function that counts references."""
    return shelf.books.copy()


def shelf() -> Shelf:
    return Shelf(np.array([3, 5, 7]), np.array([0.2, 0.9, 0.4]))


def test_a_tuple_of_python_and_one_that_compiled_code_lends_are_read_and_written_alike():
    given = shelf()
    assert heaviest(given) == 5
    assert given.weights.tolist() == [0.2, 0.0, 0.4]
    assert two_heaviest(*shelf()) == 57


def test_nothing_is_kept_of_what_was_lent():
    given = shelf()
    before = [sys.getrefcount(part) for part in given]
    for _ in range(100):
        copied(given)
        heaviest(given)
    assert [sys.getrefcount(part) for part in given] == before


def test_a_closing_keeps_nothing_of_its_book():
    contracts = flatten([()] * 3, ("a", "b", "c"), (), float)
    facts = new_record(FACTS, {"cap_musd": 100})
    book = new_book(np.array([1, 2, 3]), np.zeros(3, np.int64), np.zeros(0), contracts.members, facts)
    before = [sys.getrefcount(part) for part in (*book, *contracts)]
    for _ in range(100):
        close(np.ones(3, np.bool_), np.zeros(3, np.bool_), contracts, book, GREATEST)
    assert [sys.getrefcount(part) for part in (*book, *contracts)] == before


@compiled_only
def test_a_book_takes_one_word_of_a_call_where_its_parts_take_more_than_fifty():
    from numba.core.registry import cpu_target

    contracts = flatten([], (), (), float)
    none = np.zeros(0, np.int64)
    book = new_book(none, none, np.zeros(0), contracts.members, new_record(FACTS, {}))

    def words(kind: numba.types.Type) -> int:
        return len(cpu_target.target_context.get_arg_packer([kind]).argument_types)

    lent_book = numba.typeof(book)
    assert words(lent_book) == 1
    assert words(lent_book.form) > 50
    assert words(numba.typeof(contracts)) == 1


@compiled_only
def test_a_part_that_is_not_there_is_refused_when_compiling():
    @rule
    def unknown(shelf: Shelf) -> int:
        return shelf.pages  # type: ignore[attr-defined]

    with pytest.raises(numba.TypingError, match="pages"):
        unknown(shelf())
