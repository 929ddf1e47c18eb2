"""``python -m benchmarks [--tiny] [--out FILE.json] [ROW ...]``: measure, and print a table."""

from __future__ import annotations

import argparse
import json
import platform
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from benchmarks import books, drawing, engines, floor, page, peers, process, scaling, threads
from benchmarks.sizes import FULL, TINY, Sizes
from benchmarks.timing import Figure, said

#: The rows by name, in the order of the table.
ROWS: dict[str, Callable[[Sizes], Iterator[Figure]]] = {
    "mesa": engines.against_mesa,
    "batch_run": engines.against_batch_run,
    "floor": floor.against_floor,
    "investors": scaling.over_investors,
    "weeks": scaling.over_weeks,
    "runs": scaling.over_runs,
    "threads": threads.one_against_two,
    "process": process.warm,
    "first": process.first,
    "book": books.closings,
    "worlds": drawing.over_worlds,
    "page": page.from_key_to_number,
    "peers": peers.against_peers,
}

_LINE = "{:<10} {:<68} {:>9} {:>21}  {}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the rows that are asked for, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure how fast abm is, side by side.")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"one of {', '.join(ROWS)} (default: all)")
    parser.add_argument("--tiny", action="store_true", help="the smallest sizes: shows that it works, measures nothing")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write every single measurement as JSON, too")
    asked = parser.parse_args(arguments)
    if unknown := [row for row in asked.rows if row not in ROWS]:
        parser.error(f"expected rows among {', '.join(ROWS)}, got {', '.join(unknown)}")
    print(_LINE.format("row", "what", "median", "quartiles", "wanted"))
    figures = []
    for row in asked.rows or ROWS:
        for figure in ROWS[row](TINY if asked.tiny else FULL):
            figures.append(figure)
            print(line(figure), flush=True)
    if asked.out:
        told = {"python": platform.python_version(), "tiny": asked.tiny}
        told |= {name: version(name) for name in ("abm-funding-rounds", "mesa", "numba", "numpy")}
        told["figures"] = [asdict(figure) | {"median": figure.quartiles[1]} for figure in figures]
        asked.out.write_text(json.dumps(told, indent=2, allow_nan=False) + "\n")


def line(figure: Figure) -> str:
    """Line of the table, with the details under it."""
    low, middle, high = (_number(value, figure.unit) for value in figure.quartiles)
    spread = f"{low} to {high}" if len(figure.values) > 1 else ""
    text = _LINE.format(figure.row, figure.what, middle, spread, figure.wanted).rstrip()
    indent = " " * 11
    return f"{text}\n{textwrap.fill(figure.detail, 120, initial_indent=indent, subsequent_indent=indent)}".rstrip()


def _number(value: float, unit: str) -> str:
    if unit == "s":
        return said(value)
    return f"{value:,.0f}x" if unit == "x" and value >= 100 else f"{value:.2f}{'x' if unit == 'x' else ''}"


if __name__ == "__main__":
    sys.exit(main())
