"""Gallery: a page an experiment, from what its script asks and what its folder of results holds."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from pathlib import Path

from docs.website.pages import ROOT

PARTS = ("Question", "Design", "Expectation", "Finding")


def experiments() -> list[str]:
    """Names of all experiments, in order."""
    return sorted(script.stem for script in (ROOT / "experiments").glob("e[0-9][0-9]_*.py"))


def pictures(name: str) -> list[str]:
    """Paths of the pictures that an experiment left, in the repository."""
    return sorted(file.relative_to(ROOT).as_posix() for file in (ROOT / "results" / name).rglob("*.png"))


def experiment_page(name: str) -> str:
    """Write the page of an experiment: what was asked and expected, what came out, how to get it again."""
    script = f"experiments/{name}.py"
    told = parts_of((ROOT / script).read_text("utf-8"))
    finding = (ROOT / "results" / name / "finding.md").read_text("utf-8")
    title, _, text = finding.partition("\n")
    shown = [f"![{_alt(name, path)}](../{path})" for path in pictures(name)]
    return "\n\n".join(
        [
            title,
            f"**Question.** {told['Question']}",
            text.strip(),
            *shown,
            "## How it was asked",
            told["Design"],
            f"**Expected, before the first run.** {told['Expectation']}",
            "## Again",
            f"`python {script}` writes `results/{name}/` again: this finding, the pictures, and the table of points "
            "with a manifest that names the scenario, the runs and the seed.",
            "```{literalinclude} ../files/" + script + "\n:language: python\n:class: script\n```",
        ]
    )


def pictures_table(names: list[str]) -> str:
    """Write a table of the first picture of each experiment, two a row, each leading to its page."""
    cells = [f"[![{_title(name)}](../{pictures(name)[0]})]({name}.py)" for name in names]
    rows = [f"| {left} | {right} |" for left, right in zip(cells[::2], [*cells[1::2], ""], strict=False)]
    return "\n".join(["| | |", "|---|---|", *rows])


def _title(name: str) -> str:
    """What a finding is headed by."""
    return (ROOT / "results" / name / "finding.md").read_text("utf-8").partition("\n")[0].removeprefix("# ")


def parts_of(source: str) -> dict[str, str]:
    """Read question, design, expectation and finding out of the head of a script.

    >>> parts_of('\"\"\"e99: what?\\n\\nQuestion\\n    Is it ``x``?\\n\"\"\"')
    {'Question': 'Is it `x`?'}
    """
    head = inspect.cleandoc(ast.get_docstring(ast.parse(source)) or "")
    found = re.findall(r"^(\w+)[^\n]*\n((?:[ ]+[^\n]*\n?|\n)+)", head, re.MULTILINE)
    return {name: _markdown(textwrap.dedent(text)) for name, text in found if name in PARTS}


def _markdown(text: str) -> str:
    """From the signs of a docstring to those of Markdown, which an asterisk of a formula is none of."""
    return text.strip().replace("``", "`").replace("*", "\\*")


def _alt(name: str, path: str) -> str:
    return f"{name.partition('_')[0]}: {Path(path).stem.replace('_', ' ')}"
