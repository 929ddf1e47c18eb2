"""Manifest: what a study asks, and what its files of results are, in one JSON file that tells when it was damaged."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from abm.core.errors import StoreError
from abm.core.written import shown
from abm.runs.drafts import atomic_write
from abm.sweeps.axis import Axis
from abm.sweeps.design import Design

MANIFEST = "study.json"
FORMAT = 3


def write_manifest(path: Path, record: Mapping[str, Any]) -> None:
    """Write a manifest, with its own checksum."""
    whole = {"format": FORMAT, **record}
    text = json.dumps({**whole, "checksum": _checksum(whole)}, indent=2, default=_dated)
    with atomic_write(path) as draft:
        draft.write_text(text + "\n", encoding="utf-8")


def read_manifest(path: Path) -> dict[str, Any]:
    """Read a manifest.

    Raises
    ------
    StoreError
        Where there is none, this version cannot read it, or it is not what was written.
    """
    try:
        record: dict[str, Any] = json.loads(path.read_text("utf-8"), object_hook=_read)
        checksum = record.pop("checksum", None)
        known = record.get("format")
        sound = checksum == _checksum(record)
    except FileNotFoundError:
        raise StoreError(f"{path.parent}: expected the folder of a study, it has no {path.name}") from None
    except (OSError, ValueError, AttributeError, TypeError, RecursionError) as error:
        raise StoreError(f"{path}: expected the manifest of a study, got {error}") from None
    if known != FORMAT:
        raise StoreError(f"{path}: expected format {FORMAT}, got {known!r}")
    if not sound:
        raise StoreError(f"{path}: expected the manifest of a study as it was written, it is damaged")
    return record


def design_of(record: Mapping[str, Any]) -> Design:
    """The design that a manifest describes."""
    axes = tuple(
        Axis(**{**axis, "paths": tuple(axis["paths"]), "values": tuple(map(_hashable, axis["values"]))})
        for axis in record["axes"]
    )
    tables: dict[str, Any] = {name: tuple(record[name]) for name in ("rows", "labels")}
    worlds = record.get("worlds")
    tables |= {
        "worlds": design_of(worlds) if worlds else None,
        "policies": tuple(map(tuple, record.get("policies", ()))),
    }
    return Design(**{**record, "axes": axes, **tables})


def _hashable(value: Any) -> Any:
    """Values of linked paths were a tuple before they were written."""
    return tuple(value) if isinstance(value, list) else value


def _checksum(record: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(record, sort_keys=True, default=_dated).encode()).hexdigest()


def _dated(value: object) -> dict[str, str]:
    """Tell JSON of a date."""
    if isinstance(value, dt.date):
        return {"date": value.isoformat()}
    raise TypeError(f"expected a number, a word, a list or a date on an axis, got {shown(value)}")


def _read(table: Mapping[str, Any]) -> Any:
    return dt.date.fromisoformat(table["date"]) if set(table) == {"date"} else table
