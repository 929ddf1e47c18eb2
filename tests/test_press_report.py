"""A press report as a file: every command of the page prints what the page shows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

PAGE = (Path(__file__).parent.parent / "docs" / "press-report.md").read_text("utf-8")
FILES = dict(
    zip(("metro-bank-2023.toml", "later.toml"), re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL), strict=True)
)
SHOWN = re.findall(r"```console\n\$ abm ([^\n]+)\n(.*?)```", PAGE, re.DOTALL)


def test_the_page_shows_what_each_command_prints():
    assert len(SHOWN) == 5
    assert all(printed.strip() for _, printed in SHOWN)


@pytest.mark.parametrize(
    ("asked", "printed"), SHOWN, ids=[asked.split()[0] + str(k) for k, (asked, _) in enumerate(SHOWN)]
)
def test_a_command_of_the_page_prints_what_stands_there(asked, printed, command):
    for name, text in FILES.items():
        Path(name).write_text(text, "utf-8")
    code, text, faults = command(*shlex.split(asked))
    assert (code, faults) == (0, "")
    parts = (re.escape(" ".join(part.split())) for part in printed.split("\n...\n"))
    assert re.fullmatch(".*".join(parts), " ".join(text.split()))


def test_the_file_is_sound(command):
    Path("metro-bank-2023.toml").write_text(FILES["metro-bank-2023.toml"], "utf-8")
    assert command("check", "metro-bank-2023.toml")[0] == 0
