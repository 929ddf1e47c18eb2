"""Compiling ahead: a second process, only where nothing is compiled yet, and only for what is asked of it."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

import abm
from abm.core.code_state import INTERPRETED
from abm.ensemble import ahead

pytestmark = pytest.mark.skipif(INTERPRETED, reason="nothing is compiled")


@pytest.fixture
def started(monkeypatch):
    """Commands of the processes that were started, none of which is."""
    commands, running = [], SimpleNamespace(poll=lambda: None)
    monkeypatch.setattr(ahead.subprocess, "Popen", lambda command, **how: commands.append(command) or running)
    monkeypatch.setattr(ahead, "_STARTED", [])
    return commands


def test_a_second_use_starts_no_process(started):
    ahead.compile_kernel()
    assert ahead.is_compiled()
    abm.simulate("three-investors", 10)
    assert started == []


def test_the_first_use_compiles_the_kernel_in_another_process(started, monkeypatch, tmp_path):
    monkeypatch.setattr(ahead, "code_folder", lambda: tmp_path)
    assert not ahead.is_compiled()
    ahead.compile_ahead()
    ahead.compile_ahead()  # whoever asks next waits for the same
    ((python, _, code),) = started
    assert python == sys.executable
    exec(code)  # what the process would do; here it finds the kernel compiled


def test_a_kernel_of_another_python_does_not_count(monkeypatch, tmp_path):
    monkeypatch.setattr(ahead, "code_folder", lambda: tmp_path)
    (tmp_path / "ensemble_0").mkdir()
    (tmp_path / "ensemble_0" / "kernel.simulate-1.py39.nbi").touch()
    assert not ahead.is_compiled()


def test_nothing_is_compiled_ahead_where_no_cache_is_kept(monkeypatch):
    monkeypatch.setattr(ahead, "code_folder", lambda: None)
    assert ahead.compile_ahead() is None
