"""Parameters page: every key of a scenario file with unit, range, default, meaning and source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from abm.core.plain import plain
from abm.rules.conditions import CONDITIONS
from abm.scenario import Scenario
from abm.scenario.condition_fields import Conditions
from abm.scenario.defaults import BY_KIND, COMMON
from abm.scenario.fields import Knob, Section
from abm.scenario.funding_table import FundingTable
from abm.scenario.investor_tables import (
    ConditionMixTable,
    InvestorPoolTable,
    InvestorTable,
    Paper,
    Traits,
    TrancheTable,
)
from abm.scenario.network_table import NetworkTable
from abm.scenario.schema import (
    ClaimTable,
    CompanyTable,
    EnvironmentTable,
    GatekeeperTable,
    IpoTable,
    LaterRoundTable,
    LeversTable,
    ObligationTable,
    RoundTable,
    ValuationTable,
)

SECTIONS: dict[str, type[Section]] = {
    "[round]": RoundTable,
    "[valuation]": ValuationTable,
    "[environment]": EnvironmentTable,
    "[network]": NetworkTable,
    "[company]": CompanyTable,
    "[company.levers]": LeversTable,
    "[[company.obligations]]": ObligationTable,
    "[[company.claims]]": ClaimTable,
    "[[company.later_rounds]]": LaterRoundTable,
    "[ipo]": IpoTable,
    "[[gatekeepers]]": GatekeeperTable,
    "[[investors]]": InvestorTable,
    "[[investors.tranches]]": TrancheTable,
    "[investors.funding]": FundingTable,
    "[[investor_pools]]": InvestorPoolTable,
    "[investor_pools.condition_mix]": ConditionMixTable,
}
_SHARED = {"Traits": Traits, "Paper": Paper}


def parameters_text() -> str:
    """Write the whole reference as Markdown; ``docs/parameters.md`` is this text."""
    parts = [
        "# Every key of a scenario file",
        "Made by `abm parameters`. Numbers may be bare, or tables with `value`, `low`, `high`, `grade` and `source`.",
    ]
    parts.append("## The top of the file\n\n" + _table(Scenario.model_fields))
    for title, section in SECTIONS.items():
        own = {name: field for name, field in section.model_fields.items() if not _inherited(section, name)}
        parts.append(f"## `{title}`\n\n{(section.__doc__ or '').strip()}\n\n{_table(own)}")
    parts.append("## Traits of investors and pools\n\n" + (Traits.__doc__ or "") + "\n\n" + _table(Traits.model_fields))
    parts.append("## Paper of investors and pools\n\n" + (Paper.__doc__ or "") + "\n\n" + _table(Paper.model_fields))
    parts += [_kinds(), _conditions()]
    return "\n\n".join(parts) + "\n"


def _inherited(section: type[Section], name: str) -> bool:
    return any(issubclass(section, base) and name in base.model_fields for base in _SHARED.values())


def _table(fields: Mapping[str, FieldInfo]) -> str:
    rows = ["| key | meaning | unit | range | default | source |", "|---|---|---|---|---|---|"]
    for name, field in fields.items():
        knob = next((m for m in field.metadata if isinstance(m, Knob)), None)
        if knob is not None:
            cells = (knob.doc, knob.unit, f"{plain(knob.low)} to {knob.high:g}", _default(field), knob.source)
        elif not any(_sections_in(field.annotation)):
            cells = (_form(field), "", "", _default(field), "")
        else:
            continue
        rows.append(f"| `{field.alias or name}` | {' | '.join(cells)} |")
    return "\n".join(rows)


def _sections_in(annotation: Any) -> Iterator[bool]:
    yield isinstance(annotation, type) and issubclass(annotation, Section)
    for inner in get_args(annotation):
        yield from _sections_in(inner)


def _form(field: FieldInfo) -> str:
    """What a key that is no number does, and what it takes."""
    return f"{field.description} ({_takes(field)})" if field.description else _takes(field)


def _takes(field: FieldInfo) -> str:
    """What a key that is no number takes, in words."""
    choices = [choice for choice in _choices(field.annotation) if isinstance(choice, (str, int))]
    if choices:
        return "one of " + ", ".join(map(str, choices)) if len(choices) > 1 else f"always {choices[0]}"
    if field.annotation is bool:
        return "true or false"
    if "date" in str(field.annotation):
        return "a date"
    if field.annotation is Conditions:
        return "conditions, see below"
    said = f"{field.annotation} {field.metadata}"
    return "text" if "pattern" not in said else "a list of ids" if "tuple" in said else "an id"


def _choices(annotation: Any) -> Iterator[Any]:
    if get_origin(annotation) is Literal:
        yield from get_args(annotation)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.default
    if isinstance(value, (str, bool)):
        return str(value).lower()
    if value is None:
        return ""
    if isinstance(value, tuple):
        value = value[0][1] if value else ""
    return f"{value:g}" if isinstance(value, (int, float)) else ""


def _kinds() -> str:
    traits = sorted({trait for kind in BY_KIND.values() for trait in kind})
    rows = ["| kind | " + " | ".join(f"`{t}`" for t in traits) + " |", "|---" * (len(traits) + 1) + "|"]
    for kind, own in BY_KIND.items():
        values = [own.get(trait, COMMON.get(trait)) for trait in traits]
        rows.append(f"| {kind} | " + " | ".join("" if v is None else f"{v:g}" for v in values) + " |")
    common = ", ".join(f"`{name}` {value:.4g}" for name, value in COMMON.items())
    return (
        "## What a kind of investor is like unless told otherwise\n\n"
        + "\n".join(rows)
        + f"\n\nFor all kinds: {common}."
    )


def _conditions() -> str:
    rows = ["| condition | keys | more money of others helps? | meaning |", "|---|---|---|---|"]
    words = {"up": "yes", "constant": "no matter", "down": "no"}
    for kind in CONDITIONS.values():
        keys = ", ".join(f"`{name}`" + ("" if key.required else "?") for name, key in kind.keys.items())
        rows.append(f"| `{kind.name}` | {keys} | {words[kind.direction]} | {kind.doc} |")
    return "## Conditions\n\nA list of clauses (OR), each a list of conditions (AND).\n\n" + "\n".join(rows)
