"""All commands by their names, and how what goes wrong ends."""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import Annotated, Any

import typer

from abm.cli.analysis_commands import EXPLAIN_EXAMPLES, REPORT_EXAMPLES, explain, report
from abm.cli.case_commands import cases
from abm.cli.comparing_commands import COMPARE_EXAMPLES, LEVERS_EXAMPLES, WHO_EXAMPLES, compare, levers, who
from abm.cli.file_commands import (
    CHECK_EXAMPLES,
    DIFF_EXAMPLES,
    NEW_EXAMPLES,
    PARAMETERS_EXAMPLES,
    PROVENANCE_EXAMPLES,
    SCENARIOS_EXAMPLES,
    SCHEMA_EXAMPLES,
    check,
    diff,
    new,
    parameters,
    provenance,
    scenarios,
    schema,
)
from abm.cli.history_commands import BACKTEST_EXAMPLES, CALIBRATE_EXAMPLES, backtest, calibrate
from abm.cli.run_command import RUN_EXAMPLES, run
from abm.cli.serve_command import SERVE_EXAMPLES, serve
from abm.cli.streams import write_any_letter
from abm.cli.study_commands import SWEEP_EXAMPLES, studies, sweep
from abm.core.errors import Refusal

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


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


app.command(epilog=RUN_EXAMPLES)(run)
app.command(epilog=SERVE_EXAMPLES)(serve)
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
app.command(epilog=CHECK_EXAMPLES)(check)
app.command(epilog=SCENARIOS_EXAMPLES)(scenarios)
app.command(epilog=SCHEMA_EXAMPLES)(schema)
app.command(epilog=PROVENANCE_EXAMPLES)(provenance)
app.command(epilog=PARAMETERS_EXAMPLES)(parameters)


_SHELLS = ("bash", "zsh", "fish")  # that completion is written for


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; whatever the user can mend ends in one sentence and exit 2."""
    write_any_letter()
    # compiles a quarter faster, runs as fast; a program that imports abm keeps its own level
    os.environ.setdefault("NUMBA_OPT", "1")
    try:
        if _completes_for_a_shell(sys.argv[1:] if arguments is None else arguments):
            sys.exit(0)
        sys.exit(_whole()(arguments, prog_name="abm", standalone_mode=False))
    except KeyboardInterrupt:
        print("abm: stopped", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)
    except Exception as error:
        sys.exit(_refused(error, sys.argv[1:] if arguments is None else arguments))


@cache
def _whole() -> Any:
    """The command line with all its commands, put together once."""
    return typer.main.get_command(app)


def _completes_for_a_shell(arguments: list[str]) -> bool:
    """Show or install completion for a shell that is named, as ``--show-completion zsh`` does; whether it was asked."""
    match arguments:
        case ["--show-completion" | "--install-completion" as option, shell]:
            import typer.completion

            completion: Any = typer.completion
            if shell not in _SHELLS:
                raise Refusal(f"abm: {option}: expected {', '.join(_SHELLS[:-1])} or {_SHELLS[-1]}, got '{shell}'")
            if option == "--show-completion":
                print(completion.get_completion_script(prog_name="abm", complete_var="_ABM_COMPLETE", shell=shell))
            else:
                _, path = completion.install(shell=shell, prog_name="abm", complete_var="_ABM_COMPLETE")
                print(f"{shell} completion is installed in {path}")
            return True
    return False


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
