"""Completion: the command installs it for the shell in which it is typed, and every shell gets a script of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SHELLS = {"bash": ".bashrc", "zsh": ".zshrc", "fish": ".config/fish/completions/abm.fish"}


def script(shell: str, tmp_path: Path) -> str:
    """What ``_ABM_COMPLETE=source_SHELL abm`` prints, wherever it is typed."""
    asked = {**os.environ, "_ABM_COMPLETE": f"source_{shell}", "HOME": str(tmp_path)}
    command = [sys.executable, "-m", "abm"]
    return subprocess.run(command, env=asked, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_gets_a_script_that_asks_abm_in_its_own_way(shell, tmp_path):
    text = script(shell, tmp_path)
    assert f"_ABM_COMPLETE=complete_{shell}" in text
    if shutil.which(shell):
        told = subprocess.run([shell, "-n"], input=text, capture_output=True, text=True, check=False)
        assert (told.returncode, told.stderr) == (0, "")


@pytest.mark.parametrize("shell", SHELLS)
def test_the_command_installs_completion_for_the_shell_at_hand(shell, tmp_path, monkeypatch, command):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("shellingham.detect_shell", lambda *how: (shell, f"/bin/{shell}"))
    code, printed, faults = command("--install-completion")
    assert (code, faults) == (0, "")
    assert printed.startswith(f"{shell} completion installed in {tmp_path}")
    assert (tmp_path / SHELLS[shell]).exists()
    installed = Path(printed.splitlines()[0].partition(" in ")[2])
    assert f"_ABM_COMPLETE=complete_{shell}" in installed.read_text("utf-8")


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash is here")
def test_bash_completes_commands_and_options(tmp_path):
    (tmp_path / "abm").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m abm "$@"\n')
    (tmp_path / "abm").chmod(0o755)
    asked = (
        script("bash", tmp_path)
        + 'COMP_WORDS=(abm run --ev); COMP_CWORD=2; _abm_completion abm; echo "${COMPREPLY[*]}"'
    )
    with_abm = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    told = subprocess.run(["bash", "-c", asked], env=with_abm, capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["--event"]


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_that_is_named_gets_its_own_script_wherever_that_is_typed(shell, tmp_path, monkeypatch, command):
    monkeypatch.setenv("HOME", str(tmp_path))
    code, printed, faults = command("--show-completion", shell)
    assert (code, faults) == (0, "")
    assert f"_ABM_COMPLETE=complete_{shell}" in printed
    code, printed, _ = command("--install-completion", shell)
    assert (code, printed.split()[0]) == (0, shell)
    assert f"_ABM_COMPLETE=complete_{shell}" in Path(printed.split()[-1]).read_text("utf-8")


def test_a_shell_that_is_not_known_is_refused(command):
    code, printed, faults = command("--show-completion", "tcsh")
    assert (code, printed) == (2, "")
    assert faults == "abm: --show-completion: expected bash, zsh or fish, got 'tcsh'\n"
