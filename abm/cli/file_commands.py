"""Commands about scenario files: start one, check it, see where its numbers come from, and how two differ."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from abm.cli.json_output import AsJson, json_text
from abm.cli.streams import tell_of_compiling
from abm.core.errors import Refusal

NEW_EXAMPLES = """
Examples:

    abm new

    abm new series-c.toml
"""

DIFF_EXAMPLES = """
Examples:

    abm diff openai-2025 openai-2025-article

    abm diff three-investors my-round.toml --json
"""

CHECK_EXAMPLES = "Examples:\n\n    abm check my-round.toml\n\n    abm check rounds/*.toml"
SCENARIOS_EXAMPLES = "Examples:\n\n    abm scenarios"
SCHEMA_EXAMPLES = (
    "Examples:\n\n    abm schema > scenario.schema.json\n\n"
    "Then name the file in your editor's TOML settings to get completion and checks while you type."
)
PROVENANCE_EXAMPLES = "Examples:\n\n    abm provenance openai-2025\n\n    abm provenance openai-2025 --json"
PARAMETERS_EXAMPLES = "Examples:\n\n    abm parameters > docs/parameters.md"


def new(
    file: Annotated[Path, typer.Argument(help="File to write; nothing is overwritten.")] = Path("round.toml"),
    as_json: AsJson = False,
) -> None:
    """Write a scenario file to start from: a small round that runs, with a comment at every key."""
    from importlib import resources

    text = resources.files("abm.scenarios").joinpath("start.template.toml").read_text("utf-8")
    write_new(file, text)
    print(
        json_text({"written": str(file)}) if as_json else f"Written to {file}. Next: abm check {file}, abm run {file}"
    )


def write_new(file: Path, text: str) -> None:
    """Write a file that is not there yet."""
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError:
        raise Refusal(f"{file}: expected the name of a new file, it is there already") from None


def diff(
    first: Annotated[str, typer.Argument(help="Packaged id or path of a TOML file.")],
    second: Annotated[str, typer.Argument(help="Another one.")],
    as_json: AsJson = False,
) -> None:
    """Say which keys of two scenarios differ, in value, range, grade or source, and whether results can."""
    from abm.report.scenario_diff import diff_json, diff_text
    from abm.scenario import load_scenario

    one, other = load_scenario(first), load_scenario(second)
    print(json_text(diff_json(one, other)) if as_json else diff_text(one, other))


def check(files: Annotated[list[str], typer.Argument(help="Scenario files, market files or packaged ids.")]) -> None:
    """Check scenario files: every fault in one sentence, and as warnings what can hardly be meant.

    Warnings name keys that move nothing, sizes that do not fit, and who can only close together.
    """
    from abm.analysis.doubts import doubts
    from abm.core.errors import ScenarioError
    from abm.population import prepare
    from abm.scenario import load_scenario
    from abm.scenario.market_file import is_market

    bad = 0
    tell_of_compiling()
    for file in files:
        if is_market(file):
            bad += _check_market(file)
            continue
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


def _check_market(file: str) -> int:
    """Check a market file and those of its companies; how many of them are bad."""
    from abm.core.errors import ScenarioError
    from abm.population import prepare
    from abm.scenario.market_file import load_market

    try:
        market = load_market(file)
        for scenario in market.scenarios.values():
            prepare(scenario)
    except ScenarioError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{file}: sound (companies: {len(market.ids)}, shared investors: {len(market.shared)})")
    return 0


def scenarios() -> None:
    """List the scenarios and the markets that come with abm."""
    from abm.scenario import load_scenario, packaged
    from abm.scenario.market_file import load_market, packaged_markets

    for name in packaged():
        print(f"{name:<22} {load_scenario(name).title}")
    for name in packaged_markets():
        print(f"{name:<22} {load_market(name).title} (a market)")


def schema(
    market: Annotated[bool, typer.Option("--market", help="That of a market file: several companies.")] = False,
) -> None:
    """Print the JSON Schema of a scenario file, or of a market file, for completion in an editor."""
    from abm.scenario import json_schema
    from abm.scenario.market_tables import market_schema

    print(json_text(market_schema() if market else json_schema()))


def provenance(
    scenario: Annotated[str, typer.Argument(help="Packaged id or path of a TOML file.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON list and nothing else.")] = False,
) -> None:
    """Show every number of a scenario, or of a market file, with its range, grade and source."""
    from dataclasses import asdict

    from abm.report.sources_table import provenance_text
    from abm.scenario import load_scenario
    from abm.scenario import provenance as rows_of
    from abm.scenario.market_file import is_market, load_market

    rows = rows_of(load_market(scenario).tables if is_market(scenario) else load_scenario(scenario))
    print(json_text([asdict(row) for row in rows]) if as_json else provenance_text(rows))


def parameters() -> None:
    """Print every key of a scenario file with unit, range, default, meaning and source, as Markdown."""
    from abm.report.parameters_page import parameters_text

    print(parameters_text(), end="")
