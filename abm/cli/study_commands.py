"""Commands of sweeps: look at many points of a scenario, and keep, check and pass on what came out."""

from __future__ import annotations

import sys
import tomllib
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from abm.cli.json_output import AsJson, json_text
from abm.cli.loading import Central, Sampling, load_changed
from abm.cli.streams import tell_of_compiling
from abm.core.errors import Refusal

if TYPE_CHECKING:
    from abm.scenario import Scenario
    from abm.sweeps import Design, Study

studies = typer.Typer(
    no_args_is_help=True, rich_markup_mode="markdown", help="List, show, resume, merge, verify or export studies."
)

SWEEP_EXAMPLES = """
Examples:

    abm sweep openai-2025 --vary round.target_bn=20,25,30 --vary investors.softbank=as_is,out --out results/mine

    abm sweep openai-2025 --vary investors.softbank.fallback_bn=0:10:5 --within 0.01 --out results/mine

    abm sweep openai-2025 --design sobol --points 256 --vary round.target_bn=20:30 --decide "closed>0.5"

    abm sweep openai-2025 --design prior --points 200 --out results/prior

    abm sweep openai-2025 --design prior --points 50 --policies policies.toml

Values: a,b,c is a list, low:high:n so many values in even steps, low:high a range for lhs and sobol. Two paths joined
by + move together. An investor takes the words as_is, out (never signs) and bound (has signed, without conditions);
his conditions take as_is and off; a gatekeeper as_is, given (consents at once) and never.
"""

DESIGNS = ("grid", "oat", "lhs", "sobol", "prior")
TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".ods")

_Cluster = Annotated[str | None, typer.Option(metavar="ADDRESS", help="Dask scheduler, such as tcp://host:8786.")]


