"""Market tables: what a market file may say, key by key, and what of it contradicts itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field
from pydantic.json_schema import GenerateJsonSchema

from abm.core.errors import Fault
from abm.core.plain import plain
from abm.scenario.fields import Date, Flag, ItsId, ItsName, Knob, Section, Value, did_you_mean, fault, title_of

_MOST = 16  # companies of a market
_TAKEN = ("market", "shared", "companies")  # first steps of a path, which no company can be called


class MoodTable(Section):
    """What moves all companies of a market."""

    mood_correlation: Annotated[
        float,
        Knob(
            "-", 0, 1, "Correlation of what moves any two companies' sentiment, value and shocks; 0 = independent", "X1"
        ),
    ] = 0.0


class CompanyEntry(Section):
    """A company of the market: what it is called here, and the scenario of its round."""

    id: ItsId
    scenario: Annotated[str, Field(description="Packaged id, or path of a TOML file, from the folder of this file")]


def _read_seats(raw: object) -> object:
    """Read a list of companies as the table it stands for, which the investor's own id completes."""
    if isinstance(raw, list) and all(isinstance(item, str) for item in raw):
        return dict.fromkeys(raw, "")
    if isinstance(raw, dict) and all(isinstance(item, str) for item in raw.values()):
        return raw
    raise fault('expected a list of companies, or a table { company = "his id there" }')


class SharedTable(Section):
    """An investor of several companies: one purse, one attention."""

    id: ItsId
    name: ItsName | None = None
    companies: Annotated[
        dict[str, str],
        BeforeValidator(_read_seats),
        Field(description="The companies that he is an investor of, and his id in each"),
    ]
    dry_powder_bn: Annotated[
        float,
        Knob(
            "USD billion", 0.000001, 10_000, "His one purse: what he signs for or pays in all companies together", "A5"
        ),
    ]
    slots: Annotated[
        float | None,
        Knob("1/week", 1, 100, "Companies that he can look into in the same week; left out, all", whole=True),
    ] = None
    exclusive: Annotated[
        Flag, Field(description="Whether a signature in one company shuts the others out while it stands")
    ] = False
    exclusive_until: Annotated[
        Date | None, Field(description="With exclusive: the day from which he may sign elsewhere all the same")
    ] = None

    def id_in(self, company: str) -> str:
        """His id in a company's scenario."""
        return self.companies[company] or self.id


def _parse_format(raw: object) -> int:
    if type(raw) is not int or raw != 1:
        raise fault("expected 1")
    return raw


class MarketTables(Section):
    """A market file, table by table."""

    format: Annotated[Literal[1], BeforeValidator(_parse_format)]
    id: ItsId
    title: Annotated[str, Field(description="One line for reports")]
    description: Annotated[str, Field(description="What the market is about")] = ""
    market: MoodTable = MoodTable()
    companies: Annotated[tuple[CompanyEntry, ...], Field(description="One table a company, in the order of the file")]
    shared: Annotated[tuple[SharedTable, ...], Field(description="Investors of several of them")] = ()


def faults_alone(tables: MarketTables) -> Iterator[Fault]:
    """What contradicts itself in a market file, whatever the companies' files say."""
    if not 1 <= len(tables.companies) <= _MOST:
        yield Fault("companies", f"expected 1 to {_MOST} companies", str(len(tables.companies)))
    for key, items in (("companies", tables.companies), ("shared", tables.shared)):
        for name, count in Counter(item.id for item in items).items():
            if count > 1:
                yield Fault(key, "expected every id once", f"'{name}' {count} times")
    ids = [one.id for one in tables.companies]
    for name in set(ids) & set(_TAKEN):
        yield Fault("companies", f"expected no company called {', '.join(_TAKEN[:-1])} or {_TAKEN[-1]}", f"'{name}'")
    for who in tables.shared:
        key = f"shared.{who.id}"
        for name in who.companies:
            if name not in ids:
                yield Fault(
                    f"{key}.companies", f"expected companies of this file{did_you_mean(name, ids)}", f"'{name}'"
                )
        if len(who.companies) < 2:
            yield Fault(f"{key}.companies", "expected at least two companies that share him", str(len(who.companies)))
        if who.exclusive_until is not None and not who.exclusive:
            yield Fault(f"{key}.exclusive_until", "expected exclusive = true beside it")
    for key, number in _numbers(tables):
        if isinstance(number, Value) and number.low is not None:
            yield Fault(key, "expected a number without a range: a market draws none of its own", f"{plain(number)}")


def _numbers(tables: MarketTables) -> Iterator[tuple[str, Any]]:
    yield "market.mood_correlation", tables.market.mood_correlation
    for who in tables.shared:
        yield f"shared.{who.id}.dry_powder_bn", who.dry_powder_bn
        yield f"shared.{who.id}.slots", who.slots


class _MarketGenerator(GenerateJsonSchema):
    """Writes definitions under the titles of the tables."""

    def normalize_name(self, name: str) -> str:
        """Name a definition."""
        return title_of(super().normalize_name(name))


def market_schema() -> dict[str, Any]:
    """JSON Schema of a market file, for completion and checks in an editor."""
    schema = MarketTables.model_json_schema(by_alias=True, schema_generator=_MarketGenerator)
    seats = schema["$defs"]["Shared"]["properties"]["companies"]
    names = {"type": "array", "items": {"type": "string"}}
    schema["$defs"]["Shared"]["properties"]["companies"] = {
        "description": seats["description"],
        "anyOf": [names, {"type": "object", "additionalProperties": {"type": "string"}}],
    }
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "abm market"}
