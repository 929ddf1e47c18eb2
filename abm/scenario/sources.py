"""Sources: every number of a scenario with its range, its grade, and who says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from abm.core.draws import triangular
from abm.core.plain import plain
from abm.scenario.fields import Distribution, Knob, Section, Value

if TYPE_CHECKING:
    from abm.scenario.schema import Tables


@dataclass(frozen=True)
class Provenance:
    """One number of a scenario: where it stands, what it is, how sure it is, and who says so."""

    parameter: str
    value: str
    range: str
    unit: str
    grade: str
    source: str


def provenance(scenario: Section) -> list[Provenance]:
    """List every number that the file of a scenario, or of a market, states, with its range, grade and source.

    Examples
    --------
    >>> from abm.scenario import load_scenario
    >>> rows = provenance(load_scenario("three-investors"))
    >>> [row.value for row in rows if row.parameter == "round.target_bn"]
    ['8']
    """
    rows = []
    for path, number, found in numbers_of(scenario):
        grade = number.grade or "assumption"
        rows.append(Provenance(path, _text(number), _range(number), found.unit, grade, number.source or ""))
    return rows


def numbers_of(section: Section, prefix: str = "") -> Iterator[tuple[str, Value | Distribution, Knob]]:
    """Yield every number that a section states: its dotted path, itself, and what it has to be."""
    for name, field in type(section).model_fields.items():
        if name not in section.model_fields_set:
            continue
        value, path = getattr(section, name), f"{prefix}{field.alias or name}"
        knob = next((m for m in field.metadata if isinstance(m, Knob)), None)
        if isinstance(value, Section):
            yield from numbers_of(value, f"{path}.")
        elif knob is not None and isinstance(value, tuple):
            for position, entry in enumerate(value):
                number = entry[1] if isinstance(entry, tuple) else entry
                yield (path if len(value) == 1 else f"{path}.{position}"), number, knob
        elif isinstance(value, tuple):
            for item in value:
                if isinstance(item, Section):
                    yield from numbers_of(item, f"{path}.{item.id}.")  # type: ignore[attr-defined]
        elif knob is not None and value is not None:
            yield path, value, knob


@dataclass(frozen=True)
class Unknown:
    """A number that nobody knows: its path, its value, its range, and whether it is a whole number."""

    path: str
    value: float
    low: float
    high: float
    whole: bool

    def at(self, u: float) -> float:
        """Value that a uniform between 0 and 1 stands for: triangular over the range; every whole number alike.

        Examples
        --------
        >>> Unknown("round.target_bn", 30.0, 20.0, 40.0, whole=False).at(0.125)
        25.0
        """
        if self.whole:
            return min(int(self.low) + int(u * (int(self.high) - int(self.low) + 1)), int(self.high))
        return triangular(u, self.low, self.value, self.high)


def unknowns(scenario: Tables) -> list[Unknown]:
    """List every number that nobody knows: those with a range, in the order of the file.

    Examples
    --------
    >>> from abm.scenario import load_scenario
    >>> unknowns(load_scenario("openai-2025"))[0].path
    'round.extension_probability'
    """
    return [
        Unknown(path, float(number), number.low, number.high, knob.whole)
        for path, number, knob in numbers_of(scenario)
        if isinstance(number, Value) and number.low is not None and number.high is not None
        if number.low < number.high
    ]


def _text(number: Value | Distribution) -> str:
    if isinstance(number, Distribution):
        names = ("median", "sd log") if number.family == "lognormal" else ("from", "to")
        return f"{number.family} {names[0]} {plain(number.first)} {names[1]} {plain(number.second)}"
    return plain(number)


def _range(number: Value | Distribution) -> str:
    if isinstance(number, Distribution) or number.low is None or number.high is None:
        return ""
    return f"{plain(number.low)} to {plain(number.high)}"
