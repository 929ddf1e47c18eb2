"""Variants: named changes of a scenario, as a file or a command line gives them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from abm.core.errors import Fault, ScenarioError
from abm.core.written import shown
from abm.scenario import parse_setting
from abm.scenario.scenario import tables_of, text_of

Variants = dict[str, dict[str, Any]]


def read_variants(path: str | Path) -> Variants:
    """Read a TOML file with a table for each variant: its name, and what it changes.

    ::

        ["as it is"]

        ["a smaller target"]
        round.target_bn = 25
        round.cap_bn = 25

    Raises
    ------
    ScenarioError
        Where it cannot be read, or names no variant.
    """
    file = str(path)
    tables = tables_of(text_of(Path(path), file), file)
    faults = [
        Fault(name, 'expected a table of changes such as ["a smaller target"] round.target_bn = 25', shown(table))
        for name, table in tables.items()
        if not isinstance(table, dict)
    ]
    if not tables:
        faults = [Fault("file", "expected at least one table, its name in brackets, with what it changes")]
    if faults:
        raise ScenarioError(file, faults)
    return {name: flat_changes(table) for name, table in tables.items()}


def flat_changes(table: Mapping[str, Any]) -> dict[str, Any]:
    """Changes by dotted path, from tables within tables.

    Examples
    --------
    >>> flat_changes({"round": {"target_bn": 25}, "investors.lead": "out"})
    {'round.target_bn': 25, 'investors.lead': 'out'}
    """
    return dict(_flat("", table))


def _flat(prefix: str, table: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        if isinstance(value, Mapping) and value and "value" not in value:  # a number with its range
            yield from _flat(f"{prefix}{name}.", value)
        else:
            yield f"{prefix}{name}", value


def variant_of(text: str) -> dict[str, Any]:
    """Read a variant from a command line: changes as ``--set`` takes them, parted by semicolons.

    Examples
    --------
    >>> variant_of("round.target_bn=25; round.cap_bn=25")
    {'round.target_bn': 25, 'round.cap_bn': 25}
    """
    return dict(parse_setting(part) for part in text.split(";"))
