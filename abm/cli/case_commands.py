"""Commands about cases: real attempts to raise money, listed, shown, checked, and a file for a new one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from abm.cli.json_output import AsJson, json_text
from abm.core.errors import Refusal

if TYPE_CHECKING:
    from abm.history import Case, Library

cases = typer.Typer(
    no_args_is_help=True, help="Real attempts to raise money: list them, show one, check files, add one."
)


@cases.command(epilog="Examples:\n\n    abm cases ls --library B --closed failed\n\n    abm cases ls my-cases --json")
def ls(
    folder: Annotated[Path | None, typer.Argument(help="Folder of cases (default: those that come with abm).")] = None,
    library: Annotated[str | None, typer.Option(help="Only cases of this library, such as A.")] = None,
    closed: Annotated[str | None, typer.Option(help="Only: full, partial, failed or open.")] = None,
    standing: Annotated[
        str | None, typer.Option(help="Only with a lead so firm: firm, conditional_firm, loi, in_talks or rumoured.")
    ] = None,
    condition: Annotated[
        str | None, typer.Option(metavar="KIND", help="Only with a condition of this kind, such as milestone.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List cases, and how often they closed in full, with the interval."""
    from abm.history import library as read
    from abm.history.case import CLOSED, CONDITION_KINDS, STANDINGS
    from abm.report.case_page import cases_json, cases_text

    every = read(folder)
    _check("--library", library, sorted({case.library for case in every}))
    _check("--closed", closed, (*CLOSED, "open"))
    _check("--standing", standing, STANDINGS)
    _check("--condition", condition, CONDITION_KINDS)
    like = every.filtered(
        lambda case: (
            library in (None, case.library)
            and standing in (None, case.lead.soft_or_firm)
            and condition in (None, *(each.kind for each in case.conditions))
        )
    )
    found = like.filtered(lambda case: closed in (None, case.closed))
    rates = like.base_rates()  # also where only some endings are listed
    print(json_text(cases_json(found, rates)) if as_json else cases_text(found, rates))


@cases.command(
    epilog="Examples:\n\n    abm cases show metro_bank_2023\n\n    abm cases show my-cases/acme_2026.yaml --json"
)
def show(
    case: Annotated[str, typer.Argument(metavar="ID", help="Id of a case, or the path of a file.")],
    as_json: AsJson = False,
) -> None:
    """Show one case: what was known on the day, what came later, and where it is from."""
    from abm.report.case_page import case_text

    found = _found(case)
    print(json_text(found.model_dump(mode="json")) if as_json else case_text(found))


@cases.command(epilog="Examples:\n\n    abm cases check my-cases\n\n    abm cases check acme_2026.yaml")
def check(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Folders and files (default: the cases that come with abm).")
    ] = None,
) -> None:
    """Check cases: every fault of every file in one sentence, and as warnings what can hardly be meant."""
    from abm.core.errors import CaseError
    from abm.history import library
    from abm.history.case_checks import case_doubts

    bad = False
    every: list[Path | None] = [*paths] if paths else [None]
    for path in every:
        try:
            found = library(path)
        except CaseError as error:
            bad = True
            print(error, file=sys.stderr)
            continue
        for case in found:
            for doubt in case_doubts(case):
                print(f"{case.file}: warning: {doubt}")
        print(f"{found.where}: sound (cases: {len(found)})")
    raise typer.Exit(2 if bad else 0)


@cases.command(
    epilog="Examples:\n\n    abm cases new acme_2026\n\n    abm cases new acme_2026 --out my-cases/acme_2026.yaml"
)
def new(
    case: Annotated[str, typer.Argument(metavar="ID", help="Id of the case, such as company_2026.")],
    out: Annotated[Path | None, typer.Option(help="File to write (default: ID.yaml); nothing is overwritten.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write a file for a new case: an invented one that is sound, with the vocabulary at every key."""
    from abm.cli.file_commands import write_new
    from abm.history.case_files import start_text

    file = out or Path(f"{case}.yaml")
    if file.name != f"{case}.yaml":
        raise Refusal(f"--out: expected a file {case}.yaml, as a case is called as its file, got '{file}'")
    write_new(file, start_text(case))
    print(json_text({"written": str(file)}) if as_json else f"Written to {file}. Next: abm cases check {file}")


@cases.command(
    epilog="Examples:\n\n    abm cases scenario metro_bank_2023\n\n"
    "    abm cases scenario my-cases/acme_2026.yaml --out acme.toml"
)
def scenario(
    case: Annotated[str, typer.Argument(metavar="ID", help="Id of a case, or the path of a file.")],
    out: Annotated[Path | None, typer.Option(help="File to write; nothing is overwritten.")] = None,
) -> None:
    """Write a case as a scenario file in classes, with every choice of the translation as a comment."""
    from abm.cli.file_commands import write_new
    from abm.history.case_scenario import case_scenario_text

    text = case_scenario_text(_found(case))
    if out is None:
        print(text, end="")
        return
    write_new(out, text)
    print(f"Written to {out}. Next: abm run {out}")


def _check(option: str, word: str | None, words: tuple[str, ...] | list[str]) -> None:
    """Refuse a word that an option does not know."""
    from abm.scenario.fields import did_you_mean

    if word is not None and word not in words:
        raise Refusal(f"{option}: expected one of {', '.join(words)}{did_you_mean(word, words)}, got {word!r}")


def _found(case: str) -> Case:
    """The case of an id, or of a file."""
    from abm.history import library
    from abm.history.case_files import SUFFIXES

    path = Path(case)
    among = library(path if path.suffix in SUFFIXES else None)
    return among[_known(case, among) if path.suffix not in SUFFIXES else among.ids[0]]


def _known(case: str, among: Library) -> str:
    """The id of a case that there is."""
    from abm.scenario.fields import did_you_mean

    if case not in among:
        raise Refusal(
            f"{case}: expected the id of a case, as abm cases ls lists them, or the path of a file ID.yaml"
            f"{did_you_mean(case, among.ids)}"
        )
    return case
