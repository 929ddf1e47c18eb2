"""Commands of the first hour: run a scenario, check files, show where their numbers come from."""

from __future__ import annotations

import datetime as dt
import math
import os
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from abm.cli.analysis_commands import EXPLAIN_EXAMPLES, REPORT_EXAMPLES, explain, report
from abm.cli.case_commands import cases
from abm.cli.comparing_commands import COMPARE_EXAMPLES, LEVERS_EXAMPLES, WHO_EXAMPLES, compare, levers, who
from abm.cli.file_commands import DIFF_EXAMPLES, NEW_EXAMPLES, diff, new
from abm.cli.history_commands import BACKTEST_EXAMPLES, CALIBRATE_EXAMPLES, backtest, calibrate
from abm.cli.loading import load_changed
from abm.cli.streams import tell_of_compiling, write_any_letter
from abm.cli.study_commands import SWEEP_EXAMPLES, studies, sweep
from abm.core.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from abm.report.answer import Asked
    from abm.runs.outcomes import Totals
    from abm.runs.stream import Stream
    from abm.scenario import Scenario

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_RUN_EXAMPLES = """
Examples:

    abm run openai-2025

    abm run openai-2025 --runs 5000 --seed 7 --out results/mine

    abm run openai-2025 --within 0.01

    abm run my-round.toml --set round.target_bn=20 --set investors.lead.fallback_bn=0

    abm run openai-2025 --by 2025-11-30

    abm run openai-2025 --event "funded_bn >= 20 and survived" --within 0.01

    abm run three-investors --json

    abm run --again results/mine
"""


def _say_version(asked: bool) -> None:
    if asked:
        from abm.core.version import VERSION

        print(f"abm {VERSION}")
        raise typer.Exit


@app.callback(epilog="Examples:\n\n    abm scenarios\n\n    abm run openai-2025\n\n    abm provenance openai-2025")
def about(
    version: Annotated[
        bool, typer.Option("--version", help="Say the version.", is_eager=True, callback=_say_version)
    ] = False,
) -> None:
    """Will a large, conditional funding round close? Who decides it, why does it fail, what would change it?"""


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


@app.command(epilog=_RUN_EXAMPLES)
def run(
    context: typer.Context,
    scenario: Annotated[str, typer.Argument(help="Packaged id or path of a TOML file.")] = "openai-2025",
    runs: _Runs = None,
    within: Annotated[
        float | None,
        typer.Option(metavar="WIDTH", help="Run until the 95 % interval is at most +-WIDTH, such as 0.01."),
    ] = None,
    by: Annotated[
        str | None, typer.Option(metavar="DATE", help="How probable is it to have closed by this day?")
    ] = None,
    event: _Event = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed that all runs share.")] = 1,
    engine: Annotated[
        str, typer.Option(help="ensemble: compiled and fast. mesa: the model as it reads, same runs.")
    ] = "ensemble",
    setting: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change a number; may be repeated.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder for outcomes.parquet, manifest.json and the figures.")
    ] = None,
    again: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Do again what --out left there.")] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Threads, or processes with --engine mesa (default: one a core).")
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say on stderr how fast it went.")] = False,
) -> None:
    """Simulate a scenario many times and say how likely its round is to close."""
    from abm.report.answer import report_command
    from abm.report.files import FIGURE_RUNS, Folder
    from abm.runs.outcomes import Totals
    from abm.runs.simulation import batches, collect

    if again is not None:
        return _again(context, again, out, workers, as_json)
    _check_options(engine, within)
    tell_of_compiling()
    loaded, path_runs = load_changed(scenario, setting), FIGURE_RUNS if out else 0
    asked = question_of(loaded, by, event, report_command(scenario, setting or []))
    stream = batches(
        loaded, runs, seed, engine=engine, within=within, workers=workers, path_runs=path_runs, event=asked.event,  # type: ignore[arg-type]
    )  # fmt: skip
    totals = Totals(*stream.study(), [asked.event])
    with ExitStack() as stack:
        folder = stack.enter_context(Folder(stream, out)) if out else None
        start = time.perf_counter()
        with _progress(stream) as progress:
            totals.ending = collect(stream, [totals, *(folder.sinks if folder else ())], progress)
        seconds = time.perf_counter() - start
        # files first of all: what is printed may break off
        written = folder.write(totals, setting or [], by) if folder else []
        _print_answer(totals, asked, as_json)
        if written and not as_json:
            print(f"\nWritten to {out}: {', '.join(path.name for path in written if path.suffix != '.svg')}")
    if verbose:
        _say_speed(totals, seconds)
    if totals.interrupted:
        print(f"abm: stopped after {totals.runs:,} of {stream.most:,} runs", file=sys.stderr)
        raise typer.Exit(130)


