"""Case files: from YAML files to cases; every fault of every file in one sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from abm.core.errors import CaseError, Fault
from abm.history.case import ABOVE, Case
from abm.history.case_checks import case_faults
from abm.history.plain_yaml import UnreadableError, yaml_tables
from abm.scenario import fault_from
from abm.scenario.fields import Id

MOST_BYTES = 50_000  # of a file; the largest packaged one has 3,400
SUFFIXES = (".yaml", ".yml")
_ABOVE_FORMS = {
    "library": (
        r"(?P<library>[\w.-]{1,40})(?: *[,;(](?:.*\bsearched +(?P<searched>\S+))?.*)?",
        "library: NAME, searched DATE",
    ),
    "coded": (r"(?P<coded>.+)", "coded: HOW"),
    "memory-only": (r"(?P<memory_only>.+)", "memory-only facts: WHICH"),
}
_ABOVE = re.compile(rf"# *({'|'.join(_ABOVE_FORMS)})\b[^:]*: *(.*)")


def packaged_files() -> list[Path]:
    """Files of the cases that come with the package."""
    return case_paths(Path(str(resources.files("abm.cases"))))


def start_text(case: str) -> str:
    """Text of a file for a new case of this id, which is sound as it is.

    Raises
    ------
    CaseError
        Where it is no id.
    """
    try:
        TypeAdapter(Id).validate_python(case)
    except ValidationError as error:
        fault = fault_from(error.errors()[0], case, Case)
        raise CaseError(case, [("new case", Fault("id", fault.expected, fault.got))]) from None
    text = resources.files("abm.cases").joinpath("start.template.yaml").read_text("utf-8")
    plain = yaml_tables(f"id: {case}")["id"] == case  # 2026_1 is a number to YAML
    return text.replace("my_round_2026", case if plain else f"'{case}'", 1)


def case_paths(folder: Path) -> list[Path]:
    """Files of cases in a folder, in the order of their names; a template is none.

    Raises
    ------
    CaseError
        Where there is no such folder, or no case in it.
    """
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES)
    except OSError as error:
        reason = (error.strerror or "it cannot be read").lower()
        raise CaseError(
            str(folder), [(str(folder), Fault("folder", "expected a folder of cases or a file ID.yaml", reason))]
        ) from None
    paths = [path for path in paths if not path.stem.endswith(".template")]
    if not paths:
        fault = Fault("folder", "expected at least one case, a file ID.yaml", "none")
        raise CaseError(str(folder), [(str(folder), fault)])
    return paths


def read_cases(paths: Iterable[Path], where: str) -> list[Case]:
    """Read files of cases, sorted by id.

    Raises
    ------
    CaseError
        With every fault of every file.
    """
    cases: dict[str, Case] = {}
    faults: list[tuple[str, Fault]] = []
    for path in paths:
        read = read_case(path)
        if not isinstance(read, Case):
            faults += [(str(path), fault) for fault in read]
        elif read.id in cases:
            other = cases[read.id].file
            faults.append((str(path), Fault("id", "expected every id once", f"'{read.id}' as in {other}")))
        else:
            cases[read.id] = read
    if faults:
        raise CaseError(where, faults)
    return [cases[case] for case in sorted(cases)]


def read_case(path: Path) -> Case | list[Fault]:
    """Read one file: a case, or its faults.

    Examples
    --------
    >>> [str(fault) for fault in read_case(Path("nowhere.yaml"))]
    ['file: expected a readable YAML file, got no such file or directory']
    """
    try:
        text = _text(path)
        raw, above = yaml_tables(text), _above(text)
    except UnreadableError as error:
        return [error.fault]
    faults = [Fault(key, "unknown key: it is a comment line above the others") for key in ABOVE if key in raw]
    return faults or _case(raw | above, path)


def _case(raw: dict[str, Any], path: Path) -> Case | list[Fault]:
    """Build a case and look for contradictions in it; it is called as its file."""
    try:
        case = Case.model_validate(raw)
    except ValidationError as error:
        return [fault_from(detail, raw, Case) for detail in error.errors()]
    case._file = str(path)
    wrong = (
        [] if case.id == path.stem else [Fault("id", f"expected the name of the file, '{path.stem}'", f"'{case.id}'")]
    )
    return [*wrong, *case_faults(case)] or case


def _text(path: Path) -> str:
    """The text of a file that is not too large; some editors put a mark before it."""
    try:
        if path.exists() and not path.is_file():
            raise UnreadableError("file", "expected a readable YAML file", "something else")
        if (size := path.stat().st_size) > MOST_BYTES:
            raise UnreadableError("file", f"expected at most {MOST_BYTES:,} bytes", f"{size:,}")
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableError("file", "expected text in UTF-8") from None
    except OSError as error:
        reason = (error.strerror or "it cannot be read").lower()
        raise UnreadableError("file", "expected a readable YAML file", reason) from None


def _above(text: str) -> dict[str, str]:
    """What the comment lines above the keys say: library, how it was coded, and what is from memory."""
    found: dict[str, str] = {}
    for number, line in _comments(text):
        if said := _ABOVE.fullmatch(line):
            pattern, form = _ABOVE_FORMS[said[1]]
            read = re.fullmatch(pattern, said[2].strip())
            if read is None:
                raise UnreadableError(f"line {number}", f"expected '# {form}'", repr(line[:60]))
            found |= {key: value for key, value in read.groupdict().items() if value}
    return found


def _comments(text: str) -> Iterator[tuple[int, str]]:
    """Comment lines before the first key."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            return
        yield number, line.rstrip()
