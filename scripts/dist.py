"""Distribution: build sdist and wheel into ``dist/``, and try the wheel where nothing else is.

The wheel is made from the sdist, so the sdist carries what the wheel needs. It must hold every file of the package that
git knows. Then it is installed into an empty environment, with the locked packages that abm needs to run and nothing
else, and has to give the same numbers there as here, from an empty folder.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path

from runtime_lock import ROOT, needed_to_run, runtime_lock

QUIET = ["--disable-pip-version-check", "-q"]
ASKED = ["run", "three-investors", "--runs", "200", "--seed", "7", "--json"]


def main() -> None:
    """Build, and try."""
    folder = ROOT / "dist"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    with tempfile.TemporaryDirectory(prefix="abm-dist-") as scratch:
        sdist = build_sdist(folder)
        wheel = build_wheel(sdist, folder, Path(scratch))
        if absent := sorted(package_files() - set(zipfile.ZipFile(wheel).namelist())):
            raise SystemExit(f"{wheel.name}: expected every file of abm/, without: {', '.join(absent)}")
        try_wheel(wheel, Path(scratch) / "bare")
    for made in (sdist, wheel):
        print(f"{made.relative_to(ROOT)}  {made.stat().st_size / 1e6:.1f} MB")


def build_sdist(folder: Path) -> Path:
    """Build the sdist of the checkout."""
    code = f"import setuptools.build_meta as make; make.build_sdist({str(folder)!r})"
    run([sys.executable, "-c", code], cwd=ROOT)
    (made,) = folder.glob("*.tar.gz")
    return made


def build_wheel(sdist: Path, folder: Path, scratch: Path) -> Path:
    """Build the wheel from what the sdist holds."""
    with tarfile.open(sdist) as packed:
        packed.extractall(scratch / "unpacked", filter="data")
    (source,) = (scratch / "unpacked").iterdir()
    pip = [sys.executable, "-m", "pip", *QUIET, "wheel", "--no-deps", "--no-build-isolation"]
    run([*pip, "--wheel-dir", str(folder), str(source)])
    (made,) = folder.glob("*.whl")
    return made


def package_files() -> set[str]:
    """Name the files of the package that git knows."""
    listed = run(["git", "ls-files", "abm"], cwd=ROOT).splitlines()
    return {name for name in listed if not name.endswith((".gitignore",))}


def try_wheel(wheel: Path, folder: Path) -> None:
    """Install the wheel with its locked packages only, and compare what it says with what this checkout says."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    lock = folder / "runtime.lock"
    lock.write_text(runtime_lock((ROOT / "requirements.lock").read_text("utf-8"), needed_to_run()), "utf-8")
    run([str(python), "-m", "pip", *QUIET, "install", "--require-hashes", "-r", str(lock)])
    run([str(python), "-m", "pip", *QUIET, "install", "--no-deps", str(wheel)])
    run([str(python), "-m", "pip", *QUIET, "check"])
    empty = folder / "empty"
    empty.mkdir()
    found = run([str(folder / "bin" / "abm"), *ASKED], cwd=empty)
    expected = run([str(Path(sys.executable).with_name("abm")), *ASKED], cwd=empty)
    if found != expected:
        raise SystemExit(f"{wheel.name}: expected the numbers of the checkout, got: {found}")


def run(command: list[str], cwd: Path | None = None) -> str:
    """Run a command to its end; what it says is handed back, or shown where it fails."""
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    done = subprocess.run(command, cwd=cwd, env=clean, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
