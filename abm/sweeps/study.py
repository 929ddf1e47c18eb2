"""Study: a sweep and its results, as they stand in a folder that can be moved, copied and merged."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from abm.core.arguments import checked
from abm.core.errors import StoreError
from abm.core.version import VERSION
from abm.population.unknowns import drawn_in_worlds
from abm.runs.collecting import Statistic
from abm.scenario import scenario_of
from abm.sweeps.design import Design
from abm.sweeps.fingerprint import code_digest
from abm.sweeps.manifest import MANIFEST, design_of, read_manifest, write_manifest
from abm.sweeps.own_classes import OwnClass, describe_classes, describe_statistics
from abm.sweeps.scratch import ScratchFolder
from abm.sweeps.stopping import Stopping, stopping_for
from abm.sweeps.store import TABLE, Store, schema_of, whole
from abm.sweeps.study_results import StudyResults
from abm.sweeps.work import Job


class Study(StudyResults):
    """A sweep in a folder: what was asked, and what came out so far.

    Parameters
    ----------
    folder
        Where it is kept; None: in a temporary folder that goes with this object.
    design, job, stopping
        What is asked.
    """

    def __init__(self, folder: str | Path | None, design: Design, job: Job, stopping: Stopping) -> None:
        self._scratch = ScratchFolder() if folder is None else None
        self.folder = self._scratch.path if self._scratch else Path(folder or ".")
        self.design, self.job, self.stopping = design, job, stopping
        self.interrupted = False
        self.notes: list[str] = []  # what was found damaged, and mended
        self.digests: dict[str, str] | None = None  # SHA-256 of its files of results, once all of it is simulated

    # ----------------------------------------------------------------------------------------------------------------
    # The folder

    def __getstate__(self) -> dict[str, Any]:
        """Let it travel; a file that was found whole is looked at again where it arrives."""
        return {name: value for name, value in self.__dict__.items() if name != "table"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Arrive: a temporary folder came along, and lies elsewhere."""
        self.__dict__.update(state)
        self.folder = self._scratch.path if self._scratch else self.folder

    @classmethod
    @checked
    def open(cls, folder: str | Path) -> Study:
        """Open a study that a sweep has left.

        Raises
        ------
        StoreError
            Where there is none, or this version cannot read it.
        """
        path = Path(folder) / MANIFEST
        record = read_manifest(path)
        try:
            return cls._of(folder, record)
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
            raise StoreError(f"{path}: expected the manifest of a study, it is damaged") from None

    @classmethod
    def _of(cls, folder: str | Path, record: dict[str, Any]) -> Study:
        scenario = scenario_of(tomllib.loads(record["scenario"]), tomllib.loads(record["baseline"]), record["file"])
        agents, collect = (
            {name: OwnClass(**given) for name, given in record.get(own, {}).items()} for own in ("agents", "collect")
        )
        job = Job(
            scenario, record["seed"], record["engine"], record["stopping"]["event"], tuple(record["columns"]),
            record["stopping"]["most"], agents, collect, tuple(record.get("collected", ())),
            record.get("central", True), record.get("sampling", "random"),
        )  # fmt: skip
        kind = stopping_for(job.sampling, not job.central and bool(drawn_in_worlds(scenario)))
        study = cls(folder, design_of(record["design"]), job, kind(**record["stopping"]))
        study.digests = record["files"]
        return study

    def with_classes(self, agents: Mapping[str, type[Any] | None], statistics: Iterable[Statistic] = ()) -> Study:
        """Let it be simulated with classes of one's own, by role, and statistics; the study itself."""
        given = describe_classes({role: cls for role, cls in agents.items() if cls is not None})
        told = {name: one for name, one in describe_statistics(statistics).items() if name in self.job.collect}
        before, own = {**self.job.agents, **self.job.collect}, {**given, **told}
        others = [one.name for name, one in own.items() if before.get(name) not in (one, None)]
        if others and self.digests is not None:
            self.notes.append(f"{', '.join(others)}: not the class that the study was made with; all is simulated anew")
        self.job = replace(self.job, agents={**self.job.agents, **given}, collect={**self.job.collect, **told})
        return self

    def require_classes(self) -> None:
        """Refuse to simulate without the classes of one's own that it was made with.

        Raises
        ------
        StoreError
            Where one is missing: nothing is imported because a file says so.
        """
        for name, given in {**self.job.agents, **self.job.collect}.items():
            if given.cls is None:
                kind, way = "class", f"--{name} {given.name}"
                if name in self.job.collect:
                    kind, way = "function", f"abm.resume(folder, collect={{'{name}': ...}})"
                raise StoreError(f"{self.folder}: expected the {kind} that the study was made with, {way}")

    def write_manifest(self) -> None:
        """Write down what is asked, so that anybody can go on with it; and, once it is there, what the answer is."""
        import tomli_w

        scenario = self.job.scenario
        record = {
            "abm": VERSION,
            "code": code_digest(),
            "file": scenario.file,
            "scenario_sha256": scenario.digest,
            "seed": self.job.seed,
            "engine": self.job.engine,
            "agents": {role: given.to_json() for role, given in self.job.agents.items()},
            "collect": {name: given.to_json() for name, given in self.job.collect.items()},
            "collected": self.job.collected,
            "columns": self.job.columns,
            "central": self.job.central,
            "sampling": self.job.sampling,
            "stopping": asdict(self.stopping),
            "design": asdict(self.design),
            "scenario": tomli_w.dumps(scenario.raw),
            "baseline": tomli_w.dumps(scenario.baseline.raw),
            "files": self.digests,
        }
        write_manifest(self.folder / MANIFEST, record)

    def store(self) -> Store:
        """Open its store."""
        numbers = [np.dtype(np.int64)] * (len(self.job.lists) - len(self.job.columns))
        layout = schema_of(self.job.lists, [*(dtype for dtype, _ in self._raw.values()), *numbers])
        return Store(self.folder, layout, self.digests)

    @property
    def done(self) -> bool:
        """Whether it has been finished, and its results stand in one file."""
        there = self.digests is not None and (self.folder / TABLE).exists()
        return there and not list(self.folder.glob("journal-*.arrows"))

    @cached_property
    def table(self) -> Path:
        """The file of its results, which is what was written.

        Raises
        ------
        StoreError
            Where the study is not finished, or its file is damaged.
        """
        if not self.done:
            raise StoreError(f"{self.folder}: expected a finished study; go on with: abm study resume {self.folder}")
        return whole(self.folder / TABLE, self.digests or {})
