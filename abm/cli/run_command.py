"""The command of the first hour: run a scenario many times, and say how likely its round is to close."""

from __future__ import annotations

import math
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from abm.cli.again import run_again
from abm.cli.asking import question_of
from abm.cli.json_output import AsJson, json_text
from abm.cli.loading import Central, Sampling, load_changed
from abm.cli.market_command import MarketRun, is_market_asked, run_market
from abm.cli.streams import tell_of_compiling
from abm.core.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from abm.runs.outcomes import Totals
    from abm.runs.stream import Stream

RUN_EXAMPLES = """
Examples:

    abm run openai-2025

    abm run openai-2025 --runs 5000 --seed 7 --out results/mine

    abm run openai-2025 --within 0.01

    abm run my-round.toml --set round.target_bn=20 --set investors.lead.fallback_bn=0

    abm run openai-2025 --by 2025-11-30

    abm run openai-2025 --event "funded_bn >= 20 and survived" --within 0.01

    abm run openai-2025 --central

    abm run three-investors --json

    abm run ai-race-2025 --event "closed.openai and closed.xai"

    abm run --again results/mine
"""

_Runs = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=10_000_000,
        show_default=False,
        help="Number of runs (default: 20,000, or 2,000 with --engine mesa); with --within, the most.",
    ),
]
_Event = Annotated[
    str | None, typer.Option(metavar="EXPRESSION", help="How probable is this, such as 'funded_bn >= 20'?")
]


_Within = Annotated[
    float | None,
    typer.Option(metavar="WIDTH", help="Run until the 95 % interval is at most +-WIDTH, such as 0.01."),
]
_Setting = Annotated[
    list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change a number; may be repeated.")
]
_By = Annotated[str | None, typer.Option(metavar="DATE", help="How probable is it to have closed by this day?")]

_Out = Annotated[Path | None, typer.Option(help="Folder for outcomes.parquet, manifest.json and the figures.")]
_Workers = Annotated[
    int | None, typer.Option(min=1, help="Threads, or processes with --engine mesa (default: one a core).")
]


def run(
    context: typer.Context,
    scenario: Annotated[
        str, typer.Argument(help="Packaged id or path of a TOML file: a scenario, or a market.")
    ] = "openai-2025",
    runs: _Runs = None,
    within: _Within = None,
    by: _By = None,
    event: _Event = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed that all runs share.")] = 1,
    engine: Annotated[
        str, typer.Option(help="ensemble: compiled and fast. mesa: the model as it reads, same runs.")
    ] = "ensemble",
    setting: _Setting = None,
    central: Central = False,
    sampling: Sampling = "random",
    as_json: AsJson = False,
    out: _Out = None,
    again: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Do again what --out left there.")] = None,
    workers: _Workers = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say on stderr how fast it went.")] = False,
) -> None:
    """Simulate a scenario many times and say how likely its round is to close."""
    from abm.report.answer import answer_json, answer_text, report_command
    from abm.report.files import FIGURE_RUNS, Folder
    from abm.runs.outcomes import Totals
    from abm.runs.simulation import batches, central_beside, collect

    if again is not None:
        return run_again(context, again, out, workers, as_json)
    _check_options(engine, within)
    tell_of_compiling()
    if is_market_asked(
        scenario, {"--within": within, "--by": by, "--sampling": None if sampling == "random" else sampling}
    ):
        market = MarketRun(scenario, runs, seed, engine, setting or [], central, event, workers)
        return run_market(market, as_json, out, verbose)
    loaded, path_runs = load_changed(scenario, setting), FIGURE_RUNS if out else 0
    asked = question_of(loaded, by, event, report_command(scenario, setting or []))
    stream = batches(
        loaded, runs, seed, engine=engine, within=within, workers=workers, path_runs=path_runs, event=asked.event,  # type: ignore[arg-type]
        central=central, sampling=sampling,  # type: ignore[arg-type]
    )  # fmt: skip
    totals = Totals(*stream.study(), [asked.event], kin=stream.kin)
    with ExitStack() as stack:
        folder = stack.enter_context(Folder(stream, out)) if out else None
        start = time.perf_counter()
        with _progress(stream) as progress:
            totals.ending = collect(stream, [totals, *(folder.sinks if folder else ())], progress)
            totals.beside = central_beside(stream, [asked.event])
        seconds = time.perf_counter() - start
        # files first of all: what is printed may break off
        written = folder.write(totals, setting or [], by) if folder else []
        print(json_text(answer_json(totals, asked)) if as_json else answer_text(totals, asked))
        if written and not as_json:
            print(f"\nWritten to {out}: {', '.join(path.name for path in written if path.suffix != '.svg')}")
    if verbose:
        _say_speed(totals, seconds)
    if totals.interrupted:
        print(f"abm: stopped after {totals.runs:,} of {stream.most:,} runs", file=sys.stderr)
        raise typer.Exit(130)


def _check_options(engine: str, within: float | None) -> None:
    """Refuse an engine or a width that there is not."""
    from abm.runs.stream import ENGINES

    if engine not in ENGINES:
        raise Refusal(f"--engine: expected {' or '.join(ENGINES)}, got {engine!r}")
    if within is not None and not 0 < within < 0.5:  # noqa: PLR2004, no interval is wider
        raise Refusal(f"--within: expected a half-width above 0 and below 0.5, got '{within:g}'")


def _say_speed(totals: Totals, seconds: float) -> None:
    speed = f"{totals.runs / seconds:,.0f} runs a second"
    print(f"abm: {totals.runs:,} runs in {seconds:.1f} s, {speed}, {totals.engine} engine", file=sys.stderr)


@contextmanager
def _progress(stream: Stream) -> Iterator[Callable[[Stream], None] | None]:
    """Show a bar with the remaining time on a terminal, and nothing in a pipe."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(stream.scenario.id, total=None)

        def advance(stream: Stream) -> None:
            bar.update(task, description=_title(stream), completed=stream.done, total=_expected(stream))

        yield advance


def _title(stream: Stream) -> str:
    """Name what is simulated, and how well the answer is known against how well it is wanted."""
    known = "" if stream.within is None else f": ±{stream.width:.2%}, wanted ±{stream.within:.2%}"
    return stream.scenario.id + known


def _expected(stream: Stream) -> int:
    """Runs that it will take [-]: the interval narrows with their root."""
    if stream.within is None:
        return stream.most
    return min(stream.most, max(stream.done, math.ceil(stream.done * (stream.width / stream.within) ** 2)))
