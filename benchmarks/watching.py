"""Watching: a plugin of pytest that writes down which test began, how it ended and what it took, as it happens."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest

#: Seconds of work after which a test is left out; nothing: none is. Signals do not stop compiled code.
_PATIENCE_S = float(os.environ.get("ABM_PATIENCE", "0"))


def _write(*words: object) -> None:
    with Path(os.environ["ABM_WATCHED"]).open("a", encoding="utf-8") as file:
        print(*words, sep="\t", file=file)


def _leave_out(_: int, __: FrameType | None) -> None:
    pytest.skip("takes too long")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Iterator[None]:
    if _PATIENCE_S:
        signal.signal(signal.SIGPROF, _leave_out)
        signal.setitimer(signal.ITIMER_PROF, _PATIENCE_S)
    yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Iterator[None]:
    yield
    if _PATIENCE_S:
        signal.setitimer(signal.ITIMER_PROF, 0)


def pytest_runtest_logstart(nodeid: str) -> None:
    _write("began", nodeid.partition("[")[0])


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    ended = report.when == "call" and not report.failed
    if ended or report.failed:
        _write("failed" if report.failed else "passed", report.nodeid.partition("[")[0], round(report.duration, 3))
