"""Needs: what the money of ``format = 2`` waits for, by name, and the names that stand for nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from abm.core.errors import Fault
from abm.scenario.class_rows import classes
from abm.scenario.fields import did_you_mean

_NAMED = 8  # of those who may be meant, at most


def faults_of_needs(raw: Mapping[str, Any]) -> Iterator[Fault]:
    """Say where an investor of a file, or one of his tranches, needs somebody whom the file does not have, or himself.

    Parameters
    ----------
    raw
        The tables of a file, as it has them. What has not the form of a need is said where tables are read.

    Examples
    --------
    >>> spaldy = {"id": "spaldy", "needs": ["voet"]}
    >>> found = faults_of_needs({"format": 2, "gatekeepers": [{"id": "vote"}], "investors": [spaldy]})
    >>> print(*found)
    investors.spaldy.needs.0: expected the id of a gatekeeper or of another investor (did you mean 'vote'?), got 'voet'
    """
    if raw.get("format") != 2:
        return
    gates, investors = (ids_in(raw, table) for table in ("gatekeepers", "investors"))
    for key, own, need in _stated_needs(raw):
        known = [name for name in (*gates, *investors) if name != own]
        if need == own:
            yield Fault(key, "expected the id of a gatekeeper or of another investor than himself", f"'{need}'")
        elif need not in known and need not in consent_classes():
            yield Fault(
                key, f"expected the id of a gatekeeper or of another investor{_meant(need, known)}", f"'{need}'"
            )


def ids_in(raw: Mapping[str, Any], table: str) -> list[str]:
    """Ids of all who stand in a table of a file."""
    return [str(one["id"]) for one in _tables(raw.get(table)) if isinstance(one.get("id"), str)]


def consent_classes() -> set[str]:
    """Classes that a need may name in place of a consent."""
    return {row.id for row in classes().values() if row.of == "consent"}


def _tables(found: Any) -> list[Mapping[str, Any]]:
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list | tuple) else []


def _stated_needs(raw: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Where each need stands, whose it is, and what it names."""
    for place, one in enumerate(_tables(raw.get("investors"))):
        own = one["id"] if isinstance(one.get("id"), str) else str(place)
        tranches = [(f".tranches.{number}", part) for number, part in enumerate(_tables(one.get("tranches")))]
        for where, table in [("", one), *tranches]:
            needs = table.get("needs", ())
            for number, need in enumerate(needs if isinstance(needs, list | tuple) else ()):
                if isinstance(need, str):
                    yield f"investors.{own}{where}.needs.{number}", own, need


def _meant(need: str, known: list[str]) -> str:
    """Who may be meant: the one with the nearest name, or all of them."""
    few = ", ".join(known[:_NAMED]) + (" ..." if len(known) > _NAMED else "")
    return did_you_mean(need, [*known, *sorted(consent_classes())]) or (
        f" (there are {few})" if known else " (there is none)"
    )
