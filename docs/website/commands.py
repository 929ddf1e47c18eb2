"""Commands: every command of ``abm`` with its arguments and options, read from the command line itself."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

HEAD = """# Every command

Written from the command line itself; `abm COMMAND --help` says the same. Every command that prints numbers says its
runs and its seed; bad input ends with one sentence and exit code 2, a run that was stopped with 130.
"""

_FORMS = {
    r"<(list\[)?(int range|int|float range|float)\]?>": "NUMBER",
    r"<(list\[)?(path|Path)\]?>": "PATH",
    r"<(list\[)?str\]?>": "TEXT",
}


def commands_text() -> str:
    """Write the page of all commands."""
    import typer

    from abm.cli import app

    whole = typer.main.get_command(app)
    return "\n".join([HEAD, *(_section(path, command) for path, command in walk(whole))])


def walk(command: Any, path: tuple[str, ...] = ("abm",)) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command below one, with the words that ask for it; hidden ones are left out."""
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        if not inner.hidden:
            yield from walk(inner, (*path, name))


def _section(path: tuple[str, ...], command: Any) -> str:
    inner = [name for name, one in getattr(command, "commands", {}).items() if not one.hidden]
    parts = [f"## `{' '.join(path)}`", inspect.cleandoc(command.help or "").split("\f")[0].strip()]
    context = command.make_context(" ".join(path), [], resilient_parsing=True)
    if inner:
        parts.append("Commands: " + ", ".join(f"[`{name}`](#{'-'.join((*path, name))})" for name in inner) + ".")
    else:
        parts.append(f"```text\n{command.get_usage(context).removeprefix('Usage: ')}\n```")
    records = [one.get_help_record(context) for one in command.params if not getattr(one, "hidden", False)]
    if rows := [f"| `{_spelled(names)}` | {_cell(said)} |" for names, said in records]:
        parts.append("\n".join(["| argument or option | what it does |", "|---|---|", *rows]))
    if command.epilog:
        lines = re.findall(r"^ *(abm .+)$", command.epilog, re.MULTILINE)
        parts.append("```console\n" + "\n".join(f"$ {line.strip()}" for line in lines) + "\n```")
    return "\n\n".join(parts) + "\n"


def _spelled(names: str) -> str:
    """What an option takes, in words.

    >>> _spelled("--runs <int range>")
    '--runs NUMBER'
    """
    for form, word in _FORMS.items():
        names = re.sub(form, word, names)
    return names


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "\\<")
