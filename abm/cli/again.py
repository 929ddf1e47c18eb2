"""Again: simulate what a folder of results holds once more, and tell whether the same comes out."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from abm.cli.asking import question_of
from abm.cli.json_output import json_text
from abm.core.errors import Refusal, ScenarioError

if TYPE_CHECKING:
    from abm.report.rerun import Rerun
    from abm.runs.totals import Totals

_ASKED = {"scenario": "SCENARIO", "setting": "--set"}  # what the folder says, and how else it is called
_ASKED |= {name: f"--{name}" for name in ("runs", "within", "by", "event", "seed", "engine", "central", "sampling")}


def run_again(
    context: typer.Context,
    folder: Path,
    out: Path | None,
    workers: int | None,
    as_json: bool,
) -> None:
    """Do it, say the answer, and leave with exit 1 where it is another one than before."""
    from abm.report.answer import answer_json, answer_text, report_command
    from abm.report.files import SCENARIO
    from abm.report.rerun import Rerun

    given = [word for name, word in _ASKED.items() if _is_given(context, name)]
    if given:
        raise Refusal(f"--again: expected no {', '.join(given)} beside it: the folder says what to simulate")
    if out is not None and out.resolve() == folder.resolve():
        raise Refusal(f"--out: expected another folder than the one of --again, got {str(out)!r}")
    rerun = Rerun.of(folder)
    command = report_command(str(folder / SCENARIO))
    asked = question_of(rerun.scenario, rerun.by, None if rerun.by else rerun.event, command)
    with tempfile.TemporaryDirectory(prefix="abm-") as scratch:
        try:
            totals, table = _simulated(rerun, out, Path(scratch), workers)
        except ValueError as error:
            raise error if isinstance(error, ScenarioError) else Refusal(f"{folder}: {error}") from None
        differs, around = list(rerun.differences(table)), list(rerun.surroundings())
    if as_json:
        told = {"same": not differs, "differs": differs, "surroundings": around}
        print(json_text({**answer_json(totals, asked), "again": told}))
    else:
        print(f"{answer_text(totals, asked)}\n\n{_verdict(folder, totals.runs, differs, around)}")
    if differs:
        raise typer.Exit(1)


def _is_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _simulated(rerun: Rerun, out: Path | None, scratch: Path, workers: int | None) -> tuple[Totals, Path]:
    """Simulate it into a folder that is kept, or into one that is not."""
    from abm.report.files import FIGURE_RUNS, Folder
    from abm.runs.outcomes import Totals
    from abm.runs.simulation import batches, central_beside, collect

    stream = batches(
        rerun.scenario, rerun.runs, rerun.seed, engine=rerun.engine, within=rerun.within, workers=workers,  # type: ignore[arg-type]
        path_runs=FIGURE_RUNS if out else 0, event=rerun.event, central=rerun.central,
        sampling=rerun.sampling,  # type: ignore[arg-type]
    )  # fmt: skip
    totals = Totals(*stream.study(), [rerun.event], kin=stream.kin)
    with Folder(stream, out or scratch) as folder:
        totals.ending = collect(stream, [totals, *folder.sinks])
        totals.beside = central_beside(stream, [rerun.event])
        if out is None:
            folder.table.finish()
        else:
            folder.write(totals, rerun.record["again"].get("set", ()), rerun.by)
    return totals, folder.table.path


def _verdict(folder: Path, runs: int, differs: list[str], around: list[str]) -> str:
    """Say whether it is the same, and what might be why it is not."""
    from abm.runs.lines import wrapped

    other = f" What is other than then: {'; '.join(around)}." if around else ""
    if not differs:
        return wrapped(f"The same {runs:,} runs as in {folder}, to the last byte.{other}")
    return wrapped(f"Not the same as in {folder}: {'; '.join(differs)}.{other}")
