"""Architecture: the rooms of the package and who imports whom, drawn from the code itself.

``make architecture`` writes ``docs/architecture.svg``. The rooms and their order are the layers in ``pyproject.toml``,
their sentences the docstrings, the lanes the imports that are found. ``tests/test_docs.py`` draws it again.
"""

from __future__ import annotations

import ast
import re
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

import grimp

ROOT = Path(__file__).parent.parent
PICTURE = ROOT / "docs" / "architecture.svg"


class Group(NamedTuple):
    """Rooms that are told of together: what they are, a colour, and what they hand up to the rooms above."""

    rooms: tuple[str, ...]
    says: str
    colour: str
    gives: str


GROUPS = (
    Group(("cli", "serve", "report", "plots"), "what people see", "#C2410C", "answers, pages, figures"),
    Group(
        ("analysis", "history", "sweeps", "runs"),
        "many runs, real rounds, and why",
        "#0B62A8",
        "probabilities, reasons, stories, records",
    ),
    Group(("agents", "ensemble"), "two engines, equal to the last bit", "#9D3C78", "outcomes of runs"),
    Group(("population", "scenario"), "one round", "#0A7A5A", "arrays in which a run starts"),
    Group(("rules",), "the model", "#8A5A00", "decisions, closings, payments: pure functions"),
    Group(("core",), "the ground", "#5A5A5A", "records, luck by address, the order of the week"),
)
WIDTH, TOP, ROW, GAP, LEFT, BOX, LANE = 900, 48, 44, 26, 138, 478, 21
STYLE = """
text { font-family: system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif; fill: #222; }
.title { font-size: 17px; font-weight: 600; } .small { font-size: 12px; fill: #555; }
.room { font-size: 14px; font-weight: 600; font-family: ui-monospace, Menlo, Consolas, monospace; }
.says { font-size: 12px; } .group { font-size: 12px; font-weight: 600; }
.gives { font-size: 11.5px; fill: #666; font-style: italic; }
"""


class Room(NamedTuple):
    """A package of the layers: its name, what it says of itself, its colour, and the height of its middle."""

    name: str
    says: str
    colour: str
    y: float


def layers() -> list[str]:
    """Names of the rooms, from high to low."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contract = project["tool"]["importlinter"]["contracts"][0]["layers"]
    return re.findall(r"abm\.(\w+)", " ".join(contract))


def sentence(room: str) -> str:
    """What a room says of itself: the first line of its docstring, without its name."""
    doc = ast.get_docstring(ast.parse((ROOT / "abm" / room / "__init__.py").read_text("utf-8"))) or ""
    return re.sub(r"^[A-Z][\w ]*: ", "", doc.splitlines()[0]).replace("``", "")


def imports() -> set[tuple[str, str]]:
    """Which room imports which, for type checkers too."""
    graph = grimp.build_graph("abm", exclude_type_checking_imports=False, cache_dir=None)
    pairs = ((name, other) for name in graph.modules for other in graph.find_modules_directly_imported_by(name))
    rooms = {tuple(part.split(".")[1] for part in pair) for pair in pairs if all("." in part for part in pair)}
    return {(room, other) for room, other in rooms if room != other}


def rooms() -> list[Room]:
    """Every room in its place."""
    group = {name: number for number, group in enumerate(GROUPS) for name in group.rooms}
    return [
        Room(name, sentence(name), GROUPS[group[name]].colour, TOP + ROW * (row + 0.5) + GAP * (group[name] + 1))
        for row, name in enumerate(layers())
    ]


def drawing() -> str:
    """The whole picture as SVG."""
    placed, found = rooms(), imports()
    height = int(placed[-1].y + ROW / 2 + 44)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        'role="img" aria-label="The rooms of abm from high to low; every import points down">',
        f"<style>{STYLE}</style>",
        f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="10" fill="#fff" stroke="#ddd"/>',
        words(24, 34, "title", "abm/"),
        words(
            LEFT, 34, "small", "A folder is a room. It knows rooms below it, none above; what it makes is handed up."
        ),
        *groups(placed),
        *lanes(placed, found),
        *(part for room in placed for part in box(room)),
        legend(height - 22),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def words(x: float, y: float, style: str, text: str, more: str = "") -> str:
    """A line of text."""
    return f'<text x="{x:g}" y="{y:g}" class="{style}"{more}>{escape(text)}</text>'


def groups(placed: list[Room]) -> Iterator[str]:
    """A bar and a few words left of the rooms that are told of together."""
    middle = {room.name: room.y for room in placed}
    for group in GROUPS:
        first, last = middle[group.rooms[0]] - ROW / 2 + 3, middle[group.rooms[-1]] + ROW / 2 - 3
        yield f'<rect x="{LEFT - 12}" y="{first:g}" width="4" height="{last - first:g}" rx="2" fill="{group.colour}"/>'
        lines = textwrap.wrap(group.says, 14)
        for number, line in enumerate(lines):
            y = (first + last) / 2 + 4 + 15 * (number - (len(lines) - 1) / 2)
            yield words(LEFT - 20, y, "group", line, f' text-anchor="end" style="fill: {group.colour}"')
        yield words(LEFT + 2, first - 8, "gives", f"\N{UPWARDS ARROW} {group.gives}")


def box(room: Room) -> Iterator[str]:
    """A room: its name, and what it says of itself."""
    frame = f'y="{room.y - ROW / 2 + 3:g}" width="{BOX}" height="{ROW - 6}" rx="6"'
    yield f'<rect x="{LEFT}" {frame} fill="#fff"/>'
    yield f'<rect x="{LEFT}" {frame} fill="{room.colour}" fill-opacity="0.1" stroke="{room.colour}"/>'
    yield words(LEFT + 12, room.y + 5, "room", f"{room.name}/")
    lines = textwrap.wrap(room.says, 54)
    for number, line in enumerate(lines):
        yield words(LEFT + 116, room.y + 4 + 14.5 * (number - (len(lines) - 1) / 2), "says", line)


def lanes(placed: list[Room], found: set[tuple[str, str]]) -> Iterator[str]:
    """A lane a room, from the highest who imports it down into it; a dot on it for everybody who does."""
    edge, x_of = LEFT + BOX, {room.name: LEFT + BOX + 10 + LANE * number for number, room in enumerate(placed)}
    for room in placed:
        targets = [x_of[other] for name, other in found if name == room.name]
        if targets:
            yield f'<path d="M{edge} {room.y + 7:g} H{max(targets):g}" stroke="#bbb" fill="none"/>'
    for room in placed:
        sources = [other for other in placed if (other.name, room.name) in found]
        if sources:
            x, top, end = x_of[room.name], min(other.y for other in sources) + 7, room.y - 7
            yield (
                f'<path d="M{x:g} {top:g} V{end - 5:g} q0 5 -5 5 H{edge + 7}" stroke="{room.colour}" '
                'stroke-width="1.6" fill="none"/>'
            )
            yield f'<path d="M{edge + 1} {end:g} l8 -4 v8 z" fill="{room.colour}"/>'
            for other in sources:
                yield f'<circle cx="{x:g}" cy="{other.y + 7:g}" r="4" fill="{room.colour}" stroke="#fff"/>'


def legend(y: float) -> str:
    """How the lanes are read."""
    return words(LEFT, y, "small", "A dot: the room of this row imports the room that the lane leads down into.")


if __name__ == "__main__":
    PICTURE.write_text(drawing(), "utf-8")
