"""What all tests share: hypothesis times no examples, as a first call may compile; lines of one width."""

import os
import subprocess
import sys

import pytest
from hypothesis import settings

os.environ["COLUMNS"] = "110"  # as a file or a pipe has it, whatever the terminal in which the tests run
os.environ.setdefault("NUMBA_OPT", "1")  # as for the command line, which setting it later would have numba start afresh

settings.register_profile("abm", deadline=None)
settings.load_profile("abm")

#: Files that try what no version of Python changes: words and layout, damages of files, and the heavy statistics of
#: models and analyses, whose runs are the same on every Python (which the tests of engines and draws say).
_FILES = """
    benchmarks damage docs extending extending_around interpreted pages references store structure drivers discovery
    information levers splitting again cases history_forecasts history_scores code_cache hostile_pages notebook doubts
    inert reserves causes stated_chances ensemble_closed_forms model_closed_forms model_company model_conservation
    model_invariance model_knobs v_company v_crowds v_decisions v_hazards format_2 pivotal twin machines workbooks
    policies comparing collecting cookbook docs_code report plots plots_sweeps fonts file_commands cli bets sweep_worlds
"""
ONE_PYTHON = frozenset(_FILES.split())


def pytest_configure(config: pytest.Config) -> None:
    """Do once, before workers start, what each would do for itself at the same time: compile, and read the tests."""
    if hasattr(config, "workerinput") or not config.getoption("numprocesses", None):
        return
    from abm.ensemble.ahead import is_compiled

    if not is_compiled():
        code = "import abm, sys; abm.simulate('openai-2025', 4, engine=sys.argv[1], workers=1)"
        asked = [["-c", code, "ensemble"], ["-c", code, "mesa"], ["-m", "pytest", "--collect-only", "-q", "-n", "0"]]
        for begun in [subprocess.Popen([sys.executable, *one], stdout=subprocess.DEVNULL) for one in asked]:
            begun.wait()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what ``-m "not one_python"`` leaves out."""
    for item in items:
        if item.path.stem.removeprefix("test_") in ONE_PYTHON:
            item.add_marker("one_python")


@pytest.fixture
def command(capsys, monkeypatch, tmp_path):
    """Run a command in this process, in a folder of its own: its exit code, its output, its messages."""
    from abm.cli import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("abm.core.code_cache.compiled_before", lambda: True)  # whoever comes first would be told

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stop:
            main(list(arguments))
        printed = capsys.readouterr()
        return int(stop.value.code or 0), printed.out, printed.err

    return run
