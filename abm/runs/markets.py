"""Markets: many runs of several companies side by side, and what they add up to together."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from abm.core.arguments import LARGEST_KEY, checked
from abm.core.batch import Batch
from abm.core.notebook import Told
from abm.population import Population, Unknowns, prepare, unknowns_of
from abm.population.unknowns import world_of
from abm.runs.clusters import Kinship, estimate_of_runs, mean_interval
from abm.runs.columns import truth_in
from abm.runs.estimates import Estimate, Interval
from abm.runs.outcomes import Outcomes
from abm.runs.processes import process_pool
from abm.runs.simulation import RUNS
from abm.runs.stream import ENGINES, EngineName
from abm.runs.totals import StopReason
from abm.scenario.market_file import FundingMarket, load_market

if TYPE_CHECKING:
    import pandas as pd

MarketEngine = Callable[[int, range, bool], list[Batch]]
_CHUNK = {"ensemble": 200, "mesa": 20}  # runs of a task
_OF_COMPANY = ("closed", "funded_bn", "closed_day")


class Given(NamedTuple):
    """What a shared investor gave to a company."""

    investor: str
    company: str
    pays: Estimate  #: how probable it is that he paid anything
    mean_bn: Interval  #: what he paid on average over all runs, with its 95 % interval [USD billion]


class MarketOutcomes(Told):
    """Results of many runs of a market: the outcomes of every company, and of all together.

    Attributes
    ----------
    market, seed, engine
        What was simulated.
    companies
        The :class:`Outcomes` of each company, by its id; their seeds are the companies' own.
    """

    def __init__(self, market: FundingMarket, seed: int, engine: str, companies: Mapping[str, Outcomes]) -> None:
        self.market, self.seed, self.engine, self.companies = market, seed, engine, dict(companies)

    def __getitem__(self, company: str) -> Outcomes:
        """Outcomes of one company."""
        return self.companies[company]

    @property
    def runs(self) -> int:
        """Number of runs."""
        return next(iter(self.companies.values())).runs

    @property
    def drawn_runs(self) -> NDArray[np.uint32] | None:
        """Numbers of the runs, where those of a world share what nobody knows; None at central numbers."""
        drawn = [one for one in self.companies.values() if one.drawn]
        return drawn[0].drawn_runs if drawn else None

    @property
    def columns(self) -> list[str]:
        """Columns of :meth:`to_frame`."""
        return columns_of_market(self.market)

    @cached_property
    def _frame(self) -> pd.DataFrame:
        import pandas as pd

        frames = {name: one.to_frame() for name, one in self.companies.items()}
        made: dict[str, object] = {"run": next(iter(frames.values()))["run"]}
        for column in _OF_COMPANY:
            made |= {f"{column}.{name}": frame[column] for name, frame in frames.items()}
        made["companies_closed"] = sum(frame["closed"].astype(int) for frame in frames.values())
        for who in self.market.shared:
            paid = {n: frames[n][f"paid_bn.{who.id_in(n)}"] for n in self.market.ids if n in who.companies}
            made |= {f"paid_bn.{who.id}.{name}": column for name, column in paid.items()}
            made[f"paid_bn.{who.id}"] = sum(paid.values())
        return pd.DataFrame(made)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a run: who closed, when, and what each shared investor gave to whom.

        Columns: ``run``; ``closed.COMPANY``, ``funded_bn.COMPANY`` and ``closed_day.COMPANY``; ``companies_closed``;
        ``paid_bn.INVESTOR.COMPANY`` and, over all companies, ``paid_bn.INVESTOR``.

        Examples
        --------
        >>> frame = simulate_market("ai-race-2025", runs=20, seed=1).to_frame()
        >>> bool((frame["paid_bn.mgx"] <= 5.0).all())
        True
        """
        return self._frame.copy()

    @checked
    def probability(self, event: str) -> Estimate:
        """Estimate the probability of an event over several companies.

        Parameters
        ----------
        event
            A condition on columns of :meth:`to_frame`, such as ``"closed.openai and closed.xai"``.

        Raises
        ------
        ValueError
            Where the event cannot be read.
        """
        truth, known = truth_in(self._frame, event)
        runs = self.drawn_runs
        return estimate_of_runs(truth[known], self.seed, runs if runs is None else runs[known])

    def given(self) -> list[Given]:
        """What each shared investor gave to each company, in the order of the file."""
        found = []
        for who in self.market.shared:
            for name in self.market.ids:
                if name in who.companies:
                    column = f"paid_bn.{who.id}.{name}"
                    mean = mean_interval(self._frame[column].to_numpy(np.float64), self.drawn_runs)
                    found.append(Given(who.id, name, self.probability(f"{column} > 0"), mean))
        return found

    def _title(self) -> str:
        return f"{self.market.title}: {self.runs:,} runs, seed {self.seed}, {self.engine} engine"

    def _lines(self) -> Iterator[tuple[str, str]]:
        for name, one in self.companies.items():
            yield f"{name} closes", str(one.probability("closed"))
        if len(self.companies) > 1:
            yield "all close", str(self.probability(f"companies_closed == {len(self.companies)}"))
            yield "none closes", str(self.probability("companies_closed == 0"))