def _again(context: typer.Context, folder: Path, out: Path | None, workers: int | None, as_json: bool) -> None:
    from abm.cli.again import run_again

    run_again(context, folder, out, workers, as_json, question_of)


def _check_options(engine: str, within: float | None) -> None:
    """Refuse an engine or a width that there is not."""
    from abm.runs.stream import ENGINES

    if engine not in ENGINES:
        raise Refusal(f"--engine: expected {' or '.join(ENGINES)}, got {engine!r}")
    if within is not None and not 0 < within < 0.5:  # noqa: PLR2004, no interval is wider
        raise Refusal(f"--within: expected a half-width above 0 and below 0.5, got '{within:g}'")


def question_of(scenario: Scenario, by: str | None, event: str | None, command: str) -> Asked:
    """Read what is asked: that the round closes, that it does by a day, or an event of one's own."""
    from abm.report.answer import Asked, last_closing_of

    if by is not None and event is not None:
        raise Refusal(
            "--by: expected none with --event, which may say it itself, such as 'closed and closed_day <= 90'"
        )
    if event is not None and event != "closed":
        _check_event(scenario, event)
        return Asked(event, f"“{event}” comes", command)
    if by is None:
        return Asked(command=command)
    last = scenario.date(7 * scenario.horizon_weeks)
    try:
        date = dt.date.fromisoformat(by)
    except ValueError:
        date = None
    if date is None or not scenario.as_of < date <= last:
        raise Refusal(f"--by: expected a date after {scenario.as_of}, at the latest {last}, got {by!r}")
    if date > (last_closing := last_closing_of(scenario)):
        print(f"abm: --by {date}: nothing closes after {last_closing}, so a later day changes nothing", file=sys.stderr)
    return Asked(f"closed and closed_day <= {scenario.day(date)}", f"The round closes by {date}", command)


def _check_event(scenario: Scenario, event: str) -> None:
    """Refuse an event that cannot be counted run by run."""
    from abm.runs.columns import check_event, columns_of

    try:
        check_event(event, columns_of(scenario))
    except ValueError as error:
        raise Refusal(f"--event: {error}") from None


def _say_speed(totals: Totals, seconds: float) -> None:
    speed = f"{totals.runs / seconds:,.0f} runs a second"
    print(f"abm: {totals.runs:,} runs in {seconds:.1f} s, {speed}, {totals.engine} engine", file=sys.stderr)


def _print_answer(outcomes: Totals, asked: Asked, as_json: bool) -> None:
    import json

    from abm.report.answer import answer_json, answer_text

    text = answer_text if not as_json else lambda *given: json.dumps(answer_json(*given), indent=2, allow_nan=False)
    print(text(outcomes, asked))


app.command(epilog=SWEEP_EXAMPLES)(sweep)
app.add_typer(studies, name="study")
app.add_typer(cases, name="cases")
app.add_typer(cases, name="case", hidden=True)
app.command(epilog=CALIBRATE_EXAMPLES)(calibrate)
app.command(epilog=BACKTEST_EXAMPLES)(backtest)
app.command(epilog=EXPLAIN_EXAMPLES)(explain)
app.command(epilog=REPORT_EXAMPLES)(report)
app.command(epilog=COMPARE_EXAMPLES)(compare)
app.command(epilog=LEVERS_EXAMPLES)(levers)
app.command(epilog=WHO_EXAMPLES)(who)
app.command(epilog=NEW_EXAMPLES)(new)
app.command(epilog=DIFF_EXAMPLES)(diff)


