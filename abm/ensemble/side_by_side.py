"""Side by side: the companies of a market in the compiled engine, week by week, and the investors that they share."""

from __future__ import annotations

from collections.abc import Sequence
from queue import Empty, SimpleQueue
from typing import Any

import numpy as np

from abm.core.batch import Batch
from abm.core.jit import entry, lean
from abm.core.records import LOOKING, Floats, Integers, Record, Records
from abm.ensemble import arrays
from abm.ensemble.ahead import compile_ahead, without_collector
from abm.ensemble.arrays import at
from abm.ensemble.beginning import begin_runs
from abm.ensemble.block import RunBlock
from abm.ensemble.engine import as_written, room_for
from abm.ensemble.kernel import begin_week, hand_over, place
from abm.ensemble.lanes import BLOCK
from abm.ensemble.phases import week_passes
from abm.ensemble.repacking import at_once, repack_if_worth_it
from abm.population import Population, Unknowns
from abm.population.sampling import luck_of_runs
from abm.population.seats import seats_of
from abm.population.unknowns import worlds_of
from abm.rules import purse
from abm.rules.sums import add
from abm.scenario.market_file import FundingMarket

#: What a shared investor has for himself in a company, in one run.
OWN_SHARE = np.dtype(
    [
        ("powder", np.int64),  # what his file gives him for this company
        ("stated", np.int64),
        ("tied", np.int64),  # what he has tied up there [units of the market]
    ]
)


@entry
def live(
    blocks: Records,
    keys: Integers,
    first_run: int,
    luck: Records,
    seats: Records,
    own: Records,
    spent: Integers,
    used: Integers,
) -> None:
    """Let some runs of all companies live from their start to their end.

    Parameters
    ----------
    blocks
        ``BLOCK[C]``, one a company.
    keys, first_run
        Each company's seed, and the number of the first run [-].
    luck
        ``records.LUCK[C, R]``, what many share in a run.
    seats, own
        ``seats.SEAT[K]`` in order of companies, and ``OWN_SHARE[K, R]``, overwritten.
    spent, used
        int64[S, R], zero at the start: what each shared investor has tied up in all companies [units of the market],
        and slots that he has used in a week [-].
    """
    companies, runs = keys.shape[0], luck.shape[1]
    for c in range(companies):
        block = at(blocks[c], 0)
        block.seed, block.runs = keys[c], runs
        for r in range(runs):
            place(at(block, r), r, add(first_run, r), luck[c, r])
        begin_runs(block)
        for k in range(seats.shape[0]):
            if seats[k].company == c:
                for r in range(runs):
                    _sit_down(at(block, r), k, seats, own, spent)
    week, going = 0, True
    while going:
        week, going = add(week, 1), False
        for s in range(used.shape[0]):
            for r in range(runs):
                used[s, r] = 0
        for position in range(companies):
            c = purse.turn(week, position, companies)
            block = at(blocks[c], 0)
            if block.n_running > 0:
                _act(block, c, seats, own, spent, used)
                going = going or block.n_running > 0


@lean
def _act(block: Any, company: int, seats: Records, own: Records, spent: Integers, used: Integers) -> None:
    """Let a company's week pass, with what its shared investors bring to it."""
    begin_week(block)
    for k in range(seats.shape[0]):
        if seats[k].company == company:
            for r in range(block.n_running):
                _bring(at(block, r), k, seats, own, spent, used)
    week_passes(block)
    for k in range(seats.shape[0]):
        if seats[k].company == company:
            for r in range(block.n_running):
                _settle(at(block, r), k, seats, own, spent)
    repack_if_worth_it(block)


@lean
def _sit_down(run: Any, k: int, seats: Records, own: Records, spent: Integers) -> None:
    """Write down what a shared investor has for himself in a company."""
    who, mine = arrays.investors(run)[seats[k].index], own[k, run.round_state.index]
    mine.powder, mine.stated = who.dry_powder_musd, who.stated_musd
    _settle(run, k, seats, own, spent)


@lean
def _bring(run: Any, k: int, seats: Records, own: Records, spent: Integers, used: Integers) -> None:
    """Bring what other companies have left of his purse and his week."""
    seat, index = seats[k], run.round_state.index
    who, mine = arrays.investors(run)[seat.index], own[k, index]
    if not run.round_state.open or who.stage != LOOKING:
        return
    elsewhere = add(spent[seat.shared, index], -mine.tied)
    left = purse.left_here(seat.purse, elsewhere, seat.scale)
    who.dry_powder_musd, who.stated_musd = min(mine.powder, left), min(mine.stated, left)
    bound = purse.is_bound(seat.exclusive, elsewhere, run.week_start, seat.until_day)
    away = purse.stays_away(bound, left, who.min_ticket_musd)
    if who.behavioural and not who.in_the_end and not who.diligence_done and not away:
        if used[seat.shared, index] < seat.slots:
            used[seat.shared, index] = add(used[seat.shared, index], 1)
        else:
            away = True
    who.away = away
    if away:  # what he would have done in this week is put off by a week
        who.diligence_day = purse.diligence_after(who.diligence_day, who.diligence_done, run.round_state.until_day)
        who.due_day = purse.due_after(who.due_day)


