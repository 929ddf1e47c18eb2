"""JSON: the page of keys lists what commands print, and commands print nothing that it does not list."""

from __future__ import annotations

import fnmatch
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "json.md").read_text("utf-8")
pytestmark = pytest.mark.one_python

COMMANDS = {
    "abm run": ["run", "three-investors", "--runs", "200"],
    "abm compare": ["compare", "three-investors", "--set", "investors.lead=out", "--runs", "100"],
    "abm levers": ["levers", "three-investors", "--runs", "100"],
    "abm who": ["who", "three-investors", "--runs", "50"],
    "abm explain": ["explain", "three-investors", "--run", "3"],
    "abm sweep": ["sweep", "three-investors", "--vary", "round.target_bn=6,8", "--runs", "50"],
    "abm provenance": ["provenance", "three-investors"],
    "abm diff": ["diff", "three-investors", "mutual-conditions"],
    "abm cases ls": ["cases", "ls"],
    "abm calibrate": ["calibrate"],
}


def promised(command: str) -> list[str]:
    """Patterns of keys that the page lists for a command: a section of its own, or a row of the last table."""
    for section in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]:
        if f"`{command}`" in section.splitlines()[0]:
            return re.findall(r"`([^`]+)`", " ".join(re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)))
    (row,) = re.findall(rf"^\| `{command}` \| (.*) \|$", PAGE, re.MULTILINE)
    return re.findall(r"`([^`]+)`", row)


def paths(found, before: str = "") -> set[str]:
    """Every path through an object, with [] for the members of a list."""
    if isinstance(found, dict):
        inner = [paths(value, f"{before}.{key}" if before else key) for key, value in found.items()]
    elif isinstance(found, list):
        inner = [paths(value, f"{before}[]") for value in found]
    else:
        inner = []
    return {before}.union(*inner) - {""}


def matches(path: str, pattern: str) -> bool:
    """Whether a path is listed, is inside of one that is listed, or leads to one."""
    plain, shape = path.replace("[]", "()"), pattern.replace("[]", "()")
    leads = shape.startswith((f"{plain}.", f"{plain}("))
    return leads or any(fnmatch.fnmatchcase(plain, form) for form in (shape, f"{shape}.*", f"{shape}(*"))


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_prints_the_keys_that_the_page_lists(name, command):
    code, printed, _ = command(*COMMANDS[name], "--json")
    assert code == 0
    listed, there = promised(name), paths(json.loads(printed))
    assert [path for path in there if not any(matches(path, pattern) for pattern in listed)] == []
    assert [pattern for pattern in listed if not any(matches(path, pattern) for path in there)] == []


def test_every_command_with_json_stands_on_the_page():
    import typer

    from abm.cli import app
    from docs.website.commands import walk

    commands = list(walk(typer.main.get_command(app)))
    able = {" ".join(path) for path, one in commands if any("--json" in option.opts for option in one.params)}
    assert {name for name in able if f"`{name}`" not in PAGE} == set()
