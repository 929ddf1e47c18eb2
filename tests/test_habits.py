"""Habits: how to cite, report, package and ship abm; what these files say is true of the code."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import signal
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
import yaml

import abm

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
pytestmark = pytest.mark.one_python


def test_the_citation_is_of_this_version_and_this_licence():
    told = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert {"cff-version", "message", "title", "authors", "version"} <= set(told)
    assert told["cff-version"] == "1.2.0"
    assert (told["version"], told["license"]) == (abm.__version__, PROJECT["license"])
    assert [author["name"] for author in told["authors"]] == [author["name"] for author in PROJECT["authors"]]


@pytest.mark.parametrize("page", ["fault", "wish", "case"])
def test_an_issue_template_says_what_it_is_for(page):
    _, head, text = (ROOT / ".github" / "ISSUE_TEMPLATE" / f"{page}.md").read_text("utf-8").split("---\n", 2)
    assert set(yaml.safe_load(head)) == {"name", "about"}
    assert "**" in text


def test_hooks_before_a_commit_call_tools_of_the_environment_and_fetch_nothing():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    assert [repo["repo"] for repo in hooks] == ["local"]
    for hook in hooks[0]["hooks"]:
        tool = Path(hook["entry"].split()[0])
        assert tool.parent.as_posix() == ".venv/bin"
        assert (Path(sys.executable).parent / tool.name).exists()
        assert hook["language"] == "system"


def test_the_image_is_made_of_files_that_exist_and_runs_as_nobody_in_particular():
    text = (ROOT / "Dockerfile").read_text("utf-8")
    for line in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE):
        assert all((ROOT / name).exists() for name in line.split()), line
    assert text.rindex("USER abm") > text.rindex("pip install")
    assert text.count("--require-hashes") == 2
    assert {"COPY", "ENTRYPOINT"} <= set(re.findall(r"^[A-Z]+", text, re.MULTILINE))


def load(name: str):
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def closure(requirements: list[str]) -> set[str]:
    """Distributions that these requirements need on this Python, all the way down, without extras."""
    from packaging.requirements import Requirement

    found: set[str] = set()
    waiting = [Requirement(one) for one in requirements]
    while waiting:
        one = waiting.pop()
        name = re.sub(r"[-_.]+", "-", one.name).lower()
        if name not in found and (one.marker is None or one.marker.evaluate({"extra": ""})):
            found.add(name)
            waiting += map(Requirement, importlib.metadata.requires(name) or [])
    return found


def test_the_lock_of_what_runs_has_all_that_is_needed_and_nothing_of_the_tests():
    runtime = load("runtime_lock")
    text = runtime.runtime_lock((ROOT / "requirements.lock").read_text("utf-8"), runtime.needed_to_run())
    locked = {runtime.plain(line) for line in re.findall(r"^\S+==.*", text, re.MULTILINE)}
    assert closure(PROJECT["dependencies"]) <= locked
    assert locked.isdisjoint({"pytest", "mypy", "ruff", "sphinx", "hypothesis", "playwright"})


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """Folder with the sdist and the wheel made from it."""
    folder = tmp_path_factory.mktemp("dist")
    checkout = folder / "checkout"
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                            capture_output=True, text=True, check=True).stdout  # fmt: skip
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).exists() and not name.startswith("results/"):
            (checkout / name).parent.mkdir(parents=True, exist_ok=True)
            (checkout / name).symlink_to(ROOT / name)
    code = "import setuptools.build_meta as make; make.build_sdist('..')"
    subprocess.run([sys.executable, "-c", code], cwd=checkout, capture_output=True, check=True)
    (sdist,) = folder.glob("*.tar.gz")
    with tarfile.open(sdist) as packed:
        packed.extractall(folder / "unpacked", filter="data")
    (source,) = (folder / "unpacked").iterdir()
    code = "import setuptools.build_meta as make; make.build_wheel('../..')"
    subprocess.run([sys.executable, "-c", code], cwd=source, capture_output=True, check=True)
    return folder


def test_the_sdist_carries_what_tests_and_documents_need(made):
    (source,) = (made / "unpacked").iterdir()
    for name in (
        "docs/conf.py",
        "tests/conftest.py",
        "experiments/common.py",
        "requirements.lock",
        "Makefile",
        ".ci/run",
    ):
        assert (source / name).is_file(), name


def test_the_wheel_carries_every_file_of_the_package_and_nothing_else(made):
    (wheel,) = made.glob("*.whl")
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "abm"], cwd=ROOT,
                            capture_output=True, text=True, check=True)  # fmt: skip
    assert inside == {name for name in listed.stdout.splitlines() if (ROOT / name).exists()}


@pytest.fixture(scope="module")
def bare(made, tmp_path_factory) -> Path:
    """A Python that can import the wheel and what it asks for, and nothing else."""
    home_of_it = tmp_path_factory.mktemp("bare")
    venv.create(home_of_it, with_pip=False)
    (site,) = home_of_it.glob("lib/*/site-packages")
    zipfile.ZipFile(*made.glob("*.whl")).extractall(site)
    (told,) = site.glob("*.dist-info/METADATA")
    asked = re.findall(r"^Requires-Dist: (.+)$", told.read_text("utf-8"), re.MULTILINE)
    for name in closure(asked):
        for file in importlib.metadata.files(name) or []:
            top = file.parts[0]
            home = Path(str(file.locate())).parents[len(file.parts) - 1]
            if top != ".." and not (site / top).exists() and (home / top).exists():
                (site / top).symlink_to(home / top)
    return home_of_it / "bin" / "python"


def uncompiled() -> dict[str, str]:
    """Surroundings in which the rules are read, not compiled, which takes no minute."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {**clean, "NUMBA_DISABLE_JIT": "1"}


def test_the_wheel_runs_with_its_own_requirements_and_nothing_else(bare, tmp_path):
    done = subprocess.run(
        [bare, "-m", "abm", "run", "mutual-conditions", "--runs", "3", "--seed", "1"],
        cwd=tmp_path, env=uncompiled(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "The round closes with probability" in done.stdout


def test_the_wheel_serves_its_page_with_its_own_requirements_and_nothing_else(bare, tmp_path):
    import httpx

    command = [bare, "-m", "abm", "serve", "mutual-conditions", "--no-browser"]  # few weeks: nothing is compiled here
    with subprocess.Popen(command, cwd=tmp_path, env=uncompiled(), stdout=subprocess.PIPE, text=True) as running:
        try:
            _, link = running.stdout.readline(), running.stdout.readline().strip()
            assert "<title>abm serve</title>" in httpx.get(link).text
            for name in ("page.js", "page.css", "uplot/uplot.js", "uplot/LICENSE"):
                assert httpx.get(f"{link}files/{name}").status_code == 200, name
            told = httpx.post(f"{link}answer", json={"position": {"runs": 3}}, timeout=None).text
            assert told.startswith("event: number\n")
            assert "event: words\n" in told
        finally:
            running.send_signal(signal.SIGINT)
            out, _ = running.communicate()
    assert (running.returncode, out) == (
        0,
        "Open this link in a browser of this machine. Ctrl-C ends it.\nabm: ended\n",
    )
