"""The command `abm run` of a market: several companies side by side."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from abm.cli.json_output import json_text
from abm.core.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from abm.runs.markets import MarketOutcomes
    from abm.scenario.market_file import FundingMarket


class MarketRun(NamedTuple):
    """What is asked of a market."""

    source: str
    runs: int | None
    seed: int
    engine: str
    setting: list[str]
    central: bool
    event: str | None
    workers: int | None


def is_market_asked(source: str, options: Mapping[str, object]) -> bool:
    """Whether a market is to be run; what can be asked of one company alone is refused then.

    Parameters
    ----------
    source
        Packaged id, or path of a file.
    options
        Options that ask for what a market has not, None where they were not given.

    Raises
    ------
    Refusal
        Where one was given.
    """
    from abm.scenario.market_file import is_market

    if not is_market(source):
        return False
    for option, given in options.items():
        if given is not None:
            raise Refusal(f"{option}: expected a scenario of one company, got a market, which takes --runs and --event")
    return True


def run_market(asked: MarketRun, as_json: bool, out: Path | None, verbose: bool) -> None:
    """Simulate a market and say how likely each round is to close, and who gives what to whom."""
    from abm.report.market_answer import market_json, market_text, write_market
    from abm.runs.markets import check_market_event, simulate_market

    market = _changed(asked)
    if asked.event is not None:
        try:
            check_market_event(market, asked.event)
        except ValueError as error:
            raise Refusal(f"--event: {error}") from None
    start = time.perf_counter()
    outcomes = simulate_market(
        market, asked.runs, asked.seed, engine=asked.engine, workers=asked.workers, central=asked.central, keep="rows"  # type: ignore[arg-type]
    )  # fmt: skip
    seconds = time.perf_counter() - start
    written = write_market(outcomes, out) if out else []
    print(json_text(market_json(outcomes, asked.event)) if as_json else market_text(outcomes, asked.event))
    if written and not as_json:
        print(f"\nWritten to {out}: {', '.join(path.name for path in written)}")
    if verbose:
        _say_speed(outcomes, seconds)


def _changed(asked: MarketRun) -> FundingMarket:
    from abm.scenario import parse_setting
    from abm.scenario.market_file import load_market

    market = load_market(asked.source)
    return market.with_values(dict(map(parse_setting, asked.setting))) if asked.setting else market


def _say_speed(outcomes: MarketOutcomes, seconds: float) -> None:
    speed = f"{outcomes.runs / seconds:,.0f} runs a second"
    print(
        f"abm: {outcomes.runs:,} runs of {len(outcomes.companies)} companies in {seconds:.1f} s, {speed}, "
        f"{outcomes.engine} engine",
        file=sys.stderr,
    )
