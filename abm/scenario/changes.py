"""Changes: set what stands at a dotted path of a scenario, as ``--set`` and the axes of a design ask for it."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable
from typing import Any

from abm.core.errors import Fault, ScenarioError
from abm.scenario.dates import is_date
from abm.scenario.defaults import STRONGEST_BIAS, trait_default
from abm.scenario.fields import did_you_mean, is_number
from abm.scenario.filling import declare_needed

_DECIDING = ("signed_at_start", "signing_probability", "inclination", "sign_bias", "standing", "chance", "redeemable")
_LEAST_TICKET = 0.000001  # of one who stays away [USD billion]
_NAMED = 3  # numbers of a table that may have been meant
_AT_ONCE = 1_000.0  # a rate of consent, a year: within a day or two
_WORDS = {
    "investors": ("as_is", "out", "bound"),
    "investor_pools": ("as_is", "out"),
    "gatekeepers": ("as_is", "never", "given"),
}


def set_path(raw: dict[str, Any], path: str, value: Any, keys: Callable[[tuple[str, ...]], Iterable[str]]) -> None:
    """Set one value of the tables ``raw`` by dotted path, in place; a sourced number loses its source.

    An investor can be switched by a word in place of his table: ``out`` never signs, ``bound`` has signed without
    conditions and stays, ``as_is`` changes nothing; so can ``conditions``: ``off`` or ``as_is``. A gatekeeper who is
    ``given`` consents at once, whatever it requires; one who is set to ``never`` does not.

    Parameters
    ----------
    raw
        Tables of a scenario.
    path, value
        Where, and what.
    keys
        The keys that the format knows at a place.

    Raises
    ------
    LookupError
        With a sentence, where the path leads nowhere.
    """
    *way, last = path.split(".")
    if way[:1] == ["gatekeepers"] and isinstance(raw.get("gatekeepers", []), list):
        declare_needed(raw)  # one that is only named as a class can be moved, too
    node: Any = raw
    for number, step in enumerate(way):
        if isinstance(node, list):
            node = node[position_of(node, step)]
        elif isinstance(node, dict):
            known = list(keys(tuple(way[:number])))
            if step not in node and known and step not in known:
                raise LookupError(f"expected a path into the scenario, '{step}' is unknown{did_you_mean(step, known)}")
            node = node.setdefault(step, {})
        else:
            raise LookupError(f"expected a path into the scenario, '{step}' is inside a single value")
    if isinstance(node, list):
        position = position_of(node, last)
        dated = isinstance(node[position], list) and len(node[position]) == 2 and is_date(node[position][0])
        if dated:
            node[position] = [node[position][0], value]
        elif isinstance(node[position], dict) and not isinstance(value, dict) and "id" in node[position]:
            node[position] = _switched(node[position], way, value, path)
        else:
            node[position] = value
    elif not isinstance(node, dict):
        raise LookupError(f"expected a path into the scenario, '{last}' is inside a single value")
    elif last == "conditions" and value == "off":
        node.update(conditions=[], fallback_bn=0.0)
    elif isinstance(node.get(last), dict) and is_number(value) and list(keys((*way, last))):
        raise LookupError(f"expected a path to a value, '{path}' is a table{_number_of(node[last], path, value)}")
    elif not (last == "conditions" and value == "as_is"):
        node[last] = value


def _switched(item: dict[str, Any], way: list[str], word: Any, path: str) -> dict[str, Any]:
    """Return the table of somebody who stays away, is bound, consents at once, or is as he is."""
    words = _WORDS.get(way[0], ()) if len(way) == 1 else ()
    if not words:
        raise LookupError(f"expected a path to a value, '{path}' is a table{_number_of(item, path, word)}")
    if word not in words:
        known = f"expected a path to a value or one of the words {', '.join(words)}"
        raise LookupError(f"{known}, '{path}' is a table{_number_of(item, path, word)}")
    if word == "as_is":
        return item
    if word in ("never", "given"):
        kept = {key: item[key] for key in ("id", "name", "requires") if key in item}
        return kept | ({"hazard_per_year": 0.0} if word == "never" else {"hazard_per_year": _AT_ONCE, "requires": []})
    rest = {key: value for key, value in item.items() if key not in _DECIDING}
    if word == "out":
        stated = {"ticket_bn": item.get("ticket_bn", _LEAST_TICKET), "signing_probability": 0.0}
        away = {key: value for key, value in rest.items() if key not in ("tranches", "ticket")}
        return away | (stated if "ticket_bn" in item or "standing" in item else {"sign_bias": STRONGEST_BIAS})
    ticket = item.get("ticket_bn") or item.get("max_ticket_bn") or _in_parts(item)
    unbound = {key: value for key, value in rest.items() if key not in _CONDITIONAL}
    if item.get("ticket") == "rest" and ticket is None:
        return unbound | {"signed_at_start": True, "withdrawal_per_year": 0.0}
    ticket = ticket or trait_default(item["kind"], "max_ticket_bn")
    return unbound | {"signed_at_start": True, "ticket_bn": ticket, "withdrawal_per_year": 0.0}


_CONDITIONAL = ("conditions", "fallback_bn", "needs", "tranches", "holds")


def _in_parts(item: dict[str, Any]) -> float | None:
    """The tickets of all tranches together, where there are any [USD billion]."""
    tickets = [part["ticket_bn"] for part in item.get("tranches", ())]
    return sum(one["value"] if isinstance(one, dict) else one for one in tickets) if tickets else None


def _number_of(table: dict[str, Any], path: str, value: Any) -> str:
    """Ask whether a number of a table was meant, where a number was given for the table itself."""
    numbers = [key for key, one in table.items() if is_number(one) or (isinstance(one, dict) and "value" in one)]
    asked = " or ".join(f"{path}.{key}" for key in numbers[:_NAMED])
    return f" (did you mean {asked}?)" if numbers and is_number(value) else ""


def position_of(items: list[Any], step: str) -> int:
    """Place of an item of a list, by its id or its number.

    Raises
    ------
    LookupError
        With a sentence, where there is none.

    Examples
    --------
    >>> position_of([{"id": "lead"}, {"id": "fund"}], "fund"), position_of([1.0, 2.0], "0")
    (1, 0)
    """
    ids = [item.get("id") for item in items if isinstance(item, dict)]
    if step in ids:
        return ids.index(step)
    if step.isdecimal() and int(step) < len(items):
        return int(step)
    named = [i for i in ids if isinstance(i, str)]
    hint = did_you_mean(step, named) or (f"; there are {', '.join(named)}" if named else "")
    raise LookupError(f"expected an id or a position, got '{step}'{hint}")


def parse_setting(text: str) -> tuple[str, Any]:
    """Read ``round.target_bn=20`` as a path and a TOML value; what is no TOML value is text.

    Examples
    --------
    >>> parse_setting("round.close_select=least"), parse_setting("round.pre_money_bn=[260, 220]")
    (('round.close_select', 'least'), ('round.pre_money_bn', [260, 220]))
    """
    path, equals, value = text.partition("=")
    if not equals or not path.strip():
        raise ScenarioError("--set", [Fault(text, "expected PATH=VALUE such as round.target_bn=20")])
    try:
        read = tomllib.loads(f"value = {value}")
        return path.strip(), read["value"] if len(read) == 1 else value.strip()
    except (ValueError, RecursionError):
        return path.strip(), value.strip()
