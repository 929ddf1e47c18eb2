"""API: pages of what a program may import, each filled from the docstrings."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

ROOMS = {
    "analysis": "Questions: why, who, and what would change it",
    "plots": "Pictures: tables onto axes",
    "history": "Real attempts: cases, forecasts and scores",
    "rules": "The rules of the model",
}


def api_pages() -> dict[str, str]:
    """Write every page of the API, by name."""
    names = ["package", *ROOMS]
    head = (
        "# Every public name\n\nFilled from the docstrings, which say units, sources and an example each; the examples "
        "run as tests. What is not listed here, or starts with an underscore, may change without notice "
        "([versions](../versioning.md)).\n\n"
    )
    index = head + _toctree(names)
    return {"api/index": index, "api/package": _package(), **{f"api/{room}": _room(room) for room in ROOMS}}


def _toctree(names: list[str]) -> str:
    return "```{toctree}\n:maxdepth: 2\n\n" + "\n".join(names) + "\n```\n"


def _package() -> str:
    import abm

    parts = ["# `abm`: the public names", "Import them as `abm.NAME`."]
    for name in abm.__all__:
        thing = getattr(abm, name)
        room = thing.__module__.split(".")[1]
        if room in ROOMS:
            parts.append(f"## `{name}`\n\nSee {{py:obj}}`{thing.__module__}.{name}`.")
            continue
        kind = "class" if inspect.isclass(thing) else "function"
        members = "\n   :members:" if kind == "class" else ""
        parts.append(f"## `{name}`\n\n" + _rst(f".. auto{kind}:: abm.{name}{members}"))
    return "\n\n".join(parts) + "\n"


def _room(room: str) -> str:
    home = importlib.import_module(f"abm.{room}")
    parts = [f"# {ROOMS[room]}", (inspect.getdoc(home) or "").replace("``", "`")]
    for found in pkgutil.iter_modules(home.__path__, f"abm.{room}."):
        if not found.ispkg and not found.name.rpartition(".")[2].startswith("_"):
            parts.append(f"## `{found.name}`\n\n" + _rst(f".. automodule:: {found.name}\n   :members:"))
    return "\n\n".join(parts) + "\n"


def _rst(text: str) -> str:
    return "```{eval-rst}\n" + text + "\n```"