def columns_of_market(market: FundingMarket) -> list[str]:
    """Columns of the joint table of a market.

    Examples
    --------
    >>> columns_of_market(load_market("ai-race-2025"))[:4]
    ['run', 'closed.openai', 'closed.anthropic', 'closed.xai']
    """
    found = ["run", *(f"{column}.{name}" for column in _OF_COMPANY for name in market.ids), "companies_closed"]
    for who in market.shared:
        found += [f"paid_bn.{who.id}.{name}" for name in market.ids if name in who.companies]
        found.append(f"paid_bn.{who.id}")
    return found


def check_market_event(market: FundingMarket, event: str) -> None:
    """Refuse an event that cannot be read.

    Raises
    ------
    ValueError
        With what was expected.
    """
    import pandas as pd

    columns = {
        column: pd.Series([], dtype=bool if column.startswith("closed.") else float)
        for column in columns_of_market(market)
    }
    truth_in(pd.DataFrame(columns), event)


@checked
def simulate_market(
    market: FundingMarket | str | Path,
    runs: int | None = None,
    seed: int = 1,
    *,
    engine: EngineName | None = None,
    first_run: int = 0,
    workers: int | None = None,
    keep: Literal["runs", "rows"] = "runs",
    central: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> MarketOutcomes:
    """Simulate a market many times: all its companies side by side, with the investors that they share.

    Parameters
    ----------
    market
        A market, a packaged id, or the path of a file.
    runs
        Number of runs [-]; default: 20,000, or 2,000 with ``engine="mesa"``.
    seed
        The market's seed; the first company has the same, the others their own (:meth:`FundingMarket.seeds`).
    engine
        ``"ensemble"``: the compiled one, and the default. ``"mesa"``: the readable one, the same runs to the last bit.
    first_run
        Number of the first run.
    workers
        Threads (ensemble) or processes (mesa) to use; default: one a core.
    keep
        ``"runs"``: every run with its weekly paths. ``"rows"``: every run without them.
    central
        Whether every number that has a range keeps its value.
    progress
        Called with runs done and runs wanted.

    Returns
    -------
    MarketOutcomes
        The outcomes of every company, run by run, and of all together.

    Raises
    ------
    ScenarioError
        Where the market cannot be simulated.
    ValueError
        Where what is asked makes no sense.

    Examples
    --------
    >>> outcomes = simulate_market("ai-race-2025", runs=50, seed=1)
    >>> outcomes["openai"].runs, outcomes["xai"].runs
    (50, 50)
    """
    market, engine = load_market(market), engine or ENGINES[0]
    runs = RUNS[engine] if runs is None else runs
    if first_run + runs > LARGEST_KEY:
        raise ValueError(f"runs: expected run numbers below 2**32, got {runs} from {first_run}")
    scenarios = market.scenarios.values()
    populations = [prepare(one) for one in scenarios]
    laws = [None if central else unknowns_of(one) for one in scenarios]
    parts: list[list[Batch]] = []
    for part in _parts(market, populations, laws, engine, seed, range(first_run, first_run + runs), workers, keep):
        parts.append(part)
        if progress is not None:
            progress(sum(batches[0].runs for batches in parts), runs)
    seeds, companies = market.seeds(seed), {}
    for c, (name, population) in enumerate(zip(market.ids, populations, strict=True)):
        batch = Batch.joined(batches[c] for batches in parts)
        made = Outcomes(
            market.scenarios[name], seeds[name], engine, population.ids, population.gate_ids, batch,
            kin=Kinship(worlds=laws[c] is not None),
        )  # fmt: skip
        made.ending = StopReason(runs)
        companies[name] = made
    return MarketOutcomes(market, seed, engine, companies)


def _parts(
    market: FundingMarket,
    populations: list[Population],
    laws: list[Unknowns | None],
    engine: EngineName,
    seed: int,
    runs: range,
    workers: int | None,
    keep: str,
) -> Iterator[list[Batch]]:
    """Batches of all companies, chunk by chunk, from as many workers as are asked for."""
    starts = range(runs.start, runs.stop, _CHUNK[engine])
    chunks = [range(start, min(start + _CHUNK[engine], runs.stop)) for start in starts]
    paths, workers = keep == "runs", workers or os.cpu_count() or 1
    if engine == "mesa":
        task = partial(_mesa, market, populations, laws, seed, paths)
        few = workers == 1 or len(chunks) < 2 * workers
        yield from map(task, chunks) if few else process_pool(workers).map(task, chunks)
        return
    from abm.ensemble.side_by_side import MarketEnsemble

    simulate = MarketEnsemble(market, populations, laws)
    if workers == 1 or len(chunks) == 1:
        yield from (simulate(seed, chunk, paths) for chunk in chunks)
        return
    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(lambda chunk: simulate(seed, chunk, paths), chunks)


def _mesa(
    market: FundingMarket,
    populations: list[Population],
    laws: list[Unknowns | None],
    seed: int,
    paths: bool,
    runs: range,
) -> list[Batch]:
    """Simulate runs with the readable models, one after the other."""
    from abm.agents.several import MarketModel

    results, seeds = [], list(market.seeds(seed).values())
    for run in runs:
        own = [
            law.population(key, world_of(run)) if law else known
            for known, law, key in zip(populations, laws, seeds, strict=True)
        ]
        model = MarketModel(market, seed, run, narrate=False, prepared=own)
        model.run_model()
        results.append([one.result() for one in model.models.values()])
        model.free()
    return [
        Batch.of(
            [row[c] for row in results],
            len(one.ids),
            len(one.gate_ids),
            int(one.round.horizon_weeks) if paths else None,
        )
        for c, one in enumerate(populations)
    ]
