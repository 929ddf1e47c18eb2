"""Rerun: what a folder of results needs to be simulated again, and whether it gives the same numbers."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from abm.core.errors import Refusal
from abm.report.files import MANIFEST, SCENARIO, TABLE, libraries_here
from abm.sweeps.fingerprint import code_digest
from abm.sweeps.store import digest_of

if TYPE_CHECKING:
    from abm.scenario import Scenario


@dataclass(frozen=True)
class Rerun:
    """What was simulated into a folder.

    Attributes
    ----------
    folder
        Where it lies.
    scenario
        As it was simulated, with every change.
    runs, within, seed, engine, event
        As in :func:`abm.simulate`; for an interrupted simulation, the runs that there are.
    by
        The day that was asked for, as text; None: none.
    central
        Whether every number kept its value.
    sampling
        How the draws that decide most were taken.
    record
        The manifest.
    """

    folder: Path
    scenario: Scenario
    runs: int
    within: float | None
    seed: int
    engine: str
    event: str
    by: str | None
    central: bool
    sampling: str
    record: dict[str, Any]

    @classmethod
    def of(cls, folder: Path) -> Rerun:
        """Read what ``abm run --out`` left in a folder.

        Raises
        ------
        Refusal
            Where it is not all there, or not as it was written.
        """
        from abm.scenario import load_scenario

        path = folder / MANIFEST
        try:
            record = json.loads(path.read_text("utf-8"))
            asked = record["again"]
            kept: dict[str, Any] = {
                "runs": int(record["runs"] if record.get("interrupted") else asked["most"]),
                "within": None if record.get("interrupted") or asked["within"] is None else float(asked["within"]),
                "seed": int(record["seed"]), "engine": str(record["engine"]), "event": str(asked["event"]),
                "by": asked["by"] if asked["by"] is None else str(asked["by"]), "central": bool(asked["central"]),
                "sampling": str(asked.get("sampling", "random")),
            }  # fmt: skip
            digest, _ = record["scenario_sha256"], (asked["code"], asked["table_sha256"], record["libraries"].items())
        except FileNotFoundError:
            raise Refusal(f"{folder}: expected what abm run --out left, it has no {MANIFEST}") from None
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise Refusal(f"{path}: expected the manifest of abm run --out of this version, got another file") from None
        scenario = load_scenario(folder / SCENARIO)
        if scenario.digest != digest:
            raise Refusal(f"{folder / SCENARIO}: expected the scenario that was simulated, it was changed since")
        return cls(folder, scenario, record=record, **kept)

    def differences(self, table: Path) -> Iterator[str]:
        """Say what differs between the runs of the folder and those of another table; nothing where they are equal.

        Parameters
        ----------
        table
            The runs, simulated again.
        """
        import pyarrow.parquet as pq

        before = self.folder / TABLE
        if not before.exists() or digest_of(before) != self.record["again"]["table_sha256"]:
            yield f"{before} is not the table that was written"
        elif digest_of(before) != digest_of(table):
            one, other = pq.read_table(before), pq.read_table(table)
            if one.num_rows != other.num_rows:
                yield f"{one.num_rows:,} runs before, {other.num_rows:,} now"
            elif names := [name for name in one.column_names if not _same(one, other, name)]:
                yield f"numbers of {', '.join(names[:5])}{' and more' if len(names) > 5 else ''}"  # noqa: PLR2004
            elif one.column_names != other.column_names:
                yield "columns that there were not before"
            else:
                yield "the bytes of the file, not the numbers in it"

    def surroundings(self) -> Iterator[str]:
        """Say what is other than when the folder was written: the code of the model, Python, libraries."""
        if self.record["again"]["code"] != code_digest():
            yield "the code of the model"
        now = {"python": platform.python_version(), **libraries_here()}
        for name, version in {"python": self.record["python"], **self.record["libraries"]}.items():
            if now.get(name) != version:
                yield f"{name} {version} then, {now.get(name)} now"


def _same(one: Any, other: Any, name: str) -> bool:
    if name not in other.column_names:
        return False
    return bool(one.column(name).to_pandas().equals(other.column(name).to_pandas()))
