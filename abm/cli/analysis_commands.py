"""Commands that explain: the story of a run, and the whole report."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from abm.cli.json_output import AsJson, json_text
from abm.cli.loading import Central, changed_by, load_changed
from abm.cli.streams import tell_of_compiling
from abm.core.errors import Refusal

EXPLAIN_EXAMPLES = """
Examples:

    abm explain openai-2025 --failed

    abm explain openai-2025 --run 17 --out story.html

    abm explain my-round.toml --closed --set round.target_bn=8 --json
"""

REPORT_EXAMPLES = """
Examples:

    abm report openai-2025 --out openai.html

    abm report my-round.toml --quick
"""

_Set = Annotated[list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change a number of the scenario.")]
_Seed = Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed that all runs share.")]


def explain(
    scenario: Annotated[str, typer.Argument(help="Packaged id or path of a TOML file.")],
    run: Annotated[int | None, typer.Option(min=0, max=2**32 - 1, help="Tell exactly this run.")] = None,
    failed: Annotated[bool, typer.Option("--failed", help="Tell a typical run that fails.")] = False,
    closed: Annotated[bool, typer.Option("--closed", help="Tell a typical run that closes.")] = False,
    typical: Annotated[bool, typer.Option("--typical", help="Tell a typical run (the default).")] = False,
    seed: _Seed = 1,
    runs: Annotated[int, typer.Option(min=1, help="Runs among which a typical one is chosen.")] = 1_000,
    central: Central = False,
    setting: _Set = None,
    out: Annotated[Path | None, typer.Option(help="Write the story as one HTML page.")] = None,
    as_json: AsJson = False,
) -> None:
    """Tell the story of one run: what happened to whom, why it ended so, and what would have changed it."""
    if (run is not None) + failed + closed + typical > 1:
        raise Refusal("abm explain: expected one of --run, --failed, --closed and --typical")
    from abm.analysis.explanation import explained
    from abm.report.files import open_file
    from abm.report.story_page import explained_json, explained_text, write_story

    tell_of_compiling()
    loaded = load_changed(scenario, setting)
    if out is not None:
        open_file(out)
    try:
        explanation = explained(loaded, seed, run if run is not None else _which(failed, closed), runs, central=central)
    except ValueError as error:
        raise Refusal(str(error)) from None
    if out is not None:
        write_story(explanation, out, _command(sys.argv))
    if as_json:
        print(json_text(explained_json(explanation)))
    else:
        print(explained_text(explanation))
        if out is not None:
            print(f"\nWritten to {out}")


def _which(failed: bool, closed: bool) -> str:
    return "failed" if failed else "closed" if closed else "typical"


def _command(arguments: list[str]) -> str:
    import shlex

    return shlex.join(["abm", *arguments[1:]])


def report(
    target: Annotated[str, typer.Argument(help="Packaged id, path of a TOML file, or folder of a study.")],
    out: Annotated[Path, typer.Option(help="HTML file to write.")] = Path("report.html"),
    seed: _Seed = 1,
    quick: Annotated[bool, typer.Option("--quick", help="A tenth of the work, for a first look.")] = False,
    setting: _Set = None,
) -> None:
    """Write the whole report on a round as one HTML file: how likely, why, who decides, what would change it."""
    from abm.analysis.dossier import Effort, investigate, target_of
    from abm.cli.progress import steps
    from abm.report.files import open_file
    from abm.report.whole import write_report
    from abm.scenario import Scenario

    tell_of_compiling()
    about = target_of(target)
    if setting:
        if not isinstance(about, Scenario):
            raise Refusal("--set: expected none with a study, whose scenario stands in its folder")
        about = changed_by(about, setting)
    open_file(out)  # a place that cannot be written is found before the work, not after it
    with steps() as log:
        dossier = investigate(about, seed, Effort().scaled(0.1) if quick else Effort(), log)
    write_report(dossier, out, _command(sys.argv))
    print(f"Written to {out} ({out.stat().st_size / 1e6:.1f} MB); it opens in any browser.")
