"""Simulation: many runs of one scenario, over the cores of this machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypedDict, Unpack, overload

from abm.core.arguments import LARGEST_KEY, checked
from abm.population import prepare, unknowns_of
from abm.population.sobol import Sampling
from abm.runs.collecting import Collect, statistics_of
from abm.runs.columns import check_event
from abm.runs.outcomes import Batch, Outcomes, StopReason, Totals
from abm.runs.stream import LOOK, EngineName, Stream
from abm.scenario import Scenario, load_scenario

if TYPE_CHECKING:
    from abm.agents import Company, Gatekeeper, Investor

Keep = Literal["runs", "rows", "totals"]
Progress = Callable[[int, int], None]

RUNS = {"ensemble": 20_000, "mesa": 2_000}  # where nobody says how many
_PART = 20  # of the runs, at the central numbers beside them
MOST = {"ensemble": 10_000_000, "mesa": 100_000}  # where a width is asked for


class Sink(Protocol):
    """Something that takes batches in order, such as :class:`Totals`; a batch goes in whole or not at all."""

    @property
    def runs(self) -> int:
        """Number of runs it was given."""

    def add(self, batch: Batch) -> None:
        """Take a batch."""


class RunCollector:
    """A sink that keeps the runs, or the first ones.

    Parameters
    ----------
    most
        Runs to keep [-]; more are counted and let go. None: all.
    """

    def __init__(self, most: int | None = None) -> None:
        self.most = most
        self._parts: list[tuple[int, Batch | None]] = []  # runs up to here, and the batch if it is wanted

    @property
    def runs(self) -> int:
        """Number of runs it was given."""
        return self._parts[-1][0] if self._parts else 0

    def add(self, batch: Batch) -> None:
        """Keep a batch, or what of it is still wanted."""
        room = batch.runs if self.most is None else min(batch.runs, self.most - self.runs)
        self._parts.append((self.runs + batch.runs, batch.part(0, room) if room > 0 else None))

    def batch(self) -> Batch:
        """Return the runs that were kept."""
        return Batch.joined(part for _, part in self._parts if part is not None)


def engine_for(
    engine: EngineName | None, agents: Mapping[str, type[Any] | None], collect: Collect | None = None
) -> tuple[EngineName, dict[str, type[Any]]]:
    """Engine that is asked for, or that classes and statistics of one's own ask for; and these classes by role.

    Raises
    ------
    ValueError
        Where there is no such engine, or it takes no classes.

    Examples
    --------
    >>> engine_for(None, {"investor": None, "company": None})
    ('ensemble', {})
    """
    chosen = {role: cls for role, cls in agents.items() if cls is not None}
    engine = engine or ("mesa" if chosen or collect else "ensemble")
    if chosen and engine != "mesa":
        raise ValueError(f"expected the engine 'mesa' for a class of one's own ({', '.join(chosen)}), got {engine!r}")
    if collect and engine != "mesa":
        raise ValueError(f"expected the engine 'mesa' for a statistic of one's own, got {engine!r}")
    return engine, chosen


@checked
def batches(
    scenario: Scenario | str | Path,
    runs: int | None = None,
    seed: int = 1,
    *,
    engine: EngineName | None = None,
    first_run: int = 0,
    workers: int | None = None,
    within: float | None = None,
    event: str = "closed",
    path_runs: int | None = None,
    collect: Collect | None = None,
    central: bool = False,
    sampling: Sampling = "random",
    investor: type[Investor] | None = None,
    gatekeeper: type[Gatekeeper] | None = None,
    company: type[Company] | None = None,
) -> Stream:
    """Simulate a scenario many times, and pass the runs on batch by batch, as they come.

    For whoever wants to look at millions of runs without keeping them. :func:`simulate` is built on it.

    Parameters
    ----------
    scenario, runs, seed, engine, first_run, workers, within, event, collect, central, sampling, investor, gatekeeper,
    company
        As in :func:`simulate`.
    path_runs
        How many of the runs, from the first on, keep their weekly paths [-]; default: all.

    Returns
    -------
    Stream
        Iterate over it: batches in order of run numbers, whatever the number of workers. Nothing is simulated before.

    Raises
    ------
    ScenarioError, ValueError
        As in :func:`simulate`.

    Examples
    --------
    >>> stream = batches("three-investors", runs=100, seed=1, workers=1)
    >>> most = max(int(batch.rows["paid_musd"].max()) for batch in stream)
    >>> most, stream.done
    (10000, 100)
    """
    engine, chosen = engine_for(engine, {"investor": investor, "gatekeeper": gatekeeper, "company": company}, collect)
    if runs is None:
        runs = (RUNS if within is None else MOST)[engine]
        runs = max(1, min(runs, LARGEST_KEY - first_run)) if within is not None else runs
    if first_run + runs > LARGEST_KEY:
        raise ValueError(f"runs: expected run numbers below 2**32, got {runs} from {first_run}")
    scenario = load_scenario(scenario)
    if engine == "ensemble":
        from abm.ensemble.ahead import compile_ahead

        compile_ahead()  # so that it does not wait for what preparing compiles
    kept = runs if path_runs is None else path_runs
    stream = Stream(scenario, prepare(scenario), seed, engine, first_run, runs, within, workers, kept, chosen, event)
    stream.unknowns, stream.sampling = None if central else unknowns_of(scenario), sampling
    stream.statistics = statistics_of(collect, stream.columns.names)
    check_event(event, stream.columns)
    return stream


def collect(stream: Stream, sinks: Sequence[Sink], progress: Callable[[Stream], None] | None = None) -> StopReason:
    """Simulate a stream into sinks.

    The interrupt key ends it early, with the same whole batches in every sink.

    Parameters
    ----------
    stream
        What :func:`batches` made.
    sinks
        At least one; each is given every batch, in order.
    progress
        Called with the stream after every batch.

    Returns
    -------
    StopReason
        How it ended.

    Raises
    ------
    KeyboardInterrupt
        Where it was interrupted before the first batch.
    """
    last: Batch | None = None
    interrupted = False
    with closing(iter(stream)) as made:
        try:
            for last in made:
                for sink in sinks:
                    sink.add(last)
                if progress is not None:
                    progress(stream)
        except KeyboardInterrupt:
            given = max(sink.runs for sink in sinks)
            if last is None or not given:
                raise
            interrupted = True
            for sink in sinks:  # the key may have come between two sinks: all of them get the last batch
                if sink.runs < given:
                    sink.add(last)
    reached = stream.reached if stream.within is None else bool(stream.reached) and not interrupted
    return StopReason(stream.most, stream.within, reached, interrupted)


_into = collect  # an argument of that name hides it in :func:`simulate`


class _Asked(TypedDict, total=False):
    """What may be asked of :func:`simulate` by name, whatever it keeps."""

    engine: EngineName | None
    first_run: int
    workers: int | None
    within: float | None
    event: str
    events: Sequence[str]
    collect: Collect | None
    central: bool
    sampling: Sampling
    investor: type[Investor] | None
    gatekeeper: type[Gatekeeper] | None
    company: type[Company] | None
    progress: Progress | None


@overload
def simulate(
    scenario: Scenario | str | Path,
    runs: int | None = ...,
    seed: int = ...,
    *,
    keep: Literal["totals"],
    **asked: Unpack[_Asked],
) -> Totals: ...


@overload
def simulate(
    scenario: Scenario | str | Path,
    runs: int | None = ...,
    seed: int = ...,
    *,
    keep: Literal["runs", "rows"] = ...,
    **asked: Unpack[_Asked],
) -> Outcomes: ...


@checked
def simulate(
    scenario: Scenario | str | Path,
    runs: int | None = None,
    seed: int = 1,
    *,
    engine: EngineName | None = None,
    first_run: int = 0,
    workers: int | None = None,
    within: float | None = None,
    event: str = "closed",
    keep: Keep = "runs",
    events: Sequence[str] = ("closed", "survived"),
    collect: Collect | None = None,
    central: bool = False,
    sampling: Sampling = "random",
    investor: type[Investor] | None = None,
    gatekeeper: type[Gatekeeper] | None = None,
    company: type[Company] | None = None,
    progress: Progress | None = None,
) -> Outcomes | Totals:
    """Simulate a scenario many times.

    The result depends on scenario, seed and run numbers alone: not on workers, chunks or their order. The interrupt
    key ends it early; what has been simulated by then is returned, with :attr:`Outcomes.interrupted` set.

    Parameters
    ----------
    scenario
        A scenario, a packaged id, or the path of a file.
    runs
        Number of runs [-]; default: 20,000, or 2,000 with ``engine="mesa"``. With ``within``, the most that may be
        spent; default: 10 million, or 100,000.
    seed
        The seed that all runs share.
    engine
        ``"ensemble"``: the compiled one. ``"mesa"``: the readable agent model, the same runs to the last bit. Default:
        the ensemble, unless there is a class of one's own.
    first_run
        Number of the first run, so that a study can be continued.
    workers
        Threads (ensemble) or processes (mesa) to use; default: one a core, where it pays.
    within
        Half-width of the 95 % interval of ``event`` to reach [-], above 0 and below 0.5. It is looked at every 500
        runs, and the simulation ends at the first look at which it is reached.
    event
        What the half-width is about: a column of True and False, or a condition on columns.
    keep
        ``"runs"``: every run with its weekly paths. ``"rows"``: every run without them. ``"totals"``: no runs, only
        what they add up to, in the same memory for any number of them.
    events
        With ``keep="totals"``: the events whose probability will be asked.
    collect
        Statistics of one's own, of the Mesa model: a function of the model that returns a number at the end of a run,
        several, or functions by name; ``abm.weekly(function)`` is asked at the end of every week. A column has the name
        of its function, ``NAME.1``, ``NAME.2``, … for weeks; events may name it. NaN stands for no value.
    central
        Whether every number that has a range keeps its value. If not, these numbers are drawn, the same for each
        hundred runs (:mod:`abm.population.unknowns`), and a probability is the mean over what nobody knows.
    sampling
        ``"random"``: every draw is independent of the others. ``"sobol"``: the few that decide most (consents, what
        all share, the signatures and beliefs of the six largest investors, numbers of a world) come from 20 scrambled
        Sobol' sequences instead, so that as many runs tell a probability better; its interval is then that of 20
        independent replicates (:mod:`abm.population.sobol`).
    investor, gatekeeper, company
        Agent classes of one's own, in place of those of :mod:`abm.agents`.
    progress
        Called with runs done and runs wanted.

    Returns
    -------
    Outcomes or Totals
        One row a run, or the totals alone.

    Raises
    ------
    ScenarioError
        Where the scenario cannot be simulated.
    ValueError
        Where what is asked makes no sense.
    KeyboardInterrupt
        Where it was interrupted before anything was simulated.

    Examples
    --------
    >>> outcomes = simulate("three-investors", runs=50, seed=1)
    >>> outcomes.runs, outcomes.engine
    (50, 'ensemble')
    """
    stream = batches(
        scenario, runs, seed, engine=engine, first_run=first_run, workers=workers, within=within, event=event,
        path_runs=None if keep == "runs" else 0, collect=collect, central=central, sampling=sampling,
        investor=investor, gatekeeper=gatekeeper, company=company,
    )  # fmt: skip
    own = stream.columns.collected
    named = (event, events) if isinstance(events, str) else (event, *events)
    kin = stream.kin
    sink: Totals | RunCollector = Totals(*stream.study(), named, own, kin) if keep == "totals" else RunCollector()
    ending = _into(stream, [sink], progress and (lambda made: progress(made.done, made.most)))
    result = sink if isinstance(sink, Totals) else Outcomes(*stream.study(), sink.batch(), own, kin)
    result.ending, result.beside = ending, central_beside(stream, named)
    return result


def central_beside(stream: Stream, events: Sequence[str] = ()) -> Callable[[], Totals] | None:
    """What simulates the central numbers beside a stream of worlds, with a twentieth of its runs; None without worlds.

    Parameters
    ----------
    stream
        With runs that have been simulated.
    events
        Events whose probability will be asked, too.
    """
    if not stream.drawn:
        return None
    runs = max(min(LOOK, stream.done), stream.done // _PART)
    engine: EngineName = stream.engine if stream.agents or stream.statistics else "ensemble"  # the same runs, sooner
    fixed = replace(stream, engine=engine, most=max(1, runs), within=None, path_runs=0, unknowns=None)
    return partial(_central, fixed, tuple(events))


def _central(stream: Stream, events: tuple[str, ...]) -> Totals:
    totals = Totals(*stream.study(), events, stream.columns.collected, stream.kin)
    totals.ending = _into(stream, [totals])
    return totals
