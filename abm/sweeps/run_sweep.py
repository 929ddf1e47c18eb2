"""Run sweep: simulate many points of a scenario, each often enough, and keep everything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from abm.core.arguments import checked
from abm.core.errors import StoreError
from abm.population import prepare
from abm.population.sobol import Sampling
from abm.population.unknowns import drawn_in_worlds
from abm.runs.collecting import Collect, statistics_of
from abm.runs.columns import check_event, columns_of
from abm.runs.drafts import clean
from abm.runs.simulation import engine_for
from abm.runs.stream import EngineName, engine_of
from abm.scenario import Scenario, load_scenario
from abm.sweeps.axis import Axes
from abm.sweeps.design import Design
from abm.sweeps.executors import pool_for
from abm.sweeps.fingerprint import code_digest
from abm.sweeps.manifest import MANIFEST, read_manifest
from abm.sweeps.own_classes import describe_classes, describe_statistics
from abm.sweeps.runner import Progress, Runner
from abm.sweeps.stopping import stopping_for, stopping_of
from abm.sweeps.store import SPARE, TABLE, lock
from abm.sweeps.study import Study
from abm.sweeps.work import Job

if TYPE_CHECKING:
    from abm.agents import Company, Gatekeeper, Investor

RUNS = {"ensemble": 2_000, "mesa": 200}  # of a point, where nobody says how many
MOST = {"ensemble": 200_000, "mesa": 5_000}  # of a point, where a width or a verdict is asked for
COLUMNS = ("closed", "survived", "cause", "funded_bn")


@checked
def sweep(
    scenario: Scenario | str | Path,
    design: Design | Axes,
    runs: int | None = None,
    seed: int = 1,
    *,
    folder: str | Path | None = None,
    within: float | None = None,
    decide: str | None = None,
    event: str = "closed",
    columns: Sequence[str] = COLUMNS,
    engine: EngineName | None = None,
    executor: Executor | str | None = None,
    workers: int | None = None,
    cluster: str | None = None,
    reuse: Iterable[str | Path] = (),
    collect: Collect | None = None,
    central: bool = False,
    sampling: Sampling = "random",
    investor: type[Investor] | None = None,
    gatekeeper: type[Gatekeeper] | None = None,
    company: type[Company] | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Study:
    """Simulate a scenario at the points of a design; all points share their luck, run by run, and their worlds.

    A point is what :func:`abm.simulate` says of it: numbers with a range that it does not set are drawn, the same for
    each hundred runs and at all points.

    What is computed is written down at once. Called again with the same folder after an end of any kind, or with more
    points or runs, it goes on from there. The result is the same to the last byte for every executor and any number of
    workers and interruptions.

    Parameters
    ----------
    scenario
        A scenario, a packaged id, or the path of a file.
    design
        Points to look at; a mapping of paths to values stands for their grid.
    runs
        Runs of each point [-]; default: 2,000, or 200 with Mesa. With ``within`` or ``decide`` the most that a point
        may take; default: 200,000, or 5,000.
    seed
        The seed that all runs share.
    folder
        Where to keep the study; default: nowhere, it goes when the result does.
    within
        Half-width of the 95 % interval of ``event`` to reach at every point [-].
    decide
        A question such as ``"closed > 0.5"``: each point gets runs until the answer is clear. Wrong answers come with
        at most 5 %, and the intervals hold in spite of the stopping (a confidence sequence).
    event
        What ``p`` of a point means: a column of True and False, or a condition on columns.
    columns
        What is kept of every run: columns of :meth:`abm.Outcomes.to_frame`.
    engine, collect, central, sampling, investor, gatekeeper, company
        As in :func:`abm.simulate`; what is collected is kept of every run.
    executor
        ``"threads"``, ``"processes"``, ``"dask"``, or anything with the interface of
        :class:`concurrent.futures.Executor`; default: threads for the ensemble, processes for Mesa.
    workers
        How many; default: one a core.
    cluster
        Address of a Dask scheduler.
    reuse
        Folders of other studies to take over what has been computed already.
    progress
        Called with the :class:`Progress`, a few times a second.

    Returns
    -------
    Study
        Its results; :attr:`abm.sweeps.study.Study.interrupted` where the interrupt key ended it early.

    Raises
    ------
    ScenarioError
        Where the scenario, or an axis of the design, leads to nonsense.
    StoreError
        Where the folder cannot be used.
    ValueError
        Where what is asked makes no sense.

    Examples
    --------
    >>> study = sweep("three-investors", {"round.target_bn": [6, 8, 10]}, runs=500)
    >>> study.points()["runs"].tolist()
    [500, 500, 500]
    """
    engine, chosen = engine_for(engine, {"investor": investor, "gatekeeper": gatekeeper, "company": company}, collect)
    scenario = load_scenario(scenario)
    if isinstance(design, Mapping):
        design = Design.grid(design)
    if not isinstance(design, Design):
        raise ValueError(f"design: expected a Design, or a mapping of paths to values, got {design!r}")
    most = (RUNS if within is None and decide is None else MOST)[engine]
    if decide is not None and sampling == "sobol":
        raise ValueError("decide: expected sampling 'random', a question is decided by independent runs, got 'sobol'")
    stopping = stopping_of(runs, within, decide, event, most)
    stopping = stopping_for(sampling, not central and bool(drawn_in_worlds(scenario)))(**asdict(stopping))
    statistics = statistics_of(collect, columns_of(scenario).names)
    own = [column for one in statistics for column in one.columns(int(scenario.horizon_weeks))]
    job = Job(
        scenario, seed, engine, stopping.event, (*columns, *own), stopping.most, describe_classes(chosen),
        describe_statistics(statistics), tuple(own), central, sampling,
    )  # fmt: skip
    _check(job, design)
    return complete_study(Study(folder, design, job, stopping), executor, workers, cluster, reuse, progress)


@checked
def resume(
    folder: str | Path,
    executor: Executor | str | None = None,
    workers: int | None = None,
    cluster: str | None = None,
    progress: Callable[[Progress], None] | None = None,
    *,
    collect: Collect | None = None,
    investor: type[Investor] | None = None,
    gatekeeper: type[Gatekeeper] | None = None,
    company: type[Company] | None = None,
) -> Study:
    """Go on with a study that was left unfinished; arguments as in :func:`sweep`."""
    classes = {"investor": investor, "gatekeeper": gatekeeper, "company": company}
    study = Study.open(folder).with_classes(classes, statistics_of(collect))
    return complete_study(study, executor, workers, cluster, (), progress)


def complete_study(
    study: Study,
    executor: Executor | str | None = None,
    workers: int | None = None,
    cluster: str | None = None,
    reuse: Iterable[str | Path] = (),
    progress: Callable[[Progress], None] | None = None,
) -> Study:
    """Do what a study still lacks, alone in its folder."""
    try:
        with lock(study.folder):
            for name in (MANIFEST, TABLE, SPARE):
                clean(study.folder / name)
            _simulate_missing(study, executor, workers, cluster, reuse, progress or (lambda _: None))
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        kept = f"what is done is kept; go on with: abm study resume {study.folder}"
        raise StoreError(f"{study.folder}: expected room to write, got: {why}; {kept}") from None
    return study


def _simulate_missing(
    study: Study,
    executor: Executor | str | None,
    workers: int | None,
    cluster: str | None,
    reuse: Iterable[str | Path],
    progress: Callable[[Progress], None],
) -> None:
    study.require_classes()
    before = _asked_before(study.folder)
    if replaced := replaced_question(study, before):
        study.notes.append(replaced)
    study.digests = before.get("files")
    store = study.store()  # which looks whether the files of an answer are whole
    study.digests = None  # from here on, whatever ends the program, no answer stands beside another question
    study.write_manifest()
    others = tuple(Study.open(folder).store() for folder in reuse)
    runner = Runner(study.design, study.job, study.stopping, store, code_digest(), others)
    try:
        with pool_for(executor, workers, study.job.engine, cluster) as pool:
            runner.run(*pool, progress)
        # the journals go last: whatever ends the program before that, nothing that was simulated is lost
        study.digests = store.compact(runner.wanted())
        study.write_manifest()
        store.drop_journals()
    except KeyboardInterrupt:
        study.interrupted = True
    finally:
        store.close()
    why = "its code cannot be read whole, so no earlier run of it is reused"
    own = (*study.job.agents.values(), *study.job.collect.values())
    study.notes += [*store.notes, *(f"{one.name}: {why}" for one in own if not one.known)]


def _asked_before(folder: Path) -> dict[str, Any]:
    """The manifest that stands in a folder; nothing where there is none that can be read."""
    try:
        return read_manifest(folder / MANIFEST)
    except StoreError:
        return {}


def replaced_question(study: Study, before: Mapping[str, Any]) -> str:
    """Say that another question was asked in this folder before; a wider design or more runs are the same question."""
    if not before:
        return ""
    job = study.job
    asked = {
        "scenario": (before["scenario_sha256"], job.scenario.digest),
        "seed": (before["seed"], job.seed),
        "engine": (before["engine"], job.engine),
        "event": (before["stopping"]["event"], job.event),
        "columns": (before["columns"], list(job.columns)),
        "choice of worlds": (before.get("central", True), job.central),
        "sampling": (before.get("sampling", "random"), job.sampling),
    }
    other = [name for name, (one, another) in asked.items() if one != another]
    if not other:
        return ""
    return f"{study.folder}: replaces a study of another {', '.join(other)}; its runs are put aside in {SPARE}"


def _check(job: Job, design: Design) -> None:
    """Refuse at once what could not be counted or kept, or leads nowhere."""
    columns = columns_of(job.scenario, job.collected)
    if missing := [name for name in job.columns if name not in columns.names]:
        columns.numbers(columns.empty(), missing[0])  # which says what is meant
    check_event(job.event, columns)  # a block of runs does not know the others
    if job.collect:  # what is no statistic at all is refused now, not told as so many runs that failed
        agents, told = ({name: given.loaded() for name, given in one.items()} for one in (job.agents, job.collect))
        engine_of("mesa", job.scenario, prepare(job.scenario), agents, statistics_of(told))(job.seed, range(1), False)
    design.check(job.scenario)
