"""Controls: what of a scenario a page can move, with unit, range, meaning and source, in the order of the file."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from abm.core.plain import plain
from abm.runs.terms import GRADE_WORDS
from abm.scenario import Scenario
from abm.scenario.fields import Distribution, Knob, Section, Value
from abm.scenario.labels import short_of
from abm.scenario.round_end import DEADLINE, last_day
from abm.scenario.schema import CompanyTable

_STEPS = 100  # of a slider, about
_PROBABLE = 20.0  # a range up to this wide fits on a slider as it is
_HIDDEN = ("address", "format", "title", "description", "id", "name", "creditor", "holder", "veto_holder", "kind")
_TITLES = {
    "": "The whole", "round": "The round", "valuation": "Valuation", "environment": "Market", "company": "Company",
    "ipo": "Listing",
}  # fmt: skip
_WHO = {
    "investors": ("takes part", {"as_is": "as in the file", "out": "out: never signs", "bound": "bound: has signed"}),
    "investor_pools": ("take part", {"as_is": "as in the file", "out": "out: never sign"}),
    "gatekeepers": ("consent", {"as_is": "as in the file", "given": "given at once", "never": "never given"}),
}
_AS_THEY_ARE = {"as_is": "as in the file", "off": "off: pays without them"}


@dataclass(frozen=True)
class Control:
    """Something of a scenario that can be moved.

    Attributes
    ----------
    path
        Where it stands, as ``--set`` names it.
    group, owner
        The part of the file it belongs to, and what that is called.
    label, meaning, unit, source, grade
        What it is called, what it means, and who says so.
    kind
        How it is moved: a ``number``, one of some ``words``, ``true`` or false, or a ``date``.
    value
        As in the file.
    low, high, step
        Of its slider, in its unit.
    least, most, whole
        What it may be at all.
    said
        Its range in the file, in words; empty where it has none.
    words
        What it may be set to, each with what it is called.
    left_out
        Whether the file leaves it out, so that it has its default.
    """

    path: str
    group: str
    owner: str
    label: str
    kind: Literal["number", "words", "flag", "date"]
    value: float | str | bool
    meaning: str = ""
    unit: str = ""
    source: str = ""
    grade: str = ""
    said: str = ""
    low: float = 0.0
    high: float = 0.0
    step: float = 0.0
    least: float = 0.0
    most: float = 0.0
    whole: bool = False
    words: tuple[tuple[str, str], ...] = ()
    left_out: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return it as a page reads it."""
        return asdict(self)


def controls_of(scenario: Scenario) -> list[Control]:
    """List everything that can be moved: numbers, words and dates, in the order of the file.

    Examples
    --------
    >>> import abm
    >>> controls = {one.path: one for one in controls_of(abm.load_scenario("three-investors"))}
    >>> controls["round.target_bn"].value, controls["investors.lead"].words[1][0], controls["round.deadline"].value
    (8.0, 'out', '2025-12-31')
    >>> chance = controls["investors.fund.signing_probability"]
    >>> chance.low, chance.high, chance.step, chance.grade
    (0.0, 1.0, 0.01, 'assumption')
    """
    raw = scenario.raw
    found = [control for control in _of_section(scenario, "", "", _TITLES[""]) if _can_be_set(raw, control.path)]
    if last_day(scenario) is not DEADLINE:
        found = list(_wanted_once(raw, found))
    return [_as_written(raw, control) if control.kind == "date" else control for control in found]


def _wanted_once(raw: dict[str, Any], found: list[Control]) -> Iterator[Control]:
    """Show once, by the key that the file has, the day by which a round that nothing ends wants its money."""
    terms = raw["round"]
    key, other = ("deadline", "due") if "deadline" in terms and "due" not in terms else ("due", "deadline")
    for control in found:
        if control.path == f"round.{key}":
            yield replace(control, label="wanted by", meaning="Day by which the money is wanted; it may come late")
        elif control.path != f"round.{other}":
            yield control


