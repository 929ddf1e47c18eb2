"""Commands that compare: rounds side by side, what each lever brings, and who decides."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from abm.cli.json_output import AsJson, json_text
from abm.cli.loading import Central, load_changed, say_left_behind
from abm.cli.streams import tell_of_compiling
from abm.core.errors import Refusal

COMPARE_EXAMPLES = """
Examples:

    abm compare openai-2025 openai-2025-article

    abm compare openai-2025 --set investors.softbank.conditions=off --set "round.target_bn=25; round.cap_bn=25"

    abm compare my-round.toml --variants variants.toml --json

Each --set is a variant of the first scenario; changes that belong together are parted by semicolons. A file of variants
has a table for each: its name in brackets, below it what it changes, such as round.target_bn = 25.
"""

LEVERS_EXAMPLES = """
Examples:

    abm levers three-investors

    abm levers openai-2025 price deadline --runs 20000
"""

WHO_EXAMPLES = """
Examples:

    abm who three-investors

    abm who my-round.toml --event "funded_bn >= 6" --json
"""

_Scenario = Annotated[str, typer.Argument(help="Packaged id or path of a TOML file.")]
_Set = Annotated[list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change a number of the scenario.")]
_Seed = Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed that all runs share.")]
_Workers = Annotated[int | None, typer.Option(min=1, help="Threads (default: one a core).")]


def compare(
    scenarios: Annotated[list[str], typer.Argument(help="Packaged ids or paths of TOML files.")],
    setting: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="A variant of the first; may be repeated.")
    ] = None,
    file: Annotated[Path | None, typer.Option("--variants", help="TOML file with named variants of the first.")] = None,
    event: Annotated[str, typer.Option(help="What is compared.")] = "closed",
    runs: Annotated[int, typer.Option(min=2, max=1_000_000, help="Runs of each.")] = 20_000,
    seed: _Seed = 1,
    central: Central = False,
    workers: _Workers = None,
    as_json: AsJson = False,
) -> None:
    """Compare scenarios, or variants of one, under the same luck, and say which differences stand out."""
    from abm.analysis.comparison import compare as compare_rounds
    from abm.analysis.comparison import variants
    from abm.cli.progress import counting
    from abm.report.comparison_text import compared_json, compared_text
    from abm.scenario import load_scenario
    from abm.sweeps.variants import read_variants, variant_of

    changes = {text: variant_of(text) for text in setting or ()}
    if file is not None:
        changes |= read_variants(file)
    first, *others = scenarios
    names = [*scenarios, *(setting or ()), *(read_variants(file) if file else ())]
    if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
        raise Refusal(f"abm compare: expected every scenario and variant once, got {twice[0]!r} again")
    base = load_scenario(first)
    made = {first: base, **{name: load_scenario(name) for name in others}}
    made |= {name: changed for name, changed in variants(base, changes).items() if name in changes}
    if len(made) < 2:  # noqa: PLR2004, a comparison
        raise Refusal("abm compare: expected a second scenario, --set or --variants to compare with")
    tell_of_compiling()
    for name in changes:
        say_left_behind(made[name], base, name)
    with counting("comparing") as progress:
        found = compare_rounds(made, runs, seed, event=event, workers=workers, central=central, progress=progress)
    print(json_text(compared_json(found)) if as_json else compared_text(found))


def levers(
    scenario: _Scenario,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[LEVERS]...", help="Ids of levers (default: all).")
    ] = None,
    runs: Annotated[int, typer.Option(min=2, max=1_000_000, help="Runs of each lever.")] = 4_000,
    seed: _Seed = 1,
    central: Central = False,
    setting: _Set = None,
    workers: _Workers = None,
    as_json: AsJson = False,
) -> None:
    """Measure what each lever would change about the round, each at its usual size, under the same luck."""
    from abm.analysis.gains import measure_gains
    from abm.cli.progress import counting
    from abm.report.comparison_text import levers_json, levers_text

    tell_of_compiling()
    loaded = load_changed(scenario, setting)
    with counting("pulling levers") as progress, _refusing():
        gains = measure_gains(loaded, names or None, runs, seed, central=central, workers=workers, progress=progress)
    print(json_text(levers_json(loaded.id, gains)) if as_json else levers_text(loaded.title, gains))


def who(
    scenario: _Scenario,
    event: Annotated[str, typer.Option(help="What they bring about.")] = "closed",
    runs: Annotated[int, typer.Option(min=2, max=1_000_000, help="Runs of each coalition.")] = 4_000,
    seed: _Seed = 1,
    central: Central = False,
    setting: _Set = None,
    workers: _Workers = None,
    as_json: AsJson = False,
) -> None:
    """Share the probability of closing out among investors, pools and consents: who decides."""
    from abm.analysis.pivotal import shapley_values
    from abm.cli.progress import counting
    from abm.report.comparison_text import pivotal_json, pivotal_text

    tell_of_compiling()
    loaded = load_changed(scenario, setting)
    with counting("trying coalitions") as progress, _refusing():
        found = shapley_values(
            loaded, runs, seed=seed, event=event, workers=workers, progress=progress, central=central
        )
    text = json_text(pivotal_json(loaded.id, event, found)) if as_json else pivotal_text(loaded.title, event, found)
    print(text)


@contextmanager
def _refusing() -> Iterator[None]:
    """Let what makes no sense end in its sentence."""
    from abm.core.errors import ScenarioError

    try:
        yield
    except ValueError as error:
        raise error if isinstance(error, ScenarioError) else Refusal(str(error)) from None
