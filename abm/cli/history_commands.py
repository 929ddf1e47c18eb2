"""Commands of history: calibrate the classes on real rounds, and test forecasts on them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from abm.cli.json_output import AsJson, json_text

CALIBRATE_EXAMPLES = (
    "Examples:\n\n    abm calibrate\n\n    abm calibrate my-cases --json\n\n    abm calibrate --out classes.toml"
)
BACKTEST_EXAMPLES = """
Examples:

    abm backtest

    abm backtest my-cases

    abm backtest my-cases --fit my-cases --json

    abm backtest --out results/mine

Forecasts know the packaged cases, or those of --fit. A case that is among them is forecast without its group.
"""

_Folder = Annotated[Path | None, typer.Argument(help="Folder of cases (default: those that come with abm).")]
_Seed = Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed of what is drawn.")]


def calibrate(
    folder: _Folder = None,
    seed: _Seed = 1,
    intercepts: Annotated[
        bool, typer.Option("--intercepts", help="Give each library an intercept of its own, which no forecast uses.")
    ] = False,
    as_json: AsJson = False,
    out: Annotated[Path | None, typer.Option(help="File for the table, as TOML; nothing is overwritten.")] = None,
) -> None:
    """Say what classes of investors and consents are worth, by cases with known ends, with ranges and grades."""
    from abm.cli.file_commands import write_new
    from abm.history import calibrate as find
    from abm.history import library
    from abm.history.class_table import rows_text
    from abm.report.history_text import calibrated_text

    found = find(library(folder), seed, intercepts)
    if out is not None:
        write_new(out, rows_text(list(found.rows)))
    print(json_text(found.json()) if as_json else calibrated_text(found))


def backtest(
    folder: _Folder = None,
    fitted_to: Annotated[
        Path | None, typer.Option("--fit", metavar="FOLDER", help="Cases that forecasts know (default: the packaged).")
    ] = None,
    seed: _Seed = 1,
    as_json: AsJson = False,
    out: Annotated[Path | None, typer.Option(help="Folder for forecasts.csv and the figure.")] = None,
) -> None:
    """Forecast real rounds by what others say, and score the forecasts beside simpler ones."""
    from abm.history import backtest as forecast
    from abm.history import library
    from abm.report.history_text import backtest_text, write_backtest

    tested = forecast(library(folder), library(fitted_to), seed)
    if out is not None:
        write_backtest(tested, out)
    print(json_text(tested.json()) if as_json else backtest_text(tested))