def sweep(
    scenario: Annotated[str, typer.Argument(help="Packaged id or path of a TOML file.")],
    vary: Annotated[
        list[str] | None, typer.Option(metavar="PATH=VALUES", help="What to vary; may be repeated.")
    ] = None,
    design: Annotated[
        str, typer.Option(help="grid, oat (one at a time), lhs, sobol, prior, or a table of paths (.csv, .xlsx).")
    ] = "grid",
    points: Annotated[int, typer.Option(min=1, help="Points of lhs, sobol and prior.")] = 256,
    policies: Annotated[
        Path | None, typer.Option(help="TOML file with named changes to try at every point, as for abm compare.")
    ] = None,
    runs: Annotated[
        int | None,
        typer.Option(min=1, show_default=False, help="Runs of a point (default: 2,000; 200 with mesa), or the most."),
    ] = None,
    within: Annotated[
        float | None, typer.Option(metavar="WIDTH", help="Run each point until its 95 % interval is at most +-WIDTH.")
    ] = None,
    decide: Annotated[
        str | None, typer.Option(metavar="QUESTION", help="Run each point until this is clear, such as 'closed > 0.5'.")
    ] = None,
    event: Annotated[str, typer.Option(help="What the probability is of.")] = "closed",
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed that all runs share.")] = 1,
    central: Central = False,
    sampling: Sampling = "random",
    engine: Annotated[str, typer.Option(help="ensemble or mesa.")] = "ensemble",
    setting: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change a number at all points.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the study; without it nothing is kept.")] = None,
    reuse: Annotated[
        list[Path] | None, typer.Option(help="Folder of another study to take computed runs from; may be repeated.")
    ] = None,
    executor: Annotated[str | None, typer.Option(help="threads, processes or dask.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="How many (default: one a core).")] = None,
    cluster: _Cluster = None,
    as_json: AsJson = False,
    log_json: Annotated[bool, typer.Option("--log-json", help="Tell the progress as one JSON event a line.")] = False,
) -> None:
    """Simulate many points of a scenario under the same luck, and keep everything."""
    from abm.cli.progress import watch
    from abm.sweeps import sweep as run_sweep

    tell_of_compiling()
    loaded = load_changed(scenario, setting)
    try:
        asked = _crossed(_design(loaded, design, vary or [], points, seed), policies)
        with watch(log_json) as log:
            study = run_sweep(
                loaded, asked, runs, seed, folder=out, within=within, decide=decide, event=event, engine=engine,  # type: ignore[arg-type]
                executor=executor, workers=workers, cluster=cluster, reuse=reuse or (), central=central, progress=log,
                sampling=sampling,  # type: ignore[arg-type]
            )  # fmt: skip
    except ValueError as error:
        from abm.core.errors import ScenarioError

        raise error if isinstance(error, ScenarioError) else Refusal(str(error)) from None
    _finish(study, out, as_json)


def _design(scenario: Scenario, name: str, vary: list[str], points: int, seed: int) -> Design:
    """Read what is to be varied, and how."""
    from abm.sweeps import Design

    if name == "prior":
        if vary:
            raise Refusal("--vary: expected none with the design prior, which varies what the file does not know")
        return Design.prior(scenario, points, seed)
    if name.lower().endswith(TABLES):
        if vary:
            raise Refusal("--vary: expected none with a table, which says what varies")
        return Design.table(name)
    if name not in DESIGNS:
        raise Refusal(f"--design: expected one of {', '.join(DESIGNS)} or a table such as points.csv, got {name!r}")
    if not vary:
        raise Refusal("--vary: expected at least one path with its values")
    given = list(map(_axis, vary))
    axes = dict(given)
    if len(axes) < len(given):
        raise Refusal("--vary: expected every path once, with all its values")
    if name == "grid":
        return Design.grid(axes)
    if name == "oat":
        return Design.one_at_a_time(axes)
    return Design.latin_hypercube(axes, points, seed) if name == "lhs" else Design.sobol(axes, points, seed)


def _crossed(worlds: Design, file: Path | None) -> Design:
    """Try every policy of a file in every world, beside the scenario as it is."""
    from abm.sweeps import Design
    from abm.sweeps.variants import read_variants

    if file is None:
        return worlds
    named = read_variants(file)
    return Design.crossed(worlds, named if {} in named.values() else {"as it is": {}, **named})


def _axis(text: str) -> tuple[str | tuple[str, ...], Any]:
    """Read ``PATH=VALUES``.

    Examples
    --------
    >>> _axis("round.target_bn=20:30:3"), _axis("a.x+b.x=1:2"), _axis("round.close_select=greatest,least")
    (('round.target_bn', [20.0, 25.0, 30.0]), (('a.x', 'b.x'), (1, 2)), ('round.close_select', ['greatest', 'least']))
    """
    path, equals, given = text.partition("=")
    paths = tuple(part.strip() for part in path.split("+"))
    key = paths[0] if len(paths) == 1 else paths
    if not equals or not all(paths) or not given.strip():
        raise Refusal(f"--vary: expected PATH=VALUES such as round.target_bn=20,30, got {text!r}")
    parts = [_value(part) for part in given.split(":")]
    if len(parts) in (2, 3) and not isinstance(parts[0], str):
        low, high, *count = parts
        if not count:
            return key, (low, high)
        if isinstance(count[0], int) and count[0] > 1 and all(isinstance(end, int | float) for end in (low, high)):
            return key, [low + (high - low) * k / (count[0] - 1) for k in range(count[0])]
        raise Refusal(f"--vary: expected low:high:n with numbers and at least 2 values, got {text!r}")
    read = _value(given)
    return key, read if isinstance(read, list) else [_value(part) for part in given.split(",")]


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        return text.strip()


def _finish(study: Study, out: Path | None, as_json: bool) -> None:
    """Say what came out."""
    from abm.report.study_text import describe_study, study_json

    for note in study.notes:
        print(f"abm: {note}", file=sys.stderr)
    if study.interrupted:
        kept = f"go on with: abm study resume {out}" if out else "nothing is kept without --out"
        print(f"abm: stopped; {kept}", file=sys.stderr)
        raise typer.Exit(130)
    figures = _draw(study, out) if out else []  # first of all: what is printed may break off
    print(json_text(study_json(study)) if as_json else describe_study(study))
    if out is not None and not as_json:
        pictures = ", ".join(path.name for path in figures if path.suffix == ".png")
        shown = f", with {pictures}" if pictures else ""
        print(f"\nKept in {out}{shown}; every point: abm study export {out} points.csv")


def _draw(study: Study, folder: Path) -> list[Path]:
    """Draw the pictures that fit the design."""
    from abm.plots import save_figure
    from abm.report.study_text import pictures_of

    source = f"{study.job.scenario.id}: {len(study.design):,} points ({study.design.kind}), seed {study.job.seed}"
    written = [
        save_figure(picture.draw, folder, picture.name, picture.title, source, *picture.given, **picture.named)
        for picture in pictures_of(study)
    ]
    return list(chain.from_iterable(written))


_Folder = Annotated[Path, typer.Argument(help="Folder of a study.")]
_Class = Annotated[
    str | None, typer.Option(metavar="MODULE:CLASS", help="Class of your own that the study was made with.")
]


def _opened(folder: Path, **classes: str | None) -> Study:
    """Open a study, with the classes that are named on this command line; those it names itself are not imported."""
    from abm.sweeps import Study
    from abm.sweeps.own_classes import class_named

    return Study.open(folder).with_classes({role: class_named(name) for role, name in classes.items() if name})


@studies.command()
def ls(folder: Annotated[Path, typer.Argument(help="Where to look for studies.")] = Path("results")) -> None:
    """List the studies in a folder and below it."""
    from abm.core.errors import StoreError
    from abm.sweeps import Study
    from abm.sweeps.manifest import MANIFEST

    for manifest in sorted(folder.rglob(MANIFEST)):
        try:
            study = Study.open(manifest.parent)
        except StoreError as error:
            print(f"{manifest.parent}  cannot be opened: {error}")
            continue
        state = "finished" if study.done else "unfinished"
        print(f"{manifest.parent}  {study.job.scenario.id}, {study.design.kind}, {len(study.design):,} points, {state}")


@studies.command()
def show(folder: _Folder, as_json: AsJson = False) -> None:
    """Show what a study asked, and what came out."""
    from abm.sweeps import Study

    _finish(Study.open(folder), None, as_json)


@studies.command()
def resume(
    folder: _Folder,
    executor: Annotated[str | None, typer.Option(help="threads, processes or dask.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="How many (default: one a core).")] = None,
    cluster: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Dask scheduler.")] = None,
    log_json: Annotated[bool, typer.Option("--log-json", help="Tell the progress as one JSON event a line.")] = False,
    investor: _Class = None,
    gatekeeper: _Class = None,
    company: _Class = None,
) -> None:
    """Go on with a study that was interrupted."""
    from abm.cli.progress import watch
    from abm.sweeps.run_sweep import complete_study

    tell_of_compiling()
    study = _opened(folder, investor=investor, gatekeeper=gatekeeper, company=company)
    with watch(log_json) as log:
        study = complete_study(study, executor, workers, cluster, progress=log)
    _finish(study, folder, False)


@studies.command()
def merge(
    folder: _Folder,
    others: Annotated[list[Path], typer.Argument(help="Studies whose runs are taken over.")],
    investor: _Class = None,
    gatekeeper: _Class = None,
    company: _Class = None,
) -> None:
    """Take over from other studies every run that this one lacks, and simulate the rest."""
    from abm.cli.progress import watch
    from abm.sweeps.run_sweep import complete_study

    tell_of_compiling()
    study = _opened(folder, investor=investor, gatekeeper=gatekeeper, company=company)
    with watch(False) as log:
        study = complete_study(study, reuse=others, progress=log)
    _finish(study, folder, False)


@studies.command()
def verify(
    folder: _Folder,
    blocks: Annotated[int, typer.Option(min=1, help="Blocks of runs to repeat.")] = 20,
    seed: Annotated[int, typer.Option(min=0, help="Which ones: another seed, another sample.")] = 1,
    investor: _Class = None,
    gatekeeper: _Class = None,
    company: _Class = None,
) -> None:
    """Repeat a random sample of the runs of a study, and compare them bit for bit."""
    from abm.sweeps.verify import verify as compare

    tell_of_compiling()
    study = _opened(folder, investor=investor, gatekeeper=gatekeeper, company=company)
    wrong, compared = compare(study, blocks, seed)
    for sentence in wrong:
        print(f"{folder}: {sentence}", file=sys.stderr)
    if wrong:
        raise typer.Exit(1)
    print(f"{folder}: {compared} blocks of runs repeated, all equal")


@studies.command()
def export(
    folder: _Folder,
    file: Annotated[Path, typer.Argument(help="File to write: .csv, .tsv, .txt or .xlsx.")],
    runs: Annotated[bool, typer.Option("--runs", help="One row a run instead of one row a point.")] = False,
    sep: Annotated[
        str | None, typer.Option(help="Between cells: , ; | or tab (default: a comma, or ; with --decimal ,).")
    ] = None,
    decimal: Annotated[str, typer.Option(help="Sign before decimals: . or ,")] = ".",
) -> None:
    """Write the points of a study, or its runs, as a table; abm sweep --design takes the points back."""
    from abm.sweeps import Study
    from abm.sweeps.export import export as write

    between = "\t" if sep in ("tab", "\\t") else sep
    try:
        rows = write(Study.open(folder), file, runs, between, decimal)
    except ValueError as error:
        raise Refusal(str(error)) from None
    print(f"{file}: {rows:,} rows")
