"""Lines: answers are as wide as the terminal, from 60 to 200 letters, and no word or id is cut."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from abm.cli import main
from abm.runs.lines import line_width
from tests.guard import HANGS_S

ROOT = Path(__file__).parent.parent
COMMANDS = [
    ["run", "three-investors", "--runs", "50"],
    ["explain", "three-investors", "--run", "7"],
    ["provenance", "openai-2025"],
    ["sweep", "three-investors", "--vary", "round.target_bn=6,8", "--vary", "investors.fund.fallback_bn=0,1",
     "--vary", "round.pre_money_bn=40,50", "--runs", "20"],
]  # fmt: skip


def said(arguments, capsys) -> str:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert not end.value.code
    return capsys.readouterr().out


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_answers_fit_the_terminal_and_cut_no_word(command, monkeypatch, capsys):
    words = {}
    for columns in (20, 60, 90, 200, 900):
        monkeypatch.setenv("COLUMNS", str(columns))
        text = said(command, capsys)
        width = min(max(columns, 60), 200)
        long = [line for line in text.splitlines() if len(line) > width and not line.startswith("  abm ")]
        assert [line for line in long if " " in line.strip()] == []
        words[columns] = re.findall(r"[a-z]\w+\.[\w.-]+|\d{4}-\d\d-\d\d", text)
    assert {one for each in words.values() for one in each} == set(words[200])
    assert max(map(len, said_lines(command, monkeypatch, capsys, 200))) > 90  # or nothing was wide


def said_lines(command, monkeypatch, capsys, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    return said(command, capsys).splitlines()


def test_a_file_or_a_pipe_has_lines_of_110_letters(monkeypatch):
    monkeypatch.delenv("COLUMNS")
    monkeypatch.setattr("os.get_terminal_size", no_terminal)
    assert line_width() == 110


def no_terminal(*_):
    raise OSError


def test_a_terminal_is_asked_for_its_width():
    """A real one, 77 letters wide."""
    import fcntl
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 77, 0, 0))
    around = {name: value for name, value in os.environ.items() if name != "COLUMNS"} | {"PYTHONPATH": str(ROOT)}
    code = "from abm.runs.lines import line_width; print(line_width())"
    subprocess.run([sys.executable, "-c", code], env=around, stdout=theirs, check=True, timeout=HANGS_S)
    os.close(theirs)
    assert os.read(ours, 100).split() == [b"77"]
    os.close(ours)
