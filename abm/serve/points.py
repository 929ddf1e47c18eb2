"""Points: a study, or what an experiment left, as dots of which each is a scenario that can be opened."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from abm.core.errors import Refusal, StoreError
from abm.report.json_values import plain
from abm.scenario import Scenario, load_scenario, packaged
from abm.serve.position import settings_of, source_of

if TYPE_CHECKING:
    import pandas as pd

MOST = 5_000  # points that a page shows
_ENDED, _DATA, _RECORD = "runs", "data.parquet", "manifest.json"  # column after those that were varied; what is left


class Opened(NamedTuple):
    """What a page opens: a scenario, what it is called on the command line, and the points of a study of it."""

    scenario: Scenario
    source: str
    study: dict[str, Any] | None = None


def opened(target: str) -> Opened:
    """Open a packaged scenario, a file, the folder of a study, or the results of an experiment.

    Raises
    ------
    ScenarioError, StoreError, Refusal
        Where it is none of them, or cannot be read.

    Examples
    --------
    >>> opened("three-investors").study is None
    True
    """
    folder = Path(target)
    if not folder.is_dir():
        scenario = load_scenario(target)
        return Opened(scenario, source_of(scenario))
    from abm.sweeps import Study
    from abm.sweeps.manifest import MANIFEST

    if (folder / MANIFEST).exists():
        study = Study.open(folder)
        shown = [settings_of(study.design[place]) for place in range(min(len(study.design), MOST))]
        job, frame = study.job, study.points()
        asked = {"event": job.event, "seed": job.seed, "central": job.central}
        return Opened(job.scenario, source_of(job.scenario), points_json(folder.name, frame, shown, asked))
    if (folder / _RECORD).exists() and (folder / _DATA).exists():
        return _experiment(folder)
    inside = sorted({path.parent for name in (MANIFEST, _DATA) for path in folder.glob(f"*/{name}")})
    hint = f"; there are {', '.join(map(str, inside[:6]))}" if inside else ""
    raise Refusal(f"{target}: expected a scenario, the folder of a study, or the results of an experiment{hint}")


def _experiment(folder: Path) -> Opened:
    """The points that an experiment has left, of the scenario that it names."""
    import pandas as pd

    try:
        record = json.loads((folder / _RECORD).read_text("utf-8"))
        name, seed, frame = str(record["scenario"]), int(record["seed"]), pd.read_parquet(folder / _DATA)
        varied = list(frame.columns[: list(frame.columns).index(_ENDED)])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{folder}: expected the points of an experiment, got another table ({error})") from None
    own = folder.parent.parent / "experiments" / f"{name}.toml"
    if name not in packaged() and not own.exists():
        raise Refusal(f"{folder}: expected a packaged scenario, or {own}, it is of {name!r}")
    scenario = load_scenario(name if name in packaged() else own)
    if scenario.digest != record.get("scenario_sha256"):
        raise StoreError(f"{folder}: expected points of {name} as it is now, it was changed since")
    paths = [path for path in varied if path.partition(".")[0] in type(scenario).model_fields]
    rows = frame.head(MOST)[paths].to_dict("records")
    shown = [settings_of({str(path): plain(value) for path, value in row.items() if _there(value)}) for row in rows]
    asked = {"event": "closed", "seed": seed, "central": bool(record.get("central", True))}
    return Opened(scenario, source_of(scenario), points_json(folder.name, frame, shown, asked))


def _there(value: Any) -> bool:
    return value is not None and not (isinstance(value, float) and math.isnan(value))


def points_json(name: str, frame: pd.DataFrame, settings: list[list[str]], asked: dict[str, Any]) -> dict[str, Any]:
    """The points of a table as a page shows them: what was varied, what came out, and the settings of each.

    Parameters
    ----------
    name
        What the study is called.
    frame
        One row a point: what was varied, ``runs``, ``p``, ``low``, ``high``, and what else came out.
    settings
        Changes of each point, as ``--set`` takes them.
    asked
        Event, seed, and whether every number kept its value.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"round.target_bn": [6, 8], "runs": 200, "p": [0.6, 0.3], "low": 0.2, "high": 0.7})
    >>> told = points_json("mine", frame, [["round.target_bn=6"], ["round.target_bn=8"]], {"event": "closed"})
    >>> told["axes"], told["results"], told["points"][0]["cells"]["p"]
    (['round.target_bn'], ['runs', 'p', 'low', 'high'], 0.6)
    """
    columns = [str(column) for column in frame.columns]
    axes, results = columns[: columns.index(_ENDED)], columns[columns.index(_ENDED) :]
    kept = [column for column in axes if frame[column].nunique(dropna=False) > 1] or axes
    numbers = [column for column in results if frame[column].dtype.kind in "fiu" and frame[column].notna().any()]
    rows = frame.head(MOST)[[*kept, *numbers]].to_dict("records")
    points = [
        {"settings": own, "cells": {str(key): plain(value) for key, value in row.items()}}
        for own, row in zip(settings, rows, strict=True)
    ]
    return {"name": name, "axes": kept, "results": numbers, "points": points, "all": len(frame), **asked}