def _can_be_set(raw: dict[str, Any], path: str) -> bool:
    """Whether somebody stands in the file, or is a consent that others name as a class; tranches are neither."""
    table, _, rest = path.partition(".")
    if table == "gatekeepers":
        return True
    ids = [item.get("id") for item in raw.get(table, ())] if table in _WHO else []
    return table not in _WHO or rest.partition(".")[0] in ids


def _as_written(raw: dict[str, Any], control: Control) -> Control:
    """Show a date as the file has it: format 2 reads a deadline that is not hard as the day the money is wanted by."""
    table, _, key = control.path.partition(".")
    written = raw.get(table, {}).get(key) if isinstance(raw.get(table), dict) else None
    return replace(control, value=str(written)) if isinstance(written, dt.date) else control


def _of_section(section: Section, prefix: str, group: str, owner: str) -> Iterator[Control]:
    """Controls of a table, and of those in it."""
    for name, field in type(section).model_fields.items():
        value, key = getattr(section, name), field.alias or name
        path = f"{prefix}{key}"
        if isinstance(value, Section):
            inner = path if not prefix else group
            yield from _of_section(value, f"{path}.", inner, _title_of(value, path, owner))
        elif _is_list_of_sections(value):
            for item in value:
                yield from _of_party(item, path, group, owner)
        elif key not in _HIDDEN:
            left_out = name not in section.model_fields_set
            yield from _of_field(field, key, path, value, group, owner, left_out)


def _title_of(section: Section, path: str, owner: str) -> str:
    if isinstance(section, CompanyTable):
        return section.name
    return _TITLES.get(path, owner)


def _is_list_of_sections(value: Any) -> bool:
    return (
        isinstance(value, tuple)
        and bool(value)
        and all(isinstance(one, Section) and hasattr(one, "id") for one in value)
    )


def _of_party(item: Any, path: str, group: str, owner: str) -> Iterator[Control]:
    """Controls of somebody who has an id: first the word for all of him, then his numbers."""
    own, name = f"{path}.{item.id}", getattr(item, "name", "") or getattr(item, "creditor", "") or item.id
    if path in _WHO:
        label, words = _WHO[path]
        yield _words(own, own, name, label, words, f"Whether {name} decides as the file says", "as_is")
        group, owner = own, name
    else:
        owner = f"{owner}: {name}"
    if getattr(item, "conditions", ()) and path == "investors":
        meaning = "What must hold before the money comes; off drops all of it, and the money that would come without it"
        yield _words(f"{own}.conditions", group, owner, "conditions", _AS_THEY_ARE, meaning, "as_is")
    yield from _of_section(item, f"{own}.", group, owner)


def _words(
    path: str,
    group: str,
    owner: str,
    label: str,
    words: dict[str, str],
    meaning: str,
    value: str,
    left_out: bool = False,
) -> Control:
    return Control(path, group, owner, label, "words", value, meaning, words=tuple(words.items()), left_out=left_out)


def _of_field(
    field: FieldInfo, key: str, path: str, value: Any, group: str, owner: str, left_out: bool
) -> Iterator[Control]:
    """Controls of a number, a list of numbers, a word, a date, or true and false."""
    knob = next((part for part in field.metadata if isinstance(part, Knob)), None)
    meaning = field.description or ""
    if knob is not None:
        for place, number, when in _numbers_in(path, value):
            yield from _of_number(knob, place, short_of(key, knob) + when, number, group, owner, left_out)
    elif isinstance(value, bool):
        yield Control(path, group, owner, short_of(key, None), "flag", value, meaning, left_out=left_out)
    elif isinstance(value, dt.date):
        yield Control(path, group, owner, short_of(key, None), "date", str(value), meaning, left_out=left_out)
    elif isinstance(value, str) and (words := _literals(field.annotation)):
        known = {word: word.replace("_", " ") for word in words}
        yield _words(path, group, owner, short_of(key, None), known, meaning, value, left_out)


def _literals(annotation: Any) -> tuple[str, ...]:
    """The words of a field that takes one out of a few."""
    if get_origin(annotation) is Literal:
        return tuple(str(word) for word in get_args(annotation))
    return next((found for part in get_args(annotation) if (found := _literals(part))), ())


