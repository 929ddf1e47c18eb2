"""Breaks: ways to break a sound scenario file, each with the key that a message must name and what it must say.

``KEYS`` break a single key, ``SENSE`` makes keys contradict each other.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

import abm

Tables = dict[str, Any]
GONE = object()  # in place of a value: the key is left out
NAMES = ["mutual-conditions", "openai-2025", "openai-2025-article", "three-investors"]  # every table stands in one
TABLES = {name: abm.load_scenario(name).raw for name in NAMES}


class Break(NamedTuple):
    """One way to break a file: where, by which value, and what the message must say of which key."""

    what: str
    place: str  # dotted; positions in lists are numbers
    value: Any  # GONE, a value, or a function of the tables
    says: str
    key: str = ""  # the key that is named, if it is not the place


# --------------------------------------------------------------------------------------------------------------------
# Ways to break a file


def _atom(what: str, atom: Any, says: str) -> Break:
    """Break the conditions of the first investor; ``atom`` may be a function of the tables."""
    value = (lambda tables: [[atom(tables)]]) if callable(atom) else [[atom]]
    return Break(f"condition: {what}", "investors.0.conditions", value, says, "investors.0.conditions.0.0")


def _firm(what: str, keys: Tables, says: str, key: str = "") -> Break:
    return Break(what, "company", {"cash_bn": 5.0, **keys}, says, f"company.{key or next(iter(keys))}")


def _rent(what: str, keys: Tables, says: str) -> Break:
    rent = {"id": "rent", "creditor": "Landlord", "from": dt.date(2026, 1, 1), "bn_per_year": 0.1, **keys}
    return _firm(what, {"obligations": [rent]}, says, f"obligations.rent.{next(iter(keys))}")


def _claim(what: str, keys: Tables, says: str, count: int = 1) -> Break:
    claim = {"id": "notes", "holder": "Holders", "on": dt.date(2026, 1, 1), "amount_bn": 0.1, **keys}
    return _firm(
        what, {"claims": [claim] * count}, says, f"claims.notes.{next(iter(keys))}" if count == 1 else "claims"
    )


def _crowd(what: str, keys: Tables, says: str, key: str = "") -> Break:
    return Break(what, "investor_pools", [_pool(**keys)], says, f"investor_pools.crowd.{key or next(iter(keys))}")


def _pool(**keys: Any) -> Tables:
    return {"id": "crowd", "count": 3, "kind": "crossover", "max_ticket_bn": 0.5, **keys}


def _odd(what: str, keys: Tables, says: str, key: str = "") -> Break:
    odd = {"id": "odd", "kind": "venture", **keys}
    return Break(what, "investors.1", odd, says, f"investors.odd.{key or next(iter(keys))}")


def _self(tables: Tables) -> str:
    return str(tables["investors"][0]["id"])


def _peer(tables: Tables) -> str:
    return str(tables["investors"][1]["id"])


def _misspelt(word: str) -> str:
    return word[:-2] + word[-1]


def _gates(*requires: list[str]) -> list[Tables]:
    return [{"id": f"g{k}", "hazard_per_year": 1.0, "requires": list(needed)} for k, needed in enumerate(requires)]


def listing(**keys: Any) -> Tables:
    return {"raise_bn": 1.0, "earliest": dt.date(2026, 7, 1), **keys}


NUMBER, WHOLE, DATE = "expected a number from", "expected a whole number from", "expected a TOML date"
MISSING, GATE = "this key is required and missing", "expected the id of a gatekeeper"
EVERYBODY = "investors and investor_pools"
LATER = {
    "id": "raise",
    "on": dt.date(2027, 1, 1),
    "amount_bn": 1.0,
    "probability_if_closed": 1,
    "probability_if_not": 0,
}
EARLY = dt.date(2025, 7, 27)  # all packaged scenarios start on 2025-07-28

KEYS = [
    # what is missing
    *(Break(f"{key} missing", key, GONE, MISSING) for key in ("format", "id", "title", "as_of")),
    *(Break(f"{key} missing", f"round.{key}", GONE, MISSING) for key in ("target_bn", "deadline", "pre_money_bn")),
    Break("investor's kind missing", "investors.1.kind", GONE, MISSING),
    Break("gatekeeper's id missing", "gatekeepers.0.id", GONE, MISSING, "gatekeepers.0.id"),
    Break("cash missing", "company", {"name": "Acme"}, MISSING, "company.cash_bn"),
    _rent("obligation's date missing", {"from": None}, MISSING),
    # what nobody knows
    Break("near miss in the round", "round.target_b", 8.0, "did you mean 'target_bn'"),
    Break("near miss in an investor", "investors.1.settlement_failure", 0.1, "'settlement_failure_probability'"),
    Break("near miss in a gatekeeper", "gatekeepers.0.hazard_per_yaer", 1.0, "did you mean 'hazard_per_year'"),
    _firm("near miss in the levers", {"levers": {"cutt": True}}, "'cut'", "levers.cutt"),
    _rent("near miss in an obligation", {"form": 1}, "'from'"),
    Break("near miss at the top", "horizon_week", 52, "did you mean 'horizon_weeks'"),
    Break(
        "near miss in the environment",
        "environment",
        {"talent_efect": 1.0},
        "'talent_effect'",
        "environment.talent_efect",
    ),
    _crowd("near miss in a mix", {"condition_mix": {"totals": 1.0}}, "'total'", "condition_mix.totals"),
    Break("unknown table", "weather", {"rain": True}, "unknown key"),
    # numbers that are none
    Break("number as text", "round.cap_bn", "ten", NUMBER),
    Break("whole number as text", "horizon_weeks", "104", WHOLE),
    Break("number as true", "round.minimum_close_bn", True, NUMBER),
    Break("number as date", "round.extension_days", EARLY, WHOLE),
    Break("number as list", "investors.0.withdrawal_per_year", [1.0], NUMBER),
    Break("number as empty table", "investors.0.binding", {}, "expected the key 'value'"),
    Break("number as nested junk", "round.already_closed_bn", {"value": {"value": [{"value": 1}]}}, NUMBER),
    Break("nan", "round.extension_probability", float("nan"), NUMBER),
    Break("infinite", "round.cap_bn", float("inf"), NUMBER),
    Break("minus infinite", "round.cap_bn", float("-inf"), NUMBER),
    Break("too large", "horizon_weeks", 10**18, WHOLE),
    Break("too small", "investors.1.withdrawal_per_year", -0.001, NUMBER),
    Break("above one", "investors.1.settlement_failure_probability", 1.0001, NUMBER),
    Break("broken weeks", "horizon_weeks", 52.5, WHOLE),
    _crowd("no members", {"count": 0}, WHOLE),
    # numbers with a source
    Break("table without value", "round.cap_bn", {"low": 30, "high": 40}, "expected the key 'value'"),
    Break("low without high", "round.cap_bn", {"value": 50, "low": 40}, "both 'low' and 'high'"),
    Break("low above high", "round.cap_bn", {"value": 50, "low": 60, "high": 40}, "low <= value <= high"),
    Break("value above high", "round.cap_bn", {"value": 50, "low": 30, "high": 40}, "low <= value <= high"),
    Break("low out of range", "round.cap_bn", {"value": 50, "low": -1, "high": 60}, NUMBER),
    Break("low as text", "round.cap_bn", {"value": 50, "low": "40", "high": 60}, NUMBER),
    Break("unknown key beside a value", "round.cap_bn", {"value": 50, "sauce": "x"}, "got the key 'sauce'"),
    Break("unknown grade", "round.cap_bn", {"value": 50, "grade": "rumour"}, "expected a grade out of fact"),
    Break("grade as number", "round.cap_bn", {"value": 50, "grade": 1}, "expected a grade out of fact"),
    Break("source as number", "round.cap_bn", {"value": 50, "source": 23}, "expected text for 'source'"),
    Break("law for a number", "round.cap_bn", {"lognormal_median": 50, "sd_log": 1}, "expected a table of value"),
    # laws of pools
    _crowd("half a law", {"wealth_bn": {"lognormal_median": 5}}, "expected a table of lognormal_median"),
    _crowd(
        "law the wrong way round", {"wealth_bn": {"uniform_low": 5, "uniform_high": 2}}, "uniform_low <= uniform_high"
    ),
    _crowd("law too wide", {"wealth_bn": {"lognormal_median": 5, "sd_log": 9}}, NUMBER),
    _crowd("two laws", {"wealth_bn": {"lognormal_median": 5, "sd_log": 1, "uniform_low": 1}}, "expected a table of"),
    # prices and paths
    Break("ladder ascending", "round.pre_money_bn", [200, 260], "descending"),
    Break("ladder with a flat step", "round.pre_money_bn", [260, 260], "descending"),
    Break("empty ladder", "round.pre_money_bn", [], "descending"),
    Break("ladder too long", "round.pre_money_bn", list(range(60, 40, -1)), "2 to 16 prices"),
    Break("ladder of lists", "round.pre_money_bn", [[260], [200]], NUMBER),
    _firm(
        "path out of order", {"net_burn_bn_per_year": [[EARLY, 1.0], [dt.date(2024, 1, 1), 2.0]]}, "in order of time"
    ),
    _firm("path with a day twice", {"net_burn_bn_per_year": [[EARLY, 1.0], [EARLY, 2.0]]}, "in order of time"),
    _firm("empty path", {"net_burn_bn_per_year": []}, "at least one"),
    _firm("path of triples", {"net_burn_bn_per_year": [[EARLY, 1.0, 2.0]]}, "[date, number] pairs"),
    _firm("path with text", {"revenue_growth_per_year": [["2025-01-01", 1.0]]}, "[date, number] pairs"),
    _firm("path out of range", {"revenue_growth_per_year": [[EARLY, 9.0]]}, NUMBER),
    # dates
    Break("date as text", "round.deadline", "2025-12-31", DATE),
    Break("date with a time", "round.deadline", dt.datetime(2025, 12, 31, 12, 0), DATE),
    Break("date as number", "as_of", 20250728, DATE),
    Break("date as time", "as_of", dt.time(12, 0), DATE),
    Break("date as true", "round.deadline", True, DATE),
    # words
    Break("kind misspelt", "investors.0.kind", "sovreign", "did you mean 'sovereign'"),
    Break("kind invented", "investors.0.kind", "zebra", "expected 'venture'"),
    Break("kind as number", "investors.0.kind", 3, "expected 'venture'"),
    Break("role misspelt", "investors.0.role", "leed", "did you mean 'lead'"),
    Break("selection misspelt", "round.close_select", "greates", "did you mean 'greatest'"),
    Break("moment misspelt", "round.close_when", "weakly", "did you mean 'weekly'"),
    Break("format of the future", "format", 3, "expected 1 or 2"),
    Break("format as text", "format", "1", "expected 1"),
    _odd("flag as number", {"signed_at_start": 1}, "expected true or false"),
    _firm("flag as text", {"levers": {"cut": "yes"}}, "expected true or false", "levers.cut"),
    Break("title as number", "title", 7, "expected text"),
    Break("title as list", "title", ["a", "b"], "expected text"),
    _rent("creditor as number", {"creditor": 7}, "expected text"),
    # ids
    Break("id in capitals", "id", "Round", "lower-case"),
    Break("id empty", "id", "", "lower-case"),
    Break("id with a space", "gatekeepers.0.id", "the board", "lower-case"),
    Break("id with a dot", "gatekeepers.0.id", "the.board", "lower-case"),
    Break("id too long", "id", "x" * 61, "at most 60 letters"),
    Break("id as number", "id", 5, "expected text"),
    # tables and lists
    Break("round as text", "round", "big", "expected a table"),
    Break("round as list", "round", [], "expected a table"),
    Break("valuation as number", "valuation", 300, "expected a table"),
    Break("environment as text", "environment", "rough", "expected a table"),
    _firm("levers as list", {"levers": [True]}, "expected a table"),
    Break("pools as a table", "investor_pools", {"id": "crowd"}, "expected a list"),
    Break("pools as text", "investor_pools", "crowd", "expected a list"),
    Break("pool as number", "investor_pools", [3], "expected a table", "investor_pools.0"),
    Break("requires as text", "gatekeepers.0.requires", "court", "expected a list"),
    Break("requires with a number", "gatekeepers.0.requires", [1], "expected text", "gatekeepers.0.requires.0"),
    # conditions
    Break("conditions as text", "investors.1.conditions", "lead is in", "expected a list"),
    Break(
        "clause as a table",
        "investors.0.conditions",
        [{"total_bn": 1.0}],
        "expected a list",
        "investors.0.conditions.0",
    ),
    _atom("as text", "lead", "expected a condition such as"),
    _atom("as list", [{"total_bn": 1.0}], "expected a condition such as"),
    _atom("of no kind", {"weather": "fine"}, "expected exactly one of the keys gate"),
    _atom("of two kinds", {"total_bn": 1.0, "min_sentiment": 0.0}, "expected exactly one of the keys gate"),
    _atom("empty", {}, "expected exactly one of the keys gate"),
    _atom("near miss", {"total_bn": 1.0, "count_clsoed": True}, "did you mean 'count_closed'"),
    _atom("half", {"kind": "venture"}, "expected the key 'amount_bn'"),
    _atom("amount negative", {"total_bn": -1.0}, "an amount above 0"),
    _atom("amount nan", {"total_bn": float("nan")}, "an amount above 0"),
    _atom("amount infinite", {"total_bn": float("inf")}, "an amount above 0"),
    _atom("amount true", {"total_bn": True}, "an amount above 0"),
    _atom("share of two", {"max_own_share": 2.0}, "a share from 0 to 1"),
    _atom("level too low", {"min_sentiment": -9}, "a number from -5 to 5"),
    _atom("flag as number", {"total_bn": 1.0, "count_own": 0}, "true or false for 'count_own'"),
    _atom("date as text", {"gate": "x", "by": "2025-12-31"}, "a TOML date"),
    _atom("nobody to wait for", {"any_of": []}, "a list of ids"),
    _atom("ids as text", {"any_of": "lead"}, "a list of ids"),
    _atom("count of none", {"any_of": ["lead"], "at_least": 0}, "a whole number of at least 1"),
    _atom("broken count", {"any_of": ["lead"], "at_least": 1.5}, "a whole number of at least 1"),
    _atom("kind invented", {"kind": "zebra", "amount_bn": 1.0}, "a kind of investor"),
    _atom("gate as number", {"gate": 3}, "the id of a gatekeeper"),
]

SENSE = [
    # the round
    Break("deadline before as_of", "round.deadline", EARLY, "expected a date after as_of"),
    Break("deadline on as_of", "round.deadline", dt.date(2025, 7, 28), "expected a date after as_of"),
    Break("horizon too short", "horizon_weeks", 22, "expected at least 23, to reach the deadline"),
    Break("deadline out of sight", "round.deadline", dt.date(9999, 12, 31), "to reach the deadline", "horizon_weeks"),
    Break("cap below target", "round.target_bn", 50.0, "expected at least the target of 50", "round.cap_bn"),
    Break("closing above cap", "round.minimum_close_bn", 5_000, "expected at most the cap"),
    # ids and addresses
    Break("gatekeeper twice", "gatekeepers", _gates([], []) + _gates([]), "'g0' 2 times"),
    Break("investor twice", "investors.1.id", _self, "2 times", EVERYBODY),
    Break("pool like an investor", "investor_pools", lambda t: [_pool(id=_self(t))], "2 times", EVERYBODY),
    _firm("later round twice", {"later_rounds": [LATER, LATER]}, "'raise' 2 times"),
    _claim("claim twice", {}, "'notes' 2 times", 2),
    Break("address of another", "investors.1.address", 0, "expected every address once", "investors"),
    # dangling references
    _atom("unknown gate", {"gate": "nowhere"}, "expected the id of a gatekeeper, got 'nowhere'"),
    _atom("unknown investor", {"investor": "nobody-at-all"}, "expected the id of a named investor"),
    _atom("unknown rival", {"without": "nobody-at-all"}, "expected the id of a named investor"),
    _atom("unknown peer", {"any_of": ["nobody-at-all"]}, "expected the id of a named investor"),
    _atom("gate misspelt", lambda t: {"gate": _misspelt(t["gatekeepers"][0]["id"])}, "did you mean"),
    _atom("investor misspelt", lambda t: {"investor": _misspelt(_peer(t))}, "did you mean"),
    Break("requires nobody", "gatekeepers.0.requires", ["nowhere"], GATE),
    _claim("claim on nobody", {"unless_gate": "nowhere"}, GATE),
    Break("listing waits for nobody", "ipo", listing(requires=["nowhere"]), GATE, "ipo"),
    Break("veto lapses with nobody", "ipo", listing(veto_lapses_with="nowhere"), GATE, "ipo"),
    Break("veto of nobody", "ipo", listing(veto_probability=0.5), "expected a name", "ipo.veto_holder"),
    # conditions that can never be true
    _atom("total above the cap", {"total_bn": 9_999.0}, "9999 is asked and at most"),
    _atom("waits for himself", lambda t: {"investor": _self(t)}, "wait for himself"),
    _atom("amount above the ticket", lambda t: {"investor": _peer(t), "amount_bn": 5_000.0}, "brings at most"),
    _atom("three out of two", lambda t: {"any_of": [_self(t), _peer(t)], "at_least": 3}, "3 are asked out of 2"),
    _atom(
        "one out of himself twice", lambda t: {"any_of": [_peer(t), _peer(t)], "at_least": 2}, "2 are asked out of 1"
    ),
    _atom("date before as_of", lambda t: {"gate": t["gatekeepers"][0]["id"], "by": EARLY}, "is before as_of"),
    _atom("excludes himself", lambda t: {"without": _self(t)}, "exclude himself"),
    _atom("money of a kind that is not there", {"kind": "lender", "amount_bn": 1.0}, "bring at most 0"),
    _atom("price below the ladder", {"max_pre_money_bn": 0.5}, "the lowest price is"),
    _atom("worth below the ladder", {"max_post_money_bn": 0.5}, "the lowest pre-money valuation is"),
    Break("empty clause", "investors.0.conditions", [[]], "at least one condition", "investors.0.conditions.0"),
    # gatekeepers
    Break("circle of consents", "gatekeepers", _gates(["g1"], ["g2"], ["g0"]), "g0 -> g1 -> g2 -> g0"),
    Break("consent waits for itself", "gatekeepers", _gates(["g0"]), "g0 -> g0"),
    Break(
        "two clocks",
        "gatekeepers",
        [{"id": "two", "hazard_per_year": 1.0, "probability_by_deadline": 0.5}],
        "expected one of",
        "gatekeepers.two",
    ),
    Break("no clock", "gatekeepers", [{"id": "none"}], "expected one of", "gatekeepers.none"),
    # investors
    Break("fallback above the ticket", "investors.0.fallback_bn", 5_000, "expected at most the ticket"),
    _odd(
        "fallback from nothing",
        {"ticket_bn": 1.0, "signing_probability": 1, "fallback_bn": 0.5},
        "falls back from",
        "fallback_bn",
    ),
    _odd(
        "signed and yet to sign",
        {"ticket_bn": 1.0, "signing_probability": 1, "signed_at_start": True},
        "expected no signing_probability",
        "signing_probability",
    ),
    _odd("stated without ticket", {"signing_probability": 1}, "expected a ticket", "ticket_bn"),
    _odd("ticket of one who decides", {"ticket_bn": 1.0}, "expected max_ticket_bn"),
    _odd(
        "inclination of one who is stated",
        {"ticket_bn": 1.0, "signing_probability": 1, "inclination": 0.5},
        "expected none",
        "inclination",
    ),
    _odd("two anchors", {"inclination": 0.5, "sign_bias": 0.1}, "not both", "sign_bias"),
    _odd(
        "least ticket above the largest",
        {"min_ticket_bn": 3.0, "max_ticket_bn": 1.0},
        "at most the largest ticket of 1",
    ),
    _odd("inclination out of reach", {"inclination": 0.9, "diligence_days": 300}, "expected at most"),
    # pools
    _crowd(
        "pool asks for less than it asks for",
        {"condition_total_low": 0.9, "condition_total_high": 0.5},
        "at most condition_total_high",
    ),
    _crowd(
        "pool with conditions of no kind",
        {"conditional_share": 0.5, "condition_mix": dict.fromkeys(("total", "lead", "peers", "sentiment"), 0)},
        "at least one weight",
        "condition_mix",
    ),
    # the company
    _firm("burn unknown at the start", {"net_burn_bn_per_year": [[dt.date(2025, 7, 29), 1.0]]}, "on or before as_of"),
    _rent("contract ends before it starts", {"until": dt.date(2025, 12, 31)}, "expected a date after 'from'"),
]


# --------------------------------------------------------------------------------------------------------------------
# Breaking


def container(tables: Tables, place: str) -> tuple[Any, Any]:
    """Find the table or list that holds a place, and its key there."""
    *way, last = place.split(".")
    inside: Any = tables
    for step in way:
        inside = inside[int(step)] if isinstance(inside, list) else inside[step]
    return inside, int(last) if isinstance(inside, list) else last


def break_it(tables: Tables, case: Break) -> None:
    """Break ``tables`` in place."""
    if case.place in ("gatekeepers", "investors.1", "investors.1.id"):
        _let_nobody_refer(tables)
    if case.place == "ipo":
        tables.setdefault("company", {"cash_bn": 5.0})
    value = case.value(tables) if callable(case.value) else _without_nothing(case.value)
    inside, key = container(tables, case.place)
    if value is GONE:
        del inside[key]
    else:
        inside[key] = value


def _let_nobody_refer(tables: Tables) -> None:
    """Take out what refers to gatekeepers and investors, so that their going is the only fault."""
    tables.pop("ipo", None)
    tables.pop("company", None)
    for investor in tables["investors"]:
        investor.pop("conditions", None)
        investor.pop("fallback_bn", None)


def _without_nothing(value: Any) -> Any:
    """Copy a value; keys that are None are left out."""
    if isinstance(value, dict):
        return {key: _without_nothing(inner) for key, inner in value.items() if inner is not None}
    return [_without_nothing(inner) for inner in value] if isinstance(value, list) else value


def named_key(tables: Tables, case: Break) -> str:
    """Name the place of a fault as messages do: ids in place of positions."""
    names, inside = [], tables
    for step in (case.key or case.place).split("."):
        try:
            inside = inside[int(step)] if isinstance(inside, list) else inside[step]  # type: ignore[assignment]
        except (KeyError, IndexError, ValueError, TypeError):
            inside = None  # type: ignore[assignment]
        named = step.isdigit() and isinstance(inside, dict) and isinstance(inside.get("id"), str)
        names.append(inside["id"] if named else step)
    return ".".join(names)
