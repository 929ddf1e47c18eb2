"""Files: what `--out` leaves behind. A table of the runs, a manifest, and the figures."""

from __future__ import annotations

import datetime as dt
import json
import platform
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import abm
from abm.outcomes import Outcomes

LIBRARIES = ("mesa", "numba", "numpy", "scipy", "pandas", "pyarrow", "seaborn", "matplotlib")


def write_outcomes(outcomes: Outcomes, folder: str | Path, figures: bool = True) -> list[Path]:
    """Write ``outcomes.parquet``, ``manifest.json`` and the figures into ``folder``; each file whole or not at all.

    Raises
    ------
    OSError
        Where the folder cannot be written.
    """
    folder = Path(folder)
    open_folder(folder)
    table, manifest = folder / "outcomes.parquet", folder / "manifest.json"
    frame = outcomes.to_frame()
    _whole(table, lambda path: frame.to_parquet(path, compression="zstd", index=False))
    text = json.dumps(manifest_of(outcomes), indent=2) + "\n"
    _whole(manifest, lambda path: path.write_text(text, encoding="utf-8"))
    written = [table, manifest]
    if figures:
        from abm.plots import save_figures

        written += save_figures(outcomes, folder)
    return written


def open_folder(folder: str | Path) -> None:
    """Make ``folder`` if need be, and make sure that it can be written.

    Raises
    ------
    OSError
        Where it cannot.
    """
    Path(folder).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass


def manifest_of(outcomes: Outcomes) -> dict[str, Any]:
    """Everything that is needed to get the same numbers again."""
    return {
        "scenario": outcomes.scenario.id,
        "file": Path(outcomes.scenario.file).name,
        "scenario_sha256": outcomes.scenario.digest,
        "abm": abm.__version__,
        "engine": outcomes.engine,
        "seed": outcomes.seed,
        "runs": outcomes.runs,
        "date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in LIBRARIES},
    }


def _whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write beside the file first, then put it in place at once."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as handle:
        draft = Path(handle.name)
    try:
        write(draft)
        draft.chmod(0o644)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