def _numbers_in(path: str, value: Any) -> Iterator[tuple[str, Value | Distribution | float, str]]:
    """Numbers of a field: one, or those of a ladder or a schedule, each with its path and since when it holds."""
    if not isinstance(value, tuple):
        if value is not None:
            yield path, value, ""
        return
    for position, entry in enumerate(value):
        date, number = entry if isinstance(entry, tuple) else (None, entry)
        several = len(value) > 1
        when = f" from {date:%b %Y}" if date and several else f" ({position + 1})" if several else ""
        yield (f"{path}.{position}" if several else path), number, when


def _of_number(
    knob: Knob, path: str, label: str, number: Value | Distribution | float, group: str, owner: str, left_out: bool
) -> Iterator[Control]:
    if isinstance(number, Distribution):
        ends = ("lognormal_median", "sd_log") if number.family == "lognormal" else ("uniform_low", "uniform_high")
        names = ("median", "spread of the log") if number.family == "lognormal" else ("lowest", "highest")
        for key, name, end in zip(ends, names, (number.first, number.second), strict=True):
            one = Value(end, grade=number.grade, source=number.source)
            yield _slider(knob, f"{path}.{key}", f"{label}: {name}", one, group, owner, left_out)
    else:
        value = number if isinstance(number, Value) else Value(number)
        yield _slider(knob, path, label, value, group, owner, left_out)


def _slider(knob: Knob, path: str, label: str, number: Value, group: str, owner: str, left_out: bool) -> Control:
    low, high = number.low, number.high
    known = low is not None and high is not None and low < high
    low, high, step = slider_range(float(number), low if known else None, high if known else None, knob)
    said = f"{plain(number.low or 0.0)} to {plain(number.high or 0.0)}" if known else ""
    grade = "default" if left_out else GRADE_WORDS[number.grade or "assumption"].one
    return Control(
        path, group, owner, label, "number", float(number), knob.doc, knob.unit, number.source or "", grade,
        said, low, high, step, knob.low, knob.high, knob.whole, left_out=left_out,
    )  # fmt: skip


def slider_range(value: float, low: float | None, high: float | None, knob: Knob) -> tuple[float, float, float]:
    """From where to where a slider goes, and in which steps: the range of the file, or what lies around the value.

    Parameters
    ----------
    value
        As in the file.
    low, high
        Its range in the file; None: none.
    knob
        What it may be at all.

    Examples
    --------
    >>> slider_range(10.0, 7.5, 12.5, Knob("USD billion", 0, 10_000, ""))
    (7.5, 12.5, 0.05)
    >>> slider_range(30.0, None, None, Knob("USD billion", 0, 10_000, ""))
    (0.0, 60.0, 0.5)
    >>> slider_range(4.0, None, None, Knob("weeks", 1, 52, "", whole=True))
    (1.0, 9.0, 1.0)
    """
    if low is None or high is None:
        if knob.high - knob.low <= _PROBABLE and not knob.whole:
            low, high = knob.low, knob.high
        else:
            reach = abs(value) or 1.0
            low, high = max(knob.low, value - reach), min(knob.high, value + reach)
    step = 1.0 if knob.whole else _step(high - low)
    low = math.floor(low / step + 1e-9) * step
    low = low if low >= knob.low else math.ceil(knob.low / step - 1e-9) * step  # on the grid of its steps
    high = min(knob.high, math.ceil(high / step - 1e-9) * step)
    if knob.whole:
        high = min(knob.high, math.ceil(high + (1.0 if high > value else 0.0)))
    return float(f"{low:.10g}"), float(f"{high:.10g}"), step


def _step(width: float) -> float:
    """A round step that divides a width into a hundred parts, or about that."""
    size = 10.0 ** math.floor(math.log10(width / _STEPS)) if width > 0 else 1.0
    found = next(times * size for times in (1, 2, 5, 10) if times * size * _STEPS * 1.3 >= width)
    return float(f"{found:.3g}")
