"""Scenario diff: which keys of two scenarios differ, and whether that can change a result."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from abm.core.written import as_in_a_file
from abm.report.json_values import plain
from abm.scenario import Scenario

_OF_A_NUMBER = ("value", "low", "high", "grade", "source")


class KeyChange(NamedTuple):
    """A key that differs, or a part of a number: its value, range, grade or source; None where it is not stated."""

    key: str
    part: str
    old: Any
    new: Any


def changed_keys(first: Scenario, second: Scenario) -> list[KeyChange]:
    """List what differs between two scenarios, key by key; items with an id are compared by it.

    Examples
    --------
    >>> import abm
    >>> scenario = abm.load_scenario("three-investors")
    >>> changed_keys(scenario, scenario.with_values({"round.target_bn": 9.0}))
    [KeyChange(key='round.target_bn', part='value', old=8.0, new=9.0)]
    """
    found = list(_changes("", first.raw, second.raw))
    if first.baseline is not first or second.baseline is not second:  # inclinations are calibrated in the baseline
        found += _changes("baseline", first.baseline.raw, second.baseline.raw)
    return found


def _changes(key: str, old: Any, new: Any) -> Iterator[KeyChange]:
    if _is_number(old) or _is_number(new):
        yield from _number_changes(key, old, new)
    elif isinstance(old, dict) and isinstance(new, dict):
        for name in dict.fromkeys((*old, *new)):
            yield from _changes(f"{key}.{name}" if key else name, old.get(name), new.get(name))
    elif _has_ids(old) and _has_ids(new):
        yield from _item_changes(key, *({item["id"]: item for item in items} for items in (old, new)))
    elif old != new:
        yield KeyChange(key, "value", old, new)


def _number_changes(key: str, old: Any, new: Any) -> Iterator[KeyChange]:
    """A number may be bare on one side and say where it comes from on the other."""
    before, after = (side if _is_number(side) else {"value": side} for side in (old, new))
    parts = ("value",) if old is None or new is None else dict.fromkeys((*_OF_A_NUMBER, *before, *after))
    for part in parts:
        if before.get(part) != after.get(part):
            yield KeyChange(key, part, before.get(part), after.get(part))


def _item_changes(key: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[KeyChange]:
    for name in dict.fromkeys((*old, *new)):
        if name in old and name in new:
            yield from _changes(f"{key}.{name}", old[name], new[name])
        else:
            yield KeyChange(f"{key}.{name}", "table", old.get(name), new.get(name))
    common = [[name for name in names if name in old and name in new] for names in (old, new)]
    if common[0] != common[1]:  # luck has its address by place
        yield KeyChange(key, "order", list(old), list(new))


def _is_number(value: Any) -> bool:
    return isinstance(value, dict) and "value" in value


def _has_ids(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) and "id" in item for item in value) and bool(value)


def diff_text(first: Scenario, second: Scenario) -> str:
    """Say what differs, a line each, and whether both give the same results."""
    found = changed_keys(first, second)
    lines = [_line(change) for change in found]
    keys = len({change.key for change in found})
    count = "Nothing differs" if not keys else "1 key differs" if keys == 1 else f"{keys} keys differ"
    if first == second:
        verdict = f"both give the same results (digest {first.digest[:12]})"
    else:
        verdict = f"they may give different results (digests {first.digest[:12]} and {second.digest[:12]})"
    return "\n".join([*lines, f"{count}; {verdict}."])


def _line(change: KeyChange) -> str:
    if change.part == "table":
        return f"{change.key}: only in the {'second' if change.old is None else 'first'}"
    name = change.key if change.part == "value" else f"{change.key}, {change.part}"
    old, new = ("not stated" if side is None else _said(side) for side in (change.old, change.new))
    return f"{name}: {old} → {new}"


def _said(value: Any) -> str:
    if isinstance(value, str):
        return value
    return f"{value:g}" if isinstance(value, float) and abs(value) < 1e6 else as_in_a_file(value)  # noqa: PLR2004, short


def diff_json(first: Scenario, second: Scenario) -> dict[str, Any]:
    """What differs, as one object for programs."""
    return {
        "first": first.id,
        "second": second.id,
        "same_results": first == second,
        "digests": [first.digest, second.digest],
        "changes": [plain(change._asdict()) for change in changed_keys(first, second)],
    }