@app.command(epilog="Examples:\n\n    abm check my-round.toml\n\n    abm check rounds/*.toml")
def check(files: Annotated[list[str], typer.Argument(help="Scenario files or packaged ids.")]) -> None:
    """Check scenario files: every fault in one sentence, and as warnings what can hardly be meant.

    Warnings name keys that move nothing, sizes that do not fit, and who can only close together.
    """
    from abm.analysis.doubts import doubts
    from abm.core.errors import ScenarioError
    from abm.population import prepare
    from abm.scenario import load_scenario

    bad = 0
    tell_of_compiling()
    for file in files:
        try:
            scenario = load_scenario(file)
            population = prepare(scenario)
        except ScenarioError as error:
            bad += 1
            print(error, file=sys.stderr)
            continue
        for doubt in doubts(scenario):
            print(f"{file}: warning: {doubt}")
        print(f"{file}: sound (investors: {len(population.ids)}, gatekeepers: {len(population.gate_ids)})")
    raise typer.Exit(2 if bad else 0)


@app.command(epilog="Examples:\n\n    abm scenarios")
def scenarios() -> None:
    """List the scenarios that come with abm."""
    from abm.scenario import load_scenario, packaged

    for name in packaged():
        print(f"{name:<22} {load_scenario(name).title}")


@app.command(
    epilog="Examples:\n\n    abm schema > scenario.schema.json\n\n"
    "Then name the file in your editor's TOML settings to get completion and checks while you type."
)
def schema() -> None:
    """Print the JSON Schema of a scenario file, for completion in an editor."""
    import json

    from abm.scenario import json_schema

    print(json.dumps(json_schema(), indent=2, allow_nan=False))


@app.command(epilog="Examples:\n\n    abm provenance openai-2025\n\n    abm provenance openai-2025 --json")
def provenance(
    scenario: Annotated[str, typer.Argument(help="Packaged id or path of a TOML file.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON list and nothing else.")] = False,
) -> None:
    """Show every number of a scenario with its range, grade and source."""
    import json
    from dataclasses import asdict

    from abm.report.sources_table import provenance_text
    from abm.scenario import load_scenario
    from abm.scenario import provenance as rows_of

    rows = rows_of(load_scenario(scenario))
    print(json.dumps([asdict(row) for row in rows], indent=2) if as_json else provenance_text(rows))


@app.command(epilog="Examples:\n\n    abm parameters > docs/parameters.md")
def parameters() -> None:
    """Print every key of a scenario file with unit, range, default, meaning and source, as Markdown."""
    from abm.report.parameters_page import parameters_text

    print(parameters_text(), end="")


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


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; whatever the user can mend ends in one sentence and exit 2."""
    write_any_letter()
    # compiles a quarter faster, runs as fast; a program that imports abm keeps its own level
    os.environ.setdefault("NUMBA_OPT", "1")
    try:
        sys.exit(app(arguments, prog_name="abm", standalone_mode=False))
    except KeyboardInterrupt:
        print("abm: stopped", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)
    except Exception as error:
        sys.exit(_refused(error, sys.argv[1:] if arguments is None else arguments))


def _refused(error: Exception, arguments: list[str]) -> int:
    """Print what the user can mend; let anything else be the traceback it is."""
    # a usage error of the command line's own library, which is known by what it can do: some versions bring a copy
    if hasattr(error, "format_message"):
        message = error.format_message()
        if message:  # there is none where the help was asked for by giving no command
            print(f"abm: {message}{_what_came(message, arguments)}", file=sys.stderr)
        return 2
    from abm.core.errors import CaseError, ScenarioError, StoreError

    mendable: tuple[type[Any], ...] = (ScenarioError, CaseError, Refusal, StoreError, OSError)
    if not isinstance(error, mendable):
        raise error
    if isinstance(error, OSError):
        print(f"{error.filename or 'abm'}: expected a place to read or write, got: {error.strerror}", file=sys.stderr)
    else:
        print(error, file=sys.stderr)
    return 2


def _what_came(message: str, arguments: list[str]) -> str:
    """Add what came to a message about an option."""
    import itertools
    import re

    if option := re.search(r"Invalid value for '(--[\w-]+)'", message):
        given = [value for name, value in itertools.pairwise(arguments) if name == option[1]]
        given += [a.partition("=")[2] for a in arguments if a.startswith(f"{option[1]}=")]
        return f", got '{given[-1]}'" if given else ""
    return ""
