"""Structure: layers, rules that stay rules, sizes, names, and nothing that only works on one machine."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import grimp
import networkx
import pytest
from importlinter.cli import lint_imports

import abm
from abm.agents import FundingModel
from abm.core import code_state
from abm.core.schedule import PHASES
from abm.sweeps import fingerprint

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "abm").rglob("*.py"))
TREES = {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text("utf-8")) for path in SOURCES}
COMPILED = [name for name in TREES if name.startswith("abm/rules/")] + [
    "abm/core/arithmetic.py",
    "abm/core/draws.py",
    "abm/population/calibration.py",
    "abm/population/sampling.py",
]
SCALARS = {"float", "int", "bool"}
#: numpy as rules may use it: to make arrays and to fix the width of integers.
NUMPY = {"zeros", "ones", "full", "empty", "int64", "uint64", "bool_", "float64"}
#: What the C library of every machine rounds alike; for the rest there is ``abm.core.arithmetic``.
EXACT = {"sqrt", "floor", "ceil", "isnan", "isfinite"}
MOST_LINES, MOST_FUNCTION_LINES = 400, 60


#: Numbers without a unit: names of things, and the key of a run.
NAMES = {"seed", "run", "select", "i", "kind"}


def functions(tree: ast.AST) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def is_rule(function: ast.FunctionDef) -> bool:
    marks = [ast.unparse(mark) for mark in function.decorator_list]
    return any(mark in ("rule", "lean", "inlined", "folded") or mark.startswith("condition(") for mark in marks)


RULES = [
    pytest.param(name, function, id=f"{Path(name).stem}.{function.name}")
    for name in COMPILED
    for function in functions(TREES[name])
    if is_rule(function)
]


def modules_imported(tree: ast.AST) -> set[str]:
    return {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


def arguments(function: ast.FunctionDef) -> dict[str, str]:
    return {argument.arg: ast.unparse(argument.annotation) for argument in function.args.args if argument.annotation}


def plain(function: ast.FunctionDef) -> bool:
    """Whether a rule takes numbers and returns numbers, so that an example fits on a line."""
    return set(arguments(function).values()) <= SCALARS and ast.unparse(function.returns) != "Floats"


# --------------------------------------------------------------------------------------------------------------------
# Layers


def test_the_import_contracts_hold(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    assert lint_imports(no_cache=True, no_logo=True) == 0, capsys.readouterr().out


def test_every_module_has_a_place_in_the_layers():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    placed = re.findall(r"abm\.(\w+)", " ".join(contracts[0]["layers"]))
    there = {Path(name).parts[1].removesuffix(".py") for name in TREES} - {
        "__init__",
        "__main__",
        "scenarios",
        "cases",
        "markets",
    }
    assert there == set(placed)


def test_no_module_imports_itself_through_others_also_not_for_type_checkers():
    graph = grimp.build_graph("abm", exclude_type_checking_imports=False, cache_dir=None)
    edges = [(name, other) for name in graph.modules for other in graph.find_modules_directly_imported_by(name)]
    assert [
        sorted(part) for part in networkx.strongly_connected_components(networkx.DiGraph(edges)) if len(part) > 1
    ] == []


def test_a_file_name_that_stands_in_two_rooms_means_the_same_in_both():
    """A picture is called as what it draws, an agent as the rules that he follows."""
    rooms: dict[str, set[str]] = {}
    for name in TREES:
        rooms.setdefault(Path(name).stem, set()).add(Path(name).parent.as_posix())
    for stem, places in rooms.items():
        if not stem.startswith("__"):
            assert len(places - {"abm/plots"}) <= 1 or places == {"abm/agents", "abm/rules"}, (stem, places)


def test_no_two_classes_have_one_name():
    homes: dict[str, list[str]] = {}
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                homes.setdefault(node.name, []).append(path)
    assert {name: places for name, places in homes.items() if len(places) > 1} == {}


def test_no_function_is_called_as_its_module_unless_there_is_nothing_else_in_it():
    """Else the same word names a module and one of the things in it; a module of pictures is called as the first."""
    twice = []
    for name, tree in TREES.items():
        public = [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
        public = [one for one in public if not one.startswith("_")]
        if Path(name).stem in public and len(public) > 1 and not name.startswith("abm/plots/"):
            twice.append(name)
    assert twice == []


# --------------------------------------------------------------------------------------------------------------------
# Rules


def test_there_are_rules():
    assert len(RULES) > 80
    assert all(len(arguments(rule.values[1])) == len(rule.values[1].args.args) for rule in RULES)


@pytest.mark.parametrize(("name", "function"), RULES)
def test_every_rule_says_in_one_sentence_what_it_is(name, function):
    doc = ast.get_docstring(function)
    assert doc
    first, *rest = doc.splitlines()
    assert first.endswith((".", "?"))
    assert not rest or rest[0] == ""


@pytest.mark.parametrize(("name", "function"), [rule for rule in RULES if plain(rule.values[1])])
def test_every_rule_of_plain_numbers_shows_an_example(name, function):
    doc = ast.get_docstring(function) or ""
    assert "Examples\n--------\n" in doc
    assert ">>> " in doc


@pytest.mark.parametrize(
    ("name", "function"), [rule for rule in RULES if "\nParameters\n" in (ast.get_docstring(rule.values[1]) or "")]
)
def test_every_number_that_a_rule_describes_has_a_unit(name, function):
    doc = inspect.cleandoc(ast.get_docstring(function) or "")
    section = re.split(r"\n\w+\n-{3,}\n", doc.split("\nParameters\n----------\n")[1])[0]
    described = dict(re.findall(r"^(\w[\w, ]*)\n((?: +.*\n?|\n(?= ))+)", section + "\n", re.MULTILINE))
    numbers = {argument for argument, form in arguments(function).items() if form in ("float", "int")} - NAMES
    for names, text in described.items():
        if numbers & set(names.split(", ")):
            assert re.search(r"\[[^]]+\]|As in :func:", text), names


@pytest.mark.parametrize(("name", "function"), RULES)
def test_rules_compute_the_same_bits_compiled_and_read(name, function):
    for node in ast.walk(function):
        if isinstance(node, ast.BinOp | ast.AugAssign):
            assert not isinstance(node.op, ast.Pow), ast.unparse(node)
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in ("sum", "pow", "math.pow", "math.fsum"), called
            assert called.removeprefix("math.") in EXACT or not called.startswith("math."), called
            assert not called.startswith("np.") or called.removeprefix("np.") in NUMPY, called
            assert not re.search(r"\.(sum|mean|dot|prod|cumsum)$", called), called


@pytest.mark.parametrize(("name", "function"), RULES)
def test_rules_are_total_and_neither_draw_nor_print(name, function):
    for node in ast.walk(function):
        assert not isinstance(node, ast.Raise | ast.Try | ast.Assert | ast.Global | ast.Nonlocal)
        if isinstance(node, ast.Call) and name.startswith("abm/rules/"):
            assert ast.unparse(node.func) not in ("uniform", "normal", "exponential", "philox", "print", "open")


# --------------------------------------------------------------------------------------------------------------------
# Engines: they load, call a rule, and store


COMPILED_ENGINE = ("phases", "minds", "surroundings", "parts", "closings", "kernel")
ENGINES = [f"abm/ensemble/{name}.py" for name in COMPILED_ENGINE]
HARMLESS = {"math.isnan", "np.array", "np.zeros", "np.ascontiguousarray", "np.flatnonzero"}
ENGINES += sorted(name for name in TREES if name.startswith("abm/agents/"))


@pytest.mark.parametrize("name", ENGINES)
def test_engines_compute_nothing_themselves(name):
    reckoned = [node for node in ast.walk(TREES[name]) if isinstance(node, ast.BinOp | ast.AugAssign)]
    harmless = (
        r"\| (None|str|Path)|None \||^'|^f'|^[\w.]+ [+-] 1$|^\w+ \+= [\w.]+$| [&|] "  # types, words, counters, both
    )
    assert [text for text in map(ast.unparse, reckoned) if not re.search(harmless, text)] == []
    called = {ast.unparse(node.func) for node in ast.walk(TREES[name]) if isinstance(node, ast.Call)}
    assert not [name for name in called if re.match(r"sum$|round$|(math|np)\.", name) and name not in HARMLESS]


def test_the_compiled_engine_walks_the_phases_of_the_schedule():
    (week,) = (one for one in functions(TREES["abm/ensemble/phases.py"]) if one.name == "week_passes")
    assert [ast.unparse(line) for line in week.body[1:]] == [f"{phase}(block)" for phase in PHASES]


def test_every_source_that_is_compiled_names_the_cache(monkeypatch, tmp_path):
    """Whoever holds a compiled function, or feeds one, must change the folder that compiled code is kept in."""
    package = tmp_path / "abm"
    shutil.copytree(ROOT / "abm", package)
    monkeypatch.setattr(code_state, "_PACKAGE", package)
    before = code_state.sources_digest()
    compiled = [
        n
        for n, tree in TREES.items()
        if {"abm.core.jit", "abm.core.lending", "abm.ensemble.memory", "abm.ensemble.views"} & modules_imported(tree)
    ]
    assert len(compiled) > 15
    makers = ("jit", "waking", "lending", "lent", "objects", "emitting", "solved", "sealed", "records")
    for name in [*compiled, *(f"abm/core/{maker}.py" for maker in makers), "abm/ensemble/memory.py"]:
        source = tmp_path / name
        text = source.read_text("utf-8")
        source.write_text(text + "# edited", "utf-8")
        assert code_state.sources_digest() != before, name
        source.write_text(text, "utf-8")
    assert code_state.sources_digest() == before


# --------------------------------------------------------------------------------------------------------------------
# Sizes, names, words


@pytest.mark.parametrize("name", TREES)
def test_no_module_is_too_long_to_be_read_at_once(name):
    assert len((ROOT / name).read_text("utf-8").splitlines()) <= MOST_LINES


@pytest.mark.parametrize("name", TREES)
def test_no_function_is_too_long_to_be_read_at_once(name):
    for function in functions(TREES[name]):
        docstring = function.body[0] if ast.get_docstring(function) else None
        words = docstring.end_lineno - docstring.lineno + 1 if docstring else 0
        assert function.end_lineno - function.lineno + 1 - words <= MOST_FUNCTION_LINES, function.name


@pytest.mark.parametrize("name", TREES)
def test_every_module_says_what_it_is_about(name):
    doc = ast.get_docstring(TREES[name])
    assert doc
    assert doc.splitlines()[0].endswith((".", "?"))


@pytest.mark.parametrize("name", TREES)
def test_luck_has_an_address_and_nobody_is_shuffled(name):
    # resamples of results, orders of players and draws from a posterior are no luck of the model
    analysis = bool({"analysis", "history"} & set(Path(name).parts))
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Call) and analysis and ast.unparse(node.func) == "np.random.default_rng":
            assert node.args, "a generator without a seed"
        elif isinstance(node, ast.Attribute):
            assert node.attr not in ("shuffle", "shuffle_do", "RandomState"), ast.unparse(node)
            assert node.attr != "default_rng" or analysis, ast.unparse(node)
            own = ast.unparse(node) in ("np.random", "numpy.random") and not analysis
            assert not own, ast.unparse(node)
            assert ast.unparse(node) not in ("model.random", "self.random", "self.rng")
        if isinstance(node, ast.Import):
            assert "random" not in [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            assert node.module not in ("random", "numpy.random")


def test_every_phase_of_the_week_is_a_method_of_the_model_with_a_sentence():
    for phase in PHASES:
        assert inspect.getdoc(getattr(FundingModel, phase)).endswith("."), phase


def test_every_public_name_is_there_and_documented():
    assert sorted(abm.__all__) == abm.__all__
    for name in abm.__all__:
        thing = getattr(abm, name)
        assert thing is not None
        assert inspect.getdoc(thing), name
        assert name in dir(abm)
    namespace: dict[str, object] = {}
    exec("from abm import *", namespace)
    assert set(abm.__all__) <= set(namespace)


def test_an_unknown_public_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'abm' has no attribute 'simulat'"):
        abm.simulat  # noqa: B018


def test_the_package_says_one_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert abm.__version__ == project["version"]
    assert (ROOT / "abm" / "py.typed").exists()
    assert project["version"] in (ROOT / "CHANGELOG.md").read_text("utf-8")
    try:
        assert importlib.metadata.version(project["name"]) == project["version"]
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("abm is found here, but not installed")


def test_nobody_is_told_to_install_a_package_of_somebody_else():
    """On the package index the name abm is another program; what is missing is asked for by its own name."""
    pages = [*ROOT.glob("*.md"), *ROOT.glob("*/*.md"), ROOT / "Makefile", *SOURCES, *ROOT.glob("*/*.py")]
    advice = re.compile(r"pip3? install (?:-\S+ +)*[\"'`]?abm\b")
    assert advice.search("pip install 'abm[dask]'")
    assert advice.search("pip install --upgrade abm")
    found = [page.name for page in pages if advice.search(page.read_text("utf-8")) and page.name != Path(__file__).name]
    assert found == []


# --------------------------------------------------------------------------------------------------------------------
# Nothing that only works here

#: Built in parts, so that this file does not name them.
FOREIGN = [
    "/".join(["", "work", ""]),
    "/".join(["", "home", ""]),
    "/".join(["", "Users", ""]),
    "/".join(["", "root", ""]),
    "C:" + "\\" + "Users",
    ".".join(["pypi", "org"]),
    "python" + "hosted",
    "arti" + "factory",
    "local" + "host",
    ".".join(["127", "0", "0", "1"]),
    "index" + "-url =",
    "--extra-index" + "-url",
]
#: Any machine's name for itself, which those may say who serve a page to it.
THIS_MACHINE = FOREIGN[8:10]
SERVED = ("abm/serve/", "tests/test_serve", "docs/serve.md", "benchmarks/page.py")


def test_no_file_names_a_path_of_a_machine_or_a_host_of_packages():
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    files = [ROOT / name for name in listed.stdout.split("\0") if name]
    assert len(files) > 50
    found = []
    for path in files:
        try:
            text = path.read_text("utf-8")
        except (UnicodeDecodeError, FileNotFoundError):
            continue  # a picture, a table, or a file that is gone
        own = re.sub(r"https?://[^\s/]+\S*", "", text)  # an address of a source may have such a path, and no such host
        name = path.relative_to(ROOT).as_posix()
        words = FOREIGN if not name.startswith(SERVED) else [word for word in FOREIGN if word not in THIS_MACHINE]
        found += [f"{name}: {word}" for word in words if word in (own if "/" in word else text)]
    assert found == []


# --------------------------------------------------------------------------------------------------------------------
# What makes stored results stale


def digests(monkeypatch, package, *changes):
    """Digests of the code of a package in another folder: as it is, and after each change of a file of it."""
    monkeypatch.setattr(fingerprint, "_PACKAGE", package)
    found = [fingerprint.code_digest.__wrapped__()]
    for name, change in changes:
        source = package.parent / name
        source.write_text(change(source.read_text("utf-8")), "utf-8")
        found.append(fingerprint.code_digest.__wrapped__())
    return found


def commented(text):
    return text.replace('"""', '"""Edited: ', 1) + "\n# edited\n"


def edited(text):
    return text + "\nEDITED = 1\n"


@pytest.fixture
def alone(tmp_path, name):
    """A package of nothing but one file."""
    (tmp_path / name).parent.mkdir(parents=True)
    shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path / "abm"


@pytest.mark.parametrize("name", TREES)
def test_a_comment_or_a_docstring_leaves_stored_results_as_they_are(monkeypatch, alone, name):
    before, after = digests(monkeypatch, alone, (name, commented))
    assert after == before


@pytest.mark.parametrize("name", [name for name in TREES if not name.endswith("__init__.py")])
def test_code_makes_stored_results_stale_where_it_decides_them_and_nowhere_else(monkeypatch, alone, name):
    rooms = ("core", "rules", "scenario", "population", "agents", "ensemble")
    decides = Path(name).parts[1] in rooms or name in (
        "abm/runs/collecting.py",
        "abm/runs/columns.py",
        "abm/runs/stream.py",
        "abm/sweeps/work.py",
    )
    words = name in ("abm/scenario/labels.py", "abm/scenario/messages.py", "abm/scenario/sources.py")
    before, after = digests(monkeypatch, alone, (name, edited))
    assert (after != before) == (decides and not words)


def test_among_all_files_the_first_and_the_last_that_decide_still_count(monkeypatch, tmp_path):
    shutil.copytree(ROOT / "abm", tmp_path / "abm", ignore=shutil.ignore_patterns("*.yaml"))
    first, last = "abm/core/arguments.py", "abm/sweeps/work.py"
    changes = [(first, commented), (first, edited), (last, commented), (last, edited)]
    here = fingerprint.code_digest()
    before, comment, one, another, both = digests(monkeypatch, tmp_path / "abm", *changes)
    assert here == before == comment
    assert before != one == another != both != before
