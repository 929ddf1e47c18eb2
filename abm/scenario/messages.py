"""Messages: how a fault that was found in a scenario file is said in one sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from abm.core.errors import Fault
from abm.core.written import shown
from abm.scenario.dates import LIKE_A_DATE, exists, expected_date
from abm.scenario.fields import Knob, Section, did_you_mean, is_number
from abm.scenario.suffixes import with_its_unit

_SHOWN = 60  # letters of a value in a message


def fault_from(detail: ErrorDetails, raw: Any, root: type[Section]) -> Fault:
    """Turn one of pydantic's findings about ``raw``, read as a ``root``, into a sentence of ours."""
    key, got = dotted(detail["loc"], raw), _shown(detail["input"])
    form, context = detail["type"], detail.get("ctx", {})
    if form == "missing":
        return Fault(key, "this key is required and missing")
    if form == "extra_forbidden":
        return Fault(key, "unknown key" + _key_meant(detail["loc"], root))
    if form == "literal_error":
        hint = did_you_mean(detail["input"], _quoted(context["expected"]))
        return Fault(key, f"expected {context['expected']}" + (hint or _amount_meant(detail, root)), got)
    if form == "abm":
        return Fault(key, context["text"], got)
    if form == "string_pattern_mismatch":
        return Fault(key, "expected an id of lower-case letters, digits, '-' and '_'", got)
    wanted = {
        "string_type": "text",
        "string_too_long": "an id of at most 60 letters",
        "bool_type": "true or false",
        "tuple_type": "a list",
        "model_type": "a table",
        "dict_type": "a table",
    }.get(form)
    return Fault(key, f"expected {wanted}" if wanted else detail["msg"].lower(), got)


def _key_meant(location: tuple[int | str, ...], root: type[Section]) -> str:
    """Say which key an unknown one may stand for: the one that says its unit, or the one of the nearest name."""
    known = known_keys(location[:-1], root)
    with_unit = with_its_unit(str(location[-1]), known)
    if with_unit is None:
        return did_you_mean(location[-1], known)
    field = field_at((*location[:-1], with_unit), root)
    units = [part.unit for part in field.metadata if isinstance(part, Knob) and part.unit != "-"] if field else []
    return f" (did you mean '{with_unit}'{f', in {units[0]}' if units else ''}?)"


def _amount_meant(detail: ErrorDetails, root: type[Section]) -> str:
    """Say which key takes a number, where one stands at a key that takes a word."""
    *table, key = detail["loc"]
    meant = with_its_unit(str(key), known_keys(tuple(table), root))
    if meant is None or not is_number(detail["input"]):
        return ""
    return f" (an amount is {meant} = {detail['input']})"


def fault_of_toml(text: str, found: str) -> Fault:
    """Say what is wrong with a text that is no TOML: a date that does not exist, or what the reader has found.

    Parameters
    ----------
    text, found
        Of the file, and of the reader's error, which names the line.

    Examples
    --------
    >>> str(fault_of_toml("as_of = 2023-13-08", "Expected newline (at line 1, column 13)"))
    'file: expected a date that exists, such as 2025-12-31 (year-month-day, without quotes) (at line 1), got 2023-13-08'
    """
    at = re.search(r"at line (\d+)", found)
    line = text.split("\n")[int(at[1]) - 1] if at else ""
    for date in LIKE_A_DATE.findall(line):
        if not exists(date):
            return Fault("file", f"{expected_date(date)} (at line {at[1] if at else ''})", date)
    return Fault("file", f"expected valid TOML ({found})")


def _quoted(expected: str) -> list[str]:
    return [part for part in expected.split("'") if part.strip(" ,or")]


def _shown(value: object) -> str:
    try:
        text = shown(value)
    except (ValueError, RecursionError):
        return "something too long to show"
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def dotted(location: tuple[int | str, ...], raw: Any) -> str:
    """Name a place in a scenario the way ``--set`` does: ``investors.lead.ticket_bn``.

    Examples
    --------
    >>> dotted(("investors", 0, "ticket_bn"), {"investors": [{"id": "lead"}]})
    'investors.lead.ticket_bn'
    """
    parts: list[str] = []
    for step in location:
        try:
            raw = raw[step]
        except (KeyError, IndexError, TypeError):
            raw = None
        named = isinstance(step, int) and isinstance(raw, dict) and isinstance(raw.get("id"), str)
        parts.append(raw["id"] if named else str(step) or "''")
    return ".".join(parts)


def _section_at(location: tuple[int | str, ...], root: type[Section]) -> type[Section] | None:
    """Which table of the format stands at ``location`` below ``root``."""
    section: type[Section] | None = root
    for step in location:
        if isinstance(step, str) and section is not None:
            field = _field_of(section, step)
            section = next(_sections_in(field.annotation), None) if field else None
    return section


def _field_of(section: type[Section], key: str) -> FieldInfo | None:
    named = section.model_fields.get(key)
    return named or next((field for field in section.model_fields.values() if field.alias == key), None)


def field_at(location: tuple[int | str, ...], root: type[Section]) -> FieldInfo | None:
    """Field of the format at ``location`` below ``root``."""
    section = _section_at(location[:-1], root)
    return _field_of(section, str(location[-1])) if section else None


def known_keys(location: tuple[int | str, ...], root: type[Section]) -> list[str]:
    """Keys that the table at ``location`` knows, for a hint."""
    section = _section_at(location, root)
    return [field.alias or name for name, field in section.model_fields.items()] if section else []


def _sections_in(annotation: Any) -> Iterator[type[Section]]:
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _sections_in(inner)
