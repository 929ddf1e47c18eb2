"""Extending: a copy of the package, changed as a row of CONTRIBUTING says, in the places that it names alone."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent

#: A round in which somebody is bound, somebody has stated his chance, and somebody decides by the rules.
SMALL = """
format = 1
id = "small"
title = "A small round"
as_of = 2025-01-01
horizon_weeks = 8
round = { target_bn = 3.0, deadline = 2025-02-19, pre_money_bn = 10.0 }
[company]
cash_bn = 1.0
net_burn_bn_per_year = 5.0
[[gatekeepers]]
id = "court"
hazard_per_year = 10.0
[[investors]]
id = "bound"
kind = "crossover"
ticket_bn = 2.0
signed_at_start = true
conditions = [[{ gate = "court" }]]
[[investors]]
id = "stated"
kind = "venture"
ticket_bn = 0.5
signing_probability = 0.6
[[investors]]
id = "deciding"
kind = "sovereign"
sign_bias = 0.0
wealth_bn = 900.0
max_ticket_bn = 1.0
diligence_days = 10
"""

#: What every question to a copy begins with, and how its answer comes back.
BEFORE = '''
import contextlib, doctest, io, json
from pathlib import Path

import abm
from abm.analysis import doubts
from abm.cli import main

doubts._AGAIN = 1  # nothing is compiled here: as few runs as say which keys matter
answer = {}


def say(*words):
    """What the command line prints; where it refuses, its exit and its sentence."""
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        try:
            main(list(words))
        except SystemExit as end:
            return f"exit {end.code}: {err.getvalue()}" if end.code else out.getvalue()


def runs(scenario="small.toml", count=6, **how):
    """Runs of both engines, which are the same to the last bit."""
    tables = [abm.simulate(scenario, count, 1, engine=e, workers=1, **how).to_frame() for e in ("ensemble", "mesa")]
    assert tables[0].equals(tables[1]), tables
    return {name: list(map(str, tables[0][name])) for name in tables[0]}
'''
AFTER = "\nprint(json.dumps(answer, default=str))"


def rows() -> dict[str, str]:
    """The table "Where does my change go?": what one wants, and what one touches then."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8").split("## Where does my change go?")[1].split("\n## ")[0]
    return dict(re.findall(r"^\| ((?!I want|-).+?) \| (.+) \|$", text, re.MULTILINE))


class Copy:
    """A copy of the package in which no other files can be changed than those that a row of the table names.

    Every row is done by a test that makes a ``Copy`` of that name.
    """

    def __init__(self, folder: Path, row: str) -> None:
        self.folder = folder
        self.named = re.findall(r"`((?:abm|experiments|docs|tests)/[\w./]*)`", rows()[row])
        for name in ("abm", "experiments", "docs", "tests"):
            shutil.copytree(ROOT / name, folder / name)
        (folder / "small.toml").write_text(SMALL, "utf-8")

    def _path(self, name: str) -> Path:
        allowed = any(name == one or (one.endswith("/") and name.startswith(one)) for one in self.named)
        assert allowed, f"the row does not say that {name} is touched, only {', '.join(self.named)}"
        return self.folder / name

    def add(self, name: str, text: str) -> None:
        """Add a file."""
        path = self._path(name)
        assert not path.exists()
        path.write_text(text, "utf-8")

    def replace(self, name: str, old: str, new: str) -> None:
        """Put something else in the place of a text that is there once."""
        path = self._path(name)
        text = path.read_text("utf-8")
        assert text.count(old) == 1, f"{name} has {old!r} {text.count(old)} times"
        path.write_text(text.replace(old, new), "utf-8")

    def before(self, name: str, mark: str, text: str) -> None:
        """Put a text before another that is there once."""
        self.replace(name, mark, text + mark)

    def after(self, name: str, mark: str, text: str) -> None:
        """Put a text behind another that is there once."""
        self.replace(name, mark, mark + text)

    def python(self, *arguments: str) -> str:
        """What Python prints in the copy; rules are read, not compiled, which is quicker for a few runs."""
        place = {**os.environ, "PYTHONPATH": str(self.folder), "NUMBA_DISABLE_JIT": "1", "MPLBACKEND": "Agg"}
        done = subprocess.run(
            [sys.executable, *arguments], cwd=self.folder, env=place, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def ask(self, question: str) -> dict[str, Any]:
        """The answer to a question, some lines of Python that fill ``answer``."""
        found: dict[str, Any] = json.loads(self.python("-c", BEFORE + question + AFTER).splitlines()[-1])
        return found