@lean
def _settle(run: Any, k: int, seats: Records, own: Records, spent: Integers) -> None:
    """Write down what he has tied up here, and let him come back."""
    seat, index = seats[k], run.round_state.index
    who, mine = arrays.investors(run)[seat.index], own[k, index]
    who.away = False
    tied = purse.sums_up(purse.tied_up(who.stage, who.ticket_musd, who.paid_musd), seat.scale)
    spent[seat.shared, index] = add(spent[seat.shared, index], add(tied, -mine.tied))
    mine.tied = tied


@entry
def leave(record: Record, rows: Records, fates: Records, gate_days: Floats) -> None:
    """Write down what the runs of a block leave behind."""
    block = at(record, 0)
    for r in range(block.runs):
        hand_over(at(block, r), rows, fates, gate_days)


class _Blocks:
    """The memory of some runs of all companies."""

    def __init__(self, populations: Sequence[Population]) -> None:
        self.records = np.zeros(len(populations), BLOCK).view(np.recarray)
        self.blocks = [RunBlock(one, memory=self.records[c : c + 1]) for c, one in enumerate(populations)]
        self.lanes = min(block.lanes for block in self.blocks)

    def load(self, populations: Sequence[Population], seats: Records) -> None:
        """Let the runs to come be of these populations; what seats changed in the last is as the files say again."""
        for block, population in zip(self.blocks, populations, strict=True):
            if block.population is not population:
                block.load(population)
        for c, block in enumerate(self.blocks):
            here = seats["index"][seats["company"] == c]
            for name in ("dry_powder_musd", "stated_musd"):
                block.values("investors", name)[here] = block.population.traits[name][here, None]


class MarketEnsemble:
    """The compiled engine of a market; several threads may call it at once, and work side by side.

    Parameters
    ----------
    market
        The market.
    populations, unknowns
        Of each company: its population, and what nobody knows about its scenario, or None.

    Examples
    --------
    >>> from abm.population import prepare
    >>> from abm.scenario.market_file import load_market
    >>> market = load_market("ai-race-2025")
    >>> populations = [prepare(one) for one in market.scenarios.values()]
    >>> [batch.runs for batch in MarketEnsemble(market, populations, [None] * 3)(seed=1, runs=range(20))]
    [20, 20, 20]
    """

    def __init__(
        self, market: FundingMarket, populations: Sequence[Population], unknowns: Sequence[Unknowns | None]
    ) -> None:
        self.market, self.populations, self.unknowns = market, list(populations), list(unknowns)
        self.layout = seats_of(market, populations)
        self._idle: SimpleQueue[_Blocks] = SimpleQueue()
        self._known: dict[int, list[Population]] = {}  # by seed, where all runs have the same
        self._ahead = compile_ahead()

    def __call__(self, seed: int, runs: range, paths: bool = False) -> list[Batch]:
        """Simulate runs of all companies; a batch each.

        Parameters
        ----------
        seed, runs
            The market's seed and consecutive run numbers [-].
        paths
            Whether to keep the weekly paths.
        """
        batches = [room_for(one, len(runs), paths) for one in self.populations]
        with without_collector():
            try:
                blocks = self._idle.get_nowait()
            except Empty:
                blocks = _Blocks(self.populations)
                if self._ahead is not None:
                    self._ahead.wait()
            for world, own in worlds_of(runs) if any(self.unknowns) else [(0, runs)]:
                populations = self._in_world(seed, world)
                done = 0
                while done < len(own):
                    count = at_once(done, len(own), blocks.lanes)
                    part = own[done : done + count]
                    here = slice(part.start - runs.start, part.stop - runs.start)
                    self._simulate(
                        blocks, populations, seed, part, [batch.part(here.start, here.stop) for batch in batches]
                    )
                    done += count
        self._idle.put(blocks)
        return batches

    def _in_world(self, seed: int, world: int) -> list[Population]:
        """Each company's population in a world, moved by the draws that its mood follows."""
        if (known := self._known.get(seed)) is not None:
            return known
        found, seeds = [], self.market.seeds(seed)
        for name, population, law in zip(self.market.ids, self.populations, self.unknowns, strict=True):
            keys, weights = self.market.moods(seed, name)
            own = law.population(seeds[name], world) if law else population
            found.append(own._replace(mood_seeds=keys, mood_weights=weights) if keys else own)
        if not any(self.unknowns):
            self._known = {seed: found}
        return found

    def _simulate(
        self, blocks: _Blocks, populations: Sequence[Population], seed: int, runs: range, batches: list[Batch]
    ) -> None:
        seeds, seats = self.market.seeds(seed), self.layout.seats
        blocks.load(populations, seats)
        keys = [seeds[name] for name in self.market.ids]
        luck = np.stack([luck_of_runs(*one, runs) for one in zip(populations, keys, strict=True)]).view(np.recarray)
        own = np.zeros((len(seats), len(runs)), OWN_SHARE).view(np.recarray)
        spent, used = np.zeros((2, self.layout.shared, len(runs)), np.int64)
        for block, batch in zip(blocks.blocks, batches, strict=True):
            block.keep(batch.paths)
        live(blocks.records, np.array(keys, np.int64), runs.start, luck, seats, own, spent, used)
        for block, batch in zip(blocks.blocks, batches, strict=True):
            leave(block.record, *as_written(batch))
