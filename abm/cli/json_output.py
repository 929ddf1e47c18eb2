"""JSON: the option that asks for it, and one way to write it, whatever the command."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


def json_text(found: Any) -> str:
    """Write what was found as JSON; a number that JSON lacks is a fault of ours.

    Examples
    --------
    >>> print(json_text({"p": 0.5}))
    {
      "p": 0.5
    }
    """
    return json.dumps(found, indent=2, allow_nan=False)
