"""Conditions in a scenario file: each kind's keys, as the registry of the rules declares them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import core_schema

from abm.rules.conditions import CONDITIONS
from abm.scenario.dates import expected_date, is_date
from abm.scenario.fields import DATE_FORM, KINDS, did_you_mean, fault, is_number
from abm.scenario.suffixes import with_its_unit


def _parse_condition(raw: object) -> dict[str, Any]:
    """Read one atom such as ``{ gate = "consent", by = 2025-12-31 }`` by the registry of condition kinds."""
    if not isinstance(raw, dict):
        raise fault('expected a condition such as { gate = "id" }')
    named = [kind for name, kind in CONDITIONS.items() if name in raw]
    # "investor" and "kind" share the key amount_bn, so the kind is the one whose naming key is there
    if len(named) != 1:
        raise fault(f"expected exactly one of the keys {', '.join(CONDITIONS)}{'' if named else _kind_meant(raw)}")
    kind = named[0]
    for key in raw:
        if key not in kind.keys:
            raise fault(
                f"expected only the keys {', '.join(kind.keys)} beside '{kind.name}'" + did_you_mean(key, kind.keys)
            )
    for name, key in kind.keys.items():
        if name in raw:
            _check_key(name, key.type, raw[name])
        elif key.required:
            raise fault(f"expected the key '{name}' beside '{kind.name}'")
    return dict(raw)


def _kind_meant(raw: dict[str, Any]) -> str:
    """Which kind of condition a key may stand for: the one that says its unit, or the one of the nearest name."""
    for key in raw:
        if (kind := with_its_unit(str(key), CONDITIONS)) is not None:
            return f" (did you mean '{kind}'?)"
        if hint := did_you_mean(key, CONDITIONS):
            return hint
    return ""


_KEY_FORMS: dict[str, tuple[str, dict[str, Any]]] = {
    "gate": ("the id of a gatekeeper", {"type": "string"}),
    "investor": ("the id of an investor", {"type": "string"}),
    "investors": ("a list of ids of investors", {"type": "array", "items": {"type": "string"}, "minItems": 1}),
    "kind": ("a kind of investor", {"enum": list(KINDS)}),
    "money": ("an amount above 0 in USD billion", {"type": "number", "exclusiveMinimum": 0, "maximum": 100_000}),
    "share": ("a share from 0 to 1", {"type": "number", "minimum": 0, "maximum": 1}),
    "level": ("a number from -5 to 5", {"type": "number", "minimum": -5, "maximum": 5}),
    "date": ("a TOML date such as 2025-12-31", DATE_FORM),
    "count": ("a whole number of at least 1", {"type": "integer", "minimum": 1}),
    "flag": ("true or false", {"type": "boolean"}),
}


def _check_key(name: str, form: str, raw: object) -> None:
    good = {
        "gate": isinstance(raw, str),
        "investor": isinstance(raw, str),
        "investors": isinstance(raw, list) and bool(raw) and all(isinstance(other, str) for other in raw),
        "kind": raw in KINDS if isinstance(raw, str) else False,
        "money": is_number(raw) and 0 < raw <= 100_000,
        "share": is_number(raw) and 0 <= raw <= 1,
        "level": is_number(raw) and -5 <= raw <= 5,
        "date": is_date(raw),
        "count": isinstance(raw, int) and not isinstance(raw, bool) and raw >= 1,
        "flag": isinstance(raw, bool),
    }[form]
    if not good and form == "date":
        raise fault(f"{expected_date(raw)} for '{name}'")
    if not good:
        raise fault(f"expected {_KEY_FORMS[form][0]} for '{name}'")


@dataclass(frozen=True)
class _ConditionSchema:
    def __get_pydantic_core_schema__(self, source_type: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(_parse_condition)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        forms = [
            {
                "type": "object",
                "description": kind.doc,
                "properties": {name: _KEY_FORMS[key.type][1] for name, key in kind.keys.items()},
                "required": [name for name, key in kind.keys.items() if key.required],
                "additionalProperties": False,
            }
            for kind in CONDITIONS.values()
        ]
        return {"anyOf": forms}


Condition = Annotated[dict[str, Any], _ConditionSchema()]
Conditions = tuple[tuple[Condition, ...], ...]
