"""Code cache: compiled code is kept where its user can write and nobody else can, or not at all."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from abm.core.code_cache import cache_folder, out_of_reach
from tests.guard import HANGS_S

ROOT = Path(__file__).parent.parent
DIGEST = "0123456789abcdef"


@pytest.fixture
def surroundings(tmp_path, monkeypatch):
    """A home, a folder for temporary files, and one for numba, of which nothing exists yet but the first two."""
    (tmp_path / "home").mkdir(0o755)
    (tmp_path / "tmp").mkdir(0o755)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "numba"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    return tmp_path


def test_a_folder_that_is_named_comes_first_then_the_home_then_a_temporary_one(surroundings, monkeypatch):
    assert cache_folder(DIGEST) == surroundings / "numba" / DIGEST
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    assert cache_folder(DIGEST) == surroundings / "home/.cache/abm/compiled" / DIGEST
    shutil.rmtree(surroundings / "home")
    (surroundings / "home").write_text("no folder can be made below a file, whoever asks")
    assert cache_folder(DIGEST) == surroundings / "tmp" / f"abm-{os.geteuid()}" / DIGEST
    shutil.rmtree(surroundings / "tmp")
    (surroundings / "tmp").write_text("nor below this one")
    assert cache_folder(DIGEST) is None


def test_what_is_made_is_for_its_user_alone_whatever_his_mask_says(surroundings):
    before = os.umask(0)
    try:
        folder = cache_folder(DIGEST)
    finally:
        os.umask(before)
    assert [path.stat().st_mode & 0o777 for path in (folder, folder.parent)] == [0o700, 0o700]


@pytest.mark.parametrize("mode", [0o777, 0o775, 0o757])
@pytest.mark.parametrize("part", [f"numba/{DIGEST}", "numba"])
def test_a_cache_where_others_can_write_is_left_alone(surroundings, part, mode):
    (surroundings / "numba" / DIGEST).mkdir(parents=True)
    (surroundings / "numba" / DIGEST).chmod(0o700)
    assert cache_folder(DIGEST) == surroundings / "numba" / DIGEST  # or the next line shows nothing
    (surroundings / part).chmod(mode)
    assert cache_folder(DIGEST) == surroundings / "home/.cache/abm/compiled" / DIGEST


def test_a_symlink_is_as_good_as_what_it_leads_to(surroundings):
    for name, mode in (("own", 0o700), ("open", 0o777)):
        (surroundings / name).mkdir()
        (surroundings / name).chmod(mode)
    (surroundings / "numba").mkdir()
    (surroundings / "numba" / DIGEST).symlink_to(surroundings / "own")
    assert cache_folder(DIGEST) == surroundings / "own"
    (surroundings / "numba" / DIGEST).unlink()
    (surroundings / "numba" / DIGEST).symlink_to(surroundings / "open")
    assert cache_folder(DIGEST) == surroundings / "home/.cache/abm/compiled" / DIGEST
    (surroundings / "numba" / DIGEST).unlink()
    (surroundings / "numba" / DIGEST).symlink_to(DIGEST)  # to itself
    assert cache_folder(DIGEST) == surroundings / "home/.cache/abm/compiled" / DIGEST


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
@pytest.mark.parametrize("part", ["numba", f"numba/{DIGEST}"])
def test_a_cache_of_another_user_is_left_alone(surroundings, part):
    cache_folder(DIGEST)
    os.chown(surroundings / part, 12345, -1)
    assert cache_folder(DIGEST) == surroundings / "home/.cache/abm/compiled" / DIGEST


def test_a_sticky_folder_above_does_no_harm(surroundings):
    folder = cache_folder(DIGEST)
    folder.parent.chmod(0o1777)
    assert out_of_reach(folder)


def test_long_gone_caches_are_dropped_and_nothing_else(surroundings):
    (surroundings / "numba/of somebody else").mkdir(parents=True)
    for age in range(6):
        folder = cache_folder(f"{age:016x}")
        os.utime(folder, (age, age))
    cache_folder(DIGEST)
    left = {path.name for path in (surroundings / "numba").iterdir()}
    assert left == {DIGEST, *(f"{age:016x}" for age in (3, 4, 5)), "of somebody else"}


def test_a_cache_that_is_still_asked_for_outlives_many_that_are_not(surroundings):
    (cache_folder(DIGEST) / "compiled").touch()
    for other in range(9):
        cache_folder(DIGEST)
        cache_folder(f"{other:016x}")
    assert (surroundings / "numba" / DIGEST / "compiled").exists()


def test_code_that_is_not_compiled_needs_no_folder(tmp_path):
    run = asked(sys.executable, "-c", ONE_RULE, HOME=str(tmp_path), NUMBA_DISABLE_JIT="1")
    assert (run.returncode, run.stdout, run.stderr) == SOUND
    assert list(tmp_path.iterdir()) == []


def asked(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """What a program says, in a surrounding without folders for caches but those named."""
    left_out = ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME")
    given = {name: value for name, value in os.environ.items() if name not in left_out}
    given |= {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", **environment}
    return subprocess.run(command, env=given, capture_output=True, text=True, check=False, timeout=HANGS_S)


#: One rule, compiled as all of them are: the whole model would take a minute.
ONE_RULE = "from abm.rules.gatekeepers import race; print(race(1.0, 0.0))"
SOUND = (0, "0.6321205588285577\n", "")


@pytest.mark.skipif(shutil.which("setpriv") is None and os.geteuid() == 0, reason="root can write everywhere")
def test_a_home_and_a_package_that_cannot_be_written_do_no_harm(tmp_path):
    """As in a container."""
    package, home, tmp = tmp_path / "package", tmp_path / "home", tmp_path / "tmp"
    shutil.copytree(ROOT / "abm", package / "abm", ignore=shutil.ignore_patterns("__pycache__"))
    home.mkdir()
    tmp.mkdir()
    locked = [home, package, *package.rglob("*")]
    for path in locked:
        path.chmod(path.stat().st_mode & ~0o222)
    drop = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"] if os.geteuid() == 0 else []
    try:
        run = asked(*drop, sys.executable, "-c", ONE_RULE, HOME=str(home), PYTHONPATH=str(package), TMPDIR=str(tmp))
    finally:
        for path in locked:
            path.chmod(path.stat().st_mode | 0o200)
    assert (run.returncode, run.stdout, run.stderr) == SOUND
    assert any((tmp / f"abm-{os.geteuid()}").glob("*/*/*.nbc"))  # compiled code, which the next start finds


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs a folder in which nobody can make one")
def test_without_any_place_for_a_cache_everything_is_compiled_anew():
    nowhere = f'import tempfile; tempfile.tempdir = "/proc/nowhere"; {ONE_RULE}'
    run = asked(sys.executable, "-c", nowhere, HOME="/proc/nowhere", NUMBA_CACHE_DIR="/proc/nowhere")
    assert (run.returncode, run.stdout, run.stderr) == SOUND
