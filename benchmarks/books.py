"""The closing on its own: a book of a thousand conditional commitments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import abm
from benchmarks.sizes import Sizes
from benchmarks.timing import Figure, alternately

_CALLS = 20


def a_book(commitments: int) -> list[dict[str, Any]]:
    """Commitments of every usual kind: free, for a total, for another's ticket, for some of several, for a stake."""
    book: list[dict[str, Any]] = []
    for k in range(commitments):
        before, total = f"i{max(0, k - 1)}", 0.13 * (1 + k % 7) * commitments
        conditions = (
            [],
            [[{"total_bn": total}]],
            [[{"investor": before}]],
            [[{"any_of": [before, f"i{k // 2}", f"i{k // 3}"], "at_least": 2}], [{"total_bn": 0.4 * commitments}]],
            [[{"max_own_share": 0.5}, {"total_bn": 0.3 * commitments}]],
        )[k % 5]
        book.append({"id": f"i{k}", "ticket_bn": 0.5 + 0.01 * (k % 50), "conditions": conditions})
    return book


def closings(sizes: Sizes) -> Iterator[Figure]:
    """Row g: closing a book that has been read, and reading and closing it."""
    commitments, n = a_book(sizes.commitments), sizes.commitments
    book, cap = abm.CommitmentBook(commitments), 0.6 * sizes.commitments

    def close() -> None:
        for _ in range(_CALLS):
            book.close(cap_bn=cap)

    def read_and_close() -> None:
        for _ in range(_CALLS):
            abm.close_book(commitments, cap_bn=cap)

    measured = alternately([close, read_and_close], sizes.pairs)
    answer = book.close(cap_bn=cap)
    detail = f"{len(answer.closers):,} of {n:,} close, with {answer.total_bn:,.0f} bn where {cap:,.0f} is the most"
    names = ("CommitmentBook.close", "abm.close_book")
    for name, column in zip(names, measured, strict=True):
        times = tuple(s / _CALLS for s in column)
        yield Figure("book", f"{name}, {n:,} investors", times, "s", "below 1 ms", detail)
