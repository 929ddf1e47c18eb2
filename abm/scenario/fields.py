"""Fields: numbers of a file that know their unit, range, meaning and source, and refuse what they are not."""

from __future__ import annotations

import datetime as dt
import difflib
import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeGuard, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, Strict
from pydantic_core import PydanticCustomError, core_schema

from abm.core.plain import plain
from abm.scenario.dates import expected_date, is_date

Grade = Literal["fact", "calc", "history", "judgement", "assumption"]
Kind = Literal[
    "venture",
    "crossover",
    "sovereign",
    "strategic",
    "conglomerate",
    "lender",
    "government",
    "private_equity",
    "public",
    "person",
]
GRADES: tuple[str, ...] = get_args(Grade)
KINDS: tuple[str, ...] = get_args(Kind)


# --------------------------------------------------------------------------------------------------------------------
# Numbers that may say where they come from


class Value(float):
    """A number of a scenario file that remembers its range, grade and source.

    Examples
    --------
    >>> cash = Value(12.4, low=9.0, high=18.0, grade="calc", source="from [23]")
    >>> cash + 0.6, cash.low, cash.grade
    (13.0, 9.0, 'calc')
    """

    low: float | None
    high: float | None
    grade: str | None
    source: str | None

    def __new__(
        cls,
        value: float,
        low: float | None = None,
        high: float | None = None,
        grade: str | None = None,
        source: str | None = None,
    ) -> Value:
        """Attach a range, a grade and a source to ``value``."""
        self = super().__new__(cls, value)
        self.low, self.high, self.grade, self.source = low, high, grade, source
        return self

    def __getnewargs__(self) -> tuple[Any, ...]:
        """Let values travel to worker processes."""
        return (float(self), self.low, self.high, self.grade, self.source)


Family = Literal["lognormal", "uniform"]
#: How a distribution of each family is written in a file.
_DISTRIBUTION_KEYS: dict[Family, tuple[str, str]] = {
    "lognormal": ("lognormal_median", "sd_log"),
    "uniform": ("uniform_low", "uniform_high"),
}


@dataclass(frozen=True)
class Distribution:
    """What a trait of a pool is drawn from, once per member and run: lognormal or uniform.

    Attributes
    ----------
    family
        ``lognormal`` or ``uniform``.
    first, second
        Median and standard deviation of the log of a lognormal; ends of a uniform.
    grade, source
        As of a number.

    Examples
    --------
    >>> Distribution(family="lognormal", first=15.0, second=1.0).centre
    15.0
    >>> Distribution(family="uniform", first=2.0, second=6.0).centre
    4.0
    """

    family: Family
    first: float
    second: float
    grade: str | None = None
    source: str | None = None

    @property
    def centre(self) -> float:
        """The median."""
        return self.first if self.family == "lognormal" else (self.first + self.second) / 2


#: Numbers over time: each holds from its date on, the first from the start where it has no date.
StepSchedule = tuple[tuple[dt.date | None, float], ...]
_TABLE_KEYS = ("value", "low", "high", "grade", "source")


def fault(text: str) -> PydanticCustomError:
    """Say what was expected, as an error that pydantic takes to where it was raised."""
    return PydanticCustomError("abm", "{text}", {"text": text})


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """Return ``" (did you mean 'target_bn'?)"`` or nothing."""
    close = difflib.get_close_matches(str(word), list(known), n=1, cutoff=0.6)
    return f" (did you mean '{close[0]}'?)" if close else ""


def is_number(raw: object) -> TypeGuard[int | float]:
    """Whether ``raw`` is a TOML number; ``true`` is none, although Python takes it for 1."""
    return isinstance(raw, (int, float)) and not isinstance(raw, bool)


