"""Commands about scenario files: a file to start from, and what differs between two."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from abm.core.errors import Refusal

NEW_EXAMPLES = """
Examples:

    abm new

    abm new series-c.toml
"""

DIFF_EXAMPLES = """
Examples:

    abm diff openai-2025 openai-2025-article

    abm diff three-investors my-round.toml --json
"""

_Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


def new(
    file: Annotated[Path, typer.Argument(help="File to write; nothing is overwritten.")] = Path("round.toml"),
    as_json: _Json = False,
) -> None:
    """Write a scenario file to start from: a small round that runs, with a comment at every key."""
    from importlib import resources

    text = resources.files("abm.scenarios").joinpath("start.template.toml").read_text("utf-8")
    write_new(file, text)
    print(
        json.dumps({"written": str(file)}) if as_json else f"Written to {file}. Next: abm check {file}, abm run {file}"
    )


def write_new(file: Path, text: str) -> None:
    """Write a file that is not there yet."""
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError:
        raise Refusal(f"{file}: expected the name of a new file, it is there already") from None


def diff(
    first: Annotated[str, typer.Argument(help="Packaged id or path of a TOML file.")],
    second: Annotated[str, typer.Argument(help="Another one.")],
    as_json: _Json = False,
) -> None:
    """Say which keys of two scenarios differ, in value, range, grade or source, and whether results can."""
    from abm.report.scenario_diff import diff_json, diff_text
    from abm.scenario import load_scenario

    one, other = load_scenario(first), load_scenario(second)
    print(json.dumps(diff_json(one, other), indent=2, allow_nan=False) if as_json else diff_text(one, other))