_ORIGIN_FORM = {"grade": {"enum": list(GRADES)}, "source": {"type": "string"}}
#: A date, as an editor's TOML plug-in hands it to the schema.
DATE_FORM = {"type": "string", "format": "date", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
_WIDEST = 3.0  # largest sd of a lognormal [log-points]: a factor of twenty either way


@dataclass(frozen=True)
class Knob:
    """A number of the scenario file: unit, range, meaning and source, checked where the file is read."""

    unit: str
    low: float
    high: float
    doc: str
    source: str = "assumption"
    whole: bool = False

    def __get_pydantic_core_schema__(self, source_type: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Tell pydantic to validate with :meth:`parse`."""
        return core_schema.no_info_plain_validator_function(self.parse)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Describe the number to an editor."""
        return {"description": self.sentence, **self.json_forms()}

    @property
    def sentence(self) -> str:
        """Meaning, unit and range in one line."""
        return f"{self.doc} [{self.unit}; {plain(self.low)} to {self.high:g}]"

    @property
    def expectation(self) -> str:
        """What an error message says was expected."""
        number = "whole number" if self.whole else "number"
        unit = "" if self.unit == "-" else f" {self.unit}"
        return f"expected a {number} from {plain(self.low)} to {self.high:g}{unit}"

    def json_forms(self) -> dict[str, Any]:
        """JSON Schema of a bare or sourced number."""
        bare = {
            "type": "integer" if self.whole else "number",
            "minimum": self.low,
            "maximum": self.high,
        }
        table = {
            "type": "object",
            "properties": {
                "value": bare,
                "low": bare,
                "high": bare,
                **_ORIGIN_FORM,
            },
            "required": ["value"],
            "additionalProperties": False,
        }
        return {"anyOf": [bare, table]}

    def parse(self, raw: Any) -> Any:
        """Read ``1.5`` or ``{ value = 1.5, low = 1, high = 2, grade = "calc", source = "…" }``."""
        if isinstance(raw, Value):
            self.within_range(raw)
            return raw
        if not isinstance(raw, dict):
            return Value(self.within_range(raw))
        extra = sorted(set(raw) - set(_TABLE_KEYS))
        if extra:
            hint = did_you_mean(extra[0], _TABLE_KEYS)
            raise fault(f"expected a table of {', '.join(_TABLE_KEYS)}, got the key '{extra[0]}'{hint}")
        if "value" not in raw:
            raise fault("expected the key 'value' in this table")
        value = self.within_range(raw["value"])
        if ("low" in raw) != ("high" in raw):
            raise fault("expected both 'low' and 'high', or neither")
        low = self.within_range(raw["low"]) if "low" in raw else None
        high = self.within_range(raw["high"]) if "high" in raw else None
        if low is not None and high is not None and not low <= value <= high:
            raise fault(f"expected low <= value <= high, got {low:g}, {value:g}, {high:g}")
        return Value(value, low, high, *self.origin(raw))

    def within_range(self, raw: object) -> float:
        """Refuse what is not a number of this knob."""
        if not is_number(raw) or not self.low <= raw <= self.high:
            raise fault(self.expectation)
        if self.whole and raw != int(raw):
            raise fault(self.expectation)
        return float(raw)

    @staticmethod
    def origin(raw: dict[str, Any]) -> tuple[str | None, str | None]:
        """Read the grade and the source of a table."""
        grade, source = raw.get("grade"), raw.get("source")
        if grade is not None and grade not in GRADES:
            raise fault(f"expected a grade out of {', '.join(GRADES)}{did_you_mean(grade, GRADES)}")
        if source is not None and not isinstance(source, str):
            raise fault("expected text for 'source'")
        return grade, source


class DistributionKnob(Knob):
    """A number of a pool that may also be a distribution: each member draws his own."""

    def parse(self, raw: Any) -> Any:
        """Read a number, ``{ lognormal_median, sd_log }`` or ``{ uniform_low, uniform_high }``."""
        if isinstance(raw, Distribution):
            return raw
        for family, (first, second) in _DISTRIBUTION_KEYS.items():
            if isinstance(raw, dict) and (first in raw or second in raw):
                return self._distribution(family, first, second, raw)
        return super().parse(raw)

    def _distribution(self, family: Family, first: str, second: str, raw: dict[str, Any]) -> Distribution:
        if not {first, second} <= set(raw) <= {first, second, "grade", "source"}:
            raise fault(f"expected a table of {first}, {second}, grade and source")
        start = self.within_range(raw[first])
        if family == "lognormal":
            end = Knob("log-points", 0, _WIDEST, "").within_range(raw[second])
        else:
            end = self.within_range(raw[second])
            if end < start:
                raise fault("expected uniform_low <= uniform_high")
        return Distribution(family, start, end, *self.origin(raw))

    def json_forms(self) -> dict[str, Any]:
        """JSON Schema of a number or a distribution."""
        bare = {"type": "number", "minimum": self.low, "maximum": self.high}
        sd = {"type": "number", "minimum": 0, "maximum": _WIDEST}
        tables = [
            {
                "type": "object",
                "properties": {first: bare, second: sd if second == "sd_log" else bare, **_ORIGIN_FORM},
                "required": [first, second],
                "additionalProperties": False,
            }
            for first, second in _DISTRIBUTION_KEYS.values()
        ]
        return {"anyOf": [*super().json_forms()["anyOf"], *tables]}


class StepScheduleKnob(Knob):
    """A number over time: constant, or steps ``[[date, number], …]``, each holding from its date on."""

    def parse(self, raw: Any) -> Any:
        """Read a number or a list of dated numbers in order of time."""
        if not isinstance(raw, (list, tuple)):
            return ((None, super().parse(raw)),)
        steps: list[tuple[dt.date | None, float]] = []
        for step in raw:
            if not isinstance(step, (list, tuple)) or len(step) != 2 or not is_date(step[0]):
                raise fault("expected a number or a list of [date, number] pairs")
            steps.append((step[0], super().parse(step[1])))
        if not steps or any(a[0] >= b[0] for a, b in itertools.pairwise(steps)):  # type: ignore[operator]
            raise fault("expected at least one [date, number] pair, in order of time")
        return tuple(steps)

    def json_forms(self) -> dict[str, Any]:
        """JSON Schema of a number or a dated list."""
        number = super().json_forms()
        step = {
            "type": "array",
            "prefixItems": [DATE_FORM, number],
            "minItems": 2,
            "maxItems": 2,
        }
        return {"anyOf": [*number["anyOf"], {"type": "array", "items": step, "minItems": 1}]}


class LadderKnob(Knob):
    """A price, or a descending list of prices."""

    def parse(self, raw: Any) -> Any:
        """Read a number or a descending list of numbers."""
        if not isinstance(raw, (list, tuple)):
            return (super().parse(raw),)
        rungs = tuple(super(LadderKnob, self).parse(rung) for rung in raw)
        if not 1 <= len(rungs) <= 16 or any(a <= b for a, b in itertools.pairwise(rungs)):
            raise fault("expected one price, or 2 to 16 prices in descending order")
        return rungs

    def json_forms(self) -> dict[str, Any]:
        """JSON Schema of a price or a ladder."""
        number = super().json_forms()
        return {"anyOf": [*number["anyOf"], {"type": "array", "items": number, "minItems": 1, "maxItems": 16}]}


def _parse_date(raw: object) -> dt.date:
    if not is_date(raw):
        raise fault(expected_date(raw))
    return raw


@dataclass(frozen=True)
class _DateSchema:
    def __get_pydantic_core_schema__(self, source_type: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(_parse_date)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return DATE_FORM


Date = Annotated[dt.date, _DateSchema()]
Flag = Annotated[bool, Strict()]


def _parse_format(raw: object) -> int:
    if type(raw) is not int or raw not in (1, 2):  # True and 1.0 are equal to 1, and neither is meant
        raise fault("expected 1 or 2")
    return raw


Format = Annotated[Literal[1, 2], BeforeValidator(_parse_format)]
Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=60)]
ItsId = Annotated[Id, Field(description="What other keys and paths call it")]
ItsName = Annotated[str, Field(description="What reports call it; left out, the id")]


def title_of(name: str) -> str:
    """What a table is called in the JSON Schema: ``CompanyTable`` describes a ``Company``."""
    return name.removesuffix("Table")


class Section(BaseModel):
    """A table of the scenario file: frozen, and closed to keys that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", model_title_generator=lambda table: title_of(table.__name__))
